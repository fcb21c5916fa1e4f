import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from coordinator import entry
from coordinator.workspace import registry
from tests.support import (
    CommandLine,
    DaemonProcess,
    FakeAgent,
    a_bug_in,
    run_coordinator,
    user_environment,
)


@pytest.mark.parametrize(
    "argv",
    [
        ["--workspace", "{w}", "status", "--json"],
        ["status", "--workspace", "{w}", "--json"],
        ["--json", "status", "--workspace={w}"],
        ["--json", "--workspace={w}", "status"],
    ],
)
def test_global_options_stand_before_and_after_the_subcommand(
    line: CommandLine, argv: list[str], tmp_path: Path
) -> None:
    """`--workspace` and `--json` mean the same on both sides of the verb."""
    line.folder = tmp_path
    done = line(*[x.format(w=tmp_path / "work") for x in argv])
    assert (done.code, done.value["workspace"]) == (0, str(tmp_path / "work"))


@pytest.mark.parametrize(
    "argv",
    [
        ["--as", "docs", "context", "set", "--task", "Pages"],
        ["context", "set", "--task", "Pages", "--as", "docs"],
        ["context", "--as=docs", "set", "--task", "Pages"],
    ],
)
def test_as_names_the_agent_on_both_sides(line: CommandLine, argv: list[str]) -> None:
    """`--as` reads the agent's token, wherever it stands."""
    done = line(*argv, "--json")
    assert (done.code, done.value["name"], done.value["task"]) == (0, "docs", "Pages")


def test_the_environment_names_agent_and_workspace(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """COORDINATOR_WORKSPACE and COORDINATOR_AGENT stand in for the options."""
    monkeypatch.setenv("COORDINATOR_WORKSPACE", f"{line.folder}/")
    monkeypatch.setenv("COORDINATOR_AGENT", "backend")
    line.folder = tmp_path
    done = line("context", "set", "--state", "blocked", "--json")
    assert (done.value["name"], done.value["state"]) == ("backend", "blocked")


def test_what_follows_two_dashes_is_left_alone() -> None:
    """A program's own `--as` is not ours."""
    argv = ["agent", "launch", "docs", "--", "as", "--as", "x", "--workspace=y"]
    assert entry.take_globals(argv) == (argv, {"workspace": "", "agent": ""})


def test_a_global_option_without_its_value_is_a_usage_error(line: CommandLine) -> None:
    """A missing value is not taken for the present folder."""
    done = line("status", "--json", "--workspace")
    assert (done.code, done.error["kind"]) == (2, "usage")


def test_only_init_makes_a_workspace(line: CommandLine, tmp_path: Path) -> None:
    """A wrong path is said to be no workspace, and nothing is made there."""
    wrong = tmp_path / "wrong"
    for argv in (["status"], ["up"], ["agent", "launch", "docs", "true"]):
        done = line(*argv, "--json", "--workspace", str(wrong))
        assert (done.code, done.error["kind"]) == (1, "not_found")
    assert not wrong.exists()


def test_outside_of_a_workspace_the_hint_names_init(
    line: CommandLine, tmp_path: Path
) -> None:
    """Whoever has no workspace yet learns how to make one."""
    line.folder = tmp_path
    done = line("status")
    assert done.code == 1
    assert done.stderr.startswith(f"Error: {tmp_path} lies in no workspace.\n")
    assert "Hint: Run: coordinator init" in done.stderr


@pytest.mark.parametrize(
    ("argv", "code", "kind"),
    [
        (["bogus"], 2, "usage"),
        (["status", "--bogus"], 2, "usage"),
        (["agent", "show"], 2, "usage"),
        (["agent"], 2, "usage"),
        (["search", ""], 2, "usage"),
        (["history", "--limit", "0"], 2, "usage"),
        (["report", "daily", "--since", "yesterday"], 2, "usage"),
        (["pending", "show", "nothing"], 1, "not_found"),
        (["agent", "show", "nobody"], 1, "not_found"),
        (["--as", "nobody", "context", "set", "--task", "x"], 1, "not_found"),
        (["decision", "supersede", "d-1", "x"], 1, "not_found"),
        (["context", "set", "--task", "x"], 1, "refused"),
        (["init", ".", "--check", "'open"], 2, "usage"),
        (["init", ".", "--repo", "shop"], 2, "usage"),
        (["init", ".", "--repo", "UPPER=."], 2, "usage"),
    ],
)
def test_an_error_has_kind_message_hint_and_exit_code(
    line: CommandLine, argv: list[str], code: int, kind: str
) -> None:
    """With --json an error is one JSON object on standard error, and no more."""
    done = line("--json", *argv)
    assert (done.code, done.stdout, done.error["kind"]) == (code, "", kind)
    assert set(done.error) == {"kind", "message", "hint"}
    assert done.error["message"]


def test_without_json_an_error_is_said_to_a_person(line: CommandLine) -> None:
    """Message and hint stand on lines of their own."""
    done = line("agent", "show", "nobody")
    assert done.stderr == (
        "Error: There is no agent named 'nobody'.\nHint: Run: coordinator agent list\n"
    )


def test_a_group_alone_shows_its_commands(line: CommandLine) -> None:
    """Help is printed as it is, not squeezed into an error."""
    for argv in ([], ["agent"], ["pending"]):
        done = line(*argv)
        assert done.code == 2
        assert "\nCommands:\n" in done.stderr
    assert "  launch " in line("agent").stderr


VERBS = [x.name for x in registry.actions()] + ["up", "demo", "completion"]


@pytest.mark.parametrize("verb", [*VERBS, "agent launch"])
def test_every_command_has_help_with_an_example(line: CommandLine, verb: str) -> None:
    """Each verb explains itself and shows one use."""
    done = line(*verb.split(), "--help")
    assert done.code == 0
    assert "Usage: coordinator " + verb in done.stdout
    assert "Example" in done.stdout
    assert "coordinator" in done.stdout.partition("Example")[2]


def test_a_bug_is_kept_for_the_report_and_exits_with_3(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What nobody foresaw leaves a traceback with versions in a file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with a_bug_in("status"):
        done = line("status")
    assert (done.code, done.stdout) == (3, "")
    [kept] = (tmp_path / "state" / "agent-coordinator").iterdir()
    assert str(kept) in done.stderr
    assert sys.version in kept.read_text()
    assert "Traceback" in kept.read_text()


@pytest.mark.slow
def test_an_interrupt_exits_with_130(line: CommandLine) -> None:
    """Ctrl-C is no failure and prints no traceback."""
    script = (
        "import os, signal, sys\n"
        "from coordinator import entry\n"
        # A job that a shell began in the background ignores the interrupt.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def run(argv):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    signal.sigtimedwait([], 5)\n"
        "entry.run = run\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 130
    assert line("status").code == 0


@pytest.mark.slow
def test_a_folder_that_is_gone_is_said(line: CommandLine, tmp_path: Path) -> None:
    """An agent whose worktree was removed below it gets a sentence."""
    script = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"'
    argv = [sys.executable, "-m", "coordinator.entry", "status"]
    gone = str(tmp_path / "gone")
    done = subprocess.run(
        ["sh", "-c", script, gone, *argv], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "Error: The present folder does not exist any more.\nHint: Run: cd ~\n",
    )
    done = subprocess.run(
        ["sh", "-c", script, gone, *argv, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stderr)["error"]["kind"] == "external"
    assert line("status").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('"$@" status >&-', 1),
        ('"$@" status >/dev/full', 1),
        ('"$@" status 2>&- >/dev/null', 0),
        ('"$@" pending list <&- >/dev/null', 0),
        ('"$@" learning add Empty <&- >/dev/null', 0),
        ('PYTHONIOENCODING=ascii "$@" context list', 0),
        ('PYTHONIOENCODING=latin-1 "$@" context list', 0),
    ],
)
def test_closed_and_odd_streams_end_in_no_traceback(
    line: CommandLine, script: str, code: int
) -> None:
    """A stream that takes nothing is an exit code; one that shows less, an escape."""
    assert line("--as", "docs", "context", "set", "--task", "→ Pages").code == 0
    argv = [sys.executable, "-m", "coordinator.entry"]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *argv],
        cwd=line.folder,
        env=user_environment(),
        capture_output=True,
        check=False,
    )
    said = b"Error: The answer is lost: standard output is closed, or its disk is full."
    assert (done.returncode, said in done.stderr) == (code, code == 1)
    assert code or not done.stderr
    if "IOENCODING" in script:
        assert b"\\u2192 Pages" in done.stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["init"], "Missing argument 'WORKSPACE'"),
        (["pending", "show"], "Missing argument 'ID'"),
        (["history", "--show", "0"], "show"),
    ],
)
def test_what_is_missing_is_named_with_its_help(
    line: CommandLine, argv: list[str], said: str
) -> None:
    """A usage error, whichever side runs the command."""
    done = line(*argv, "--json")
    assert (done.code, done.error["kind"]) == (2, "usage")
    assert said in done.error["message"]
    assert done.error["hint"].startswith(f"Run: coordinator {argv[0]}")


def test_json_holds_nothing_that_a_terminal_obeys(line: CommandLine) -> None:
    """What is hidden stands as JSON's escape, so that the value is the same."""
    task = "a\x9b31m\u202eb\u00e4"
    path = line.folder / "agent-system" / "active-contexts" / "docs-status.md"
    path.write_text(f"State: working\nTask: {task}\n")
    done = line("context", "list", "--json")
    assert "\\u009b31m\\u202eb\u00e4" in done.stdout
    assert task in [x["task"] for x in done.value]


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.slow
def test_utf8_is_read_in_a_strict_ascii_locale(line: CommandLine) -> None:
    """Arguments, input and names of files mean the same; output is what it can show."""
    agent = FakeAgent(line.folder, "docs")
    path = "agent-system/learnings/docs-größe.md"
    agent.write(path, "# Größe\n")
    argv = ["--as", "docs", "learning", "add", "Straße →", "--json"]
    made = run_coordinator(line.folder, *argv, stdin="認証\n", **ASCII)
    assert (made.code, made.value["title"]) == (0, "Straße →")
    assert "Stra\\u00dfe \\u2192" in made.stdout
    shown = run_coordinator(line.folder, "search", "認証", **ASCII)
    assert "\\u8a8d\\u8a3c" in shown.stdout
    found = line("history", "--subject", path, "--json").value
    assert [x["kind"] for x in found] == ["document.accepted"]
    with DaemonProcess(line.folder, **ASCII) as daemon:
        assert path in [x["path"] for x in daemon.ask("learning list")]
        again = run_coordinator(line.folder, "search", "Größe", "--json", **ASCII)
        assert [x["path"] for x in again.value] == [path]
    assert line("history", "--subject", path, "--json").value == found


def test_what_is_no_utf8_is_read_as_the_locale_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal that speaks Latin-1 is understood as before."""
    monkeypatch.setitem(sys._xoptions, "coordinator-locale", "latin-1")
    assert [entry._text(x) for x in (b"\xfc", "ü".encode())] == ["ü", "ü"]
    monkeypatch.delitem(sys._xoptions, "coordinator-locale")
    assert entry._text(b"\xfc") == "\udcfc"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PYTHONIOENCODING", "LC_ALL"])
def test_input_that_is_no_text_is_a_usage_error_everywhere(
    line: CommandLine, name: str
) -> None:
    """However strict the streams of this locale are."""
    value = {"PYTHONIOENCODING": "utf-8:strict", "LC_ALL": "C.UTF-8"}[name]
    argv = ["learning", "add", "x", "--json"]
    done = run_coordinator(line.folder, *argv, stdin=b"\xff", **{name: value})
    assert (done.code, done.error["kind"]) == (2, "usage")


def test_the_version_is_told(line: CommandLine, tmp_path: Path) -> None:
    """Anywhere, by the program itself and not by a daemon; also as JSON."""
    line.folder = tmp_path
    found = metadata.version("agent-coordinator")
    assert line("--version").stdout == f"coordinator {found}\n"
    for argv in (["--version", "--json"], ["--json", "--version"]):
        assert line(*argv).value == {"version": found}


@pytest.mark.slow
def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    """`python -m coordinator` is the console script."""
    argv = [sys.executable, "-P", "-m", "coordinator", "--version"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.startswith(b"coordinator ")


@pytest.mark.slow
def test_bytes_that_are_no_text_are_a_usage_error(line: CommandLine) -> None:
    """Arguments and standard input may hold anything; nothing breaks."""
    for done in (
        run_coordinator(line.folder, "search", b"\xff", "--json"),
        run_coordinator(line.folder, "bog\xffus", "--json"),
        run_coordinator(line.folder, "learning", "add", "x", "--json", stdin=b"\xff"),
    ):
        assert (done.code, done.error["kind"]) == (2, "usage")


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_failure(line: CommandLine) -> None:
    """`coordinator … | head` ends in silence."""
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "coordinator.entry", "status"]
    actions = [(os.POSIX_SPAWN_DUP2, writing, 1)]
    pid = os.posix_spawn(
        argv[0],
        [*argv, "--workspace", str(line.folder)],
        os.environ,
        file_actions=actions,
    )
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


COMMANDS: list[tuple[str, list[str], str]] = [
    ("", ["init", "."], ""),
    ("", ["agent", "list"], ""),
    ("", ["agent", "show", "docs"], ""),
    ("docs", ["context", "set", "--state", "working", "--task", "Pages"], ""),
    ("", ["context", "list"], ""),
    ("docs", ["decision", "add", "Use tabs", "--reason", "They are wide"], ""),
    ("docs", ["decision", "add", "Use tabs", "--key", "k1"], ""),
    ("docs", ["decision", "add", "Use tabs", "--key", "k1"], ""),
    ("docs", ["learning", "add", "Cold starts"], "Warm the cache.\n"),
    ("", ["decision", "list"], ""),
    ("", ["learning", "list"], ""),
    ("", ["pending", "list"], ""),
    ("frontend", ["pending", "ack", "docs-request"], ""),
    ("docs", ["pending", "ack", "docs-request"], ""),
    ("", ["pending", "show", "docs-request"], ""),
    ("docs", ["pending", "close", "docs-request"], ""),
    ("docs", ["agent", "retire", "backend"], ""),
    ("", ["agent", "retire", "backend"], ""),
    ("", ["search", "cache"], ""),
    ("", ["check"], ""),
    ("", ["status"], ""),
    ("", ["report", "decisions"], ""),
    ("", ["report", "daily"], ""),
    ("", ["report", "final", "docs"], ""),
    ("", ["history", "--subject", "docs-request"], ""),
    ("", ["history", "--show", "1"], ""),
    ("", ["worktree", "list"], ""),
    ("", ["worktree", "add", "docs", "x"], ""),
    ("", ["hooks", "install"], ""),
    ("", ["bogus"], ""),
]
TIMES = {"at", "last_seen", "since", "last", "date", "seq"}


def _told(value: object) -> object:
    """Leave out what differs by nature: times, and the daemon's own state."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in TIMES | {"daemon", "pid"}}
        return {k: _told(v) for k, v in kept.items()}
    return [_told(x) for x in value] if isinstance(value, list) else value


def _play(line: CommandLine, folder: Path) -> list[tuple[int, object, object]]:
    line.folder = folder
    request = "# Request to docs\n\nTo: docs\n\nPlease explain carts.\n"
    (folder / "pending-commits" / "frontend-docs-request.md").write_text(request)
    (folder / "pending-commits" / "docs-request.md").write_text("# Request\n")
    seen: list[tuple[int, object, object]] = []
    for agent, argv, stdin in COMMANDS:
        who = ["--as", agent] if agent else []
        done = line("--json", *who, *argv, stdin=stdin)
        both = [json.loads(x) if x else None for x in (done.stdout, done.stderr)]
        text = json.dumps(_told(both)).replace(str(folder), "W")
        out, error = json.loads(text)
        seen.append((done.code, out, error))
    return seen


@pytest.mark.slow
def test_commands_do_the_same_with_and_without_a_daemon(
    line: CommandLine, tmp_path: Path
) -> None:
    """The daemon adds promptness, nothing else."""
    without = _play(line, tmp_path / "work")
    line.folder = tmp_path
    line("init", "other")
    with DaemonProcess(tmp_path / "other"):
        assert without == _play(line, tmp_path / "other")
