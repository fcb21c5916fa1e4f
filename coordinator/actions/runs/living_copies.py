"""Living copies as agents edit them: what holds is recorded, the rest is put back.

A file carries no authority: gates are passed by command only. What does not hold is
kept by hash, told to the run's agent and said as a problem.
"""

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress

from coordinator.actions.agents import messages
from coordinator.actions.documents import accepting
from coordinator.actions.documents.accepting import FoundFile
from coordinator.actions.runs import loading, phase_file
from coordinator.actions.runs.loading import LoadedRun
from coordinator.index import queries
from coordinator.kernel import clock
from coordinator.kernel.blobs import name_of
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.disk.refusals import reason
from coordinator.kernel.errors import External
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.workflows import lint, store
from coordinator.workflows.judging import evidence
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role
from coordinator.workflows.runs import frozen_steps, living_copy
from coordinator.workflows.runs.living_copy import EditRefusal, EditResult
from coordinator.workspace.workspace import Workspace

_MOST_REFUSALS = 50
_MOST_TEXT = 80
_ROUNDED_SECONDS = 0.002  # records' times are rounded
_VERBS = {
    "gate-waits": "gate {0} {1} --comment WORDS",
    "tick-lost": "tick {0} {1} --undo",
    "needs-figures": "submit {0} {1}",
    "skip-without-reason": "tick {0} {1} --skip --comment REASON",
}
_IN_THE_WAY = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
)


def accept(workspace: Workspace, found: Sequence[FoundFile]) -> list[str]:
    """Take changed living copies in; return the paths that changed.

    Raises:
        DiskRefusedError: Nothing was recorded.
    """
    return [x.path for x in found if _accept(workspace, x)]


def _accept(workspace: Workspace, found: FoundFile) -> bool:
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
    conflicts = (
        [] if loaded.run.ended else lint.conflicts(found.content.text, found.path)
    )
    if merging := list(conflicts):
        _leave(workspace, loaded, merging[0])
        return False
    if _is_left_behind(workspace, loaded, found):
        write(workspace, loaded, loaded.copy.text, found.content.data)
        return False
    actor = workspace.roster.attribute("", found.content.uid) or loaded.run.agent
    judged = _judge(loaded, found.content.text)
    workspace.record(*_drafts(workspace, loaded, judged, actor, found.content.data))
    _track(workspace, loaded, judged, actor)
    if judged.refused:
        put_back(workspace, loaded.path, found.content.data, judged.copy.text)
    return True


def _leave(workspace: Workspace, loaded: LoadedRun, problem: Problem) -> None:
    """Leave a copy alone whose merge is not done; the run's agent is told once."""
    if not queries.refused(workspace.index, [problem.path]):
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
    last, *before = queries.versions(workspace.index, path, 2)
    yield from ((x["blob"], last["at"]) for x in before)


def _offered(workspace: Workspace, loaded: LoadedRun) -> Iterator[tuple[str, str]]:
    """Yield the blob of what was refused last, and when, while nothing else changed."""
    if loaded.run.open_refusals:
        rows = queries.records_of_run(workspace.index, loaded.run.id)
        last = [x for x in rows if x["kind"] == "run.refused"][-1]
        yield json.loads(last["data"])["offered"], last["at"]


def _heal(workspace: Workspace, loaded: LoadedRun, data: bytes) -> bool:
    """Take the same text in again, where it could not be read meanwhile."""
    if not queries.refused(workspace.index, [loaded.path]):
        return False
    blob, agent = loaded.run.text, loaded.run.agent
    workspace.record(loading.accepted(loaded.path, blob, len(data), agent, agent))
    return True


def _judge(loaded: LoadedRun, text: str) -> EditResult:
    run = loaded.run
    if run.ended:
        words = "The run is finished: its record stays as it is."
        return EditResult(
            loaded.copy, refused=[EditRefusal("", 1, "run-finished", words)]
        )
    if changed := frozen_steps.changed(loaded.document, loaded.copy, text):
        return EditResult(loaded.copy, refused=changed)
    return living_copy.judge(loaded.copy, text, run.passed.keys(), run.next_item)


def _drafts(
    workspace: Workspace,
    loaded: LoadedRun,
    judged: EditResult,
    actor: str,
    offered: bytes,
) -> list[Draft]:
    drafts: list[Draft] = []
    if judged.copy.text != loaded.copy.text:
        ticks = [(item, mark, said) for item, (mark, said) in judged.ticks.items()]
        change, version = loading.edited(
            workspace, loaded, judged.copy.text, actor, ticks
        )
        notes = "\n".join(f"{x.phase} / {x.group}: {x.text}" for x in judged.notes)
        more = {
            "ids": list(judged.copy.ids),
            "notes": loading.store_text(workspace, notes),
        }
        drafts += [loading.draft(loaded, change.kind, actor, {**change.data, **more})]
        drafts += [version, *loading.ends(loaded, judged.copy, actor)]
    if judged.refused:
        drafts += _refusals(workspace, loaded, judged.refused, actor, offered)
    return drafts


def _refusals(
    workspace: Workspace,
    loaded: LoadedRun,
    refused: Sequence[EditRefusal],
    actor: str,
    offered: bytes,
) -> list[Draft]:
    """Return the record of what was put back, and the word to who tried it."""
    [blob] = workspace.blobs.put([offered])
    said = [
        {"item": x.item, "line": x.line, "code": x.code, "reason": _reason(loaded, x)}
        for x in refused[:_MOST_REFUSALS]
    ]
    data = {"refusals": said, "offered": blob, "count": len(refused)}
    lines = [f"- line {x['line']}: {x['reason']}" for x in said]
    left = len(refused) - len(said)
    lines += [f"- and {left} more"] if left > 0 else []
    body = "\n".join([f"These changes of {loaded.path} were put back:", "", *lines])
    many = f"{len(refused)} changes" if len(refused) > 1 else "A change"
    verb = "were" if len(refused) > 1 else "was"
    subject = f"{many} of {loaded.run.id} {verb} put back"
    return [
        loading.draft(loaded, "run.refused", actor, data),
        messages.notify(workspace, actor, subject, body),
    ]


def _reason(loaded: LoadedRun, refused: EditRefusal) -> str:
    """Return what was put back and why, with the command that would do it."""
    place = loaded.copy.place(refused.item)
    text = loaded.copy.boxes.items[place].text if place >= 0 else ""
    said = refused.reason
    if text and refused.code not in {"removed", "moved"}:  # those name it themselves
        said = f"{text[:_MOST_TEXT]!r}: {said}"
    verb = _VERBS.get(refused.code, "")
    if not verb or not refused.item:
        return said
    command = f"coordinator workflow {verb}".format(
        loaded.run.id, refused.by or refused.item
    )
    if refused.code == "needs-figures":
        command = f"echo {shlex.quote(evidence.of_number(text))} | {command}"
    return f"{said} Run: {command}"


def put_back(workspace: Workspace, path: str, offered: bytes, text: str) -> None:
    """Write the text that holds, unless the file has changed again since it was read.

    What is not written now is judged again, and perhaps written, at the next look.
    """
    root = workspace.layout.root
    workspace.unwritten.add(path)
    present = files.read(root, path)
    if isinstance(present, Content) and present.data != offered:
        return
    with suppress(*_IN_THE_WAY):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        files.write(root, path, text.encode(), temporary=workspace.layout.temporary)
        workspace.unwritten.discard(path)


def write(
    workspace: Workspace, loaded: LoadedRun, text: str, present: bytes | None = None
) -> None:
    """Write a text that was recorded; an edit that came between is judged by it later.

    `present` is what stands there, if that is not the run's text as it was opened.

    Raises:
        External: The file cannot be written.
    """
    try:
        before = loaded.copy.text.encode() if present is None else present
        put_back(workspace, loaded.path, before, text)
    except OSError as error:
        message = f"{loaded.path} cannot be written: {reason(error)}."
        raise External(message, hint="Run: coordinator doctor --fix") from error


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
        put_back(workspace, path, b"", loaded.copy.text)
    return others
