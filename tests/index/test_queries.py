from pathlib import Path

import pytest

from coordinator.index import document_queries, queries, record_queries
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.workspace import roster
from tests.index.fold_world import (
    CONTEXT,
    EVERYBODY,
    IDENTITY,
    LEARNING,
    NOBODYS,
    PENDING,
    REQUEST,
    World,
    moved,
    refused,
    removed,
    worktree,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A journal that holds nothing yet."""
    return World(tmp_path)


def test_an_agents_own_file_wins_over_the_one_for_all(world: World) -> None:
    """Each agent is there once, by name, and the retired are not."""
    everybody = (
        "# Backend Developer\n\n**Role**: from the file for all\n\n"
        "# Docs Writer\n\n**Role**: writes\n\n# Zoo Keeper\n\n**Role**: keeps\n"
    )
    index = world.filled(
        world.accept(IDENTITY, "# Backend Developer\n\n**Role**: its own\n"),
        world.accept(EVERYBODY, everybody),
        Draft("agent.retired", "(maintainer)", "zoo-keeper"),
    )
    everyone = queries.identities(index)
    assert [x.name for x in everyone] == ["backend", "docs-writer", "zoo-keeper"]
    assert queries.retired(index) == {"zoo-keeper"}
    found = roster.members(index)
    assert found == everyone[:2]
    assert found[0].role == "its own"
    assert found[0].path == IDENTITY
    assert isinstance(found[0].responsibilities, tuple)
    index.apply(world.add(removed(IDENTITY)))
    assert queries.identities(index)[0].role == "from the file for all"
    index.close()


def test_documents_are_found_by_path(world: World) -> None:
    """Those that are not known are left out."""
    index = world.filled(world.accept(CONTEXT, "State: idle\n"), refused(REQUEST))
    found = document_queries.documents(index, [CONTEXT, PENDING])
    assert list(found) == [CONTEXT]
    assert (found[CONTEXT]["owner"], found[CONTEXT]["agent"]) == ("contexts", "backend")
    assert document_queries.documents(index, []) == {}
    assert document_queries.refused(index, [CONTEXT, REQUEST]) == {REQUEST}
    index.close()


def test_the_newest_context_of_an_agent_comes_last(world: World) -> None:
    """By agent, then by the time of its acceptance; blockers are a list."""
    other = "agent-system/active-contexts/backend-a.md"
    index = world.filled(
        world.accept(CONTEXT, "State: idle\n"),
        Draft(
            "document.accepted",
            "backend",
            other,
            {**world.accept(other, "").data, "owner": "contexts", "agent": "backend"},
        ),
        world.accept(CONTEXT, "---\nstate: blocked\nblockers: [schema, key]\n---\n"),
        world.accept(NOBODYS, "State: done\n", "a"),
    )
    rows = queries.contexts(index)
    assert [x["path"] for x in rows] == [NOBODYS, other, CONTEXT]
    assert rows[-1]["blockers"] == ["schema", "key"]
    index.close()


def test_a_pending_item_stands_where_its_kind_begins_until_it_is_moved(
    world: World,
) -> None:
    """A commit begins as a draft, all else as open; what git showed is with it."""
    commit = "---\nkind: commit\nbranch: backend/said\n---\n# Add login\n"
    index = world.filled(
        world.accept(REQUEST, "# Request: a schema\n\nTo: docs\n"),
        world.accept(PENDING, commit),
    )
    rows = queries.pending(index)
    assert [(x["id"], x["state"], x["head"]) for x in rows] == [
        ("backend-login", "draft", ""),
        ("frontend-request", "open", ""),
    ]
    assert rows[1]["recipients"] == ["docs"]
    assert queries.count_waiting(index) == 2
    index.apply(world.add(moved("backend-login", PENDING, "submitted", head="a" * 40)))
    row = queries.pending_item(index, "backend-login")
    assert row is not None
    assert (row["state"], row["head"]) == ("submitted", "a" * 40)
    assert (row["branch"], row["repository"]) == ("backend/login", "shop")
    index.apply(world.add(moved("backend-login", PENDING, "approved")))
    [row] = queries.pending_of_kind(index, "commit")
    assert (row["state"], row["head"]) == ("approved", "a" * 40)
    assert queries.pending_item(index, "no") is None
    assert queries.pending_at(index, [REQUEST])[0]["id"] == "frontend-request"
    index.close()


@pytest.mark.parametrize("finished", ["closed", "landed", "withdrawn"])
def test_what_is_finished_waits_for_nobody(world: World, finished: str) -> None:
    """A finished item is listed, and not counted; its id stays its path's."""
    index = world.filled(
        world.accept(REQUEST, "# Request\n"),
        world.accept(PENDING, "# Plan\n"),
        moved("frontend-request", REQUEST, finished),
    )
    assert [x["id"] for x in queries.waiting(index, 9)] == ["backend-login"]
    assert queries.waiting(index, 0) == []
    assert queries.count_waiting(index) == 1
    assert len(queries.pending(index)) == 2
    index.apply(world.add(removed(REQUEST)))
    assert queries.pending_ids(index, [REQUEST, PENDING, "pending-commits/x.md"]) == {
        REQUEST: "frontend-request",
        PENDING: "backend-login",
    }
    assert queries.has_pending(index, "frontend-request")
    assert not queries.has_pending(index, "x")
    index.close()


def test_decisions_are_listed_oldest_first(world: World) -> None:
    """By their own date, else by when they were taken in; then by file and line."""
    paths = [f"agent-system/learnings/{x}.md" for x in ("b", "a", "c")]
    dated = "# ADR-{0}: Choice {0}\n\nStatus: accepted\n\nDate: {1}\n"
    index = world.filled(
        world.accept(paths[0], dated.format(2, "2026-01-02")),
        world.accept(paths[1], dated.format(3, "2026-01-02")),
        world.accept(paths[2], dated.format(1, "2025-12-31")),
        world.accept(LEARNING, "## Decision Log\n- **Later**: x\n- **Last**: y\n"),
    )
    rows = queries.decisions(index)
    assert [x["path"] for x in rows] == [
        paths[2],
        paths[1],
        paths[0],
        LEARNING,
        LEARNING,
    ]
    assert [x["line"] for x in rows[3:]] == [2, 3]
    assert rows[0]["supersedes"] == rows[0]["superseded_by"] == []
    index.close()


def test_problems_are_listed_by_path_and_line(world: World) -> None:
    """So the same state gives the same list; a document has its own."""
    report = "# Final\n- Feature: [name]\n- Tests: [count] passing\n"
    status = "pending-commits/backend-final-status.md"
    data = {**world.accept(PENDING, report).data, "id": "backend-final-status"}
    index = world.filled(
        refused(REQUEST),
        Draft("document.accepted", "backend", status, data),
        world.accept(NOBODYS, "State: done\n"),
    )
    rows = document_queries.problems(index)
    assert [(x["path"], x["line"], x["code"]) for x in rows] == [
        (NOBODYS, 0, "unknown-agent"),
        (status, 2, "placeholder"),
        (status, 3, "placeholder"),
        (REQUEST, 1, "binary"),
    ]
    assert document_queries.problems(index, 1) == rows[:1]
    assert document_queries.problems_of(index, status) == rows[1:3]
    assert document_queries.count_problems(index) == 4
    index.close()


def test_worktrees_show_what_git_showed_last(world: World) -> None:
    """By repository, agent and feature; a branch that git never showed is empty."""
    index = world.filled(
        worktree("added", "docs", "b"),
        worktree("added", "docs", "a", "docs/a"),
        Draft("agent.seen", "docs", "docs"),
        Draft("agent.seen", "(coordinator)", "docs"),
    )
    index.replace_git_state([("shop-docs--a", "docs/other", "2" * 40)], [])
    rows = queries.worktrees(index)
    shown = [(x["feature"], x["made_on"], x["branch"], x["head"]) for x in rows]
    assert shown == [("a", "docs/a", "docs/other", "2" * 40), ("b", "", "", "")]
    assert record_queries.seen(index) == {"docs": "2026-01-31T09:00:03.000Z"}
    index.close()


def test_many_problems_of_one_template_stand_as_one(world: World) -> None:
    """The first of them, with how many there are; others stand for themselves."""
    said = [
        Problem("t/a.md", line, "dangling-link", f"link {line}", "h") for line in (9, 3)
    ]
    said += [Problem("t/b.md", 1, "x", "one", ""), Problem("z.md", 1, "x", "z", "")]
    index = world.filled()
    index.replace_git_state([], said)
    rows = document_queries.problems_in_short(index, "t", 10)
    assert [(x["path"], x["line"], x["message"], x["times"]) for x in rows] == [
        ("t/a.md", 3, "link 3 (and 1 more)", 2),
        ("t/b.md", 1, "one", 1),
        ("z.md", 1, "z", 1),
    ]
    assert len(document_queries.problems_in_short(index, "t", 2)) == 2
    index.close()
