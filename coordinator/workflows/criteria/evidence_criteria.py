"""Criteria that evidence answers: exit codes, outputs, responses, test suites.

It reads what a criterion says after its label, or in a sentence of its own.
"""

import re
from dataclasses import replace

from coordinator.kernel.text.bullets import plain
from coordinator.workflows.criteria import assembly, comparisons, quotations
from coordinator.workflows.model import Criteria, Criterion

_INTEGER = re.compile(r"(?<![\w.])\d{1,9}(?![\w.]*\w)")
_SUCCESS = re.compile(r"succe(?:ss|eded|eds)", re.IGNORECASE)
_EXIT = re.compile(r"exit (?:code|status)\b", re.IGNORECASE)
_BOTH = re.compile(r"for both\b[\w ]{0,40}\Z")
_REQUEST = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) ((?:https?://|/)\S*)"
)
_STATUS = re.compile(
    r"(?:HTTP[ /]?|status\w{0,9} ?={0,3} ?)?\b([1-5]\d\d)\b"
    r"(?: [A-Z][A-Za-z]{1,20}){0,3}"
)
_RETURNS = re.compile(r"\A(?:returns?|responds with|from|and)\b\s*|\s*\breturns?\Z")
_OUTPUT = re.compile(r"(?:the |tool |command )?output contains:?\s", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_SUITE = re.compile(r"[\w./-]{1,80}?[-_](?:tests?|suite)\Z", re.IGNORECASE)


def in_words(drafted: Criterion, value: str) -> Criterion | None:
    """Read a sentence of one of these kinds; None where it is of none."""
    if _EXIT.match(value):
        return exit_code(drafted, value)
    if _REQUEST.search(plain(value)):
        return response(drafted, value)
    match = _OUTPUT.match(value)
    if match:
        return output(drafted, value[match.end() :].strip())
    return tests(drafted, value) if _SUITE.match(plain(value)) else None


def exit_code(drafted: Criterion, value: str) -> Criterion:
    """Read the number; what is said beside it is a remark."""
    bare = plain(value)
    codes = _OR.split(bare)
    if len(codes) > 1 and all(_INTEGER.fullmatch(x.strip("`\"'. ")) for x in codes):
        ways = tuple(exit_code(drafted, x.strip("`\"'. ")) for x in codes)
        return replace(drafted, kind=Criteria.EXIT_CODE, alternatives=ways)
    match = _INTEGER.search(bare)
    code = int(match[0]) if match else None
    rest = assembly.remark(bare[match.end() :]) if match else bare
    if code is None and _SUCCESS.match(bare):
        code, rest = 0, ""
    if _BOTH.match(rest):
        rest = ""
    return replace(drafted, kind=Criteria.EXIT_CODE, expected=code, remark=rest)


def tool_status(drafted: Criterion, value: str) -> Criterion | None:
    """Read a status that is a code or a success; None for any other."""
    read = exit_code(drafted, value)
    return read if read.expected is not None else None


def response(drafted: Criterion, value: str) -> Criterion:
    """Read `METHOD url returns HTTP 200 OK`; reason phrases mean nothing."""
    bare = plain(value)
    parts = _OR.split(bare)
    if len(parts) > 1 and all(_REQUEST.search(x) for x in parts):
        ways = tuple(response(drafted, x.strip("` ")) for x in parts)
        return replace(drafted, kind=Criteria.HTTP_RESPONSE, alternatives=ways)
    request = _REQUEST.search(bare)
    before, after = bare[: request.start()] if request else "", bare
    if request:
        after = bare[request.end() :]
    status = _STATUS.search(after) or _STATUS.search(before)
    said = f"{before} {after}".replace(status[0] if status else "", "", 1)
    url = request[2].rstrip(".,;)") if request else ""
    return replace(
        drafted,
        kind=Criteria.HTTP_RESPONSE,
        values=(f"{request[1]} {url}",) if request else (),
        expected=int(status[1]) if status else None,
        remark=assembly.remark(_RETURNS.sub("", " ".join(said.split()))),
    )


def output(drafted: Criterion, value: str) -> Criterion:
    """Read the quoted texts; with none, all of it is the text."""
    found = quotations.listed(value)
    kind = Criteria.OUTPUT_CONTAINS
    if not found.values or not all(x.mark for x in found.values):
        return assembly.fill(replace(drafted, kind=kind), [plain(value)])
    texts = [assembly.inside(x.text) for x in found.values]
    return assembly.fill(replace(drafted, kind=kind), texts, found)


def tests(drafted: Criterion, value: str) -> Criterion:
    """Read the names of suites, or a number such as `coverage > 80%`."""
    drafted = replace(drafted, kind=Criteria.TEST_PASSES)
    bare = plain(value)
    asked = comparisons.find(bare)
    if asked:
        return replace(drafted, comparison=asked)
    found = quotations.listed(value)
    if found.values:
        return assembly.fill(drafted, [x.text for x in found.values], found)
    if " " in bare:
        return replace(drafted, remark=bare)
    return assembly.fill(drafted, [bare])
