"""Living copies as agents edit them: what holds is recorded, the rest is put back.

A file carries no authority: gates are passed by command only. What does not hold is
kept by hash, told to the run's agent and said as a problem.
"""

import json
from collections.abc import Iterator, Sequence

from coordinator.actions.agents import messages
from coordinator.actions.documents import accepting
from coordinator.actions.documents.accepting import FoundFile
from coordinator.actions.runs import copy_files, loading, perform, phase_file
from coordinator.index import document_queries, record_queries
from coordinator.kernel import clock
from coordinator.kernel.blobs import name_of
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import conflicts
from coordinator.workflows import store
from coordinator.workflows.decide import items, ruling
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role
from coordinator.workflows.runs.living_copy import EditResult
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workspace.workspace import Workspace

_ROUNDED_SECONDS = 0.002  # records' times are rounded


def accept(workspace: Workspace, found: Sequence[FoundFile]) -> list[str]:
    """Take changed living copies in; return the paths that changed.

    Raises:
        DiskRefusedError: Nothing was recorded.
    """
    return [x.path for x in found if _accept(workspace, x)]


def _accept(workspace: Workspace, found: FoundFile) -> bool:
    expected = workspace.journal.last
    loaded = loading.find_or_none(workspace, store.run_of(found.path))
    if loaded is None:
        message = "No run has this living copy, so nobody reads it."
        hint = "Start one: coordinator workflow start TEMPLATE"
        problem = Problem(found.path, 0, "unknown-run", message, hint)
        accepting.refuse(workspace, [problem])
        return False
    workspace.unwritten.discard(found.path)
    if found.content.text == loaded.copy.text:
        return _heal(workspace, loaded, found.content.data)
    merging = conflicts.find(found.content.text, found.path)
    if merging and not loaded.run.ended:
        _leave(workspace, loaded, merging[0])
        return False
    if _is_left_behind(workspace, loaded, found):
        data, text = found.content.data, loaded.copy.text
        copy_files.write(workspace, loaded.path, data, text)
        return False
    actor = workspace.roster.attribute("", found.content.uid) or loaded.run.agent
    decided, judged = items.edit(loaded, found.content.text, actor)
    perform.commit(workspace, decided, expected)
    _track(workspace, loaded, judged, actor)
    if judged.refused:
        text = judged.copy.text
        copy_files.put_back(workspace, loaded.path, found.content.data, text)
    return True


def _leave(workspace: Workspace, loaded: LoadedRun, problem: Problem) -> None:
    """Leave a copy alone whose merge is not done; the run's agent is told once."""
    if not document_queries.refused(workspace.index, [problem.path]):
        subject = f"The copy of {loaded.run.id} has a merge conflict"
        body = f"{problem.path}: nothing of it counts until you keep one side.\n"
        workspace.record(messages.notify(workspace, loaded.run.agent, subject, body))
    accepting.refuse(workspace, [problem])


def _track(
    workspace: Workspace, loaded: LoadedRun, judged: EditResult, actor: str
) -> None:
    """Write a tick of "update task tracking" back, and tell what came of it."""
    items = judged.copy.boxes.items
    done = (item for item, (mark, _) in judged.ticks.items() if mark is Mark.DONE)
    places = judged.copy.places(done)
    if any(items[x].role is Role.TRACKING for x in places):
        said = phase_file.write_back(workspace, loading.find(workspace, loaded.run.id))
        body = f"That was the task tracking of {loaded.path}.\n"
        workspace.record(messages.notify(workspace, actor, said, body))


def _is_left_behind(workspace: Workspace, loaded: LoadedRun, found: FoundFile) -> bool:
    """Tell a file that could not be written, or was not in time, from an edit.

    It holds the version before the last one, or what was refused last, and nobody has
    touched it since.
    """
    name = name_of(found.content.data)
    touched = found.content.stamp.ctime_ns / 1e9 - _ROUNDED_SECONDS
    past = (*_version_before(workspace, found.path), *_offered(workspace, loaded))
    return any(x == name and touched < clock.parse(at).timestamp() for x, at in past)


def _version_before(workspace: Workspace, path: str) -> Iterator[tuple[str, str]]:
    """Yield the blob of the version before the last one, and when that was replaced."""
    last, *before = record_queries.versions(workspace.index, path, 2)
    yield from ((x["blob"], last["at"]) for x in before)


def _offered(workspace: Workspace, loaded: LoadedRun) -> Iterator[tuple[str, str]]:
    """Yield the blob of what was refused last, and when, while nothing else changed."""
    if loaded.run.open_refusals:
        rows = record_queries.records_of_run(workspace.index, loaded.run.id)
        last = [x for x in rows if x["kind"] == "run.refused"][-1]
        yield json.loads(last["data"])["offered"], last["at"]


def _heal(workspace: Workspace, loaded: LoadedRun, data: bytes) -> bool:
    """Take the same text in again, where it could not be read meanwhile."""
    if not document_queries.refused(workspace.index, [loaded.path]):
        return False
    text, agent = data.decode(), loaded.run.agent
    workspace.record(ruling.version(loaded.run.id, text, agent, agent))
    return True


def restore(workspace: Workspace, paths: Sequence[str]) -> list[str]:
    """Write living copies anew that were deleted; return the paths that are no run's.

    A run's record cannot be lost with a file.
    """
    others: list[str] = []
    for path in paths:
        loaded = loading.find_or_none(workspace, store.run_of(path))
        if loaded is None:
            others.append(path)
            continue
        copy_files.put_back(workspace, path, b"", loaded.copy.text)
    return others
