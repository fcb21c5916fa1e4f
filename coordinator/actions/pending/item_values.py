"""Pending items as lists show them: a row of the index, with whose turn it is.

It changes nothing and asks git nothing.
"""

from typing import Annotated

from pydantic import Field

from coordinator.actions.review import loading
from coordinator.index import document_queries, queries
from coordinator.results.pending import ListedItem, ListedTurn
from coordinator.workspace.registry import Arguments, Positional
from coordinator.workspace.workspace import Workspace
from pending_commits.model import ItemKind
from pending_commits.review.model import Requirement, ReviewedItem


class OneItem(Arguments):
    """Which pending item."""

    id: Annotated[str, Positional()] = Field(..., description="the item's id")


def shown(workspace: Workspace, row: queries.Row) -> ListedItem:
    """Return one item as a list shows it."""
    return listed(loading.Judge(workspace), row)


def listed(judge: loading.Judge, row: queries.Row) -> ListedItem:
    """Return an item as a list shows it; a commit with what it still lacks."""
    value = plain(judge.workspace, row)
    if row["kind"] != ItemKind.COMMIT:
        return value
    item = loading.load(judge.workspace, row)
    found = judge.lacking(item)
    value["requirements"] = [loading.shown(x) for x in found if not x.met]
    return {**value, **turn_of(item, found)}


def turn_of(item: ReviewedItem, found: tuple[Requirement, ...]) -> ListedTurn:
    """Return how far a review is: which patchset, whose turn, and since when."""
    return {
        "patchset": item.newest.number if item.patchsets else 0,
        "turn": loading.turn(item, found),
        "since": item.at,
    }


def plain(workspace: Workspace, row: queries.Row) -> ListedItem:
    """Return an item without its review."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "agent": row["agent"],
        "repository": row["repository"],
        "branch": row["branch"],
        "commit": row["head"],
        "state": row["state"],
        "title": row["title"],
        "path": row["path"],
        "to": row["recipients"],
        "problems": document_queries.problems_of(workspace.index, row["path"]),
    }
