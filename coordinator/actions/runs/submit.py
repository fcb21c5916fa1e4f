"""Evidence for a step: taken in, judged beside the one writer, and what follows of it.

Every attempt is kept with its evidence and verdicts. No `Command` of a document is ever
run; a command that the caller names is, where the settings allow it.
"""

import json
import shlex
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field

from coordinator.actions.runs import evidence_source, loading, perform, take, tick
from coordinator.actions.runs.evidence_source import EvidenceWorktree
from coordinator.actions.runs.take import OneStep
from coordinator.kernel.errors import Refused, UsageProblem
from coordinator.kernel.system import addresses
from coordinator.kernel.system.supervised import Limits
from coordinator.results.runs import JudgedItem
from coordinator.results.steps import ShownVerdict, SubmittedStep, VerdictInShort
from coordinator.workflows.criteria import criteria
from coordinator.workflows.decide import ruling, steps
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.decide.steps import Attempted
from coordinator.workflows.judging import command_runner, evidence, requests
from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.file_trees import DiskTree
from coordinator.workflows.judging.requests import Allowed
from coordinator.workflows.judging.verdicts import Outcome, Sources, Verdict
from coordinator.workflows.model import Criteria, Criterion
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workflows.runs.plan import PlannedStep
from coordinator.workspace.registry import Body, Deferred, Refresh, Who, action
from coordinator.workspace.workspace import Call


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
class SubmissionCase:
    """What is to be judged: criteria, evidence, and where to look."""

    criteria: tuple[Criterion, ...]
    evidence: Evidence
    worktree: EvidenceWorktree
    base: str
    linked: tuple[str, ...]
    stand: Path
    asking: Allowed
    command: tuple[str, ...]
    allowed: tuple[tuple[str, ...], ...]
    limits: Limits
    hidden: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """The evidence as it was judged, the commit that it is about, and the verdicts."""

    evidence: Evidence
    commit: str
    verdicts: tuple[Verdict, ...]


@action(
    "workflow submit",
    who=Who.MEMBER,
    example="echo '{\"exit_code\": 0}' | coordinator workflow submit"
    " backend-steps-1 P04-T01-S01-01",
    refresh=Refresh.QUICK,
)
def submit(
    call: Call, arguments: Submit
) -> SubmittedStep | JudgedItem | Deferred[SubmittedStep]:
    """Submit evidence for a step you hold; each criterion gets its verdict."""
    loaded = loading.find_open(call, arguments.run)
    if not loaded.is_steps:
        return _submit_figures(call, loaded, arguments)
    step = loaded.step(arguments.step)
    if earlier := _earlier(call, loaded, step):
        return earlier
    if refusal := steps.not_held(loaded, step, perform.asking(call)):
        raise refusal
    case = _case(call, arguments, loaded, step)
    mark = (loaded.run.id, step.name)
    seen = steps.mark_of(loaded, step)
    judging_now = call.workspace.judging
    judging_now.add(mark)

    def judge() -> JudgedEvidence:
        try:
            return _judge(case)
        except BaseException:
            judging_now.discard(mark)
            raise

    def finish(judged: JudgedEvidence) -> SubmittedStep:
        judging_now.discard(mark)
        return _settle(call, arguments, judged, (step, seen))

    return Deferred(judge, finish, drop=lambda: judging_now.discard(mark))


def _earlier(call: Call, loaded: LoadedRun, place: PlannedStep) -> SubmittedStep | None:
    """Return what came of an earlier attempt of this call that was cut off."""
    rows = loading.done_before(call, loaded)
    said = [json.loads(x["data"]) for x in rows if x["kind"] == "run.submitted"]
    own = [x for x in said if x["step"] == place.name]
    if not own:
        return None
    shown = json.loads(call.workspace.read_text(own[-1]["verdicts"]))
    return _answer(loaded, place, shown, "")


def _answer(
    loaded: LoadedRun,
    place: PlannedStep,
    shown: list[ShownVerdict],
    note: str,
) -> SubmittedStep:
    work = loaded.run.steps[place.name]
    return {
        "run": loaded.run.id,
        "id": place.name,
        "state": work.state.value,
        "attempt": len(work.attempts),
        "attempts": take.budget(loaded, place),
        "holder": work.holder,
        "outcome": loaded.run.outcome,
        "verdicts": [*map(_in_short, shown)],
        "note": note,
    }


def _in_short(verdict: ShownVerdict) -> VerdictInShort:
    """Leave out what says nothing, and how what is met was looked for."""
    is_met = verdict["verdict"] == Outcome.MET
    left_out = {"line", "pattern", "reading"} if is_met else set()
    if verdict["label"] == verdict["kind"]:
        left_out = {*left_out, "label"}
    kept = {k: x for k, x in verdict.items() if x and k not in left_out}
    return cast("VerdictInShort", kept)


def _case(
    call: Call, arguments: Submit, loaded: LoadedRun, place: PlannedStep
) -> SubmissionCase:
    """Collect what the judges need; only that reads the workspace.

    Raises:
        UsageProblem: The evidence or the command cannot be read.
        NotAllowed: The settings do not allow the command.
    """
    settings = call.workspace.settings.workflows
    command = _split(arguments.run_command)
    allowed = tuple(tuple(_split(x)) for x in settings.commands)
    if command and not command_runner.is_allowed(command, allowed):
        raise command_runner.NotAllowed(command)
    found = evidence.parse(arguments.evidence.strip() or "{}")
    if not arguments.evidence.strip() and not command:
        hint = "Send it on standard input, or name a command: --run-command"
        raise UsageProblem("There is no evidence.", hint=hint)
    is_checked = any(x.kind is not Criteria.ATTESTED for x in place.criteria)
    if found.is_empty and not command and not is_checked:
        hint = """Say what was done: {"note": "…"}"""
        raise UsageProblem(f"The evidence for {place.name} is empty.", hint=hint)
    linked = (x.target.removeprefix("mdc:") for x in loaded.plan.links(place))
    own = (call.workspace.layout.own, Path(addresses.maintainer_token()).parent)
    return SubmissionCase(
        criteria=place.criteria,
        evidence=found,
        worktree=evidence_source.find(call),
        base=loaded.run.steps[place.name].base,
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


def _judge(case: SubmissionCase) -> JudgedEvidence:
    """Run the command, where there is one, and judge; it takes as long as it takes.

    Raises:
        UsageProblem: The worktree has no such commit.
    """
    from coordinator.workflows.judging import judging  # noqa: PLC0415 - patterns load slowly

    found = case.evidence
    tree, commit = evidence_source.tree(case.worktree, found.commit)
    changed = evidence_source.changed(case.worktree, case.base, commit)
    sources = Sources(changed, case.linked, _folders(case))
    if case.command:
        ran = command_runner.run(
            case.command,
            case.allowed,
            case.worktree.folder,
            limits=case.limits,
            hidden=case.hidden,
        )
        found = found.model_copy(update={"runs": (*found.runs, ran)})
    ask = requests.asker(case.asking)
    verdicts = judging.judge(case.criteria, found, tree, sources, ask=ask)
    return JudgedEvidence(found, commit, tuple(verdicts))


def _folders(case: SubmissionCase) -> tuple[str, ...]:
    """Return where the doer stands, and where it says that its command ran."""
    top = case.worktree.folder
    said = [case.stand, *(top / x.cwd for x in case.evidence.commands if x.cwd)]
    inside = [x for x in said if x.is_relative_to(top) and x != top]
    return tuple(str(x.relative_to(top)) for x in inside)


def _settle(
    call: Call,
    arguments: Submit,
    judged: JudgedEvidence,
    seen: tuple[PlannedStep, object],
) -> SubmittedStep:
    """Record the attempt and what follows of it; return the verdicts.

    `seen` is the step as it was, and the mark of that.
    """
    shown = [verdict_value(x) for x in judged.verdicts]
    kept = judged.evidence.model_dump_json(exclude_defaults=True)
    told = json.dumps(shown, ensure_ascii=False)
    asking = perform.asking(call)
    outcomes = {x.outcome for x in judged.verdicts}
    has_failed = any(x.exit_code for x in judged.evidence.commands)
    rewind = cache(partial(evidence_source.rewind, call))  # once, if decided again

    def decide(loaded: LoadedRun) -> Ruling:
        if refusal := steps.went_on(loaded, *seen):
            return ruling.refuse(refusal)
        step = loaded.step(arguments.step)
        event = steps.outcome(loaded, step, outcomes, has_failed=has_failed)
        rewound = rewind(steps.rewind(loaded, step, event))
        attempted = Attempted(kept, told, event, judged.commit)
        return steps.submit(loaded, step, attempted, asking, rewound)

    # At once: whatever follows must not be missing after a crash.
    done = perform.perform(call, arguments.run, decide)
    said = " ".join(x for x in (done.note, *_notes(judged.evidence)) if x)
    return _answer(done.loaded, done.loaded.step(arguments.step), shown, said)


def _notes(found: Evidence) -> list[str]:
    """Return what the coordinator noted of the commands that it ran itself."""
    return [x.note for x in found.runs if isinstance(x, Evidence)]


def _submit_figures(call: Call, loaded: LoadedRun, arguments: Submit) -> JudgedItem:
    """Judge an item that names a number by submitted figures; tick it if it is met.

    Raises:
        Refused: The item cannot be ticked now, or its number is not met.
    """
    from coordinator.workflows.judging import judging  # noqa: PLC0415 - loads slowly

    place = loaded.item(arguments.step)
    item, name = loaded.copy.boxes.items[place], loaded.copy.ids[place]
    found = evidence.parse(arguments.evidence.strip() or "{}")
    worktree = evidence_source.find(call)
    criterion = criteria.parse(item.text, item.line)
    if criterion.comparison is None:
        hint = f"Tick it: coordinator workflow tick {loaded.run.id} {name}"
        raise Refused(f"{item.text!r} names no number to be shown.", hint=hint)
    [verdict] = judging.judge([criterion], found, DiskTree(worktree.folder), Sources())
    if verdict.outcome is not Outcome.MET:
        raise Refused(
            f"{item.text!r} is not met: {verdict.found}",
            hint=f"Send figures: {evidence.of_number(item.text)}",
        )
    ticked = tick.tick_with(call, loaded.run.id, place, arguments.evidence)
    return {
        **ticked,
        "id": name,
        "verdict": verdict.outcome.value,
        "found": verdict.found,
    }


def verdict_value(verdict: Verdict) -> ShownVerdict:
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
