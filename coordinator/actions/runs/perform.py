"""Rulings performed: recorded at the expected number, told, and written to the file.

What `decide` ruled is appended here and nowhere else. It decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from coordinator.actions.agents import assignee, messages
from coordinator.actions.runs import copy_files, loading
from coordinator.kernel.journal import JournalMovedError
from coordinator.workflows.decide.ruling import Asking, Ruling
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workspace.workspace import Call, Workspace


@dataclass(frozen=True, slots=True)
class Performed:
    """A run as it stands once something was done, and what is to be said of that."""

    loaded: LoadedRun
    note: str


def asking(call: Call) -> Asking:
    """Return who asks, when, and what of the workspace a decision may need to know."""
    workspace = call.workspace
    return Asking(
        call.caller.actor,
        workspace.now(),
        timedelta(minutes=workspace.settings.workflows.lease_minutes),
        partial(assignee.named, workspace),
        workspace.read_text,
    )


def perform(call: Call, run: str, decide: Callable[[LoadedRun], Ruling]) -> Performed:
    """Do what is decided on a run that goes on; see `perform_on`.

    Raises:
        CoordinatorError: As there; or there is no such run, or it is over.
    """
    return perform_on(call.workspace, partial(loading.find_open, call, run), decide)


def perform_on(
    workspace: Workspace,
    find: Callable[[], LoadedRun],
    decide: Callable[[LoadedRun], Ruling],
) -> Performed:
    """Do what is decided on a run.

    Where others recorded something meanwhile, it is found and decided on again.

    Raises:
        CoordinatorError: What the decision refuses, once its records are made; or the
            living copy cannot be written.
    """
    while True:
        loaded = find()
        present, expected = loaded.copy.text.encode(), workspace.journal.last
        decided = decide(loaded)
        try:
            commit(workspace, decided, expected)
        except JournalMovedError:
            continue
        if decided.copy is not None:
            copy_files.write(workspace, loaded.path, present, decided.copy)
        if decided.refusal:
            raise decided.refusal
        now = loading.find(workspace, loaded.run.id)
        return Performed(now, decided.note)


def commit(workspace: Workspace, decided: Ruling, expected: int) -> None:
    """Store the texts, and record all of it in one; nothing ruled: nothing recorded.

    Raises:
        JournalMovedError: The last record is not number `expected`.
        DiskRefusedError: Nothing was recorded.
    """
    bodies = [x.body for x in decided.notices]
    if texts := [*decided.texts, *bodies]:
        workspace.blobs.put(x.encode() for x in texts)
    told = [messages.draft(workspace, x.to, x.subject, x.body) for x in decided.notices]
    drafts = [*decided.records, *told]
    if drafts or expected != workspace.journal.last:
        workspace.record(*drafts, expected=expected)
