"""Judging: a verdict for each criterion of a step.

It decides nothing about the step itself, and never lets pass what a person must see.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from coordinator.workflows.judging import evidence_judges, file_judges
from coordinator.workflows.judging.evaluation import (
    EvaluationContext,
    FileCache,
    RequestLimit,
    targets,
)
from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.patterns import TooSlow
from coordinator.workflows.judging.verdicts import (
    Ask,
    Outcome,
    Sources,
    Tree,
    Verdict,
    ask_nobody,
)
from coordinator.workflows.model import Class, Criteria, Criterion

_Judge = Callable[[Criterion, EvaluationContext], Verdict]
_JUDGES: dict[Criteria, _Judge] = {
    Criteria.EXIT_CODE: evidence_judges.ended,
    Criteria.FILE_EXISTS: file_judges.is_there,
    Criteria.FILE_MATCHES: file_judges.matches,
    Criteria.OUTPUT_CONTAINS: evidence_judges.printed,
    Criteria.HTTP_RESPONSE: evidence_judges.answered,
    Criteria.TEST_PASSES: evidence_judges.tested,
    Criteria.FILE_CONTAINS: file_judges.matches,
    Criteria.FILE_CHANGED: file_judges.is_changed,
    Criteria.FOLDER_EXISTS: file_judges.is_folder,
    Criteria.JSON_VALID: file_judges.is_json,
    Criteria.NUMBER: evidence_judges.measured,
}
_NEEDS_A_PERSON = "A person must vouch for it."


def judge(
    criteria: Sequence[Criterion],
    evidence: Evidence,
    tree: Tree,
    sources: Sources,
    *,
    ask: Ask = ask_nobody,
) -> list[Verdict]:
    """Return a verdict for each criterion, in their order.

    `criteria` are all those of one step, since some name files for others. It takes
    at most 10 s beyond the reading of files and what `ask` takes, 20 times at most.
    """
    context = EvaluationContext(
        criteria, evidence, sources, RequestLimit(ask), FileCache(tree)
    )
    return [_judged(x, context) for x in criteria]


def _judged(criterion: Criterion, context: EvaluationContext) -> Verdict:
    if criterion.alternatives:
        return _any_of(criterion, [_judged(x, context) for x in criterion.alternatives])
    judge_one = _JUDGES.get(criterion.kind)
    if judge_one is None or (criterion.remark and not _is_checkable(criterion)):
        return Verdict(criterion, Outcome.ATTESTED, _NEEDS_A_PERSON)
    context.budget.begin()
    try:
        verdict = _every_part(criterion, context, judge_one)
    except TooSlow:
        verdict = _too_slow(criterion, context)
    if _is_replaceable(criterion) and verdict.outcome is Outcome.UNMET:
        found = f"{verdict.found} {_NEEDS_A_PERSON}"
        return replace(verdict, outcome=Outcome.ATTESTED, found=found)
    if criterion.remark and verdict.outcome is Outcome.MET:
        found = f"{verdict.found} {_NEEDS_A_PERSON}"
        return replace(verdict, outcome=Outcome.ATTESTED, found=found)
    return verdict


def _any_of(criterion: Criterion, verdicts: Sequence[Verdict]) -> Verdict:
    """Return the best verdict on an alternative, or all reasons where none is met."""
    for wanted in (Outcome.MET, Outcome.ATTESTED):
        for found in verdicts:
            if found.outcome is wanted:
                return replace(found, criterion=criterion)
    said = " ".join(dict.fromkeys(x.found for x in verdicts))
    return replace(verdicts[0], criterion=criterion, found=said)


def _is_replaceable(criterion: Criterion) -> bool:
    """Tell whether something else will do as well, which only a person can judge."""
    return "or equivalent" in criterion.remark.lower()


def _every_part(
    criterion: Criterion, context: EvaluationContext, judge_one: _Judge
) -> Verdict:
    """Judge each part by itself: the first that is not met decides."""
    if not criterion.parts:
        return judge_one(criterion, context)
    parts = [replace(criterion, values=(x,), parts=()) for x in criterion.parts]
    verdicts = [judge_one(x, context) for x in parts]
    failed = next((x for x in verdicts if x.outcome is not Outcome.MET), None)
    if failed:
        return replace(failed, criterion=criterion)
    return Verdict(
        criterion,
        Outcome.MET,
        " ".join(dict.fromkeys(x.found for x in verdicts)),
        tuple(dict.fromkeys(y for x in verdicts for y in x.files)),
        " and ".join(x.pattern for x in verdicts if x.pattern),
        " and ".join(dict.fromkeys(x.reading for x in verdicts if x.reading)),
    )


def _is_checkable(criterion: Criterion) -> bool:
    """Tell whether it says anything beside its remark that a program can check."""
    if criterion.kind is Criteria.EXIT_CODE:
        return criterion.expected is not None
    named = criterion.values or criterion.parts or criterion.files
    return bool(named or criterion.comparison)


def _too_slow(criterion: Criterion, context: EvaluationContext) -> Verdict:
    is_of_files = criterion.judged_from is Class.FILES
    return Verdict(
        criterion,
        Outcome.UNMET,
        "The search for the pattern took too long and was ended.",
        targets(criterion, context) if is_of_files else (),
        " or ".join(criterion.values or criterion.parts),
    )
