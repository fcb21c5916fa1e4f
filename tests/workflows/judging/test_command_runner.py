import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.kernel.errors import ErrorKind
from coordinator.kernel.system import pids, processes, supervised, supervisor
from coordinator.kernel.system.processes import Ending
from coordinator.kernel.system.supervised import Limits
from coordinator.workflows.judging import command_runner
from coordinator.workflows.judging.command_runner import (
    NotAllowed,
    OutsideWorktree,
)
from coordinator.workflows.judging.evidence import Evidence
from tests.support import PATIENCE_SECONDS, wait_for

ALLOWED = [["sh", "-c"], [sys.executable], ["no-such-program"], []]
HAS_PROC = Path("/proc/self").is_dir()


@pytest.fixture(autouse=True)
def _look_again() -> Iterator[None]:
    """Whether there is a sandbox is looked at once per process, but here per test."""
    supervised.sandbox_fault.cache_clear()
    yield
    supervised.sandbox_fault.cache_clear()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without bubblewrap."""
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A folder to run in."""
    made = tmp_path / "shop"
    (made / "src").mkdir(parents=True)
    return made


def sh(worktree: Path, script: str, limits: Limits | None = None) -> Evidence:
    """Run a script where scripts are allowed."""
    return command_runner.run(["sh", "-c", script], ALLOWED, worktree, limits=limits)


def sh_until_ended(worktree: Path, script: str) -> Evidence:
    """Run a script that does not end by itself, until it has said something."""
    for seconds in (0.5, 5, 50):  # on a busy machine it may not have begun by then
        found = sh(worktree, script, Limits(seconds=seconds))
        if found.stdout:
            return found
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("argv", "is_allowed"),
    [
        (["npm", "test"], True),
        (["npm", "test", "--silent"], True),
        (["npm"], False),
        (["npm", "testing"], False),
        (["npm test"], False),
        (["/bin/npm", "test"], False),
        (["sh", "-c", "npm test"], False),
        ([], False),
    ],
)
def test_a_command_is_allowed_word_by_word(
    argv: list[str], *, is_allowed: bool
) -> None:
    """It begins with an allowed one; an empty entry allows nothing."""
    assert command_runner.is_allowed(argv, [["npm", "test"], []]) is is_allowed


def test_what_is_not_allowed_is_refused(worktree: Path) -> None:
    """Nothing is started."""
    with pytest.raises(
        NotAllowed, match="do not allow the coordinator to run rm -rf"
    ) as no:
        command_runner.run(["rm", "-rf", "."], [["sh"]], worktree)
    assert no.value.kind is ErrorKind.REFUSED
    with pytest.raises(NotAllowed, match="an empty command"):
        command_runner.run([], [[]], worktree)


@pytest.mark.parametrize("folder", ["gone", "..", "/", "out", "src/../.."])
def test_no_command_runs_outside_the_worktree(
    worktree: Path, tmp_path: Path, folder: str
) -> None:
    """Nor through a link."""
    (worktree / "out").symlink_to(tmp_path)
    with pytest.raises(OutsideWorktree, match="no folder of the worktree"):
        command_runner.run(["sh", "-c", "true"], ALLOWED, worktree, folder=folder)


@pytest.mark.usefixtures("bare")
def test_a_command_becomes_evidence(worktree: Path) -> None:
    """Folder, exit code, both outputs and the time are what happened."""
    argv = ["sh", "-c", "pwd; echo no >&2; wc -c; touch made; exit 7"]
    found = command_runner.run(argv, ALLOWED, worktree, folder="src/")
    assert found.argv == tuple(argv)
    assert (found.cwd, found.exit_code) == ("src/", 7)
    assert found.stdout.split() == [str(worktree / "src"), "0"]
    assert found.stderr == "no\n"
    assert found.duration_s is not None
    assert (worktree / "src" / "made").exists()
    assert found.note == (
        "The coordinator ran it without a sandbox: bubblewrap is not installed."
    )


@pytest.mark.usefixtures("bare")
def test_no_secret_of_ours_reaches_a_command(
    worktree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is a few names that every program needs."""
    monkeypatch.setenv("COORDINATOR_TOKEN", "hunter2")
    found = sh(worktree, "env")
    assert "hunter2" not in found.stdout
    assert "PATH=" in found.stdout


@pytest.mark.usefixtures("bare")
def test_words_are_no_shell_text(worktree: Path) -> None:
    """What looks like a command in an argument is an argument."""
    argv = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "$(id)", "a;b"]
    assert command_runner.run(argv, ALLOWED, worktree).stdout == "['$(id)', 'a;b']\n"


@pytest.mark.usefixtures("bare")
def test_a_program_that_cannot_be_started_is_evidence(worktree: Path) -> None:
    """The exit codes are those that shells give."""
    found = command_runner.run(["no-such-program"], ALLOWED, worktree)
    assert found.exit_code == 127
    assert found.stderr == "The program no-such-program is not there.\n"
    found = command_runner.run(["./src"], [["./src"]], worktree)
    assert found.exit_code == 126
    assert "cannot be started" in found.stderr


@pytest.mark.usefixtures("bare")
def test_a_signal_is_an_exit_code(worktree: Path) -> None:
    """As shells have it."""
    assert sh(worktree, "kill -9 $$").exit_code == 137


@pytest.mark.slow
@pytest.mark.usefixtures("bare")
def test_a_command_that_takes_too_long_is_ended(worktree: Path) -> None:
    """It has no exit code, and what it printed until then is kept."""
    found = sh_until_ended(worktree, "echo begun; sleep 600")
    assert (found.exit_code, found.stdout) == (None, "begun\n")
    assert re.search(r"It was ended after [\d.]+ s\.$", found.note)


@pytest.mark.usefixtures("bare")
def test_a_command_that_prints_too_much_is_ended(worktree: Path) -> None:
    """Both outputs count together."""
    script = "yes >&2 & yes"
    found = sh(worktree, script, Limits(output_bytes=10_000))
    assert found.exit_code is None
    assert len(found.stdout) + len(found.stderr) == 10_000
    assert found.note.endswith("It printed over 10000 bytes and was ended.")


@pytest.mark.usefixtures("bare")
def test_output_up_to_the_limit_is_kept(worktree: Path) -> None:
    """The limit itself is not too much; what is no text is replaced."""
    found = sh(worktree, r"printf 'a\377b'", Limits(output_bytes=3))
    assert (found.exit_code, found.stdout) == (0, "a\ufffdb")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no such limit")
@pytest.mark.usefixtures("bare")
def test_a_command_that_wants_too_much_memory_fails(worktree: Path) -> None:
    """The system refuses it."""
    argv = [sys.executable, "-c", "bytearray(1 << 30)"]
    found = command_runner.run(
        argv, ALLOWED, worktree, limits=Limits(memory_bytes=1 << 28)
    )
    assert found.exit_code == 1
    assert "MemoryError" in found.stderr


SURVIVORS = """
for i in 1 2 3; do
  (setsid env -i sh -c 'echo $$ >> pids; exec sleep 600' > /dev/null 2>&1 &)
done
while [ "$(wc -l < pids 2> /dev/null || echo 0)" -lt 3 ]; do :; done
"""


def survivors(worktree: Path) -> list[int]:
    """Return those that a script left running."""
    found = [int(x) for x in (worktree / "pids").read_text().split()]
    assert len(found) == 3
    return [x for x in found if pids.is_alive(x)]


@pytest.mark.skipif(not HAS_PROC, reason="macOS finds no orphan")
@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("end", ["exit 3", "sleep 600"])
@pytest.mark.slow
def test_nothing_survives_a_command(worktree: Path, end: str) -> None:
    """Neither a session nor an environment of its own saves a process."""
    script = f"rm -f pids\n{SURVIVORS}echo begun; {end}"
    if end == "exit 3":
        found = sh(worktree, script)
    else:
        found = sh_until_ended(worktree, script)
    assert found.exit_code == (3 if end == "exit 3" else None)
    assert survivors(worktree) == []


@pytest.mark.skipif(not HAS_PROC, reason="macOS adopts no orphan")
@pytest.mark.usefixtures("bare")
def test_an_orphan_that_ends_is_buried(worktree: Path) -> None:
    """The command is not taken to have ended with it."""
    script = """
        (sh -c 'echo $$ > orphan' &)
        while [ ! -s orphan ] || [ -d "/proc/$(cat orphan)" ]; do :; done
        exit 5
    """
    assert sh(worktree, script).exit_code == 5


def test_without_proc_the_group_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other systems know no better; a group that has gone is no error."""
    monkeypatch.setattr(supervisor, "_PROCESSES", tmp_path)
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        supervisor._kill_all(process.pid)
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    supervisor._kill_all(process.pid)


def test_a_process_that_has_gone_has_no_parent(tmp_path: Path) -> None:
    """It may go while it is looked at."""
    assert supervisor._parent(tmp_path / "1") == 0


@pytest.mark.skipif(not HAS_PROC, reason="macOS finds no orphan")
@pytest.mark.slow
def test_nothing_survives_the_coordinator(worktree: Path) -> None:
    """When the one who waits for it is killed, a command is ended with all it began."""
    program = f"""
from pathlib import Path
import shutil
from coordinator.workflows.judging import command_runner
shutil.which = lambda _: None
argv = ["sh", "-c", {SURVIVORS + "echo $$ > ready; sleep 600"!r}]
command_runner.run(argv, [["sh"]], Path({str(worktree)!r}))
"""
    path = str(Path(__file__).parents[3])
    beside = processes.start_beside(
        [sys.executable, "-c", program], environment={**os.environ, "PYTHONPATH": path}
    )
    wait_for((worktree / "ready").exists)
    wait_for((worktree / "ready").read_text)
    pid = int((worktree / "ready").read_text())
    os.kill(beside._process.pid, signal.SIGKILL)
    wait_for(lambda: not pids.is_alive(pid) and not survivors(worktree))
    assert beside.end() == -signal.SIGKILL


FAKE = """#!{python}
import json, os, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(words) + "\\n")
if {broken}:
    sys.exit("bwrap: no namespaces here")
command = words[words.index("--") + 1:]
os.execvp(command[0], command)
"""


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> Path:
    """Put a stand-in for bubblewrap first into PATH; return where it logs its words."""
    log = tmp_path / "words"
    program = tmp_path / "bin" / "bwrap"
    program.parent.mkdir()
    program.write_text(FAKE.format(python=sys.executable, log=str(log), broken=broken))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return log


@pytest.mark.slow
def test_where_bubblewrap_works_it_is_used(
    worktree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root is read-only, the worktree writable, and secret folders are covered."""
    log = install(tmp_path, monkeypatch, broken=False)
    hidden = [worktree / "src", worktree / "gone"]
    found = command_runner.run(
        ["sh", "-c", "echo hi"], ALLOWED, worktree, hidden=hidden
    )
    assert (found.stdout, found.note) == (
        "hi\n",
        "The coordinator ran it in bubblewrap.",
    )
    probe, words = (json.loads(x) for x in log.read_text().splitlines())
    assert probe[-2:] == ["--", "true"]
    assert words[:3] == ["--unshare-all", "--die-with-parent", "--new-session"]
    text = " ".join(words)
    assert "--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp" in text
    assert f"--tmpfs {worktree}/src --bind {worktree} {worktree} --chdir" in text
    assert "gone" not in text


@pytest.mark.slow
def test_where_bubblewrap_does_not_work_it_is_said(
    worktree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many systems forbid namespaces; the command runs, and the note tells how."""
    install(tmp_path, monkeypatch, broken=True)
    found = sh(worktree, "echo hi")
    assert found.stdout == "hi\n"
    assert found.note == (
        "The coordinator ran it without a sandbox: bubblewrap does not work here "
        "(bwrap: no namespaces here)."
    )


def test_a_bubblewrap_that_is_no_program_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no error of the command."""
    install(tmp_path, monkeypatch, broken=False)
    (tmp_path / "bin" / "bwrap").write_text("no program\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "does not work here (The program bwrap cannot" in supervised.sandbox_fault()


@pytest.mark.slow
def test_a_real_sandbox_holds(worktree: Path, tmp_path: Path) -> None:
    """Only the worktree can be written, nothing else is seen of /tmp or the network."""
    if fault := supervised.sandbox_fault():
        pytest.skip(fault)
    outside = tmp_path / "outside"
    outside.write_text("x")
    hidden = worktree.parent / "home"
    (hidden / "token").write_text("secret")
    script = (
        f"touch inside; echo y > {outside}; cat {hidden}/token; ls /sys/class/net; "
        "touch /usr/x; setsid sleep 600 & echo $$"
    )
    argv = ["sh", "-c", script]
    found = command_runner.run(argv, ALLOWED, worktree, hidden=[hidden])
    assert (worktree / "inside").exists()
    assert outside.read_text() == "x"
    assert not Path("/usr/x").exists()
    assert "secret" not in found.stdout
    assert found.exit_code == 0


def test_a_process_that_does_not_mind_its_input_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of its input is a request; its group is killed where it is ignored."""
    monkeypatch.setattr(processes, "_GRACE_SECONDS", 0.05)
    done = processes.run_bounded(
        ["sleep", "600"], cwd=tmp_path, order=b"", seconds=0.05, most_bytes=1
    )
    assert (done.code, done.ending) == (-signal.SIGKILL, Ending.TIME)


def test_a_process_may_leave_its_order_unread(tmp_path: Path) -> None:
    """A broken pipe is no error of ours."""
    done = processes.run_bounded(
        ["true"], cwd=tmp_path, order=b"x" * 1_000_000, seconds=9, most_bytes=1
    )
    assert (done.code, done.ending) == (0, Ending.OWN)
    assert done.seconds < time.monotonic()
