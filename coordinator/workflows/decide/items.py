"""Items decided: what may be ticked, left out or opened again, and edits of the copy.

Pure. The order, the gates and the placeholders bind a command and an edit alike; what
an edit may do is judged in `coordinator.workflows.runs.living_copy`.
"""

import shlex
from collections.abc import Sequence

from coordinator.kernel.errors import CoordinatorError, Refused
from coordinator.workflows.decide import ruling
from coordinator.workflows.decide.ruling import (
    NOTHING,
    Notice,
    Ruling,
    record,
    stored,
)
from coordinator.workflows.judging import evidence
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs import frozen_steps, living_copy, order
from coordinator.workflows.runs.living_copy import EditRefusal, EditResult, LivingCopy
from coordinator.workflows.runs.loaded_run import LoadedRun

_MOST_REFUSALS = 50
_MOST_TEXT = 80
_VERBS = {
    "gate-waits": "gate {0} {1} --comment WORDS",
    "tick-lost": "tick {0} {1} --undo",
    "needs-figures": "submit {0} {1}",
    "skip-without-reason": "tick {0} {1} --skip --comment REASON",
}


def tick(loaded: LoadedRun, place: int, mark: Mark, words: str, actor: str) -> Ruling:
    """Mark an item as somebody wants it; one that is marked so stays as it is."""
    if loaded.copy.boxes.items[place].mark is mark:
        return NOTHING
    if refusal := _kept(loaded, place, mark):
        return ruling.refuse(refusal)
    return set_mark(loaded, place, mark, words, actor)


def tick_with(loaded: LoadedRun, place: int, shown: str, actor: str) -> Ruling:
    """Tick an item by what was shown for it; one that is ticked stays as it is."""
    item = loaded.copy.boxes.items[place]
    if refusal := _is_gate(loaded, place):
        return ruling.refuse(refusal)
    if item.mark is Mark.DONE:
        return NOTHING
    if held := living_copy.held(loaded.copy, place, loaded.run.passed.keys()):
        hint = f"See what is next: coordinator workflow next {loaded.run.id}"
        words = f"{item.text!r} cannot be ticked now. {held.reason}"
        return ruling.refuse(Refused(words, hint=hint))
    return set_mark(loaded, place, Mark.DONE, shown, actor)


def _kept(loaded: LoadedRun, place: int, mark: Mark) -> CoordinatorError | None:
    """Return why an item stays as it is, if so."""
    item, name, run = loaded.copy.boxes.items[place], loaded.copy.ids[place], loaded.run
    if refusal := _is_gate(loaded, place):
        return refusal
    if mark is Mark.OPEN:
        return _is_relied_on(loaded, place)
    if living_copy.needs_figures(item) and mark is not Mark.SKIPPED:
        return Refused(
            f"{item.text!r} names a number, which is compared with figures.",
            hint=f"echo {shlex.quote(evidence.of_number(item.text))}"
            f" | coordinator workflow submit {run.id} {name}",
        )
    held = living_copy.held(loaded.copy, place, run.passed.keys())
    if held is None:
        return None
    hint = f"See what is next: coordinator workflow next {run.id}"
    if held.code == "placeholder":
        hint = f"Write over them, brackets and all, in {loaded.path}"
    return Refused(f"{item.text!r} cannot be ticked now. {held.reason}", hint=hint)


def _is_relied_on(loaded: LoadedRun, place: int) -> CoordinatorError | None:
    """A maintainer let the run go on because this was done."""
    passed = sorted(x for x in loaded.copy.places(loaded.run.passed) if x > place)
    if not passed:
        return None
    item, gate = (loaded.copy.boxes.items[x] for x in (place, passed[0]))
    return Refused(
        f"{item.text!r} stays ticked: {gate.text!r}, which comes after it, was passed.",
        hint="Add an item below the gate for what is to be done again.",
    )


def _is_gate(loaded: LoadedRun, place: int) -> CoordinatorError | None:
    item, name = loaded.copy.boxes.items[place], loaded.copy.ids[place]
    if item.role not in order.GATES:
        return None
    return Refused(
        f"{item.text!r} is a gate: only a maintainer lets the run go on.",
        hint=f"A maintainer runs: coordinator workflow gate {loaded.run.id} {name}"
        " --comment WORDS",
    )


def set_mark(
    loaded: LoadedRun, place: int, mark: Mark, words: str, actor: str
) -> Ruling:
    """Return that one box changes, whatever the order says, unless the run is over."""
    if refusal := ruling.ended(loaded):
        return ruling.refuse(refusal)
    found, line = loaded.copy.boxes, loaded.copy.boxes.items[place].line
    text = boxes.set_marks(loaded.copy.text, {line: mark}, found.signs)
    read = living_copy.read(text, loaded.run.reading)
    copy = LivingCopy(text, read, loaded.copy.ids)
    ticks = [(loaded.copy.ids[place], mark, words)]
    changed = ruling.edited(loaded, copy, actor, ticks, "run.edited")
    return ruling.with_last_box(loaded, changed, copy, actor)


def edit(loaded: LoadedRun, text: str, actor: str) -> tuple[Ruling, EditResult]:
    """Decide on a living copy that was changed as a file: what holds is recorded.

    The rest is kept by hash, and told to whoever wrote it. The decision's `copy` is
    what the file is to hold, where that is not what was written.
    """
    judged = _judge(loaded, text)
    found = NOTHING
    if judged.copy.text != loaded.copy.text:
        found = _changed(loaded, judged, actor)
    if judged.refused:
        found = found.and_then(_put_back(loaded, judged, actor, text))
    return found, judged


def _judge(loaded: LoadedRun, text: str) -> EditResult:
    run = loaded.run
    if run.ended:
        words = "The run is finished: its record stays as it is."
        refused = EditRefusal("", 1, "run-finished", words)
        return EditResult(loaded.copy, refused=[refused])
    if changed := frozen_steps.changed(loaded.document, loaded.copy, text):
        return EditResult(loaded.copy, refused=changed)
    return living_copy.judge(loaded.copy, text, run.passed.keys(), run.next_item)


def _changed(loaded: LoadedRun, judged: EditResult, actor: str) -> Ruling:
    ticks = [(item, mark, said) for item, (mark, said) in judged.ticks.items()]
    notes = "\n".join(f"{x.phase} / {x.group}: {x.text}" for x in judged.notes)
    found = ruling.edited(loaded, judged.copy, actor, ticks, "run.edited")
    more = ruling.with_more(found, ids=list(judged.copy.ids), notes=stored(notes))
    more = more.and_then(Ruling(texts=(notes,) if notes else ()))
    return ruling.with_last_box(loaded, more, judged.copy, actor)


def _put_back(
    loaded: LoadedRun, judged: EditResult, actor: str, offered: str
) -> Ruling:
    """Return the record of what was put back, and the word to who tried it."""
    refused, run = judged.refused, loaded.run.id
    said = [
        {"item": x.item, "line": x.line, "code": x.code, "reason": _reason(loaded, x)}
        for x in refused[:_MOST_REFUSALS]
    ]
    data = {"refusals": said, "offered": stored(offered), "count": len(refused)}
    own = record(loaded, "run.refused", actor, data)
    many = f"{len(refused)} changes" if len(refused) > 1 else "A change"
    verb = "were" if len(refused) > 1 else "was"
    told = Notice(
        actor, f"{many} of {run} {verb} put back", _list(loaded, said, refused)
    )
    return Ruling((own,), (offered,), (told,), judged.copy.text)


def _list(
    loaded: LoadedRun,
    said: Sequence[dict[str, object]],
    refused: Sequence[EditRefusal],
) -> str:
    lines = [f"- line {x['line']}: {x['reason']}" for x in said]
    left = len(refused) - len(said)
    lines += [f"- and {left} more"] if left > 0 else []
    return "\n".join([f"These changes of {loaded.path} were put back:", "", *lines])


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
    item = refused.by or refused.item
    command = f"coordinator workflow {verb}".format(loaded.run.id, item)
    if refused.code == "needs-figures":
        command = f"echo {shlex.quote(evidence.of_number(text))} | {command}"
    return f"{said} Run: {command}"
