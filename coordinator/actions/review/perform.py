"""Rulings on reviews performed: recorded at the expected number, and told.

What `decide` ruled is appended here and nowhere else. It decides nothing.
"""

import json
import operator
from collections.abc import Callable
from functools import partial

from coordinator.actions.agents import messages
from coordinator.actions.review import loading
from coordinator.index import queries, record_queries
from coordinator.kernel.blobs import name_of
from coordinator.kernel.journal import SYSTEM, Draft, JournalMovedError
from coordinator.workspace import tokens
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.item_states import ItemState
from pending_commits.model import ItemKind
from pending_commits.review import decide, words
from pending_commits.review.decide import ReviewRuling, Speaker
from pending_commits.review.model import ReviewedItem, ReviewMessage

_OPEN = frozenset(
    {ItemState.SUBMITTED, ItemState.CHANGES_REQUESTED, ItemState.APPROVED}
)


def speaker(call: Call, text: str = "") -> Speaker:
    """Return who speaks, and what the decision needs to know of the workspace."""
    workspace, caller = call.workspace, call.caller
    require = partial(loading.lacking, workspace)
    others = tokens.others(workspace.layout, caller.name)
    return Speaker(caller.actor, text, require, caller.name, others)


def perform(
    call: Call, wanted: str, kind: str, decide: Callable[[ReviewedItem], ReviewRuling]
) -> ReviewedItem:
    """Do what is decided on an item, and return it as it stands then.

    Where others recorded something meanwhile, it is loaded and decided on again. What
    an earlier attempt recorded that was cut off, of that `kind`, is not done again.

    Raises:
        CoordinatorError: There is no such item, or what the decision refuses.
    """
    workspace = call.workspace
    while True:
        expected = workspace.journal.last
        item = loading.load(workspace, loading.find_row(workspace, wanted))
        if _was_said(call, wanted, kind):
            return item
        ruling = decide(item)
        try:
            commit(workspace, ruling, expected)
        except JournalMovedError:
            continue
        return loading.load(workspace, loading.find_row(workspace, wanted))


def _was_said(call: Call, item: str, kind: str) -> bool:
    index, actor = call.workspace.index, call.caller.actor
    return record_queries.has_done(index, item, kind, actor, call.begun)


def commit(workspace: Workspace, ruling: ReviewRuling, expected: int) -> None:
    """Store the texts, and record all of it in one.

    Raises:
        JournalMovedError: The last record is not number `expected`.
        DiskRefusedError: Nothing was recorded.
    """
    told = ruling.told
    data = json.dumps(told.data, ensure_ascii=False) if told else ""
    texts = [*ruling.texts, *([told.body, data] if told else [])]
    workspace.blobs.put(x.encode() for x in texts)
    sent = [_message(workspace, told, data)] if told else []
    workspace.record(*ruling.records, *sent, expected=expected)


def _message(workspace: Workspace, told: ReviewMessage, data: str) -> Draft:
    more = {"kind": "review", "data": name_of(data.encode())}
    return messages.draft(workspace, told.to, told.subject, told.body, more)


def renew(workspace: Workspace, wanted: str, voided: str) -> None:
    """Tell the maintainers of a new patchset, where they asked or had approved."""
    item = loading.load(workspace, loading.find_row(workspace, wanted))
    if told := words.renewed(item, voided):
        commit(workspace, ReviewRuling(told=told), workspace.journal.last)


def settle(workspace: Workspace) -> None:
    """Let settings and identities have their say, where they changed since."""
    known = (workspace.settings, workspace.roster)
    before, workspace.git_state.policy = workspace.git_state.policy, known
    if workspace.refused or all(map(operator.is_, before, known)):
        return
    if not workspace.layout.settings.exists():
        return  # defaults that nobody chose decide nothing
    judge = loading.Judge(workspace)
    for row in queries.pending_of_kind(workspace.index, ItemKind.COMMIT.value):
        _settle(judge, row)


def settle_one(workspace: Workspace, wanted: str) -> None:
    """Move an item to where it stands by what was said, and what is asked for."""
    _settle(loading.Judge(workspace), loading.find_row(workspace, wanted))


def _settle(judge: loading.Judge, row: queries.Row) -> None:
    if ItemState(row["state"]) not in _OPEN:
        return
    item = loading.load(judge.workspace, row)
    if moved := decide.move(item, judge.lacking(item), SYSTEM):
        judge.workspace.record(moved)
