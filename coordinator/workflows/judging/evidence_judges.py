"""Judges the criteria that submitted evidence answers: codes, outputs, tests, numbers.

It looks at no file, and repeats nothing of what was printed.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from coordinator.kernel.text.names import display
from coordinator.workflows.judging import junit, patterns, quantities, requests
from coordinator.workflows.judging.evaluation import EvaluationContext
from coordinator.workflows.judging.evidence import CommandRun, Exchange
from coordinator.workflows.judging.junit import NotJUnit, Suite, SuiteCase
from coordinator.workflows.judging.patterns import PatternReading
from coordinator.workflows.judging.quantities import Reported
from coordinator.workflows.judging.verdicts import Outcome, Verdict
from coordinator.workflows.model import Comparison, Criteria, Criterion

_FOLDED = re.compile(r"[^a-z0-9]+")
_SUCCESS = range(200, 300)


def ended(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether every submitted command ended with the exit code, 0 by default."""
    expected = criterion.expected or 0
    codes = [x.exit_code for x in context.evidence.commands]
    needed = 2 if "both" in criterion.text.lower() else 1
    if len(codes) < needed:
        return _unmet(criterion, f"Exit codes submitted: {len(codes)} of {needed}.")
    wrong = next((i for i, x in enumerate(codes) if x != expected), None)
    if wrong is None:
        every = f" of all {len(codes)} commands" if len(codes) > 1 else ""
        return _met(criterion, f"The exit code{every} is {expected}.")
    said = "none" if codes[wrong] is None else codes[wrong]
    which = f" of command {wrong + 1}" if len(codes) > 1 else ""
    return _unmet(criterion, f"The exit code{which} is {said}, not {expected}.")


def printed(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether any command printed any of the texts.

    Raises:
        TooSlow: The search took more than its time.
    """
    if not criterion.values:
        if criterion.comparison:
            return measured(criterion, context)
        return _unresolved(criterion, "It names no text to look for.")
    texts = _outputs(context.evidence.commands)
    read = patterns.of_pattern if criterion.is_pattern else patterns.of_text
    judged = [read(x) for x in criterion.values]
    for value, readings in zip(criterion.values, judged, strict=True):
        where, reading = _where(readings, texts, context)
        if where:
            found = f"{where} has it."
            return Verdict(criterion, Outcome.MET, found, (), value, reading)
    loose = tuple(y.in_any_case() for x in judged for y in x)
    near, _ = _where(loose, texts, context)
    return Verdict(
        criterion,
        Outcome.UNMET,
        "Nothing that was printed has it." if texts else "No output was submitted.",
        pattern=" or ".join(criterion.values),
        near_miss=f"{near} has it in another case." if near else "",
    )


def _outputs(runs: Sequence[CommandRun]) -> dict[str, str]:
    streams = [
        (f"{stream} of command {number}" if len(runs) > 1 else stream, text)
        for number, run in enumerate(runs, 1)
        for stream, text in (("stdout", run.stdout), ("stderr", run.stderr))
    ]
    return {name: text for name, text in streams if text}


def _where(
    readings: tuple[PatternReading, ...],
    texts: dict[str, str],
    context: EvaluationContext,
) -> tuple[str, str]:
    for name, text in texts.items():
        hit = patterns.find(readings, text, context.budget)
        if hit:
            return f"{name}:{hit.line}", hit.reading
    return "", ""


def measured(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether the number that is asked for was reported and is as asked."""
    asked = criterion.comparison
    names = _names(criterion)
    if asked is None or not names:
        return _unresolved(criterion, "It names no number to compare.")
    reported = quantities.among(names, context.evidence.metrics)
    if not reported:
        texts = _outputs(context.evidence.commands).values()
        reported = quantities.printed(names, texts)
    if not reported:
        words = f"No metric and no output reports {display(names[0])!r}."
        return _unmet(criterion, words)
    wrong = next((x for x in reported if not quantities.holds(asked, x)), None)
    if wrong is None:
        return _met(criterion, _reports(reported[0]))
    if quantities.holds(asked, wrong) is None:
        return _unmet(criterion, f"{_reports(wrong)[:-1]}, in another unit.")
    return _unmet(criterion, f"{_reports(wrong)[:-1]}, not {_limit(asked)}.")


def _names(criterion: Criterion) -> list[str]:
    """Return what the number that is asked for is called, the surest first."""
    own = criterion.label if criterion.kind is Criteria.NUMBER else ""
    asked = criterion.comparison.name if criterion.comparison else ""
    return [x for x in dict.fromkeys((own, asked)) if x.strip()]


def _reports(reported: Reported) -> str:
    origin = display(reported.origin)
    said = f"{origin} says {reported.value:g} {display(reported.unit)}".rstrip()
    return f"{said[0].upper()}{said[1:]}."


def _limit(asked: Comparison) -> str:
    return f"{asked.operator} {asked.value:g} {display(asked.unit)}".rstrip()


def tested(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether a test suite was run, with tests in it, and passed.

    Where the criterion names no suite, every one that was submitted counts.
    """
    if criterion.comparison:
        return measured(criterion, context)
    try:
        texts = context.evidence.suites
        suites = [y for x in texts for y in junit.parse(x)]
    except NotJUnit as error:
        return _unmet(criterion, f"The JUnit XML cannot be read: {error}.")
    if not suites:
        return _unmet(criterion, "No JUnit XML was submitted.")
    if not criterion.values:
        return _passed(criterion, "every submitted suite", suites, [])
    names = (patterns.without_quotes(x) for x in criterion.values)
    return _any_of(_suite(criterion, x, suites) for x in names)


def _any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the first that is met, else the last; there is one at least."""
    judged: list[Verdict] = []
    for verdict in verdicts:
        judged.append(verdict)
        if verdict.outcome is Outcome.MET:
            break
    return judged[-1]


def _suite(criterion: Criterion, name: str, suites: Sequence[Suite]) -> Verdict:
    wanted = _fold(name)
    if not wanted:
        return _unresolved(criterion, "It names no suite.")
    found = [x for x in suites if any(_fold(y) == wanted for y in x.names)]
    if found:
        return _passed(criterion, "the suite of that name", found, [])
    found = [x for x in suites if _is_file(x.file, wanted)]
    cases = [y for x in suites for y in x.cases if _is_file(y.file, wanted)]
    if found or cases:
        return _passed(criterion, "the suite of that file", found, cases)
    cases = [y for x in suites for y in x.cases if _begins(y.classname, wanted)]
    if cases:
        return _passed(criterion, "the class of that name", [], cases)
    return _unmet(
        criterion, f"The JUnit XML has no suite, file or class {display(name)}."
    )


def _fold(name: str) -> str:
    return _FOLDED.sub("-", name.lower()).strip("-")


def _is_file(path: str, wanted: str) -> bool:
    """Tell whether the file is the wanted one, named with or without its endings."""
    if not path:
        return False
    whole, last = _fold(path), path.rpartition("/")[2]
    names = {
        whole,
        _fold(last),
        _fold(last.partition(".")[0]),
        _fold(last.rpartition(".")[0]),
    }
    return wanted in names or whole.endswith(f"-{wanted}")


def _begins(classname: str, wanted: str) -> bool:
    return f"{_fold(classname)}-".startswith(f"{wanted}-")


def _passed(
    criterion: Criterion, what: str, suites: Sequence[Suite], cases: Sequence[SuiteCase]
) -> Verdict:
    everything = {id(x): x for x in (*(y for s in suites for y in s.cases), *cases)}
    tests = max([len(everything), *(x.tests for x in suites)])
    failed = max([_count(everything.values(), _fails), *(x.failed for x in suites)])
    skipped = max([_count(everything.values(), _skips), *(x.skipped for x in suites)])
    said = f"{tests} tests, {failed} failed, {skipped} skipped"
    sentence = f"{what[0].upper()}{what[1:]} has {said}."
    if failed or tests - skipped <= 0:
        return _unmet(criterion, sentence)
    return _met(criterion, sentence)


def _count(cases: Iterable[SuiteCase], holds: Callable[[SuiteCase], bool]) -> int:
    return sum(1 for x in cases if holds(x))


def _fails(case: SuiteCase) -> bool:
    return case.is_failed


def _skips(case: SuiteCase) -> bool:
    return case.is_skipped


def answered(criterion: Criterion, context: EvaluationContext) -> Verdict:
    """Judge whether a request was answered as expected, by default with a success.

    A submitted response to the same request counts; else an allowed host is asked.
    """
    if not criterion.values:
        return _only(criterion, context.evidence.http)
    return _any_of(_request(criterion, x, context) for x in criterion.values)


def _request(criterion: Criterion, value: str, context: EvaluationContext) -> Verdict:
    first, _, rest = value.strip().partition(" ")
    method, url = (first.upper(), rest.strip()) if rest else ("GET", first)
    submitted = [x for x in context.evidence.http if _is_same(x, method, url)]
    if submitted:
        return _submitted(criterion, submitted[-1])
    response = context.ask(method, url)
    if response.refusal:
        return _unmet(criterion, f"No response was submitted, and {response.refusal}.")
    if response.failure:
        return _unmet(criterion, f"The request failed: {display(response.failure)}.")
    return _compared(criterion, response.status, "The server answered")


def _only(criterion: Criterion, submitted: Sequence[Exchange]) -> Verdict:
    """Judge a criterion that names no request by the one that was submitted."""
    if len(submitted) == 1 and criterion.expected is not None:
        return _submitted(criterion, submitted[0])
    found = f"It names no request, and {len(submitted)} responses were submitted."
    return _unresolved(criterion, found)


def _is_same(exchange: Exchange, method: str, url: str) -> bool:
    if exchange.method.upper() != method:
        return False
    here, there = requests.address(exchange.url), requests.address(url)
    if here and url.startswith("/"):
        return here.target == url  # the document leaves the host open
    return here == there if here and there else exchange.url == url


def _submitted(criterion: Criterion, exchange: Exchange) -> Verdict:
    raw = requests.status_of(exchange.raw) if exchange.raw else None
    if exchange.raw and raw is None:
        return _unmet(criterion, "The raw response submitted is no HTTP response.")
    if None not in {raw, exchange.status} and raw != exchange.status:
        return _unmet(
            criterion, "The status submitted is not that of its raw response."
        )
    status = raw or exchange.status
    if status is None:
        return _unmet(criterion, "The response submitted has no status.")
    return _compared(criterion, status, "The response submitted has status")


def _compared(criterion: Criterion, status: int, said: str) -> Verdict:
    expected = criterion.expected
    if status == expected or (expected is None and status in _SUCCESS):
        return _met(criterion, f"{said} {status}.")
    return _unmet(criterion, f"{said} {status}, not {expected or 'a success'}.")


def _met(criterion: Criterion, found: str) -> Verdict:
    return Verdict(criterion, Outcome.MET, found)


def _unmet(criterion: Criterion, found: str) -> Verdict:
    return Verdict(criterion, Outcome.UNMET, found)


def _unresolved(criterion: Criterion, found: str) -> Verdict:
    return Verdict(criterion, Outcome.UNRESOLVED, found)
