"""The documentation is true: complete, linked, and every example run."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from active_contexts import format as contexts
from agent_identities import format as identities
from coordinator.cli import local_commands, manual
from coordinator.daemon import client
from coordinator.kernel.blobs import Blobs, name_of
from coordinator.kernel.disk import locks
from coordinator.kernel.journal import Journal
from coordinator.workflows.runs.step_states import TABLE
from coordinator.workspace import registry
from coordinator.workspace.settings import Settings
from learnings import format as learnings
from pending_commits import format as pending
from tests.house.pages import (
    PAGES,
    REWRITE,
    ROOT,
    Console,
    at_home,
    blocks,
    play,
)

_LANGUAGES = {"console", "text", "toml", "markdown", "json", "ini", "mermaid", "python"}
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.~<{}])/(?:work|root|home|Users|tmp|opt|mnt|srv)/")
_MARK = "<!-- The rest is made from the command tree. -->\n\n"
_DRAFT = re.compile(r'Draft\(\s*"([a-z]+\.[a-z]+)"')


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_pages_that_a_reader_expects_are_there() -> None:
    """Each subject has its page, and the decisions are written down."""
    expected = {"README.md", "AGENTS.md", "CHANGELOG.md"}
    subjects = ["concepts", "commands", "formats", "operations", "threat-model"]
    subjects.append("workflows")
    expected |= {f"docs/{x}.md" for x in subjects}
    assert expected <= {_name(x) for x in PAGES}
    assert len(list((ROOT / "docs" / "decisions").glob("[0-9]*.md"))) >= 8


def test_every_command_is_in_the_manual_as_help_has_it() -> None:
    """`docs/commands.md` is made from the command tree, so it cannot drift."""
    path = ROOT / "docs" / "commands.md"
    head, mark, present = path.read_text("utf-8").partition(_MARK)
    wanted = manual.render(local_commands.tree())
    if REWRITE:
        path.write_text(head + _MARK + wanted, "utf-8")
    else:
        assert mark
        assert present == wanted, "Run: COORDINATOR_REWRITE=1 pytest tests/house"


def test_the_states_of_a_step_are_drawn_from_the_table() -> None:
    """The page on workflows shows the state table that the code goes by."""
    path = ROOT / "docs" / "workflows.md"
    head, mark, rest = path.read_text("utf-8").partition("<!-- states -->\n\n")
    present, end, tail = rest.partition("\n### ")
    rows = ["| State | Event → next state |", "| --- | --- |"]
    for state, events in TABLE.items():
        ways = ", ".join(f"{event} → `{to}`" for event, to in events.items())
        rows.append(f"| `{state}` | {ways or 'the end'} |")
    wanted = "\n".join(rows) + "\n"
    if REWRITE:
        path.write_text(head + mark + wanted + end + tail, "utf-8")
    else:
        assert present == wanted, "Run: COORDINATOR_REWRITE=1 pytest tests/house"


@pytest.mark.parametrize("action", registry.actions(), ids=lambda x: x.name)
def test_every_action_is_documented(action: registry.Action) -> None:
    """No action without its section and its example in the manual."""
    page = _page("docs/commands.md")
    assert re.search(rf"^#+ coordinator {re.escape(action.name)}$", page, re.MULTILINE)
    assert action.example in page


def _settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, info in model.model_fields.items():
        if isinstance(info.default, BaseModel):
            yield from _settings(type(info.default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info.get_default(call_default_factory=True)


@pytest.mark.parametrize(("name", "default"), list(_settings(Settings)))
def test_every_setting_is_documented_with_its_default(
    name: str, default: object
) -> None:
    """A setting stands in the table of settings, with the default that is in force."""
    row = re.search(
        rf"^\| `{re.escape(name)}` \| ([^|]+) \|",
        _page("docs/formats.md"),
        re.MULTILINE,
    )
    assert row
    assert row[1].strip() == _shown(default)


def _shown(default: object) -> str:
    if default == {}:
        return "none"
    return f"`{json.dumps(default)}`"


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    """Links to files and to headings of the project resolve."""
    for link in _LINK.findall(path.read_text("utf-8")):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        if anchor:
            headings = _HEADING.findall(found.read_text("utf-8"))
            assert anchor in {_anchor(x) for x in headings}, link


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_page_names_no_machine_and_no_registry(path: Path) -> None:
    """The project speaks of itself alone."""
    text = path.read_text("utf-8")
    assert not _MACHINE.findall(text)
    for word in ("pypi" + ".org", "pythonhosted" + ".org"):
        assert word not in text


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_block_says_what_it_is(path: Path) -> None:
    """An example of commands is a `console` block, which is run; few are not."""
    found = blocks(path.read_text("utf-8"))
    assert {x.language for x in found} <= _LANGUAGES
    shown = [x for x in found if x.language == "text" and "$ coordinator" in x.text]
    assert not shown, "commands that are shown with a prompt are run"


def test_agents_are_told_briefly() -> None:
    """AGENTS.md is read on every start: at most 70 lines."""
    assert len(_page("AGENTS.md").splitlines()) <= 70


def test_a_decision_is_short_and_of_one_form() -> None:
    """A decision has a status and a date, and fits on one screen."""
    for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 30, path.name
        assert re.match(r"# \d+\. ", text), path.name
        for part in ("Status: ", "Date: ", "## Context", "## Decision"):
            assert part in text, f"{path.name}: {part}"


@pytest.fixture
def console(
    tmp_path: Path, make_repository: Callable[[Path], Path]
) -> Iterator[Console]:
    """A home with a repository `~/code/shop`, and the command in the PATH."""
    home = tmp_path / "ada"
    (home / "code").mkdir(parents=True)
    make_repository(home / "code" / "shop")
    opened = at_home(home, {f"GIT_{x}_NAME": "Ada" for x in ("AUTHOR", "COMMITTER")})
    yield opened
    opened.close()


_SESSIONS = [x for x in PAGES if "```console" in x.read_text("utf-8")]


@pytest.mark.slow
@pytest.mark.parametrize("path", _SESSIONS, ids=_name)
def test_every_example_prints_what_the_page_says(path: Path, console: Console) -> None:
    """A page's console blocks run in order in one fresh home; what is printed fits."""
    text = path.read_text("utf-8")
    for block in [x for x in blocks(text) if x.language == "console"]:
        new = "\n".join(play(block, console, _name(path))) + "\n"
        if new != block.text:
            text = text.replace(block.text, new, 1)
    if REWRITE:
        path.write_text(text, "utf-8")


def _example(language: str, mark: str) -> str:
    """Return the block of formats.md that stands below a mark."""
    text = _page("docs/formats.md").partition(f"<!-- {mark} -->")[2]
    found = blocks(text)[0]
    assert found.language == language
    return found.text


def test_the_journal_of_the_manual_is_read_by_the_code(tmp_path: Path) -> None:
    """The example of a journal has true checksums, a true chain and a true batch."""
    folder = tmp_path / "journal"
    folder.mkdir()
    (folder / "000000000000001.jsonl").write_text(_example("text", "journal"), "utf-8")
    with locks.hold(tmp_path / "lock", seconds=1) as held:
        journal = Journal(folder, held=held)
        assert journal.cut == 0
        assert [x.seq for x in journal.read()] == [1, 2, 3]
        journal.close()


def test_the_pack_of_the_manual_is_read_by_the_code(tmp_path: Path) -> None:
    """The example of a pack holds the bytes that its names stand for."""
    folder = tmp_path / "blobs"
    folder.mkdir()
    text = _example("text", "pack")
    (folder / "00000001.pack").write_text(text, "utf-8")
    with locks.hold(tmp_path / "lock", seconds=1) as held:
        blobs = Blobs(folder, held=held)
        name = text[:64]
        assert name_of(blobs.get(name)) == name
        assert name in _example("text", "journal")
        blobs.close()


@pytest.mark.slow
def test_the_socket_answers_as_the_manual_says(console: Console) -> None:
    """The examples of the socket's protocol are answered in the form shown."""
    console.run("coordinator init ~/worktrees --repo shop=~/code/shop")
    console.run("cd ~/worktrees && coordinator up --detach")
    lines = _example("text", "socket").splitlines()
    for request, reply in zip(lines[::2], lines[1::2], strict=True):
        asked = json.loads(request.removeprefix("→ "))
        shown = json.loads(reply.removeprefix("← ").replace("…", ""))
        got = client.ask(str(console.home / "worktrees"), asked)
        assert got is not None
        assert _shape(got) == _shape(shown)


@pytest.mark.parametrize(
    ("mark", "path", "parse"),
    [
        ("identity", "agent-system/agent-identities/backend.md", identities.parse),
        ("identities", "agent-system/agent-identities.md", identities.parse),
        ("context-line", "agent-system/active-contexts/backend.md", contexts.parse),
        ("context", "agent-system/active-contexts/backend.md", contexts.parse),
        ("submission", "pending-commits/backend-login.md", pending.parse),
        ("final-status", "pending-commits/backend-final-status.md", pending.parse),
        ("decision-log", "agent-system/learnings/backend.md", learnings.parse),
        ("decision-record", "agent-system/learnings/0009-tokens.md", learnings.parse),
    ],
)
def test_an_example_of_a_document_is_read_without_a_problem(
    mark: str, path: str, parse: Callable[[str, str], tuple[object, object]]
) -> None:
    """What the manual shows as right is right."""
    found, problems = parse(_example("markdown", mark), path)
    assert found
    assert problems == ()


def test_every_kind_of_record_is_documented() -> None:
    """A record that the coordinator writes stands in the table of kinds."""
    page = _page("docs/formats.md")
    sources = (ROOT / "coordinator").rglob("*.py")
    written = {x for y in sources for x in _DRAFT.findall(y.read_text("utf-8"))}
    assert len(written) > 10
    assert not [x for x in written if f"| `{x}` |" not in page]


def test_every_documented_problem_is_one_that_is_found() -> None:
    """A code that the manual names is one that the code knows."""
    table = _page("docs/formats.md").partition("## Problem codes")[2]
    owners = ("agent_identities", "active_contexts", "pending_commits", "learnings")
    folders = [ROOT / x for x in ("coordinator", *owners)]
    sources = [x for folder in folders for x in folder.rglob("*.py")]
    text = "\n".join(x.read_text("utf-8") for x in sources)
    for code in re.findall(r"`([a-z0-9-]+)`", table):
        whole = f'"{code}"' in text
        head, _, tail = code.partition("-")
        assert whole or (f'f"{head}-{{' in text and f'"{tail}"' in text), code


def _shape(value: object) -> object:
    """Return a JSON value's keys at its two upper levels."""
    if not isinstance(value, dict):
        return None
    return {k: sorted(v) if isinstance(v, dict) else None for k, v in value.items()}
