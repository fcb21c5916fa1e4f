"""Living copies as agents edit them: what holds is recorded, the rest is put back.

A file carries no authority: gates are passed by command only. What does not hold is
kept by hash, told to the run's agent and said as a problem.
"""

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress

from coordinator.actions import documents, messages, runs, steps_asked, tracking
from coordinator.actions.documents import Found
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Workspace
from coordinator.index import queries
from coordinator.kernel import clock, files
from coordinator.kernel.blobs import name_of
from coordinator.kernel.errors import External
from coordinator.kernel.files import Content
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.kernel.refusals import reason
from coordinator.workflows import evidence, lint, living, store
from coordinator.workflows.living import Judged, Refused
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Role

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


def accept(workspace: Workspace, found: Sequence[Found]) -> list[str]:
    """Take changed living copies in; return the paths that changed.

    Raises:
        DiskRefusedError: Nothing was recorded.
    """
    return [x.path for x in found if _accept(workspace, x)]


def _accept(workspace: Workspace, found: Found) -> bool:
    opened = runs.find_or_none(workspace, store.run_of(found.path))
    if opened is None:
        message = "No run has this living copy, so nobody reads it."
        hint = "Start one: coordinator workflow start TEMPLATE"
        problem = Problem(found.path, 0, "unknown-run", message, hint)
        documents.refuse(workspace, [problem])
        return False
    workspace.unwritten.discard(found.path)
    if found.content.text == opened.sheet.text:
        return _heal(workspace, opened, found.content.data)
    conflicts = (
        [] if opened.run.ended else lint.conflicts(found.content.text, found.path)
    )
    if merging := list(conflicts):
        _leave(workspace, opened, merging[0])
        return False
    if _is_left_behind(workspace, opened, found):
        write(workspace, opened, opened.sheet.text, found.content.data)
        return False
    actor = workspace.roster.attribute("", found.content.uid) or opened.run.agent
    judged = _judge(opened, found.content.text)
    workspace.record(*_drafts(workspace, opened, judged, actor, found.content.data))
    _track(workspace, opened, judged, actor)
    if judged.refused:
        put_back(workspace, opened.path, found.content.data, judged.sheet.text)
    return True


def _leave(workspace: Workspace, opened: Open, problem: Problem) -> None:
    """Leave a copy alone whose merge is not done; the run's agent is told once."""
    if not queries.refused(workspace.index, [problem.path]):
        subject = f"The copy of {opened.run.id} has a merge conflict"
        body = f"{problem.path}: nothing of it counts until you keep one side.\n"
        workspace.record(messages.told(workspace, opened.run.agent, subject, body))
    documents.refuse(workspace, [problem])


def _track(workspace: Workspace, opened: Open, judged: Judged, actor: str) -> None:
    """Write a tick of "update task tracking" back, and tell what came of it."""
    items = judged.sheet.boxes.items
    done = (item for item, (mark, _) in judged.ticks.items() if mark is Mark.DONE)
    places = judged.sheet.places(done)
    if any(items[x].role is Role.TRACKING for x in places):
        said = tracking.write_back(workspace, runs.find(workspace, opened.run.id))
        body = f"That was the task tracking of {opened.path}.\n"
        workspace.record(messages.told(workspace, actor, said, body))


def _is_left_behind(workspace: Workspace, opened: Open, found: Found) -> bool:
    """Tell a file that could not be written, or was not in time, from an edit.

    It holds the version before the last one, or what was refused last, and nobody has
    touched it since.
    """
    name = name_of(found.content.data)
    touched = found.content.stamp.ctime_ns / 1e9 - _ROUNDED_SECONDS
    past = (*_version_before(workspace, found.path), *_offered(workspace, opened))
    return any(x == name and touched < clock.parse(at).timestamp() for x, at in past)


def _version_before(workspace: Workspace, path: str) -> Iterator[tuple[str, str]]:
    """Yield the blob of the version before the last one, and when that was replaced."""
    last, *before = queries.versions(workspace.index, path, 2)
    yield from ((x["blob"], last["at"]) for x in before)


def _offered(workspace: Workspace, opened: Open) -> Iterator[tuple[str, str]]:
    """Yield the blob of what was refused last, and when, while nothing else changed."""
    if opened.run.open_refusals:
        rows = queries.records_of_run(workspace.index, opened.run.id)
        last = [x for x in rows if x["kind"] == "run.refused"][-1]
        yield json.loads(last["data"])["offered"], last["at"]


def _heal(workspace: Workspace, opened: Open, data: bytes) -> bool:
    """Take the same text in again, where it could not be read meanwhile."""
    if not queries.refused(workspace.index, [opened.path]):
        return False
    blob, agent = opened.run.text, opened.run.agent
    workspace.record(runs.accepted(opened.path, blob, len(data), agent, agent))
    return True


def _judge(opened: Open, text: str) -> Judged:
    run = opened.run
    if run.ended:
        words = "The run is finished: its record stays as it is."
        return Judged(opened.sheet, refused=[Refused("", 1, "run-finished", words)])
    if changed := steps_asked.changed(opened.document, opened.sheet, text):
        return Judged(opened.sheet, refused=changed)
    return living.judge(opened.sheet, text, run.passed.keys(), run.next_item)


def _drafts(
    workspace: Workspace, opened: Open, judged: Judged, actor: str, offered: bytes
) -> list[Draft]:
    drafts: list[Draft] = []
    if judged.sheet.text != opened.sheet.text:
        ticks = [(item, mark, said) for item, (mark, said) in judged.ticks.items()]
        change, version = runs.edited(
            workspace, opened, judged.sheet.text, actor, ticks
        )
        notes = "\n".join(f"{x.phase} / {x.group}: {x.text}" for x in judged.notes)
        more = {
            "ids": list(judged.sheet.ids),
            "notes": runs.store_text(workspace, notes),
        }
        drafts += [runs.draft(opened, change.kind, actor, {**change.data, **more})]
        drafts += [version, *runs.ends(opened, judged.sheet, actor)]
    if judged.refused:
        drafts += _refusals(workspace, opened, judged.refused, actor, offered)
    return drafts


def _refusals(
    workspace: Workspace,
    opened: Open,
    refused: Sequence[Refused],
    actor: str,
    offered: bytes,
) -> list[Draft]:
    """Return the record of what was put back, and the word to who tried it."""
    [blob] = workspace.blobs.put([offered])
    said = [
        {"item": x.item, "line": x.line, "code": x.code, "reason": _reason(opened, x)}
        for x in refused[:_MOST_REFUSALS]
    ]
    data = {"refusals": said, "offered": blob, "count": len(refused)}
    lines = [f"- line {x['line']}: {x['reason']}" for x in said]
    left = len(refused) - len(said)
    lines += [f"- and {left} more"] if left > 0 else []
    body = "\n".join([f"These changes of {opened.path} were put back:", "", *lines])
    many = f"{len(refused)} changes" if len(refused) > 1 else "A change"
    verb = "were" if len(refused) > 1 else "was"
    subject = f"{many} of {opened.run.id} {verb} put back"
    return [
        runs.draft(opened, "run.refused", actor, data),
        messages.told(workspace, actor, subject, body),
    ]


def _reason(opened: Open, refused: Refused) -> str:
    """Return what was put back and why, with the command that would do it."""
    place = opened.sheet.place(refused.item)
    text = opened.sheet.boxes.items[place].text if place >= 0 else ""
    said = refused.reason
    if text and refused.code not in {"removed", "moved"}:  # those name it themselves
        said = f"{text[:_MOST_TEXT]!r}: {said}"
    verb = _VERBS.get(refused.code, "")
    if not verb or not refused.item:
        return said
    command = f"coordinator workflow {verb}".format(
        opened.run.id, refused.by or refused.item
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
    workspace: Workspace, opened: Open, text: str, present: bytes | None = None
) -> None:
    """Write a text that was recorded; an edit that came between is judged by it later.

    `present` is what stands there, if that is not the run's text as it was opened.

    Raises:
        External: The file cannot be written.
    """
    try:
        before = opened.sheet.text.encode() if present is None else present
        put_back(workspace, opened.path, before, text)
    except OSError as error:
        message = f"{opened.path} cannot be written: {reason(error)}."
        raise External(message, hint="Run: coordinator doctor --fix") from error


def restore(workspace: Workspace, paths: Sequence[str]) -> list[str]:
    """Write living copies anew that were deleted; return the paths that are no run's.

    A run's record cannot be lost with a file.
    """
    others: list[str] = []
    for path in paths:
        opened = runs.find_or_none(workspace, store.run_of(path))
        if opened is None:
            others.append(path)
            continue
        put_back(workspace, path, b"", opened.sheet.text)
    return others
