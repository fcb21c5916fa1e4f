import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coordinator.daemon import client, service
from coordinator.kernel.clock import monotonic
from coordinator.kernel.system import pids
from coordinator.workspace.layout import Layout
from tests.preloaded import tools
from tests.support import (
    PATIENCE_SECONDS,
    DaemonProcess,
    FakeAgent,
    ManualClock,
    git,
    open_workspace,
    run_coordinator,
    user_environment,
    wait_for,
)

pytestmark = pytest.mark.slow
CONTEXTS = "agent-system/active-contexts"
STATUS = "State: working\nTask: Carts\n"


@pytest.fixture
def root(tmp_path: Path, clock: ManualClock) -> Path:
    """A workspace without a repository, closed again."""
    with open_workspace(tmp_path / "work", clock) as opened:
        return opened.root


@pytest.fixture
def daemon(root: Path) -> Iterator[DaemonProcess]:
    """A daemon that watches it."""
    with DaemonProcess(root) as running:
        yield running


@pytest.fixture
def restless(root: Path) -> Iterator[DaemonProcess]:
    """The same, but it looks at everything more often."""
    look_every(root, 0.5)
    with DaemonProcess(root) as running:
        yield running


def accepted(daemon: DaemonProcess) -> set[str]:
    """Return the documents that the daemon has taken in, asking for no fresh look."""
    found = daemon.ask("history", limit=100_000)
    return {x["subject"] for x in found if x["kind"] == "document.accepted"}


def seen_by_itself(daemon: DaemonProcess, path: str) -> bool:
    """Tell whether the journal has the document; nobody is asked to look."""
    return path in journalled(daemon)


def journalled(daemon: DaemonProcess) -> str:
    """Return the journal's text."""
    journal = daemon.workspace / ".coordinator" / "journal"
    return "".join(x.read_text("utf-8") for x in sorted(journal.glob("*.jsonl")))


def is_told_of(daemon: DaemonProcess) -> bool:
    """Write a file; tell whether it was taken in before the next look at everything."""
    written = monotonic()
    path = FakeAgent(daemon.workspace, "docs").learning(f"{written}", "# Told\n")
    wait_for(lambda: seen_by_itself(daemon, path))
    return bool(daemon.health()["scan_age"] > monotonic() - written)


def test_a_file_is_taken_in_by_itself(daemon: DaemonProcess, root: Path) -> None:
    """Nobody has to call a command for a document to be seen, nor is a look needed."""
    FakeAgent(root, "backend").context(STATUS)
    wait_for(lambda: is_told_of(daemon))
    board = root / CONTEXTS / "BOARD.md"
    wait_for(lambda: "Carts" in board.read_text())


def test_the_socket_is_the_owners_alone(daemon: DaemonProcess, root: Path) -> None:
    """Nobody else may speak to the daemon."""
    assert daemon.pid
    mode = Layout(root).socket.stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)


def test_sigterm_stops_and_leaves_no_socket(daemon: DaemonProcess, root: Path) -> None:
    """A service manager's stop is obeyed, and the next start is not in the way."""
    assert daemon.terminate() == 0
    assert not Layout(root).socket.exists()
    assert "The daemon has stopped." in daemon.said


def test_down_answers_before_it_stops(daemon: DaemonProcess, root: Path) -> None:
    """Whoever stops the daemon hears that it was heard."""
    done = run_coordinator(root, "down", "--json")
    assert (done.code, done.value["stopped"]) == (0, True)
    assert daemon.ended() == 0


@pytest.fixture
def hang(tmp_path: Path) -> Iterator[Path]:
    """A file; while it is there, the git of `hanging_git` hangs."""
    made = tmp_path / "hang"
    yield made
    made.unlink(missing_ok=True)


def hanging_git(hang: Path, words: str) -> str:
    """Return a PATH with a git that hangs over words that fit a shell's pattern."""
    program = hang.with_name("tools") / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase " $* " in {words})\n'
        f'while [ -e "{hang}" ]; do touch "{hung(hang)}"; sleep 0.1; done ;; esac\n'
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def hung(hang: Path) -> Path:
    """Return the file that tells that it does."""
    return hang.with_name("hung")


@pytest.mark.parametrize("when", ["in the first look", "later"])
def test_a_hanging_program_does_not_keep_the_daemon_from_stopping(
    tmp_path: Path,
    clock: ManualClock,
    make_repository: Callable[[Path], Path],
    hang: Path,
    when: str,
) -> None:
    """SIGTERM ends it within 5 s, whatever git is waiting for."""
    assert service._STOP_SECONDS + service._LAST_SECONDS < 5
    shop = make_repository(tmp_path / "shop")
    with open_workspace(tmp_path / "work", clock, {"shop": shop}) as opened:
        root = opened.root
    environment = {"PATH": hanging_git(hang, "*")}
    agent = FakeAgent(root, "backend")
    if when != "later":
        hang.touch()
        git(agent.home, "branch", "backend/tills")
    with DaemonProcess(root, **environment) as daemon:
        if when == "later":
            wait_for(lambda: daemon.health()["disk_free"])
            hang.touch()
        agent.pending("carts", "# Carts\n\nBranch: backend/carts\n")
        wait_for(hung(hang).exists)
        assert daemon.terminate() == 0
        assert "The daemon has stopped" in daemon.said


def test_filling_the_pool_keeps_nobody_waiting(
    tmp_path: Path,
    clock: ManualClock,
    make_repository: Callable[[Path], Path],
    hang: Path,
) -> None:
    """A repository may be large: what is made in advance is made beside all else."""
    shop = make_repository(tmp_path / "shop")
    with open_workspace(tmp_path / "work", clock, {"shop": shop}) as opened:
        root = opened.root
    path = hanging_git(hang, '*" --no-checkout "*')
    hang.touch()
    with DaemonProcess(root, PATH=path) as daemon:
        wait_for(hung(hang).exists)
        document = FakeAgent(root, "backend").context(STATUS)
        wait_for(lambda: seen_by_itself(daemon, document))
        assert daemon.ask("status")["agents"][0]["state"] == "working"
        assert daemon.terminate() == 0


def children(pid: int) -> list[str]:
    """Return the names of a process's children."""
    lists = [_text(x / "children") for x in Path(f"/proc/{pid}/task").iterdir()]
    names = [_text(Path(f"/proc/{x}/comm")).strip() for x in " ".join(lists).split()]
    return [x for x in names if x]


def _text(path: Path) -> str:
    """Read what may be gone by now: a thread or a process that is over."""
    try:
        return path.read_text()
    except OSError:
        return ""


@pytest.mark.parametrize("left", ["killed", "file", "pid"])
def test_nothing_that_a_dead_daemon_left_blocks_the_next(root: Path, left: str) -> None:
    """Stale socket, lock and pid are ignored: the lock itself decides."""
    own = root / ".coordinator"
    if left == "killed":
        with DaemonProcess(root) as daemon:
            daemon.kill()
        assert Layout(root).socket.exists()
    elif left == "file":
        Layout(root).socket.write_text("no socket")
        (own / "lock").write_text("junk")
    else:
        (own / "daemon.json").write_text(f'{{"pid": {os.getpid()}}}')
    with DaemonProcess(root) as daemon:
        assert pids.is_alive(daemon.pid)


def test_a_second_daemon_is_refused(daemon: DaemonProcess, root: Path) -> None:
    """One per workspace; detaching says which runs."""
    again = run_coordinator(root, "up", "--json")
    assert (again.code, again.error["kind"]) == (1, "conflict")
    assert str(daemon.pid) in again.error["message"]
    detached = run_coordinator(root, "up", "--detach", "--json")
    assert (detached.code, detached.value["pid"]) == (0, daemon.pid)


def test_twenty_starts_at_once_give_one_daemon(root: Path) -> None:
    """Whoever loses the race finds the winner."""
    argv = [*tools.command(), "up", "--detach", "--json"]
    starts = [
        subprocess.Popen(
            argv,
            cwd=root,
            env=user_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    ended = [(*x.communicate(timeout=PATIENCE_SECONDS), x.returncode) for x in starts]
    try:
        assert [x[1:] for x in ended if x[2]] == []
        assert len({x[0] for x in ended}) == 1
    finally:
        run_coordinator(root, "down")
    wait_for(lambda: not Layout(root).socket.exists())


def test_what_changed_while_no_daemon_ran_is_found(root: Path) -> None:
    """`kill -9`, then `up`: new, changed and removed files are all seen."""
    agent = FakeAgent(root, "backend")
    gone = agent.learning("old", "# Old\n")
    agent.context(STATUS)
    with DaemonProcess(root) as daemon:
        wait_for(lambda: len(accepted(daemon)) >= 5)
        daemon.kill()
        (root / gone).unlink()
        agent.context("State: blocked\n")
        new = agent.learning("new", "# New\n")
        daemon.start()
        wait_for(lambda: seen_by_itself(daemon, new))
        wait_for(lambda: daemon.ask("status")["agents"][0]["state"] == "blocked")
        assert [x["path"] for x in daemon.ask("learning list")] == [new]


@pytest.mark.slow(5)
@pytest.mark.parametrize("how", ["removed", "renamed"])
def test_a_watched_folder_is_found_again(
    daemon: DaemonProcess, root: Path, how: str
) -> None:
    """A folder that is removed, or renamed, and made again is watched again."""
    folder = root / "agent-system" / "learnings"
    agent = FakeAgent(root, "backend")
    first = agent.learning("first", "# First\n")
    wait_for(lambda: seen_by_itself(daemon, first))
    if how == "renamed":
        folder.rename(root / "elsewhere")
    else:
        argv = ["rm", "-rf", str(folder)]  # again where a view was written meanwhile
        wait_for(lambda: subprocess.run(argv, check=False).returncode == 0)
    wait_for(lambda: "folder-missing" in _codes(daemon))
    if how == "renamed":  # nobody said that the document is gone
        assert [x["path"] for x in daemon.ask("learning list")] == [first]
    folder.mkdir()
    second = agent.learning("second", "# Second\n")
    wait_for(lambda: seen_by_itself(daemon, second))
    assert daemon.health()["watcher"] == "events"
    wait_for(lambda: is_told_of(daemon))
    assert "folder-missing" not in _codes(daemon)


def _codes(daemon: DaemonProcess) -> list[str]:
    return [x["code"] for x in daemon.ask("check")]


def test_a_burst_of_files_is_taken_in_whole(daemon: DaemonProcess, root: Path) -> None:
    """2,000 files at once: none is missed, and another agent is not kept waiting."""
    burst = {f"agent-system/learnings/backend-{n}.md" for n in range(2_000)}
    os.kill(daemon.pid, signal.SIGSTOP)
    for path in burst:
        (root / path).write_text("# Burst\n")
    other = FakeAgent(root, "docs").context(STATUS)
    os.kill(daemon.pid, signal.SIGCONT)
    wait_for(lambda: burst <= accepted(daemon))
    text = journalled(daemon)
    assert text.index(other) < text.rindex("learnings/backend-")


def look_every(root: Path, seconds: float) -> None:
    """Set how often everything is looked at."""
    settings = root / "coordinator.toml"
    text = settings.read_text()
    assert "# look_seconds = 5.0" in text
    settings.write_text(
        text.replace("# look_seconds = 5.0", f"look_seconds = {seconds}")
    )


def test_what_the_system_forgot_to_say_is_found_soon(root: Path) -> None:
    """The system's own queue overflows without a word: the scan does not wait."""
    look_every(root, 300.0)
    burst = {f"agent-system/learnings/backend-{n}.md" for n in range(6_000)}
    with DaemonProcess(root) as daemon:
        wait_for(lambda: daemon.health()["disk_free"])
        pid = daemon.pid
        os.kill(pid, signal.SIGSTOP)
        for path in burst:  # three events each, and the queue holds 16,384
            (root / path).write_text("# Burst\n")
        os.kill(pid, signal.SIGCONT)
        wait_for(lambda: journalled(daemon).count('"document.accepted"') > 6_000)


def poison(root: Path, outside: Path) -> dict[str, str]:
    """Write a poisonous file of each kind; return the code that each deserves."""
    folder = root / CONTEXTS
    os.mkfifo(folder / "backend-fifo.md")
    outside.write_text("State: done\n")
    (folder / "backend-link.md").symlink_to(outside)
    (folder / "backend-hard.md").hardlink_to(outside)
    (folder / "backend-big.md").write_bytes(b"x" * (2 << 20))
    (folder / "backend-nul.md").write_bytes(b"State: done\n\0")
    (folder / "backend-bytes.md").write_bytes(b"State: \xff\n")
    for name in (b"backend-a\nb.md", b"backend-\x1b[2J.md", b"backend-\xff.md"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(STATUS)
    (folder / "backend-\u202edm.md").write_text(STATUS)
    (folder / f"backend-{'x' * 244}.md").write_text(STATUS)
    codes = {
        "backend-fifo.md": "not-a-file",
        "backend-link.md": "symlink",
        "backend-hard.md": "hard-link",
        "backend-big.md": "too-large",
        "backend-nul.md": "binary",
        "backend-bytes.md": "not-utf-8",
        "backend-\\xff.md": "bad-name",
        "backend-\\u202edm.md": "bad-name",
        "backend-\\x1b[2J.md": "bad-name",
        "backend-a\\nb.md": "bad-name",
    }
    return {f"{CONTEXTS}/{name}": code for name, code in codes.items()}


def test_poisonous_files_are_a_problem_each_and_nobody_elses(
    daemon: DaemonProcess, root: Path, tmp_path: Path
) -> None:
    """Each hostile file gives one problem; another agent's is taken."""
    expected = poison(root, tmp_path / "outside")
    other = FakeAgent(root, "docs").context(STATUS)
    wait_for(lambda: seen_by_itself(daemon, other))

    def found() -> dict[str, str]:
        return {x["path"].replace("\\udcff", "\\xff"): x["code"] for x in _check()}

    def _check() -> list[dict[str, str]]:
        problems: list[dict[str, str]] = daemon.ask("check")
        return problems

    wait_for(lambda: len(found()) >= len(expected))
    problems = _check()
    assert found() == {k.replace("\\n", "\\n"): v for k, v in expected.items()}
    assert len(problems) == len(expected)
    assert seen_by_itself(daemon, "x" * 244)
    daemon.kill()
    daemon.start()
    wait_for(lambda: _check() == problems)


@pytest.mark.parametrize("cause", ["setting", "system"])
def test_without_events_the_daemon_looks_often(root: Path, cause: str) -> None:
    """A system that has no events left means polling, with the reason in health."""
    prefix: list[str] = []
    if cause == "setting":
        settings = root / "coordinator.toml"
        text = settings.read_text().replace("# use_events = true", "use_events = false")
        settings.write_text(text)
    else:
        none_left = "echo 0 > /proc/sys/user/max_inotify_instances"
        prefix = ["unshare", "-Ur", "sh", "-c", f'{none_left} && exec "$@"', "sh"]
        if subprocess.run(
            [*prefix, "true"], capture_output=True, check=False
        ).returncode:
            pytest.skip("this system gives no user namespaces")
    with DaemonProcess(root, *prefix) as daemon:
        wait_for(lambda: daemon.health()["watcher"] != "starting")
        word = "setting" if cause == "setting" else "inotify"
        assert daemon.health()["watcher"].startswith("polling (")
        assert word in daemon.health()["watcher"]
        path = FakeAgent(root, "backend").context(STATUS)
        wait_for(lambda: seen_by_itself(daemon, path))
        log = (root / ".coordinator" / "logs" / "daemon.jsonl").read_text()
        assert len([x for x in log.splitlines() if "looking often" in x]) <= 1


def test_a_refusing_disk_means_read_only_until_it_heals(
    restless: DaemonProcess, root: Path
) -> None:
    """A full disk is said, reading goes on, and nothing that was said is lost."""
    agent = FakeAgent(root, "backend")
    before = agent.context(STATUS)
    wait_for(lambda: _state(restless) == "working")
    pid = restless.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (10, hard))
    after = agent.learning("during", "# During\n")
    wait_for(lambda: restless.health()["read_only"])
    assert _state(restless) == "working"
    refused = run_coordinator(root, "--as", "backend", "context", "set", "--task", "x")
    assert refused.code == 1
    assert "refuse" in refused.stderr or "cannot be written" in refused.stderr
    status = run_coordinator(root, "status")
    assert (status.code, "READ-ONLY" in status.stdout) == (0, True)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_for(lambda: not restless.health()["read_only"])
    wait_for(lambda: seen_by_itself(restless, after))
    assert {before, after} <= accepted(restless)
    assert "disk.healed" in {x["kind"] for x in restless.ask("history", limit=9)}
    assert restless.ask("doctor")[1]["well"]


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_a_workspace_that_goes_takes_its_daemon_along(
    restless: DaemonProcess, root: Path, how: str
) -> None:
    """It ends, and makes nothing in the old place again."""
    wait_for(lambda: restless.health()["disk_free"])
    process = restless.process
    assert process is not None
    if how == "moved":
        root.rename(root.with_name("elsewhere"))
    else:
        wait_for(lambda: _is_deleted(root))
    wait_for(lambda: process.poll() is not None)
    assert sorted(root.rglob("*")) == []
    assert not root.exists()
    if how == "moved":
        with DaemonProcess(root.with_name("elsewhere")) as again:
            assert again.ask("check") == []
            assert again.ask("doctor")


def _is_deleted(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)  # again where something was just written
    return not folder.exists()


def test_a_full_disk_does_not_keep_the_daemon_from_stopping(
    daemon: DaemonProcess, root: Path
) -> None:
    """`down` writes nothing, so that nothing can refuse it."""
    _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (10, hard))
    FakeAgent(root, "backend").learning("during", "# During\n")
    wait_for(lambda: daemon.health()["read_only"])
    done = run_coordinator(root, "down", "--json")
    assert (done.code, done.value["stopped"]) == (0, True)
    daemon.ended()


def _state(daemon: DaemonProcess) -> str:
    [found] = [x for x in daemon.ask("status")["agents"] if x["name"] == "backend"]
    return str(found["state"])


def test_an_idle_daemon_starts_no_process(
    tmp_path: Path,
    clock: ManualClock,
    make_repository: Callable[[Path], Path],
) -> None:
    """Without changes, three looks pass and no child is seen."""
    shop = make_repository(tmp_path / "shop")
    with open_workspace(tmp_path / "work", clock, {"shop": shop}) as opened:
        root = opened.root
    look_every(root, 0.5)
    with DaemonProcess(root) as daemon:
        path = FakeAgent(root, "backend").context(STATUS)
        wait_for(lambda: seen_by_itself(daemon, path))
        wait_for(_Calm(daemon).lasts)


class _Calm:
    """Watches a daemon until in three looks it neither had nor had lost a child."""

    def __init__(self, daemon: DaemonProcess) -> None:
        self._daemon = daemon
        self._looks = 0
        self._age = 0.0
        self._known: tuple[int, ...] = ()

    def lasts(self) -> bool:
        """Look once."""
        pid = self._daemon.pid
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        buried = (int(status[8]), int(status[10]), int(status[13]), int(status[14]))
        present = (*buried, len(children(pid)))
        age = float(self._daemon.health()["scan_age"])
        self._looks += age < self._age
        if present != self._known:
            self._known, self._looks = present, 0
        self._age = age
        return self._looks > 3


def test_requests_that_make_no_sense_do_not_hurt(
    daemon: DaemonProcess, root: Path
) -> None:
    """Garbage, giants, half requests and callers who leave: the next one is served."""
    path = str(Layout(root).socket)
    kinds = [
        _send(path, data)
        for data in (
            b"\n",
            b"no json\n",
            b"[]\n",
            b'{"action": 5}\n',
            b'{"action": "status", "bogus": 1}\n',
            b'{"action": "status", "arguments": []}\n',
            b'{"action": "status", "agent": ["x"]}\n',
            b'{"action": "status", "token": "\\ud800"}\n',
            b'{"argv": 5}\n',
            b'{"argv": ["status"], "width": "wide"}\n',
            b"[" * 100_000 + b"\n",
            b"x" * (5 << 20) + b"\n",
            b'{"action": "nothing"}\n',
        )
    ]
    assert kinds[:8] == ["usage"] * 7 + ["done"]
    assert kinds[8:10] == ["2", "2"]
    assert kinds[10] == "usage"
    assert kinds[11] in {"usage", "cut"}
    assert kinds[12] == "not_found"
    leaver = socket.socket(socket.AF_UNIX)
    leaver.connect(path)
    leaver.sendall(b'{"action": "stat')
    leaver.close()
    assert daemon.ask("status")["daemon"]["running"]


def _send(path: str, data: bytes) -> str:
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(path)
        try:
            end.sendall(data)
            got = b"".join(iter(lambda: end.recv(1 << 16), b""))
        except ConnectionError:
            return "cut"
    reply = json.loads(got)
    if "result" in reply:
        return "done"
    return str(reply["error"]["kind"] if "error" in reply else reply["code"])


def test_a_daemon_that_dies_over_a_call_is_said(
    daemon: DaemonProcess, root: Path
) -> None:
    """A caller whose daemon is killed hears that its call may have been done."""
    path = str(Layout(root).socket)
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(path)
        daemon.kill()
    with socket.socket(socket.AF_UNIX) as deaf:
        Path(path).unlink()
        deaf.bind(path)
        deaf.listen()
        deaf.settimeout(PATIENCE_SECONDS)
        pid = os.fork()
        if pid == 0:
            deaf.accept()[0].close()
            os._exit(0)
        asked: dict[str, object] = {"argv": ["status", "--json"]}
        reply = client.ask(str(root), asked)
        os.waitpid(pid, 0)
    assert reply is not None
    assert reply["code"] == 1
    assert "ended before it answered" in str(reply["stderr"])


def test_ctrl_c_stops_as_sigterm_does(daemon: DaemonProcess) -> None:
    """The foreground daemon obeys the keyboard."""
    os.kill(daemon.pid, signal.SIGINT)
    assert daemon.ended() == 0
