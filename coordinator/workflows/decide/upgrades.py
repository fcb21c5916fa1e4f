"""Upgrades decided: a run brought to a newer template, what is its own kept.

Pure. Where both sides changed a line the run's stays; what was done is never lost, and
steps that ask for something else, or are asked for no more, are told to their holders.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from coordinator.kernel.errors import CoordinatorError, Refused
from coordinator.kernel.journal import SYSTEM
from coordinator.kernel.text.markdown import split_lines
from coordinator.workflows.decide import escalations, ruling
from coordinator.workflows.decide.ruling import (
    NOTHING,
    Asking,
    Notice,
    Ruling,
    record,
    stored,
)
from coordinator.workflows.documents import kinship, read
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Family, Item
from coordinator.workflows.runs import first_text, living_copy, matching, merging
from coordinator.workflows.runs.living_copy import LivingCopy
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import Plan, PlannedStep
from coordinator.workflows.runs.step_states import HELD, StepEvent, StepState


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version of a template: its number, its text, and where that was imported."""

    name: str
    version: int
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Met:
    """Where template and run did not go together: lines not taken, parts removed."""

    not_taken: Sequence[str] = ()
    removed: Sequence[str] = ()


def held_back(
    loaded: LoadedRun, new: NewVersion, *, is_merging: bool
) -> CoordinatorError | None:
    """Return why a run waits with a version: its copy is in the midst of a merge."""
    if not is_merging or new.version == loaded.run.version:
        return None
    hint = f"Keep one side in {loaded.path}, then do it again."
    return Refused(f"{loaded.run.id} is in the midst of another merge.", hint=hint)


def upgrade(
    loaded: LoadedRun, new: NewVersion, agent: str, asking: Asking
) -> tuple[Ruling, Met]:
    """Bring a run to a version of its template; `agent` asks, or a maintainer: empty.

    The version that it goes by already changes nothing.
    """
    if new.version == loaded.run.version:
        return NOTHING, Met()
    base = asking.read(loaded.run.base)
    if refusal := _is_another(loaded, base, new):
        return ruling.refuse(refusal), Met()
    theirs = _living_text(loaded, new)
    if isinstance(theirs, CoordinatorError):
        return ruling.refuse(theirs), Met()
    merged = merging.merge(base, _unmarked(loaded), theirs)
    now = _with_text(loaded, _with_done(loaded, merged.text))
    found = _upgraded(loaded, now, new, theirs, asking.actor)
    found = found.and_then(_reopened(loaded, now, asking))
    found = found.and_then(_dropped(loaded, now))
    found = ruling.with_last_box(now, found, now.copy, asking.actor)
    found = ruling.with_end(now, found, asking)
    met = Met(merged.not_taken, _removed(loaded, now))
    return found.and_then(_told(loaded, new, agent, met)), met


def _is_another(
    loaded: LoadedRun, base: str, new: NewVersion
) -> CoordinatorError | None:
    """Return why a version is none of what the run was begun with, if so."""
    began, newest = (read.parse(x, "")[0] for x in (base, new.text))
    if began.kind != newest.kind or kinship.share(began, newest):
        return None
    return Refused(
        f"Version {new.version} of {new.name} shares nothing with what"
        f" {loaded.run.id} was begun with: it is another document.",
        hint="Import it again under a name of its own: coordinator workflow import"
        " PATH --name NAME",
    )


def _living_text(loaded: LoadedRun, new: NewVersion) -> str | CoordinatorError:
    """Return what a run of the newer version would begin with, or why none can."""
    document, _ = read.parse(new.text, new.path)
    part = "" if document.kind in first_text.AS_THEY_ARE else loaded.run.part
    form = Family.STEPS if loaded.is_steps else Family.CHECKLIST
    text = first_text.living_text(document, new.text, part, form)
    if text is not None:
        return text
    return Refused(
        f"Version {new.version} of {new.name} has no workflow"
        f" {loaded.run.part or new.name!r} any more.",
        hint=f"The run goes on as it is: coordinator workflow next {loaded.run.id}",
    )


def _upgraded(
    loaded: LoadedRun, now: LoadedRun, new: NewVersion, theirs: str, actor: str
) -> Ruling:
    found = ruling.edited(loaded, now.copy, actor, [], "run.upgraded")
    told = {"ids": list(now.copy.ids), "version": new.version, "base": stored(theirs)}
    return ruling.with_more(found, **told).and_then(Ruling(texts=(theirs,)))


def _with_done(loaded: LoadedRun, merged: str) -> LivingCopy:
    """Return the merged text with the items that were done and are no more in it."""
    copy, items = _carried(loaded, merged), loaded.copy.boxes.items
    gone = (x for x, name in enumerate(loaded.copy.ids) if name not in copy.ids)
    lost = [items[x].line for x in gone if items[x].mark is not Mark.OPEN]
    if not lost:
        return copy
    ours = _unmarked(loaded)
    lines = split_lines(ours)
    theirs = {y for x in lost for y in _block(lines, x, {x.line for x in items})}
    left = (text for number, text in enumerate(lines, 1) if number not in theirs)
    without = "\n".join(left)
    return _carried(loaded, merging.merge(without, ours, merged).text)


def _block(lines: Sequence[str], line: int, items: Collection[int]) -> Iterator[int]:
    """Yield the line of an item and those that go on with it."""
    yield line
    for number in range(line + 1, len(lines) + 1):
        if number in items or not lines[number - 1].startswith((" ", "\t")):
            return
        yield number


def _removed(loaded: LoadedRun, now: LoadedRun) -> list[str]:
    """Return the items and steps that the run has no more."""
    items = zip(loaded.copy.ids, loaded.copy.boxes.items, strict=True)
    gone = [x.text for name, x in items if name not in now.copy.ids and x.text]
    return gone + [x for x in loaded.plan.steps if x not in now.plan.steps]


def _unmarked(loaded: LoadedRun) -> str:
    found = loaded.copy.boxes
    unmarked = {x.line: Mark.OPEN for x in found.items}
    return boxes.set_marks(loaded.copy.text, unmarked, found.signs)


def _told(loaded: LoadedRun, new: NewVersion, agent: str, met: Met) -> Ruling:
    """Tell the run's agent of another's upgrade, and of what did not go together."""
    run = loaded.run
    to = run.agent or agent
    is_plain = not met.not_taken and not met.removed
    if not to or (to == agent and is_plain):
        return NOTHING
    parts = (
        ("The run keeps its own words where the template has:", met.not_taken),
        ("The template has no more:", met.removed),
    )
    said = ["\n".join([head, "", *lines]) for head, lines in parts if lines]
    body = "\n\n".join(said) or "All of it was taken over."
    subject = f"{run.id} goes by version {new.version} of {run.template} now"
    return Ruling(notices=(Notice(to, subject, f"{body}\n"),))


def _with_text(loaded: LoadedRun, copy: LivingCopy) -> LoadedRun:
    document, _ = read.parse(copy.text, loaded.path, loaded.run.reading)
    return replace(loaded, copy=copy, document=document, plan=Plan(document.book))


def _reopened(loaded: LoadedRun, now: LoadedRun, asking: Asking) -> Ruling:
    """Return what follows where a person looks at evidence of what is asked no more.

    The holders go on with their steps; the attempt is not counted.
    """
    found = NOTHING
    for name, work in loaded.run.steps.items():
        before, after = (x.plan.steps.get(name) for x in (loaded, now))
        is_other = after is not None and _asked(before) != _asked(after)
        if work.state is StepState.VERIFYING and is_other:
            data = {"step": name, "event": StepEvent.CHANGE.value}
            data["expires"] = asking.until
            subject = f"{name} of {loaded.run.id} asks for something else now"
            command = f"coordinator workflow take {loaded.run.id} {name}"
            body = f"Submit evidence again; what is asked for: {command}\n"
            own = record(loaded, "run.moved", SYSTEM, data)
            told = Notice(work.holder, subject, body)
            found = found.and_then(Ruling((own,), notices=(told,)))
    return found


def _dropped(loaded: LoadedRun, now: LoadedRun) -> Ruling:
    """Return what follows of steps that are asked for no more.

    Their holders are told, and no escalation waits for a decision on them.
    """
    found = NOTHING
    works = loaded.run.steps.items()
    gone = {x: work for x, work in works if x not in now.plan.steps}
    for name, work in gone.items():
        if work.state in HELD:
            subject = f"{name} of {loaded.run.id} is asked for no more"
            body = "The newer version has no such step; what you did stays.\n"
            told = Notice(work.holder, subject, body)
            found = found.and_then(Ruling(notices=(told,)))
    words = "The newer version has no such step."
    for one in loaded.run.escalations.values():
        if one.step in gone and not one.decision:
            found = found.and_then(escalations.lapse(loaded, one, words))
    return found


def _asked(step: PlannedStep | None) -> list[str]:
    return [f"{x.label}: {x.text}" for x in step.criteria] if step else []


def _origins(before: Sequence[Item], after: Sequence[Item]) -> list[int]:
    """Return for each item its place before, -1 for a new one; it may have moved."""
    old, new = [x.text for x in before], [x.text for x in after]
    matched = enumerate(matching.match(old, new))
    found = [x if x >= 0 and old[x] == new[place] else -1 for place, x in matched]
    left: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in sorted(set(range(len(before))) - set(found), reverse=True):
        left[before[place].phase, before[place].text].append(place)
    for place, item in enumerate(after):
        others = left.get((item.phase, item.text))
        if found[place] < 0 and others:
            found[place] = others.pop()
    return found


def _carried(loaded: LoadedRun, text: str) -> LivingCopy:
    """Return the merged text with the ids and marks that its items had before."""
    found = living_copy.read(text, loaded.run.reading)
    before = loaded.copy.boxes.items
    new = loaded.run.next_item
    ids: list[str] = []
    marks: dict[int, Mark] = {}
    for item, place in zip(found.items, _origins(before, found.items), strict=True):
        is_same = place >= 0
        ids.append(loaded.copy.ids[place] if is_same else str(new))
        new += not is_same
        if is_same:
            marks[item.line] = before[place].mark
    marked = boxes.set_marks(text, marks, found.signs)
    return LivingCopy(marked, living_copy.read(marked, loaded.run.reading), ids)
