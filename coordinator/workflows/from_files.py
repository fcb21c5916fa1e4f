"""Judges the criteria that files answer: there, changed, matching, valid JSON.

It looks at files only through the hearing's shelf, and believes no evidence.
"""

import json
from collections.abc import Sequence

from coordinator.kernel.names import display
from coordinator.workflows import patterns
from coordinator.workflows.hearing import Hearing, folders, meant, targets
from coordinator.workflows.model import Criterion
from coordinator.workflows.paths import canonical
from coordinator.workflows.patterns import Hit, Reading, TooSlow
from coordinator.workflows.verdicts import MISSING, Outcome, Verdict

_MOST_NAMED = 5


def is_there(criterion: Criterion, hearing: Hearing) -> Verdict:
    """Judge whether a file is there, or with a `/` at its end a folder."""
    tree = hearing.shelf.tree
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, hearing)):
        path = canonical(value)
        if not path:
            reasons.append(_outside(value))
        elif not value.endswith("/") and (found := _first(hearing, path)):
            return _met(criterion, f"{display(found)} is there.", found)
        elif value.endswith("/") and tree.is_folder(path):
            return _met(criterion, f"{display(path)}/ is there.", path)
        else:
            why = MISSING if value.endswith("/") else hearing.shelf.read(path).reason
            reasons.append(f"{display(value)} {why}")
    return _failed(criterion, _with_folders(reasons, hearing))


def _with_folders(reasons: list[str], hearing: Hearing) -> list[str]:
    """Say where else was looked."""
    looked = [display(x) for x in folders(hearing)]
    if not looked or not reasons:
        return reasons
    return [*reasons, f"nor is it in {', '.join(looked[:_MOST_NAMED])}"]


def is_folder(criterion: Criterion, hearing: Hearing) -> Verdict:
    """Judge whether a folder is there."""
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, hearing)):
        path = canonical(value)
        if path and hearing.shelf.tree.is_folder(path):
            return _met(criterion, f"{display(path)}/ is there.", path)
        reasons.append(
            f"{display(value)} is no folder that is there" if path else _outside(value)
        )
    return _failed(criterion, reasons)


def is_changed(criterion: Criterion, hearing: Hearing) -> Verdict:
    """Judge whether the submitted diff changes a file, or one below a folder."""
    reasons: list[str] = []
    for value in (y for x in _paths(criterion) for y in meant(x, hearing)):
        path = canonical(value)
        if path:
            found = _changed(path, hearing)
            if found:
                return _met(criterion, f"{display(found)} was changed.", found)
        reasons.append(
            f"The submitted commits leave no change of {display(value)}"
            if path
            else _outside(value)
        )
    return _failed(criterion, reasons)


def matches(criterion: Criterion, hearing: Hearing) -> Verdict:
    """Judge whether any of the files has any of the patterns or texts.

    Raises:
        TooSlow: A search took more than its time.
    """
    if not criterion.values:
        return _unresolved(criterion, "It names no pattern to look for.")
    paths = targets(criterion, hearing)
    if not paths:
        reason = "It names no file, and the step, its diff and its links name none."
        return _unresolved(criterion, reason)
    if not canonical(paths[0]):
        return _failed(criterion, [_outside(x) for x in paths])
    texts = _texts(paths, hearing)
    judged = [(x, _readings(criterion, x)) for x in criterion.values]
    for value, readings in judged:
        for path, text in texts.items():
            hit = patterns.find(readings, text, hearing.budget)
            if hit:
                return _matched(criterion, value, path, hit, paths)
    return _without_match(criterion, judged, texts, hearing, paths)


def is_json(criterion: Criterion, hearing: Hearing) -> Verdict:
    """Judge whether a named file is JSON; where none is named, all that end so."""
    named = [y for x in _paths(criterion) for y in meant(x, hearing)]
    if named:
        paths = [canonical(x) for x in named]
        reasons = {
            x: _json_fault(x, hearing) if x else _outside(value)
            for x, value in zip(paths, named, strict=True)
        }
        good = next((x for x, reason in reasons.items() if not reason), "")
    else:
        paths = [x for x in targets(criterion, hearing) if x.endswith(".json")]
        reasons = {x: _json_fault(x, hearing) for x in paths}
        good = "" if any(reasons.values()) else " and ".join(paths)
    if good:
        return _met(criterion, f"{display(good)} is valid JSON.", *paths)
    return _failed(criterion, [x for x in reasons.values() if x], paths)


def _paths(criterion: Criterion) -> tuple[str, ...]:
    return criterion.values or criterion.files


def _first(hearing: Hearing, path: str) -> str:
    """Return the first file or folder that a path means, or nothing."""
    shelf = hearing.shelf
    found = (x for x in (path, *shelf.expand(path)) if shelf.tree.exists(x))
    return next(found, "")


def _changed(path: str, hearing: Hearing) -> str:
    found = (x for x in hearing.sources.changed if x == path or _below(x, path))
    return next((x for x in found if hearing.shelf.tree.exists(x)), "")


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _readings(criterion: Criterion, value: str) -> tuple[Reading, ...]:
    read = patterns.of_pattern if criterion.is_pattern else patterns.of_text
    return read(value)


def _texts(paths: Sequence[str], hearing: Hearing) -> dict[str, str]:
    read = {x: hearing.shelf.read(x) for x in paths}
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
    judged: Sequence[tuple[str, tuple[Reading, ...]]],
    texts: dict[str, str],
    hearing: Hearing,
    paths: Sequence[str],
) -> Verdict:
    missing = [x for x in paths if x not in texts]
    reasons = [f"{display(x)} {hearing.shelf.read(x).reason}" for x in missing]
    if texts:
        reasons.insert(0, f"None of {len(texts)} files has it")
    if any(not readings for _, readings in judged):
        reasons.append(f"a pattern of over {patterns.MOST_CHARACTERS} is not read")
    near = ""
    try:
        near = _near_miss([x for _, x in judged], texts, hearing)
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
    judged: Sequence[tuple[Reading, ...]], texts: dict[str, str], hearing: Hearing
) -> str:
    for readings in judged:
        loose = tuple(x.in_any_case() for x in readings)
        for path, text in texts.items():
            hit = patterns.find(loose, text, hearing.budget)
            if hit:
                return f"{display(path)}:{hit.line} has it in another case."
    return ""


def _json_fault(path: str, hearing: Hearing) -> str:
    read = hearing.shelf.read(path)
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
