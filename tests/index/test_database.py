import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.index import schema
from coordinator.index.database import Index, IndexDamagedError
from coordinator.index.schema import Projection
from coordinator.kernel.journal import Draft, JournalShortError
from coordinator.kernel.problems import Problem
from tests.index.fold_world import (
    CONTEXT,
    EVERYBODY,
    IDENTITY,
    LEARNING,
    NOBODYS,
    OWNERS,
    PENDING,
    REQUEST,
    World,
    attributed,
    in_batches,
    moved,
    refused,
    removed,
    worktree,
)
from tests.support import FakeAgent, ManualClock, open_workspace

TEXTS = {
    "identities": (
        "# Backend Developer\n\n**Role**: builds servers\n",
        "---\nname: backend\nrole: serves\n---\n",
        "# Docs Writer\n\n**Role**: writes\n\n# Backend\n\n**Role**: other\n",
        "---\nname: [broken\n---\n# Backend\n",
    ),
    "contexts": (
        "State: working\nTask: Carts\n",
        "---\nstate: blocked\nblockers: [schema]\nbranch: backend/login\n---\nWaits.\n",
        "State: flying\n",
        "<<<<<<< HEAD\nState: done\n=======\nState: idle\n>>>>>>> x\n",
    ),
    "pending": (
        "---\nkind: commit\nbranch: backend/login\n---\n# Add login\n",
        "# Request: a schema\n\nTo: docs\n",
        "---\nkind: commit\nbranch: backend/login\ndraft: true\n---\n# Add login\n",
        "## Backend Workflow Complete\n- Feature: login\n- Tests: [count] passing\n",
    ),
    "learnings": (
        "# Notes\n\n## Decision Log\n- **Use JWT**: no session store needed\n",
        "# Notes\n\n## Decision Log\n- **Use JWT**: yes\n- **Use SQL**: yes\n",
        "# ADR-7: Keep it\n\nStatus: accepted\n\nDate: 2026-01-02\n",
        "Nothing in particular.\n",
    ),
}


def some_index(world: World) -> Index:
    """Return an index with one document of each owner in it."""
    return world.filled(
        *(world.accept(path, TEXTS[owner][0]) for path, owner in OWNERS.items()),
        Draft("workspace.created", "(maintainer)", "workspace"),
    )


def test_an_index_is_made_where_none_is(tmp_path: Path) -> None:
    """A missing index holds everything after its first catching up."""
    world = World(tmp_path)
    index = some_index(world)
    assert index.last == world.journal.last == len(OWNERS) + 1
    assert index.catch_up(world.journal) == 0
    assert index.row("SELECT count(*) AS n FROM documents") == {"n": len(OWNERS)}
    assert index.row("SELECT 1 FROM documents WHERE path = 'no'") is None
    index.close()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


def _tear(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 5000])


def _garble(path: Path) -> None:
    path.write_bytes(b"no database at all\n" * 400)


def _garble_inside(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(bytes(data))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _delete(path: Path) -> None:
    path.unlink()


def _set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def _make_older(path: Path) -> None:
    _set_version(path, schema.LAYOUT - 1)


def _make_newer(path: Path) -> None:
    _set_version(path, schema.LAYOUT + 1)


def _lose_the_number(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM meta")
        connection.commit()


@pytest.mark.parametrize(
    "hurt",
    [
        _truncate,
        _garble,
        _garble_inside,
        _tear,
        _empty,
        _delete,
        _make_older,
        _make_newer,
        _lose_the_number,
    ],
)
def test_whatever_happened_to_the_file_the_index_ends_equal(
    tmp_path: Path, hurt: Callable[[Path], None]
) -> None:
    """A missing, damaged or foreign index is built anew from the journal."""
    world = World(tmp_path)
    index = some_index(world)
    index.close()
    whole = world.dump()
    hurt(tmp_path / "index.sqlite")
    world.add(world.accept(CONTEXT, "State: done\n"))
    index = world.index()
    index.catch_up(world.journal)
    assert index.last == world.journal.last
    index.close()
    new = World(tmp_path / "new", world.texts)
    other = new.index()
    other.catch_up(world.journal)
    other.close()
    assert world.dump() == new.dump()
    assert world.dump() != whole


def test_an_index_that_knows_more_than_the_journal_is_kept(tmp_path: Path) -> None:
    """It is the proof that records are lost: nothing goes on as if they never were."""
    world = World(tmp_path)
    index = some_index(world)
    known = index.last
    index.close()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as connection:
        connection.execute("UPDATE meta SET value = ?", (str(known + 1),))
        connection.commit()
    index = world.index()
    for _ in range(2):
        with pytest.raises(JournalShortError, match=f"ends at record {known}") as said:
            index.catch_up(world.journal)
    assert "index.sqlite" in said.value.message
    assert "backup" in said.value.hint
    assert index.last == known + 1
    index.close()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_what_the_last_transactions_wrote_may_get_lost(
    tmp_path: Path, suffix: str
) -> None:
    """A database whose journal file is gone catches up with ours."""
    world = World(tmp_path)
    index = some_index(world)
    copy = World(tmp_path / "copy", world.texts)
    data = (tmp_path / "index.sqlite").read_bytes()
    (tmp_path / "copy" / "index.sqlite").write_bytes(data)
    if suffix == "-shm":
        wal = (tmp_path / "index.sqlite-wal").read_bytes()
        (tmp_path / "copy" / "index.sqlite-wal").write_bytes(wal)
    other = copy.index()
    other.catch_up(world.journal)
    other.close()
    index.close()
    assert copy.dump() == world.dump()


def test_damage_found_while_asking_is_said_once(tmp_path: Path) -> None:
    """The question that meets the damage fails; after the next catching up all is well.

    A statement that is merely wrong is no damage.
    """
    world = World(tmp_path)
    some_index(world).close()
    index = world.index()
    _garble_inside(tmp_path / "index.sqlite")
    with pytest.raises(IndexDamagedError) as raised:
        index.rows("SELECT * FROM documents")
    assert "built anew" in raised.value.hint
    assert index.last == 0
    index.catch_up(world.journal)
    assert len(index.rows("SELECT * FROM documents")) == len(OWNERS)
    with pytest.raises(sqlite3.OperationalError):
        index.rows("SELECT * FROM nothing")
    index.close()


def test_damage_found_while_catching_up_is_mended(tmp_path: Path) -> None:
    """What cannot be written into is made anew; any other failure is an error."""
    world = World(tmp_path)
    some_index(world).close()
    index = world.index()
    _garble_inside(tmp_path / "index.sqlite")
    world.add(world.accept(CONTEXT, "State: done\n"))
    assert index.catch_up(world.journal) == world.journal.last
    [row] = index.rows("SELECT state FROM contexts WHERE path = ?", [CONTEXT])
    assert row == {"state": "done"}
    index.rows("SELECT 1")
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as other:
        other.execute("DROP TABLE records")
    world.add(removed(CONTEXT))
    with pytest.raises(sqlite3.OperationalError):
        index.catch_up(world.journal)
    index.rebuild(world.journal)
    assert index.last == world.journal.last
    index.close()


def test_a_batch_is_taken_in_whole_or_not_at_all(tmp_path: Path) -> None:
    """A text that is missing leaves the index as it was."""
    world = World(tmp_path)
    index = world.filled(world.accept(CONTEXT, "State: idle\n"))
    records = world.add(
        world.accept(NOBODYS, "State: done\n"), world.accept(CONTEXT, "State: done\n")
    )
    world.texts.clear()
    with pytest.raises(KeyError):
        index.apply(records)
    assert index.last == 1
    assert index.row("SELECT state FROM contexts") == {"state": "idle"}
    assert index.row("SELECT count(*) AS n FROM records") == {"n": 1}
    index.close()


def test_what_git_showed_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    """The problems of documents stay when those of a look at git change."""
    world = World(tmp_path)
    index = world.filled(world.accept(NOBODYS, "State: done\n"), refused(LEARNING))
    look = Problem("shop-docs", 0, "drift", "It drifted.", "Mend it.")
    index.replace_git_state([("shop-docs", "main", "1" * 40)], [look])
    index.replace_git_state([("shop-docs", "docs/x", "2" * 40)], [look])
    assert index.rows("SELECT * FROM heads") == [
        {"path": "shop-docs", "branch": "docs/x", "head": "2" * 40}
    ]
    rows = index.rows("SELECT code, source FROM problems ORDER BY code")
    assert [(x["code"], x["source"]) for x in rows] == [
        ("binary", "refused"),
        ("drift", "look"),
        ("unknown-agent", "document"),
    ]
    index.close()


def test_a_parser_that_fails_costs_one_document(tmp_path: Path) -> None:
    """What this version cannot read is a problem, found by its words all the same."""
    world = World(tmp_path)
    later = world.accept("gates/x.md", "# From the future\n", "docs")
    index = world.filled(
        world.accept(LEARNING, TEXTS["learnings"][0]),
        Draft(later.kind, later.actor, later.subject, {**later.data, "owner": "gates"}),
        world.accept(NOBODYS, "State: done\n", "docs"),
    )
    assert index.rows("SELECT path, code FROM problems") == [
        {"path": "gates/x.md", "code": "not-understood"}
    ]
    assert index.rows("SELECT path FROM contexts") == [{"path": NOBODYS}]
    assert index.rows("SELECT path FROM learnings") == [{"path": LEARNING}]
    assert index.rows("SELECT owner FROM documents WHERE path = 'gates/x.md'")
    question = "SELECT rowid FROM search WHERE search MATCH 'future'"
    assert len(index.rows(question)) == 1
    index.close()


def test_damage_that_shows_late_costs_one_call(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A page that turns out to be broken: at most one error, then all is built anew."""
    with open_workspace(tmp_path / "w", clock) as opened:
        FakeAgent(opened.root, "docs").context("State: working\n")
        before = opened.perform("status")
    _garble_inside(opened.layout.index)
    found: list[Any] = []
    for _ in range(2):
        with (
            suppress(IndexDamagedError),
            open_workspace(tmp_path / "w", clock) as opened,
        ):
            found.append(opened.perform("status"))
    assert found[-1:] == [before]


def test_search_finds_and_forgets(tmp_path: Path) -> None:
    """Only the text of the newest version is found, and none of a removed document."""
    world = World(tmp_path)
    index = world.filled(
        world.accept(LEARNING, "# Alpha\n\nabout apples\n"),
        world.accept(CONTEXT, "State: working\nTask: apples\n"),
    )

    def found(word: str) -> list[str]:
        rows = index.rows(
            "SELECT d.path FROM search JOIN documents d ON d.number = search.rowid"
            " WHERE search MATCH ? ORDER BY d.path",
            [word],
        )
        return [x["path"] for x in rows]

    assert found("apples") == [CONTEXT, LEARNING]
    index.apply(world.add(world.accept(LEARNING, "# Beta\n\nabout pears\n")))
    assert (found("apples"), found("pears")) == ([CONTEXT], [LEARNING])
    index.apply(world.add(removed(CONTEXT)))
    assert found("apples") == []
    assert index.row("SELECT count(*) AS n FROM search") == {"n": 1}
    index.close()


def drafts_of(world: World) -> st.SearchStrategy[Draft]:
    """Return records of every kind, about few things, so that they meet."""
    paths = st.sampled_from(sorted(OWNERS))
    items = st.sampled_from([("backend-login", PENDING), ("frontend-request", REQUEST)])
    agents = st.sampled_from(["backend", "frontend"])
    features = st.sampled_from(["", "login"])
    return st.one_of(
        st.builds(
            lambda path, n, known: world.accept(
                path, TEXTS[OWNERS[path]][n], None if known else ""
            ),
            paths,
            st.integers(0, 3),
            st.booleans(),
        ),
        st.builds(removed, paths),
        st.builds(refused, paths, st.sampled_from(["binary", "too-large"])),
        st.builds(attributed, paths, agents),
        st.builds(
            lambda item, new, head: moved(item[0], item[1], new, head=head),
            items,
            st.sampled_from(["submitted", "closed", "withdrawn"]),
            st.sampled_from(["", "a" * 40, "b" * 40]),
        ),
        st.builds(
            worktree, st.just("added"), agents, features, st.sampled_from(["", "b/x"])
        ),
        st.builds(worktree, st.just("removed"), agents, features),
        st.builds(lambda x: Draft("agent.retired", "(maintainer)", x), agents),
        st.builds(lambda x: Draft("agent.seen", x, x), agents),
        st.builds(
            lambda key, n: Draft(
                "outcome.kept", "(coordinator)", key, {"action": "x", "outcome": n}
            ),
            st.sampled_from(["k1", "k2"]),
            st.sampled_from(["o1", "o2"]),
        ),
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_one_by_one_in_batches_and_anew_give_the_same_rows(data: st.DataObject) -> None:
    """The tables are a function of the journal, whatever was taken in together."""
    with TemporaryDirectory() as name:
        world = World(Path(name))
        drafts = data.draw(st.lists(drafts_of(world), min_size=1, max_size=24))
        records = world.add(*drafts)
        for table, sizes in (
            ("single", [1]),
            ("batches", data.draw(st.lists(st.integers(1, 9), min_size=1))),
        ):
            index = world.index(table)
            in_batches(index, records, sizes, world.texts)
            index.close()
        index = world.index()
        index.catch_up(world.journal)
        index.close()
        whole = world.dump()
        world.journal.close()
        assert world.dump("single") == whole
        assert world.dump("batches") == whole


def test_a_scripted_life_gives_the_same_rows_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of record about one document, in one batch or in many, is one fold."""
    monkeypatch.setattr("coordinator.index.database._CHUNK", 4)
    world = World(tmp_path)
    records = world.add(
        world.accept(EVERYBODY, TEXTS["identities"][2]),
        world.accept(IDENTITY, TEXTS["identities"][0]),
        world.accept(NOBODYS, TEXTS["contexts"][0]),
        world.accept(NOBODYS, TEXTS["contexts"][1]),
        attributed(NOBODYS, "docs"),
        refused(NOBODYS),
        refused(NOBODYS, "too-large"),
        world.accept(LEARNING, TEXTS["learnings"][0], ""),
        attributed(LEARNING, "docs"),
        world.accept(PENDING, TEXTS["pending"][0]),
        moved("backend-login", PENDING, "submitted", head="a" * 40),
        moved("backend-login", PENDING, "withdrawn"),
        removed(PENDING),
        world.accept(PENDING, TEXTS["pending"][2]),
        removed(CONTEXT),
        worktree("added", "docs", "login", "docs/login"),
        worktree("removed", "docs", "login"),
        Draft("agent.retired", "(maintainer)", "docs"),
        Draft("something.new", "(coordinator)", "of a later version"),
    )
    for name, sizes in (("single", [1]), ("all", [99]), ("some", [2, 5])):
        index = world.index(name)
        in_batches(index, records, sizes, {})
        index.close()
    index = world.index()
    assert index.catch_up(world.journal) == len(records)
    index.close()
    whole = world.dump()
    assert all(world.dump(x) == whole for x in ("single", "all", "some"))
    [state] = whole["states"]
    assert state[:5] == (
        "backend-login",
        PENDING,
        "withdrawn",
        "shop",
        "backend/login",
    )
    assert [x[3] for x in whole["problems"] if x[0] == NOBODYS] == ["too-large"]
    assert [x[1] for x in whole["learnings"]] == ["docs"]


JOURNALLED = [x for x in schema.PROJECTIONS if x.name not in {"heads", "stamps"}]


@pytest.mark.parametrize("changed", JOURNALLED, ids=lambda x: x.name)
def test_a_projection_of_another_version_alone_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: Projection
) -> None:
    """What the others hold stays, even what no record tells; the journal is asked."""
    world = World(tmp_path)
    some_index(world).close()
    whole = world.dump()
    others = [x for x in schema.PROJECTIONS if x.name != changed.name]
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as connection:
        for table in changed.tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - own words
        connection.commit()
    newer = replace(changed, version=changed.version + 1)
    monkeypatch.setattr(schema, "PROJECTIONS", (*others, newer))
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return world.texts[name]

    index = Index(tmp_path / "index.sqlite", read_text=read)
    index.catch_up(world.journal)
    index.close()
    assert world.dump() == whole
    assert bool(asked) is (changed.name in PARSED)
    again = world.index()
    again.catch_up(world.journal)
    again.close()
    assert world.dump() == whole


PARSED = {"documents", "identities", "contexts", "pending", "learnings", "decisions"}


def test_an_empty_index_with_an_old_projection_is_filled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was in it: all records are still to come, and come once."""
    world = World(tmp_path)
    world.index().close()
    newer = tuple(replace(x, version=x.version + 1) for x in schema.PROJECTIONS)
    monkeypatch.setattr(schema, "PROJECTIONS", (newer[0], *schema.PROJECTIONS[1:]))
    world.add(world.accept(CONTEXT, "State: done\n"))
    index = world.index()
    assert (index.catch_up(world.journal), index.last) == (1, 1)
    index.close()


def test_a_projection_that_is_new_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that an earlier version made lacks it; nothing else is touched."""
    world = World(tmp_path)
    new = next(x for x in schema.PROJECTIONS if x.name == "messages")
    older = tuple(x for x in schema.PROJECTIONS if x is not new)
    sent = {"to": "backend", "subject": "Hello", "body": "b1"}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "PROJECTIONS", older)
        index = world.index()
        world.add(world.accept(CONTEXT, "State: idle\n"))
        index.catch_up(world.journal)
        index.close()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as connection:
        connection.execute("UPDATE contexts SET task = 'kept as it was'")
        connection.commit()
    world.add(Draft("message.sent", "(coordinator)", "m2-abc", sent))
    index = world.index()
    index.catch_up(world.journal)
    assert index.row("SELECT subject FROM messages") == {"subject": "Hello"}
    assert index.row("SELECT task FROM contexts") == {"task": "kept as it was"}
    index.close()


def test_a_projection_that_cannot_be_filled_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again at the next opening."""
    world = World(tmp_path)
    some_index(world).close()
    whole = world.dump()
    changed = next(x for x in schema.PROJECTIONS if x.name == "contexts")
    others = [x for x in schema.PROJECTIONS if x is not changed]
    monkeypatch.setattr(schema, "PROJECTIONS", (*others, replace(changed, version=9)))
    index = Index(tmp_path / "index.sqlite", read_text=dict[str, str]().__getitem__)
    with pytest.raises(KeyError):
        index.catch_up(world.journal)
    index.close()
    assert world.dump() == whole
    index = world.index()
    index.catch_up(world.journal)
    index.close()
    assert world.dump() == whole
