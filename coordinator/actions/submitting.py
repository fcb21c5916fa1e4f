"""Evidence for a step: taken in, judged beside the one writer, and what follows of it.

Every attempt is kept with its evidence and verdicts. No `Command` of a document is ever
run; a command that the caller names is, where the settings allow it.
"""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from coordinator.actions import outcomes, places, runs, steps
from coordinator.actions.checklists import find_open
from coordinator.actions.places import Spot
from coordinator.actions.registry import Body, Fresh, Later, Who, action
from coordinator.actions.runs import Open
from coordinator.actions.steps import OneStep, StepTaken
from coordinator.actions.workspace import Call
from coordinator.kernel import addresses, clock
from coordinator.kernel.errors import Conflict, Refused, UsageProblem
from coordinator.workflows import evidence, plan, requests, runner
from coordinator.workflows.evidence import Evidence
from coordinator.workflows.model import Criteria, Criterion
from coordinator.workflows.plan import Place
from coordinator.workflows.requests import Allowed
from coordinator.workflows.runner import Limits
from coordinator.workflows.runs import Work
from coordinator.workflows.states import HELD, Event, State
from coordinator.workflows.verdicts import Outcome, Sources, Verdict


class Submit(OneStep):
    """Which step, and what shows that it is done."""

    run_command: str = Field(
        "",
        max_length=10_000,
        description="a command that the coordinator runs, where the settings allow it",
    )
    evidence: Annotated[str, Body()] = Field(
        "", max_length=evidence.MAX_BYTES, description="the evidence, as JSON"
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be judged: criteria, evidence, and where to look."""

    criteria: tuple[Criterion, ...]
    evidence: Evidence
    spot: Spot
    base: str
    linked: tuple[str, ...]
    stand: Path
    asking: Allowed
    command: tuple[str, ...]
    allowed: tuple[tuple[str, ...], ...]
    limits: Limits
    hidden: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The evidence as it was judged, the commit that it is about, and the verdicts."""

    evidence: Evidence
    commit: str
    verdicts: tuple[Verdict, ...]


@action(
    "workflow submit",
    who=Who.MEMBER,
    example="echo '{\"exit_code\": 0}' | coordinator workflow submit"
    " backend-steps-1 P04-T01-S01-01",
    fresh=Fresh.CHEAPLY,
)
def submit(call: Call, arguments: Submit) -> Later | dict[str, Any]:
    """Submit evidence for a step you hold; each criterion gets its verdict."""
    opened = find_open(call, arguments.run)
    if not opened.is_steps:
        return outcomes.submit_item(call, opened, arguments.step, arguments.evidence)
    place = steps.find_step(opened, arguments.step)
    if earlier := _earlier(call, opened, place):
        return earlier
    work = opened.run.steps.get(place.name, Work())
    _check_holds(call, opened, place, work)
    case = _case(call, arguments, opened, place)
    mark = (opened.run.id, place.name)
    seen = _seen(opened, place)
    judging_now = call.workspace.judging
    judging_now.add(mark)

    def judge() -> Judged:
        try:
            return _judge(case)
        except BaseException:
            judging_now.discard(mark)
            raise

    def finish(judged: Judged) -> dict[str, Any]:
        judging_now.discard(mark)
        now = find_open(call, arguments.run)
        if _seen(now, place) != seen:
            raise Conflict(
                f"{place.name} went on while the evidence was judged.",
                hint="Look at it: coordinator workflow show " + now.run.id,
            )
        return _settle(call, now, place, judged)

    return Later(judge, finish, drop=lambda: judging_now.discard(mark))


def _earlier(call: Call, opened: Open, place: Place) -> dict[str, Any] | None:
    """Return what came of an earlier attempt of this call that was cut off."""
    rows = runs.done_before(call, opened)
    said = [json.loads(x["data"]) for x in rows if x["kind"] == "run.submitted"]
    own = [x for x in said if x["step"] == place.name]
    if not own:
        return None
    shown = json.loads(call.workspace.read_text(own[-1]["verdicts"]))
    return _answer(call, opened, place, shown, "")


def _answer(
    call: Call, opened: Open, place: Place, shown: list[dict[str, Any]], note: str
) -> dict[str, Any]:
    found = value(call, opened.run.id, place.name)
    return {**found, "verdicts": [*map(_in_short, shown)], "note": note}


def _in_short(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing, and how what is met was looked for."""
    is_met = verdict["verdict"] == Outcome.MET
    left_out = {"line", "pattern", "reading"} if is_met else set()
    if verdict["label"] == verdict["kind"]:
        left_out = {*left_out, "label"}
    return {k: x for k, x in verdict.items() if x and k not in left_out}


def _seen(opened: Open, place: Place) -> tuple[State, int, int, int]:
    """Return what changes once anything else happened to a step."""
    work = opened.run.steps.get(place.name, Work())
    return work.state, work.epoch, len(work.attempts), opened.run.version


def _check_holds(call: Call, opened: Open, place: Place, work: Work) -> None:
    actor = call.caller.actor
    if work.state in HELD and work.holder != actor:
        raise StepTaken(place.name, work.holder, work.expires)
    if work.state not in HELD:
        run, step = opened.run.id, place.name
        standing = plan.standing(
            opened.plan, opened.run, step, clock.render(call.workspace.now())
        )
        hint = f"What may be taken: coordinator workflow next {run}"
        if standing is State.READY:
            hint = f"Take it first: coordinator workflow take {run} {step}"
        raise Refused(f"{step} is not yours: it is {standing.value}.", hint=hint)


def _case(call: Call, arguments: Submit, opened: Open, place: Place) -> Case:
    """Collect what the judges need; only that reads the workspace.

    Raises:
        UsageProblem: The evidence or the command cannot be read.
        NotAllowed: The settings do not allow the command.
    """
    settings = call.workspace.settings.workflows
    command = _split(arguments.run_command)
    allowed = tuple(tuple(_split(x)) for x in settings.commands)
    if command and not runner.is_allowed(command, allowed):
        raise runner.NotAllowed(command)
    found = evidence.parse(arguments.evidence.strip() or "{}")
    if not arguments.evidence.strip() and not command:
        hint = "Send it on standard input, or name a command: --run-command"
        raise UsageProblem("There is no evidence.", hint=hint)
    is_checked = any(x.kind is not Criteria.ATTESTED for x in place.criteria)
    if found.is_empty and not command and not is_checked:
        hint = """Say what was done: {"note": "…"}"""
        raise UsageProblem(f"That says nothing of {place.name}.", hint=hint)
    linked = (x.target.removeprefix("mdc:") for x in opened.plan.links(place))
    own = (call.workspace.layout.own, Path(addresses.maintainer_token()).parent)
    return Case(
        criteria=place.criteria,
        evidence=found,
        spot=places.find(call),
        base=opened.run.steps[place.name].base,
        linked=tuple(dict.fromkeys(linked)),
        stand=call.folder,
        asking=Allowed(tuple(settings.http_hosts), tuple(settings.http_methods)),
        command=command,
        allowed=allowed,
        limits=Limits(seconds=settings.command_seconds),
        hidden=own,
    )


def _split(said: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(said))
    except ValueError as error:
        hint = "Close its quotes."
        raise UsageProblem(f"{said!r} is no command: {error}.", hint=hint) from None


def _judge(case: Case) -> Judged:
    """Run the command, where there is one, and judge; it takes as long as it takes.

    Raises:
        UsageProblem: The worktree has no such commit.
    """
    from coordinator.workflows import judging  # noqa: PLC0415 - patterns load slowly

    found = case.evidence
    tree, commit = places.tree(case.spot, found.commit)
    changed = places.changed(case.spot, case.base, commit)
    sources = Sources(changed, case.linked, _folders(case))
    if case.command:
        ran = runner.run(
            case.command,
            case.allowed,
            case.spot.folder,
            limits=case.limits,
            hidden=case.hidden,
        )
        found = found.model_copy(update={"runs": (*found.runs, ran)})
    ask = requests.asker(case.asking)
    verdicts = judging.judge(case.criteria, found, tree, sources, ask=ask)
    return Judged(found, commit, tuple(verdicts))


def _folders(case: Case) -> tuple[str, ...]:
    """Return where the doer stands, and where it says that its command ran."""
    top = case.spot.folder
    said = [case.stand, *(top / x.cwd for x in case.evidence.commands if x.cwd)]
    inside = [x for x in said if x.is_relative_to(top) and x != top]
    return tuple(str(x.relative_to(top)) for x in inside)


def _settle(call: Call, opened: Open, place: Place, judged: Judged) -> dict[str, Any]:
    """Record the attempt and what follows of it; return the verdicts."""
    workspace = call.workspace
    event = _event(opened, place, judged)
    shown = [verdict_value(x) for x in judged.verdicts]
    kept = judged.evidence.model_dump_json(exclude_defaults=True)
    told = json.dumps(shown, ensure_ascii=False)
    stored = workspace.blobs.put([kept.encode(), told.encode()])
    data = {
        "step": place.name,
        "subtask": place.key,
        "evidence": stored[0],
        "verdicts": stored[1],
        "outcome": event.value,
        "commit": judged.commit,
        "expires": steps.lease_end(workspace),
    }
    drafts = [runs.draft(opened, "run.submitted", call.caller.actor, data)]
    note = ""
    if event is Event.EXHAUST:
        after = runs.foreseen(workspace, opened, drafts)
        followed, note = outcomes.follow(call, after, place)
        drafts += followed
    # At once: whatever follows must not be missing after a crash.
    workspace.record(*drafts, *runs.ends_steps(workspace, opened, drafts))
    said = " ".join(x for x in (note, *_notes(judged.evidence)) if x)
    return _answer(call, opened, place, shown, said)


def _notes(found: Evidence) -> list[str]:
    """Return what the coordinator noted of the commands that it ran itself."""
    return [x.note for x in found.runs if isinstance(x, Evidence)]


def _event(opened: Open, place: Place, judged: Judged) -> Event:
    """Return what the verdicts come to."""
    found = {x.outcome for x in judged.verdicts}
    # Where nothing is asked for, a command that failed is no success all the same.
    has_failed = not found and any(x.exit_code for x in judged.evidence.commands)
    if has_failed or found & {Outcome.UNMET, Outcome.UNRESOLVED}:
        return outcomes.missed(opened, place)
    return Event.SUBMIT if Outcome.ATTESTED in found else Event.MEET


def verdict_value(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for people and agents."""
    return {
        "criterion": verdict.criterion.text,
        "kind": verdict.criterion.kind.value,
        "label": verdict.criterion.label,
        "line": verdict.criterion.line,
        "verdict": verdict.outcome.value,
        "found": verdict.found,
        "files": list(verdict.files),
        "pattern": verdict.pattern,
        "reading": verdict.reading,
        "near_miss": verdict.near_miss,
    }


def value(call: Call, run: str, name: str) -> dict[str, Any]:
    """Return where a step stands."""
    opened = runs.find(call.workspace, run)
    place, work = opened.plan.places[name], opened.run.steps[name]
    return {
        "run": run,
        "id": name,
        "state": work.state.value,
        "attempt": len(work.attempts),
        "attempts": steps.budget(opened, place),
        "holder": work.holder,
        "outcome": opened.run.outcome,
    }
