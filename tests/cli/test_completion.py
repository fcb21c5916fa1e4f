import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coordinator.actions.reports import views
from coordinator.cli import local_commands
from coordinator.cli.completion import names, offers, shells, table
from tests.actions.run_yard import begin
from tests.support import (
    CommandLine,
    FakeAgent,
    ManualClock,
    git,
    open_workspace,
    user_environment,
)

CHECKLIST = "# Bake\n\n- [ ] Knead\n- [ ] Sell\n"
RECORD = "# 7. Use rye\n\n## Status\n\nAccepted\n\n## Decision\n\nRye.\n"
# Arguments that hold a person's own words, or names that are new.
FREE = {
    ("decision add", "title"),
    ("decision supersede", "title"),
    ("learning add", "title"),
    ("search", "words..."),
    ("workflow search", "words..."),
}


REWRITE = "COORDINATOR_REWRITE" in os.environ  # no test sees it


def rows() -> Iterator[list[str]]:
    """Yield the rows of the table."""
    for line in Path(offers.TABLE).read_text("utf-8").splitlines():
        yield line.split("\t")


def offered(*words: str) -> list[str]:
    """Return what may stand in the place of the last word; paths as `<file>`."""
    found = offers.find(list(words[:-1]), words[-1])
    return [x.value if x.kind == "plain" else f"<{x.kind}>" for x in found]


def test_the_table_is_the_command_tree() -> None:
    """COORDINATOR_REWRITE=1 writes it anew."""
    made = table.render(local_commands.tree())
    if REWRITE:
        Path(offers.TABLE).write_text(made, "utf-8")
    assert Path(offers.TABLE).read_text("utf-8") == made


def test_every_argument_says_what_stands_there() -> None:
    """A new one is given a kind, or said to be free."""
    names_of = {(x[0], x[1]) for x in rows() if x[1] and not x[1].startswith("-")}
    told = {(x[0], x[1]) for x in rows() if x[2] and not x[1].startswith("-")}
    assert names_of - told == FREE


def make_known(root: Path, repository: Path, clock: ManualClock) -> None:
    """Make a workspace that knows something of each kind."""
    with open_workspace(root, clock, {"shop": repository}) as opened:
        begin(opened, CHECKLIST, "bake")
        backend = FakeAgent(root, "backend")
        backend.branch("login")
        backend.pending("request", "# Request to docs\n")
        backend.write("agent-system/learnings/0007-rye.md", RECORD)
        backend.write("agent-system/learnings/$(reboot).md", "# Hello\n")
        opened.perform("worktree add", agent="docs", feature="guide")
        FakeAgent(root, "docs").commit("guide.md", "# Guide\n")
        opened.perform("worktree add", agent="docs", feature="pages")
        opened.perform("agent retire", agent="frontend")
        opened.perform("check")
        views.refresh(opened.workspace)
    git(repository, "branch", "old/login")


@pytest.fixture
def _known(
    made_before: Path,
    make_repository: Callable[[Path], Path],
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That workspace, made once since nobody changes it; the present folder."""
    root = made_before / "known" / "w"
    if not root.exists():
        make_known(root, make_repository(root.with_name("shop")), clock)
    monkeypatch.chdir(root)
    monkeypatch.delenv("COORDINATOR_WORKSPACE", raising=False)


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pen"], ["pending"]),
        (["decision", ""], ["add", "list", "show", "supersede"]),
        (["agent", "show", ""], ["backend", "docs"]),
        (["agent", "show", "ba"], ["backend"]),
        (["agent", "show", "docs", ""], []),
        (["--as", ""], ["backend", "docs"]),
        (["context", "set", "--as", "do"], ["docs"]),
        (["context", "set", "--state", "w"], ["working", "waiting"]),
        (["report", "daily", "--format", ""], ["md", "json"]),
        (["report", "daily", "--format=j"], ["--format=json"]),
        (["report", "daily", "--fo"], ["--format"]),
        (["report", "daily", "--output", ""], ["<file>"]),
        (["report", "--key"], []),
        (["check", "a", ""], ["<file>"]),
        (["init", ""], ["<dir>"]),
        (["--workspace", ""], ["<dir>"]),
        (["--js"], ["--json"]),
        (["status", "--j"], ["--json"]),
        (["--v"], ["--version"]),
        (["pending", "show", ""], ["backend-request"]),
        (["decision", "show", ""], ["adr-0007"]),
        (["workflow", "start", ""], ["bake"]),
        (["workflow", "show", ""], ["bake-1"]),
        (["workflow", "tick", "b"], ["bake-1"]),
        (["workflow", "tick", "bake-1", ""], ["1", "2"]),
        (["workflow", "tick", "../..", ""], []),
        (["workflow", "resolve", ""], []),
        (["worktree", "remove", "docs", ""], ["pages"]),
        (["worktree", "add", "--repository", ""], ["shop"]),
        (["pending", "submit", "--branch", "old"], ["old/login"]),
        (["pending", "submit", "--branch", "ba"], ["backend/login"]),
        (
            ["history", "--subject", "agent-system/learnings/"],
            ["agent-system/learnings/0007-rye.md"],
        ),
        (["agent", "launch", "docs", "--", ""], ["<file>"]),
        (["init", "w", "--repo", "shop", "=", "~/"], ["<file>"]),
        (["nonsense", ""], []),
        (["agent", "nonsense", ""], []),
        (["search", "wo"], []),
    ],
)
def test_what_may_stand_at_the_cursor(words: list[str], expected: list[str]) -> None:
    """Commands, options, values, paths, and the names that the workspace knows."""
    assert offered(*words) == expected


@pytest.mark.usefixtures("_known")
def test_names_that_a_shell_would_act_on_are_left_out() -> None:
    """Whoever completes and presses Enter runs nothing that an agent made up."""
    root = str(Path.cwd())
    found = names.known("subject", root, [], "")
    assert "agent-system/learnings/0007-rye.md" in found
    assert not [x for x in found if set(x) & set("$()`;&| \t\n'\"\\*?[]<>!#~")]


@pytest.mark.usefixtures("_known")
def test_an_index_that_cannot_be_asked_offers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, of another version or broken: a shell hears no complaint."""
    shutil.copytree(Path.cwd(), tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    index = Path(".coordinator/index.sqlite")
    index.write_bytes(b"broken" * 1_000)
    assert offered("agent", "show", "") == []
    index.unlink()
    assert offered("agent", "show", "") == []
    assert not index.exists()
    Path("coordinator.toml").write_text("[repositories")
    assert offered("worktree", "add", "--repository", "") == []


def test_the_workspace_may_be_named_or_in_the_environment(
    line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for every command."""
    monkeypatch.chdir(tmp_path)
    assert offered("agent", "show", "b") == []
    assert offered("--workspace", str(line.folder), "agent", "show", "b") == ["backend"]
    assert offered("agent", "--workspace=work", "show", "b") == ["backend"]
    monkeypatch.setenv("COORDINATOR_WORKSPACE", str(line.folder))
    assert offered("agent", "show", "b") == ["backend"]


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds the program by its name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "coordinator"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m coordinator "$@"\n')
    script.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return user_environment({"PATH": path, "PYTHONSAFEPATH": "1"})


BASH = """
eval "$(coordinator completion bash)"
complete -p coordinator >/dev/null || exit 9
for line in "$@"; do
    eval "COMP_WORDS=($line)"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _coordinator_completion coordinator
    echo "${COMPREPLY[*]}"
done
"""
ZSH = """
compdef() { : }
compadd() { print -r -- "${(P)argv[-1]}" }
_describe() { print -r -- "${${(P)argv[-1]}[@]%%:*}" }
eval "$(coordinator completion zsh)"
for line in "$@"; do
    eval "words=($line)"; CURRENT=$#words
    _coordinator_completion
done
exit 0
"""
FISH = """
coordinator completion fish | source
for line in $argv
    eval set words $line
    complete -C "$words" | string split -f 1 \\t | string join " "
end
exit 0
"""
SHELLS = {
    "bash": ["bash", "--norc", "-c", BASH, "bash"],
    "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
    "fish": ["fish", "--no-config", "-c", FISH],
}


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_offers_what_there_is(
    line: CommandLine, program: dict[str, str], shell: str
) -> None:
    """The script is loaded, asks, and hands the answer on."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    lines = [
        ["coordinator", "pen"],
        ["coordinator", "agent", "show", ""],
        ["coordinator", "--as", "do"],
        ["coordinator", "context", "set", "--task", "'two words'", "--state", "wor"],
    ]
    done = subprocess.run(
        [*SHELLS[shell], *map(shlex.join, lines)],
        cwd=line.folder,
        env=program,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = [x.strip() for x in done.stdout.splitlines() if x.strip()]
    assert told == ["pending", "backend docs frontend", "docs", "working"]


@pytest.mark.slow
def test_an_answer_loads_nothing_heavy(
    line: CommandLine, program: dict[str, str]
) -> None:
    """A person waits for it: click alone would cost ten times as much."""
    code = (
        "import sys; from coordinator import entry\n"
        "try: entry.main()\n"
        "except SystemExit: print(*sorted(sys.modules))"
    )
    asks = {"_COORDINATOR_COMPLETE": "bash_complete"}
    asks |= {"COMP_WORDS": "coordinator agent show ", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=line.folder,
        env={**program, **asks, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    *told, loaded = done.stdout.splitlines()
    assert told == ["plain,backend", "plain,docs", "plain,frontend"]
    heavy = {"click", "pydantic", "json", "socket", "typing", "subprocess", "re"}
    assert not heavy & set(loaded.split())


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("coordinator\npen", "1", ([], "pen")),
        ("coordinator\nagent\nshow\n", "3", (["agent", "show"], "")),
        ("coordinator 'a b' \\'c", "2", (["a b"], "'c")),
        ("coordinator 'a b", "1", ([], "a b")),
        ("coordinator\n--format\n=\nj", "3", (["--format"], "j")),
        ("coordinator\n--format\n=", "2", (["--format"], "")),
        ("coordinator", "", ([], "")),
        ("", "x", ([], "")),
    ],
)
def test_a_line_is_read_as_the_shell_wrote_it(
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    at: str,
    expected: tuple[list[str], str],
) -> None:
    """Quotes, what bash takes apart, and the word that is not finished."""
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", at)
    assert shells._asked("bash") == expected


def test_an_unknown_question_is_no_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line answers then; scripts of earlier versions go on working."""
    monkeypatch.setenv("COMP_WORDS", "coordinator pen")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert shells.answer("bash_complete", []) == "plain,pending\n"
    assert shells.answer("zsh_source", []) == shells.script("zsh")
    assert shells.answer("", ["completion", "fish"]) == shells.script("fish")
    for asks, argv in (
        ("tcsh_complete", []),
        ("bash_other", []),
        ("", ["completion"]),
        ("", ["completion", "tcsh"]),
        ("", ["completion", "bash", "--help"]),
    ):
        assert shells.answer(asks, argv) is None
