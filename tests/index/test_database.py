import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordinator.index.database import Index, IndexDamagedError
from coordinator.kernel import locks
from coordinator.kernel.journal import Draft, Journal
from tests.support import FakeAgent, ManualClock, OpenWorkspace, open_workspace

TEXTS = {
    "a": "State: working\nTask: Carts\nBranch: backend/a\n",
    "b": "# Request\n\nTo: docs\n\nPlease.\n",
    "c": "## Decision Log\n\n- Use tabs\n- Use carts\n",
    "d": "# Tester\n\n**Role**: Tests\n",
    "e": "---\nstate: [\n---\n",
    "f": "# Commit\n\nBranch: docs/x\n",
}
PATHS = {
    "agent-system/active-contexts/backend-status.md": "contexts",
    "agent-system/active-contexts/stranger.md": "contexts",
    "pending-commits/docs-request.md": "pending",
    "pending-commits/docs-x.md": "pending",
    "agent-system/learnings/docs-log.md": "learnings",
    "agent-system/agent-identities/tester.md": "identities",
}
HIDDEN = {"heads", "sqlite_sequence"}


def dump(index: Index) -> dict[str, list[str]]:
    """Return the rows of every table but the sights; numbers of rows stay inside."""
    listed = index.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = [x["name"] for x in listed if not x["name"].startswith("search_")]
    found = {}
    for name in sorted(set(names) - HIDDEN):
        question = f"SELECT * FROM {name}"  # noqa: S608 - names from the database
        if name == "search":
            question = (
                "SELECT d.path, search.title, search.body FROM search"
                " JOIN documents d ON d.number = search.rowid"
            )
        rows = index.rows(question)
        for row in rows:
            row.pop("number", None)
        kept = [repr(x) for x in rows if x.get("source") != "look"]
        found[name] = sorted(kept)
    return found


def accepted(path: str, text: str, agent: str) -> Draft:
    """Return the record of a version; the text stands for its own blob."""
    owner = PATHS[path]
    data = {"owner": owner, "agent": agent, "blob": text, "size": len(TEXTS[text])}
    if owner == "pending":
        data["id"] = path.rpartition("/")[2].removesuffix(".md")
    return Draft("document.accepted", agent, path, data)


def moved(path: str, state: str, head: str) -> Draft:
    """Return the record of an item's new state."""
    data = {"path": path, "from": "draft", "to": state, "note": ""}
    if head:
        data |= {"repository": "shop", "branch": "b", "head": head, "target": "t"}
    return Draft("pending.moved", "docs", path.rpartition("/")[2][:-3], data)


def tree(path: str, agent: str) -> dict[str, str]:
    """Return a worktree as a record has it."""
    made = {"branch": "", "commit": "0", "entry": agent}
    return {"agent": agent, "feature": "", "repository": "shop", "path": path, **made}


PATH = st.sampled_from(sorted(PATHS))
AGENT = st.sampled_from(["", "backend", "docs"])
REFUSAL = {"line": 1, "code": "binary", "message": "No.", "hint": ""}
DRAFTS = st.one_of(
    st.builds(accepted, PATH, st.sampled_from(sorted(TEXTS)), AGENT),
    st.builds(lambda p, a: Draft("document.removed", a, p), PATH, AGENT),
    st.builds(lambda p: Draft("document.refused", "", p, REFUSAL), PATH),
    st.builds(
        lambda p, a: Draft("document.attributed", "(coordinator)", p, {"agent": a}),
        PATH,
        AGENT,
    ),
    st.builds(
        moved,
        st.sampled_from([x for x in PATHS if PATHS[x] == "pending"]),
        st.sampled_from(["submitted", "withdrawn", "open", "closed"]),
        st.sampled_from(["", "1", "2"]),
    ),
    st.builds(
        lambda kind, a: Draft(f"worktree.{kind}", a, "w", tree("w", a)),
        st.sampled_from(["added", "removed"]),
        st.sampled_from(["docs", "backend"]),
    ),
    st.builds(lambda a: Draft("agent.retired", "(maintainer)", a), AGENT),
    st.builds(lambda a: Draft("agent.seen", a, a), AGENT),
    st.builds(
        lambda k: Draft("outcome.kept", "", k, {"action": "x", "outcome": "a"}),
        st.sampled_from(["k1", "k2"]),
    ),
    st.just(Draft("of.tomorrow", "docs", "x", {"what": 1})),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(st.lists(DRAFTS, min_size=1, max_size=6), max_size=6))
def test_a_rebuilt_index_equals_the_one_that_grew(
    tmp_path: Path, batches: list[list[Draft]]
) -> None:
    """However the records came, batch by batch or all at once: the same rows."""
    for old in tmp_path.glob("j/*"):
        old.unlink()
    for name in ("grown", "built"):
        (tmp_path / name).unlink(missing_ok=True)
    with locks.hold(tmp_path / "lock", seconds=1) as held:
        journal = Journal(tmp_path / "j", held=held, now=ManualClock())
        grown = Index(tmp_path / "grown", read_text=TEXTS.__getitem__)
        for batch in batches:
            grown.apply(journal.append(batch))
        built = Index(tmp_path / "built", read_text=TEXTS.__getitem__)
        assert built.catch_up(journal) == journal.last
        try:
            assert dump(built) == dump(grown)
            grown.rebuild(journal)
            assert dump(built) == dump(grown)
        finally:
            for open_thing in (grown, built, journal):
                open_thing.close()


def busy(opened: OpenWorkspace) -> dict[str, list[str]]:
    """Let something happen, and return what the index has of it."""
    agent = FakeAgent(opened.root, "docs")
    agent.context("State: working\nTask: Pages\n")
    agent.learning("log", TEXTS["c"])
    agent.pending("request", TEXTS["b"])
    (opened.root / "pending-commits" / "docs-bad.md").write_bytes(b"\xff")
    opened.perform("status")
    opened.perform_as("docs", "pending close", id="docs-request")
    return dump(opened.workspace.index)


def cut(path: Path) -> None:
    """Leave the first half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def older(path: Path) -> None:
    """Say that another version made it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 0")
    connection.close()


def ahead(path: Path) -> None:
    """Let it know records that the journal has not (a restored backup)."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '10000'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        cut,
        older,
        ahead,
        lambda x: x.write_bytes(b""),
        lambda x: x.write_bytes(b"garbage" * 1_000),
    ],
    ids=["deleted", "cut", "older", "ahead", "empty", "garbage"],
)
def test_a_damaged_index_is_built_anew(
    tmp_path: Path, clock: ManualClock, damage: Callable[[Path], None]
) -> None:
    """The index is a cache: whatever happens to it, the rows come back."""
    with open_workspace(tmp_path / "w", clock) as opened:
        before = busy(opened)
    damage(opened.layout.index)
    with open_workspace(tmp_path / "w", clock) as opened:
        assert dump(opened.workspace.index) == before


def test_damage_that_shows_late_costs_one_call(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A page that turns out to be broken: one error, then all is built anew."""
    with open_workspace(tmp_path / "w", clock) as opened:
        before = busy(opened)
    with opened.layout.index.open("r+b") as file:
        size = file.seek(0, 2)
        for page in range(4_096, size, 4_096):
            file.seek(page)
            file.write(b"\xee" * 4_096)
    seen: list[dict[str, list[str]]] = []
    for _ in range(2):
        with (
            suppress(IndexDamagedError),
            open_workspace(tmp_path / "w", clock) as opened,
        ):
            opened.perform("status")
            seen.append(dump(opened.workspace.index))
    assert seen[-1:] == [before]


def test_a_parser_that_fails_costs_its_document_alone(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A record of an owner that this version does not know is a problem, no end."""
    with open_workspace(tmp_path / "w", clock) as opened:
        [blob] = opened.workspace.blobs.put([b"# From the future\n"])
        data = {"owner": "gates", "agent": "docs", "blob": blob, "size": 1}
        opened.workspace.record(Draft("document.accepted", "docs", "gates/x.md", data))
        found = opened.workspace.index.rows("SELECT path, code FROM problems")
        assert found == [{"path": "gates/x.md", "code": "not-understood"}]
