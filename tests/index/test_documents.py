from pathlib import Path

import pytest

from coordinator.index import document_queries, queries
from coordinator.kernel.journal import Draft
from tests.index.fold_world import (
    CONTEXT,
    LEARNING,
    NOBODYS,
    PENDING,
    World,
    attributed,
    refused,
    removed,
)

LOG = "# Notes\n\n## Decision Log\n- **Use JWT**: no store needed\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A journal that holds nothing yet."""
    return World(tmp_path)


def test_only_what_is_shown_as_an_agents_needs_an_agent(world: World) -> None:
    """A context or pending item of nobody is a problem, a learning is none."""
    index = world.filled(
        world.accept(NOBODYS, "State: done\n"),
        world.accept(PENDING, "# Plan\n", ""),
        world.accept(LEARNING, LOG, ""),
        world.accept(CONTEXT, "State: done\n"),
    )
    rows = document_queries.problems(index)
    assert [(x["path"], x["code"]) for x in rows] == [
        (NOBODYS, "unknown-agent"),
        (PENDING, "unknown-agent"),
    ]
    assert "coordinator agent list" in rows[0]["hint"]
    index.close()


def test_a_document_that_gets_an_agent_is_wholly_the_agents(world: World) -> None:
    """Its rows say so everywhere, and nobody's name is asked for any more."""
    index = world.filled(
        world.accept(NOBODYS, "State: done\n"),
        world.accept(PENDING, "# Plan\n", ""),
        world.accept(LEARNING, LOG, ""),
        *(attributed(x, "docs") for x in (NOBODYS, PENDING, LEARNING)),
    )
    assert document_queries.problems(index) == []
    for table in ("documents", "contexts", "pending", "learnings", "decisions"):
        rows = index.rows(f"SELECT DISTINCT agent FROM {table}")  # noqa: S608
        assert rows == [{"agent": "docs"}], table
    index.close()


def test_a_removed_document_leaves_nothing_behind(world: World) -> None:
    """Its rows and problems are gone; removing what is not there does no harm."""
    index = world.filled(
        world.accept(LEARNING, LOG),
        world.accept(NOBODYS, "State: done\n"),
        refused(PENDING),
    )
    index.apply(world.add(*(removed(x) for x in (LEARNING, NOBODYS, PENDING, CONTEXT))))
    for table in ("documents", "contexts", "learnings", "decisions", "problems"):
        assert index.rows(f"SELECT * FROM {table}") == [], table  # noqa: S608
    assert index.row("SELECT count(*) AS n FROM records") == {"n": 7}
    index.close()


def test_a_refused_version_leaves_the_accepted_one_and_is_said_once(
    world: World,
) -> None:
    """The last good version stays; the next good one takes the refusal away."""
    index = world.filled(
        world.accept(CONTEXT, "State: working\n"),
        refused(CONTEXT),
        refused(CONTEXT, "too-large"),
    )
    assert [x["code"] for x in document_queries.problems_of(index, CONTEXT)] == [
        "too-large"
    ]
    assert queries.contexts(index)[0]["state"] == "working"
    index.apply(world.add(world.accept(CONTEXT, "State: done\n")))
    assert document_queries.problems(index) == []
    assert queries.contexts(index)[0]["state"] == "done"
    index.close()


def test_a_decision_names_its_author_where_the_file_does_not(world: World) -> None:
    """The agent of the file counts; what the text says is used where there is none."""
    text = "# ADR-1: Keep it\n\n- Status: accepted\n- Deciders: someone\n"
    index = world.filled(world.accept(LEARNING, text), Draft("x", "", "y"))
    [row] = queries.decisions(index)
    assert (row["agent"], row["id"], row["status"]) == (
        "backend",
        "adr-0001",
        "accepted",
    )
    index.apply(world.add(world.accept(LEARNING, text, "")))
    [row] = queries.decisions(index)
    assert row["agent"] != "backend"
    index.close()
