"""JUnit XML as values: suites with their cases.

The format has no standard; this is what the Jenkins plugin and the writers of pytest,
Jest, Go and Surefire agree on. It judges nothing, and refuses documents that declare
entities.
"""

from dataclasses import dataclass, field

# Entities and document types are refused below, before any is expanded.
from xml.parsers import expat

_BAD = frozenset({"failure", "error"})


@dataclass(slots=True)
class SuiteCase:
    """One test case; `classname` and `file` are empty where not given."""

    name: str
    classname: str = ""
    file: str = ""
    is_failed: bool = False
    is_skipped: bool = False


@dataclass(slots=True)
class Suite:
    """One suite; `names` are its own and those of the suites around it.

    `tests`, `failed` and `skipped` are what the suite says of itself, with all that is
    inside; `cases` are only its own.
    """

    names: tuple[str, ...]
    file: str = ""
    tests: int = 0
    failed: int = 0
    skipped: int = 0
    cases: list[SuiteCase] = field(default_factory=list)


class NotJUnit(Exception):
    """The text is no JUnit XML; what it says is why."""


def parse(text: str) -> tuple[Suite, ...]:
    """Read all suites of a document, in order, each before those inside it.

    Raises:
        NotJUnit: It is no XML, declares a document type, or has no suite.
    """
    reader = _JunitReader()
    try:
        reader.parser.Parse(text, True)  # noqa: FBT003 - Python's own signature
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise NotJUnit(f"line {error.lineno}: {reason}") from None
    if not reader.suites:
        raise NotJUnit("it has no testsuite")
    return tuple(reader.suites)


class _JunitReader:
    def __init__(self) -> None:
        self.suites: list[Suite] = []
        self._open: list[Suite] = []
        self._case: SuiteCase | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _refuse(self, *_: object) -> None:
        raise NotJUnit("document types are not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"testsuite", "testsuites"}:
            self._start_suite(attributes)
        elif name == "testcase" and self._open:
            name, classname, file = (
                attributes.get(x, "") for x in ("name", "classname", "file")
            )
            self._case = SuiteCase(name, classname, file)
            self._open[-1].cases.append(self._case)
        elif self._case and name in _BAD:
            self._case.is_failed = True
        elif self._case and name == "skipped":
            self._case.is_skipped = True

    def _start_suite(self, attributes: dict[str, str]) -> None:
        outer = self._open[-1].names if self._open else ()
        own = attributes.get("name", "")
        suite = Suite(
            (own, *outer) if own else outer,
            attributes.get("file", attributes.get("filepath", "")),
            _number(attributes, "tests"),
            _number(attributes, "failures") + _number(attributes, "errors"),
            _number(attributes, "skipped") + _number(attributes, "disabled"),
        )
        self._open.append(suite)
        self.suites.append(suite)

    def _end(self, name: str) -> None:
        if name in {"testsuite", "testsuites"}:
            self._open.pop()
        elif name == "testcase":
            self._case = None


def _number(attributes: dict[str, str], key: str) -> int:
    said = attributes.get(key, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0  # noqa: PLR2004
