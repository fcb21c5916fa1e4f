"""Criteria: what one line of text asks for, in a form that can be judged.

It reads one line at a time and judges nothing. What it cannot read is `ATTESTED`: a
person's word is asked, and nothing is guessed.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from coordinator.kernel.text import kept
from coordinator.kernel.text.bullets import pair_in, plain
from coordinator.workflows.criteria import (
    assembly,
    comparisons,
    evidence_criteria,
    file_criteria,
    quotations,
)
from coordinator.workflows.model import Comparison, Criteria, Criterion

LONGEST = 1_000
_SENTENCE = 200  # a longer one asks for more than its number
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_Reader = Callable[[Criterion, str], Criterion | None]


def parse(text: str, line: int) -> Criterion:
    """Read one criterion: the text of a bullet without its marker.

    A label that is not known, or none, leaves the kind to be found from the words. A
    text of more than 1,000 characters is not looked into.
    """
    found = _anywhere(text)
    ways = tuple(replace(x, line=line) for x in found.alternatives)
    return replace(found, line=line, alternatives=ways)


@kept.for_short
def _anywhere(text: str) -> Criterion:
    """Read a criterion on line 0."""
    label, value = pair_in(text) or ("", text)
    drafted = Criterion(Criteria.ATTESTED, plain(value), 0, label)
    if len(value) > LONGEST:
        return drafted
    if ways := _ways(text):
        return replace(drafted, kind=ways[0].kind, alternatives=ways)
    reader = _BY_LABEL.get(label.lower(), _in_words)
    return reader(drafted, value) or drafted


def is_labelled(text: str) -> bool:
    """Tell whether a text begins with the label of a known kind."""
    pair = pair_in(text.strip())
    return pair is not None and pair[0].lower() in _BY_LABEL


def _ways(text: str) -> tuple[Criterion, ...]:
    """Read alternatives that each have a label of their own; else there are none."""
    parts = _OR.split(text)
    if len(parts) == 1 or not all(map(is_labelled, parts)):
        return ()
    return tuple(map(_anywhere, parts))


def comparison(text: str) -> Comparison | None:
    """Return the number that a text asks for, None where it asks for none."""
    return comparisons.find(text[:LONGEST])


def quoted(text: str, line: int, kind: Criteria) -> Criterion | None:
    """Read a text that is nothing but quoted values, as of this kind; else None.

    `kind` is FILE_MATCHES or OUTPUT_CONTAINS.
    """
    found = quotations.listed(text)
    if found.rest or not found.values or not all(x.mark for x in found.values):
        return None
    is_pattern = kind is Criteria.FILE_MATCHES
    read = file_criteria.matches if is_pattern else evidence_criteria.output
    return read(Criterion(kind, plain(text), line), text)


def _in_words(drafted: Criterion, value: str) -> Criterion | None:
    """Find the kind from the words; quotes around all of them mean nothing."""
    inner = assembly.unwrapped(value)
    readers = (evidence_criteria.in_words, file_criteria.in_words, _number)
    return next((x for reader in readers if (x := reader(drafted, inner))), None)


def _number(drafted: Criterion, value: str) -> Criterion | None:
    bare = plain(value)
    asked = comparison(bare) if len(bare) <= _SENTENCE else None
    if asked is None:
        return None
    named = replace(asked, name=asked.name or drafted.label)
    return replace(drafted, kind=Criteria.NUMBER, comparison=named)


_BY_LABEL: dict[str, _Reader] = {
    "exit code": evidence_criteria.exit_code,
    "tool execution status": evidence_criteria.tool_status,
    "http response": evidence_criteria.response,
    "output contains": evidence_criteria.output,
    "tool output contains": evidence_criteria.output,
    "log contains": evidence_criteria.output,
    "process running": evidence_criteria.output,
    "unit test pass": evidence_criteria.tests,
    "unit tests pass": evidence_criteria.tests,
    "file content matches": file_criteria.matches,
    "content matches": file_criteria.matches,
    "file content contains": file_criteria.contains,
    "json valid": file_criteria.json_valid,
    "directory exists": file_criteria.named(Criteria.FOLDER_EXISTS),
    "file": file_criteria.named(Criteria.FILE_EXISTS),
    "file exists": file_criteria.named(Criteria.FILE_EXISTS),
    "files exist": file_criteria.named(Criteria.FILE_EXISTS),
    "document exists": file_criteria.named(Criteria.FILE_EXISTS),
    "file changed": file_criteria.named(Criteria.FILE_CHANGED),
    "file created": file_criteria.named(Criteria.FILE_CHANGED),
    "file modified": file_criteria.named(Criteria.FILE_CHANGED),
    "file updated": file_criteria.named(Criteria.FILE_CHANGED),
}
