"""Pending items in reports and on the board: who waits for whom, what was said.

It collects values; `report_text` and `views` write them.
"""

from collections.abc import Iterator
from operator import itemgetter

from coordinator.actions.pending import item_values
from coordinator.actions.review import loading
from coordinator.index import queries
from coordinator.results.pending import WaitingItem
from coordinator.results.review import ReportedReview
from coordinator.workspace.workspace import Workspace
from pending_commits.model import ItemKind
from pending_commits.review import words
from pending_commits.review.model import ReviewedItem, WordKind


def waiting(workspace: Workspace, most: int) -> list[WaitingItem]:
    """Return the first items that are not finished, by id."""
    judge = loading.Judge(workspace)
    return [_value(judge, x) for x in queries.waiting(workspace.index, most)]


def reviews(
    workspace: Workspace, since: str = "", agent: str = ""
) -> list[ReportedReview]:
    """Return what was said of commits since a time, the oldest first.

    With an agent's name only of that agent's.
    """
    rows = queries.reviewed(workspace.index, since)
    items = [_loaded(workspace, x) for x in rows]
    said = (y for x in items if x and agent in {"", x.agent} for y in _said(x))
    recent = (x for x in said if x[1]["at"] >= since)
    return [x for _, x in sorted(recent, key=itemgetter(0))]


def _loaded(workspace: Workspace, item: str) -> ReviewedItem | None:
    row = queries.pending_item(workspace.index, item)
    is_commit = row is not None and row["kind"] == ItemKind.COMMIT
    return loading.load(workspace, row) if row and is_commit else None


def _said(item: ReviewedItem) -> Iterator[tuple[int, ReportedReview]]:
    """Yield what was said of an item, with the numbers of the records."""

    def row(at: str, what: str, text: str = "") -> ReportedReview:
        return {"item": item.id, "at": at, "what": what, "text": text}

    for x in item.words:
        if x.kind is not WordKind.SHOWN:
            what = words.did(x.kind.value, x.actor, x.patchset)
            yield x.seq, row(x.at, what, x.text)
    for one in item.patchsets[1:]:
        yield one.seq, row(one.at, words.submitted_again(item, one))
    for c in item.comments:
        if not c.is_draft:
            yield c.seq, row(c.at, words.commented(c), c.text)


def _value(judge: loading.Judge, row: queries.Row) -> WaitingItem:
    """Return an item that is not finished, with whose turn it is."""
    turn, since = ", ".join(row["recipients"]) or "maintainers", row["moved_at"]
    if row["kind"] == ItemKind.COMMIT:
        item = loading.load(judge.workspace, row)
        turn = item_values.turn_of(item, judge.lacking(item))["turn"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "agent": row["agent"],
        "state": row["state"],
        "title": row["title"],
        "recipients": row["recipients"],
        "turn": turn,
        "since": since,
    }
