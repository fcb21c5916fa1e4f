"""What reports say of runs: how far, what was shown, who let them go on, for how long.

It reads and writes nothing but what is known of the runs.
"""

from collections.abc import Iterator
from typing import Any

from coordinator.actions import gates, run_show
from coordinator.actions.markdown_out import cell, code, duration, moment
from coordinator.actions.runs import Open
from coordinator.actions.workspace import Workspace
from coordinator.kernel import clock
from coordinator.workflows import plan
from coordinator.workflows.durations import Durations
from coordinator.workflows.marks import Mark
from coordinator.workflows.states import PASSED, Event, State


def report(workspace: Workspace, opened: Open) -> dict[str, Any]:
    """Return what reports say of a run; times are in seconds, all steps together.

    They end now, to the minute: a report that is made again is rarely another one.
    """
    run = opened.run
    now = clock.render(workspace.now().replace(second=0, microsecond=0))
    until = run.ended or max(run.changed, now)
    attempts = [x for work in run.steps.values() for x in work.attempts]
    return {
        **run_show.summary(opened),
        "evidence": len(attempts),
        "retries": sum(x.number > 1 for x in attempts),
        "gates": [
            {"item": x, "text": _text(opened, x), "by": word.actor, "at": word.at}
            for x, word in run.passed.items()
        ],
        "skipped": list(_skipped(workspace, opened)),
        "decisions": list(_decisions(workspace, opened)),
        "warnings": [x for x in opened.plan.places if _has_warnings(opened, x)],
        "seconds": (_of_steps if opened.is_steps else _of_boxes)(opened, until),
        "required_headings": _required(workspace, opened),
    }


def _text(opened: Open, name: str) -> str:
    """Return what an item, a gate or a step says; nothing where its name says it."""
    if not opened.is_steps:
        place = opened.sheet.place(name)
        return opened.sheet.boxes.items[place].text if place >= 0 else ""
    if name in opened.plan.quality:
        return opened.plan.quality[name].name
    return opened.plan.places[name].step.command if name in opened.plan.places else ""


def _has_warnings(opened: Open, step: str) -> bool:
    return plan.state(opened.run, step) is State.SUCCEEDED_WITH_WARNINGS


def _of_steps(opened: Open, until: str) -> dict[str, float]:
    """Return how long steps were in the states that are no end."""
    times = Durations(opened.plan, opened.run, until)
    spent: dict[str, float] = {}
    for name in opened.plan.places:
        for state, seconds in times.of_step(name).items():
            if state not in PASSED:
                spent[state] = round(spent.get(state, 0.0) + seconds, 3)
    return spent


def _of_boxes(opened: Open, until: str) -> dict[str, float]:
    """Return how long a checklist was worked on, and how long it waited at gates."""
    run = opened.run
    waited = sum(
        _seconds(gates.reached(opened, place), run.passed[name].at)
        for place, name in enumerate(opened.sheet.ids)
        if name in run.passed
    )
    waited += sum(_seconds(x["since"], until) for x in gates.waiting_of(opened))
    spent = {"running": _seconds(run.started, until) - waited, "waiting": waited}
    return {state: round(x, 3) for state, x in spent.items() if x > 0}


def _seconds(begin: str, end: str) -> float:
    spent = clock.parse(end) - clock.parse(begin)
    return max(spent.total_seconds(), 0.0)


def _skipped(workspace: Workspace, opened: Open) -> Iterator[dict[str, str]]:
    """Yield what was left out: items by their agent, steps by a maintainer."""
    run, items = opened.run, opened.sheet.boxes.items
    for place, name in enumerate(opened.sheet.ids):
        word = run.words.get(name)
        if word and word.mark is Mark.SKIPPED:
            comment = workspace.read_text(word.comment) if word.comment else ""
            yield _left_out(name, items[place].text, word.actor, comment)
    for found in _decisions(workspace, opened):
        if found["decision"] == Event.SKIP:
            name, by = found["step"], found["by"]
            yield _left_out(name, _text(opened, name), by, found["comment"])


def _left_out(name: str, text: str, by: str, comment: str) -> dict[str, str]:
    return {"id": name, "text": text, "by": by, "comment": comment}


def _decisions(workspace: Workspace, opened: Open) -> Iterator[dict[str, str]]:
    """Yield how escalations ended, with who said so and why."""
    for found in opened.run.escalations.values():
        if found.decision:
            yield {
                "id": found.id,
                "step": found.step,
                "decision": found.decision,
                "by": found.by,
                "comment": workspace.read_text(found.comments[-1].comment),
            }


def _required(workspace: Workspace, opened: Open) -> list[str]:
    """Return the headings that the final report must have, as the catalogue asks."""
    source = run_show.template_of(workspace, opened)
    return [x.name for x in source.catalogue.rules] if source else []


def lines(found: list[dict[str, Any]]) -> list[str]:
    """Return what a report says of these runs, as a list in Markdown."""
    return [line for x in found for line in _lines(x)]


def _lines(row: dict[str, Any]) -> Iterator[str]:
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
