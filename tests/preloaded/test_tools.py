"""A command in a fork is what one in a process of its own is."""

import signal
import subprocess
import sys

import pytest

from coordinator.kernel.system import pids
from tests.preloaded import tools
from tests.support import CommandLine, DaemonProcess, user_environment, wait_for

pytestmark = pytest.mark.slow
PYTHON = [sys.executable, "-m", "coordinator.entry"]


@pytest.mark.parametrize(
    "script",
    [
        'cd agent-system && "$@" agent list --json',
        'COORDINATOR_AGENT=docs "$@" context set --task Pages --key k',
        'echo "Warm it." | "$@" --as docs learning add Starts --key l --json',
        'umask 077 && "$@" report daily --output day.md && ls -l day.md | cut -c1-10',
        'mkdir gone && cd gone && rmdir ../gone && "$@" status; echo $?',
        '"$@" bogus; echo $?',
    ],
)
def test_it_does_and_prints_the_same(line: CommandLine, script: str) -> None:
    """Folder, environment, input, mask and words are the caller's."""
    printed = [
        subprocess.run(
            ["sh", "-c", script, "sh", *command],
            cwd=line.folder,
            env=user_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
        ).stdout
        for command in (tools.command(), PYTHON)
    ]
    assert printed[0]
    assert printed[0] == printed[1]


def test_whoever_started_it_sees_how_it_ended(line: CommandLine) -> None:
    """A signal is passed on, and one that ended it is told."""
    with DaemonProcess(line.folder) as daemon:
        assert daemon.terminate() == 0
        daemon.start()
        daemon.kill()
        assert daemon.ended() == -signal.SIGKILL


def test_it_ends_with_whoever_started_it(line: CommandLine) -> None:
    """Nothing goes on after a test that killed what it sees."""
    with DaemonProcess(line.folder) as daemon:
        assert daemon.process is not None
        daemon.process.kill()
        daemon.ended()
        wait_for(lambda: not pids.is_alive(daemon.pid))
