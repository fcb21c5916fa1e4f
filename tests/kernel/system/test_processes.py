import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from coordinator.kernel.errors import ErrorKind
from coordinator.kernel.system import pids, processes
from coordinator.kernel.system.processes import Child
from coordinator.kernel.system.start_errors import NotStarted, ProgramMissing, TimedOut
from tests.support import PATIENCE_SECONDS

CAT = ["cat"]


def sh(script: str) -> list[str]:
    """Return how to run a script."""
    return ["/bin/sh", "-c", script]


def test_a_process_reads_prints_and_ends() -> None:
    """Input, both outputs and the exit code arrive."""
    done = processes.run(sh("cat; echo no >&2; exit 7"), stdin=b"a\0b")
    assert (done.code, done.stdout, done.stderr) == (7, b"a\0b", b"no\n")


def test_a_killed_process_says_so() -> None:
    """A signal is a negative code."""
    assert processes.run(sh("kill -TERM $$")).code == -signal.SIGTERM


def test_input_that_nobody_reads_is_no_error() -> None:
    """A program may end before it has read everything."""
    assert processes.run(sh("exit 0"), stdin=b"x" * 1_000_000).code == 0


def test_output_is_text_whatever_its_bytes() -> None:
    """Bytes that are no UTF-8 stay, and a complaint is short."""
    done = processes.run(sh("printf 'a\\377'; printf '1\\n2\\n 3\\n4\\377\\n' >&2"))
    assert done.text.encode("utf-8", "surrogateescape") == b"a\xff"
    assert done.complaint == "2 3 4\ufffd"


def test_the_environment_is_what_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder named like our package is never imported from where a child runs."""
    monkeypatch.setenv("OURS", "x")
    script = sh('echo "$OURS$GIVEN$PYTHONSAFEPATH"; pwd')
    assert processes.run(script, cwd=tmp_path).text == f"x1\n{tmp_path}\n"
    done = processes.run(script, environment={"GIVEN": "y"}, cwd=tmp_path)
    assert done.text == f"y1\n{tmp_path}\n"


def test_a_missing_program_is_named() -> None:
    """The error says what to install."""
    with pytest.raises(ProgramMissing, match="no-such-program") as caught:
        processes.run(["no-such-program"])
    assert caught.value.kind is ErrorKind.EXTERNAL
    with pytest.raises(ProgramMissing):
        Child(["no-such-program"])


def test_a_missing_folder_is_no_missing_program(tmp_path: Path) -> None:
    """The two are told apart."""
    with pytest.raises(FileNotFoundError):
        processes.run(CAT, cwd=tmp_path / "gone")


@pytest.mark.slow
def test_a_timeout_ends_the_whole_group(tmp_path: Path) -> None:
    """Children of the child end with it; none is left to write somewhere."""
    os.mkfifo(tmp_path / "fifo")
    script = sh("(exec > fifo; echo there; sleep 600; echo late) & wait")
    said = b""
    for seconds in (0.5, 5, 50):  # on a busy machine it may not have begun by then
        end = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        with pytest.raises(TimedOut, match=f"{seconds} s"):
            processes.run(script, seconds=seconds, cwd=tmp_path)
        os.set_blocking(end, True)
        with os.fdopen(end, "rb") as pipe:
            # The read ends when the last one that could write is gone.
            said = pipe.read()
        if said:
            break
    assert said == b"there\n"


@pytest.mark.slow
def test_an_interrupt_ends_the_child() -> None:
    """Ctrl-C does not reach the child's own group, so we pass it on."""
    program = """
        import os, signal, threading
        from coordinator.kernel.system import pids, processes

        # A job that a shell began in the background ignores the interrupt.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        seen = []
        def interrupt():
            fifo = open("fifo")
            seen.append(int(fifo.readline()))
            os.kill(os.getpid(), signal.SIGINT)
        os.mkfifo("fifo")
        threading.Thread(target=interrupt).start()
        try:
            # What `cat` waits for comes when `run` does.
            script = "cat; echo $$ > fifo; exec sleep 600"
            processes.run(["/bin/sh", "-c", script])
        except KeyboardInterrupt:
            print(pids.is_alive(seen[0]))
    """
    done = in_python(program)
    assert (done.stdout, done.returncode) == ("False\n", 0), done.stderr


def in_python(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program of our own in a process and a folder of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        cwd=os.environ["HOME"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


def test_a_child_answers_until_it_is_finished() -> None:
    """A co-process ends when its input does."""
    child = Child(CAT)
    for word in (b"one\n", b"two\n"):
        child.stdin.write(word)
        child.stdin.flush()
        assert child.stdout.readline() == word
    assert child.finish() == 0
    assert child.finish() == 0


def test_a_child_that_does_not_end_is_killed() -> None:
    """Nobody waits for ever."""
    child = Child(sh("trap '' TERM; exec sleep 600"))
    assert child.finish(seconds=0.05) == -1


def test_a_child_that_died_is_finished_quietly() -> None:
    """What it did not read any more is no error of ours."""
    with Child(sh("exit 3")) as child:
        assert child.stdout.read() == b""
        child.stdin.write(b"late")
        assert child.finish() in {-1, 3}


def test_a_child_is_killed_at_the_end_of_its_block() -> None:
    """A co-process never outlives its use."""
    with Child(sh("echo $$; exec sleep 600")) as child:
        pid = int(child.stdout.readline())
        assert pids.is_alive(pid)
    assert not pids.is_alive(pid)


@pytest.mark.slow
def test_a_detached_process_keeps_no_descriptor(tmp_path: Path) -> None:
    """A pipe of the caller's ends although the daemon lives on."""
    read, write = os.pipe()
    os.set_inheritable(write, True)  # noqa: FBT003 - Python's own signature
    os.mkfifo(tmp_path / "fifo")
    script = "ls /proc/self/fd 2>/dev/null | wc -l; read word < fifo; echo $word"
    pid = processes.start_detached(sh(script), log=tmp_path / "log", cwd=tmp_path)
    os.close(write)
    with os.fdopen(read, "rb") as end:
        assert end.read() == b""
    assert pids.is_running_child(pid)
    (tmp_path / "fifo").write_text("late\n")
    os.waitpid(pid, 0)
    assert (tmp_path / "log").read_text().endswith("late\n")
    assert not pids.is_running_child(pid)


@pytest.mark.slow
def test_a_detached_process_outlives_its_parent(tmp_path: Path) -> None:
    """It has a session of its own."""
    os.mkfifo(tmp_path / "fifo")
    program = f"""
        from pathlib import Path
        from coordinator.kernel.system import processes
        folder = Path({str(tmp_path)!r})
        argv = ["/bin/sh", "-c", "echo $$ > fifo"]
        print(processes.start_detached(argv, log=folder / "log", cwd=folder))
    """
    done = in_python(program)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fifo").read_text() == done.stdout


def test_a_process_beside_us_is_ended() -> None:
    """It is asked to stop, and killed where it does not listen."""
    beside = processes.start_beside(["sleep", "600"])
    assert beside.end() == -signal.SIGTERM


@pytest.mark.slow
def test_a_process_beside_us_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """Nobody waits for ever."""
    os.mkfifo(tmp_path / "fifo")
    script = f"trap '' TERM; echo ready > {tmp_path}/fifo; exec sleep 600"
    beside = processes.start_beside(sh(script))
    assert (tmp_path / "fifo").read_text() == "ready\n"
    assert beside.end(seconds=0.05) == -signal.SIGKILL


@pytest.mark.slow
def test_one_program_becomes_another() -> None:
    """Folder and environment are just those that were asked for."""
    program = """
        import os
        from pathlib import Path
        from coordinator.kernel.system import processes
        os.mkdir("inner")
        argv = ["/bin/sh", "-c", "pwd; echo $WORD$PYTHONSAFEPATH.; exit 5"]
        environment = {"WORD": "x", "PATH": os.environ["PATH"]}
        processes.replace(argv, cwd=Path("inner"), environment=environment)
    """
    done = in_python(program)
    assert done.stdout.endswith("/inner\nx.\n")
    assert done.returncode == 5


def test_nothing_becomes_a_missing_program(tmp_path: Path) -> None:
    """The error is the same as for a child."""
    here = Path.cwd()
    try:
        with pytest.raises(ProgramMissing):
            processes.replace(["no-such-program"], cwd=tmp_path, environment={})
    finally:
        os.chdir(here)


def test_who_lives_and_who_does_not() -> None:
    """Numbers that stand for groups, or for nobody, are not alive."""
    assert pids.is_alive(os.getpid())
    assert pids.is_alive(1)
    assert not any(pids.is_alive(x) for x in (0, -1, 1 << 22 | 1, 1 << 70))
    assert not pids.is_running_child(os.getppid())


def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    """A folder, a text, too many arguments: a sentence, and no bug."""
    text = tmp_path / "text"
    text.write_text("no program\n")
    text.chmod(0o755)
    for argv in ([str(tmp_path)], [str(text)], ["true", "x" * 3_000_000]):
        with pytest.raises(NotStarted, match="cannot be started"):
            processes.run(argv)


@pytest.mark.slow
def test_a_process_does_not_become_what_cannot_be_started() -> None:
    """It goes on and says so."""
    program = """
        from pathlib import Path
        from coordinator.kernel.system import processes, start_errors
        try:
            processes.replace(["/tmp"], cwd=Path("."), environment={})
        except start_errors.NotStarted as error:
            print(error.message)
    """
    assert "cannot be started" in in_python(program).stdout


def test_much_input_and_output_go_through() -> None:
    """More than a pipe holds, both ways at once, and nobody waits for the other."""
    data = bytes(range(256)) * 4_000
    done = processes.run(CAT, stdin=data)
    assert (done.code, done.stdout == data) == (0, True)


@pytest.mark.parametrize("has_handles", [True, False])
def test_a_process_that_goes_on_without_outputs_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, *, has_handles: bool
) -> None:
    """With and without what the system tells of an end."""
    if not has_handles:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    done = processes.run(sh("exec >&- 2>&-; sleep 0.05; exit 3"))
    assert done.code == 3
    with pytest.raises(TimedOut):
        processes.run(sh("exec >&- 2>&-; sleep 600"), seconds=0.1)
