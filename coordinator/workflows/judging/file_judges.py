"""Judges the criteria that files answer: there, changed, matching, valid JSON.

It looks at files only through the evaluation's files, and believes no evidence.
"""

import json
from collections.abc import Sequence

from coordinator.kernel.text.names import display
from coordinator.workflows.judging import patterns
from coordinator.workflows.judging.evaluation import (
    EvaluationContext,
    folders,
    meant,
    targets,
)
from coordinator.workflows.judging.patterns import Hit, PatternReading, TooSlow
from coordinator.workflows.judging.verdicts import MISSING, Outcome, Verdict
from coordinator.workflows.judging.worktree_paths import canonical
from coordinator.workflows.model import Criterion

_MOST_NAMED = 5


def is_there(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether a file is there, or with a `/` at its end a folder."""
    tree = context.cache.tree
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, context)):
        path = canonical(value)
        if not path:
            reasons.append(_outside(value))
        elif not value.endswith("/") and (found := _first(context, path)):
            return _met(criterion, f"{display(found)} is there.", found)
        elif value.endswith("/") and tree.is_folder(path):
            return _met(criterion, f"{display(path)}/ is there.", path)
        else:
            why = MISSING if value.endswith("/") else context.cache.read(path).reason
            reasons.append(f"{display(value)} {why}")
    return _failed(criterion, _with_folders(reasons, context))


def _with_folders(reasons: list[str], context: EvaluationContext) -> list[str]:
    """Say where else was looked."""
    looked = [display(x) for x in folders(context)]
    if not looked or not reasons:
        return reasons
    return [*reasons, f"nor is it in {', '.join(looked[:_MOST_NAMED])}"]


def is_folder(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether a folder is there."""
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, context)):
        path = canonical(value)
        if path and context.cache.tree.is_folder(path):
            return _met(criterion, f"{display(path)}/ is there.", path)
        reasons.append(
            f"{display(value)} is no folder that is there" if path else _outside(value)
        )
    return _failed(criterion, reasons)


def is_changed(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether the submitted diff changes a file, or one below a folder."""
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, context)):
        path = canonical(value)
        if path:
            found = _changed(path, context)
            if found:
                return _met(criterion, f"{display(found)} was changed.", found)
        reasons.append(
            f"The submitted commits leave no change of {display(value)}"
            if path
            else _outside(value)
        )
    return _failed(criterion, reasons)


def matches(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether any of the files has any of the patterns or texts.

    Raises:
        TooSlow: A search took more than its time.
    """
    if not criterion.values:
        return _unresolved(criterion, "It names no pattern to look for.")
    paths = targets(criterion, context)
    if not paths:
        reason = "It names no file, and the step, its diff and its links name none."
        return _unresolved(criterion, reason)
    if not canonical(paths[0]):
        return _failed(criterion, [_outside(x) for x in paths])
    texts = _texts(paths, context)
    judged = [(x, _readings(criterion, x)) for x in criterion.values]
    for value, readings in judged:
        for path, text in texts.items():
            hit = patterns.find(readings, text, context.budget)
            if hit:
                return _matched(criterion, value, path, hit, paths)
    return _without_match(criterion, judged, texts, context, paths)


def is_json(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether a named file is JSON; where none is named, all that end so."""
    named = [y for x in _paths(criterion) for y in meant(x, context)]
    if named:
        paths = [canonical(x) for x in named]
        reasons = {
            x: _json_fault(x, context) if x else _outside(value)
            for x, value in zip(paths, named, strict=True)
        }
        good = next((x for x, reason in reasons.items() if not reason), "")
    else:
        paths = [x for x in targets(criterion, context) if x.endswith(".json")]
        reasons = {x: _json_fault(x, context) for x in paths}
        good = "" if any(reasons.values()) else " and ".join(paths)
    if good:
        return _met(criterion, f"{display(good)} is valid JSON.", *paths)
    return _failed(criterion, [x for x in reasons.values() if x], paths)


def _paths(criterion: Criterion) -> tuple[str, ...]:
    return criterion.values or criterion.files


def _first(context: EvaluationContext, path: str) -> str:
    """Return the first file or folder that a path means, or nothing."""
    cache = context.cache
    found = (x for x in (path, *cache.expand(path)) if cache.tree.exists(x))
    return next(found, "")


def _changed(path: str, context: EvaluationContext) -> str:
    found = (x for x in context.sources.changed if x == path or _below(x, path))
    return next((x for x in found if context.cache.tree.exists(x)), "")


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _readings(criterion: Criterion, value: str) -> tuple[PatternReading, ...]:
    read = patterns.of_pattern if criterion.is_pattern else patterns.of_text
    return read(value)


def _texts(paths: Sequence[str], context: EvaluationContext) -> dict[str, str]:
    read = {x: context.cache.read(x) for x in paths}
    good = {path: x.data for path, x in read.items() if not x.reason}
    return {path: data.decode("utf-8", "replace") for path, data in good.items()}


def _matched(
    criterion: Criterion, value: str, path: str, hit: Hit, paths: Sequence[str]
) -> Verdict:
    return Verdict(
        criterion,
        Outcome.MET,
        f"{display(path)}:{hit.line} matches.",
        _shown(paths),
        value,
        hit.reading,
    )


def _without_match(
    criterion: Criterion,
    judged: Sequence[tuple[str, tuple[PatternReading, ...]]],
    texts: dict[str, str],
    context: EvaluationContext,
    paths: Sequence[str],
) -> Verdict:
    missing = [x for x in paths if x not in texts]
    reasons = [f"{display(x)} {context.cache.read(x).reason}" for x in missing]
    if texts:
        reasons.insert(0, f"None of {len(texts)} files has it")
    if any(not readings for _, readings in judged):
        reasons.append(f"a pattern of over {patterns.MOST_CHARACTERS} is not read")
    near = ""
    try:
        near = _near_miss([x for _, x in judged], texts, context)
    except TooSlow:
        reasons.append("there was no time to look for it in another case")
    written = " or ".join(x for x, _ in judged)
    return Verdict(
        criterion,
        Outcome.UNMET,
        _sentence(reasons),
        _shown(paths),
        written,
        near_miss=near,
    )


def _near_miss(
    judged: Sequence[tuple[PatternReading, ...]],
    texts: dict[str, str],
    context: EvaluationContext,
) -> str:
    for readings in judged:
        loose = tuple(x.in_any_case() for x in readings)
        for path, text in texts.items():
            hit = patterns.find(loose, text, context.budget)
            if hit:
                return f"{display(path)}:{hit.line} has it in another case."
    return ""


def _json_fault(path: str, context: EvaluationContext) -> str:
    read = context.cache.read(path)
    if read.reason:
        return f"{display(path)} {read.reason}"
    try:
        json.loads(read.data, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return f"{display(path)}:{error.lineno} is no JSON: {error.msg}"
    except (ValueError, RecursionError):
        return f"{display(path)} is no JSON that can be read"
    return ""


def _refuse_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's (RFC 8259, 6)


def _outside(path: str) -> str:
    return f"{display(path) or 'An empty path'} is no path inside the worktree"


def _shown(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(display(x) for x in paths)


def _met(criterion: Criterion, found: str, *paths: str) -> Verdict:
    return Verdict(criterion, Outcome.MET, found, _shown(paths))


def _unresolved(criterion: Criterion, found: str) -> Verdict:
    return Verdict(criterion, Outcome.UNRESOLVED, found)


def _failed(
    criterion: Criterion, reasons: Sequence[str], paths: Sequence[str] = ()
) -> Verdict:
    """Return that nothing met it; without any reason it had named no file."""
    if not reasons:
        return _unresolved(criterion, "It names no file.")
    examined = paths or _paths(criterion)
    return Verdict(criterion, Outcome.UNMET, _sentence(reasons), _shown(examined))


def _sentence(reasons: Sequence[str]) -> str:
    shown = "; ".join(reasons[:_MOST_NAMED])
    more = len(reasons) - _MOST_NAMED
    said = f"{shown}; and {more} more" if more > 0 else shown
    return f"{said}."
