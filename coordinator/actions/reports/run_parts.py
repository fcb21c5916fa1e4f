"""What reports say of runs: how far, what was shown, who let them go on, for how long.

It reads and writes nothing but what is known of the runs.
"""

from collections.abc import Iterator

from coordinator.actions.documents.markdown_text import cell, code, duration, moment
from coordinator.actions.runs import show
from coordinator.kernel import clock
from coordinator.results.reports import EndedEscalation, LeftOut, ReportedRun
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs import loaded_run, plan
from coordinator.workflows.runs.durations import Durations
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.step_states import PASSED, StepEvent, StepState
from coordinator.workspace.workspace import Workspace


def report(workspace: Workspace, loaded: LoadedRun) -> ReportedRun:
    """Return what reports say of a run; times are in seconds, all steps together.

    They end now, to the minute: a report that is made again is rarely another one.
    """
    run = loaded.run
    now = clock.render(workspace.now().replace(second=0, microsecond=0))
    until = run.ended or max(run.changed, now)
    attempts = [x for work in run.steps.values() for x in work.attempts]
    return {
        **show.summary(loaded),
        "evidence": len(attempts),
        "retries": sum(x.number > 1 for x in attempts),
        "gates": [
            {"item": x, "text": _text(loaded, x), "by": word.actor, "at": word.at}
            for x, word in run.passed.items()
        ],
        "skipped": list(_skipped(workspace, loaded)),
        "decisions": list(_decisions(workspace, loaded)),
        "warnings": [x for x in loaded.plan.steps if _has_warnings(loaded, x)],
        "seconds": (_of_steps if loaded.is_steps else _of_boxes)(loaded, until),
        "required_headings": _required(loaded),
    }


def _text(loaded: LoadedRun, name: str) -> str:
    """Return what an item, a gate or a step says; nothing where its name says it."""
    if not loaded.is_steps:
        place = loaded.copy.place(name)
        return loaded.copy.boxes.items[place].text if place >= 0 else ""
    if name in loaded.plan.quality:
        return loaded.plan.quality[name].name
    return loaded.plan.steps[name].step.command if name in loaded.plan.steps else ""


def _has_warnings(loaded: LoadedRun, step: str) -> bool:
    return plan.state(loaded.run, step) is StepState.SUCCEEDED_WITH_WARNINGS


def _of_steps(loaded: LoadedRun, until: str) -> dict[str, float]:
    """Return how long steps were in the states that are no end."""
    times = Durations(loaded.plan, loaded.run, until)
    spent: dict[str, float] = {}
    for name in loaded.plan.steps:
        for state, seconds in times.of_step(name).items():
            if state not in PASSED:
                spent[state] = round(spent.get(state, 0.0) + seconds, 3)
    return spent


def _of_boxes(loaded: LoadedRun, until: str) -> dict[str, float]:
    """Return how long a checklist was worked on, and how long it waited at gates."""
    run = loaded.run
    waited = sum(
        _seconds(loaded_run.reached(loaded, place), run.passed[name].at)
        for place, name in enumerate(loaded.copy.ids)
        if name in run.passed
    )
    waited += sum(_seconds(x.since, until) for x in loaded.gates)
    spent = {"running": _seconds(run.started, until) - waited, "waiting": waited}
    return {state: round(x, 3) for state, x in spent.items() if x > 0}


def _seconds(begin: str, end: str) -> float:
    spent = clock.parse(end) - clock.parse(begin)
    return max(spent.total_seconds(), 0.0)


def _skipped(workspace: Workspace, loaded: LoadedRun) -> Iterator[LeftOut]:
    """Yield what was left out: items by their agent, steps by a maintainer."""
    run, items = loaded.run, loaded.copy.boxes.items
    for place, name in enumerate(loaded.copy.ids):
        word = run.words.get(name)
        if word and word.mark is Mark.SKIPPED:
            comment = workspace.read_text(word.comment) if word.comment else ""
            yield _left_out(name, items[place].text, word.actor, comment)
    for found in _decisions(workspace, loaded):
        if found["decision"] == StepEvent.SKIP:
            name, by = found["step"], found["by"]
            yield _left_out(name, _text(loaded, name), by, found["comment"])


def _left_out(name: str, text: str, by: str, comment: str) -> LeftOut:
    return {"id": name, "text": text, "by": by, "comment": comment}


def _decisions(workspace: Workspace, loaded: LoadedRun) -> Iterator[EndedEscalation]:
    """Yield how escalations ended, with who said so and why."""
    for found in loaded.run.escalations.values():
        if found.decision:
            yield {
                "id": found.id,
                "step": found.step,
                "decision": found.decision,
                "by": found.by,
                "comment": workspace.read_text(found.comments[-1].comment),
            }


def _required(loaded: LoadedRun) -> list[str]:
    """Return the headings that the final report must have, as the catalogue asks."""
    source = loaded.template
    return [x.name for x in source.catalogue.rules] if source else []


def lines(found: list[ReportedRun]) -> list[str]:
    """Return what a report says of these runs, as a list in Markdown."""
    return [line for x in found for line in _lines(x)]


def _lines(row: ReportedRun) -> Iterator[str]:
    tried = f"{row['evidence']} submissions, {row['retries']} retries"
    done = f"{row['state']}, {row['done']} of {row['total']} done"
    source = f"{cell(row['template'])}, version {row['version']}"
    yield f"- {code(row['id'])} ({source}): {done}, {tried}"
    for gate in row["gates"]:
        what = f"{code(gate['item'])} {cell(gate['text'])}".rstrip()
        who = f"{cell(gate['by'].strip('()'))} ({moment(gate['at'])})"
        yield f"  - gate {what}: passed by {who}"
    for left in row["skipped"]:
        what = f"{code(left['id'])} {cell(left['text'])}"
        yield f"  - left out {what}: {cell(left['comment'])}"
    for said in row["decisions"]:
        what = f"{code(said['step'])}: {said['decision']}"
        who = cell(said["by"].strip("()"))
        yield f"  - escalation of {what} by {who}: {cell(said['comment'])}"
    yield from (f"  - {code(x)} succeeded with warnings" for x in row["warnings"])
    yield from (f"  - {x}: {duration(s)}" for x, s in sorted(row["seconds"].items()))
    yield from (f"  - waits for {cell(x)}" for x in row["waits_for"])
