"""Criteria: one line of text becomes something that can be judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.criteria import criteria
from coordinator.workflows.criteria.criteria import parse
from coordinator.workflows.model import Class, Comparison, Criteria, Criterion


def read(text: str) -> Criterion:
    """Read a criterion on line 7."""
    return parse(text, 7)


def test_a_labelled_value_keeps_label_text_and_line() -> None:
    """Label and text are as written, without the mark-up."""
    assert read("File Exists: `go.mod`") == Criterion(
        Criteria.FILE_EXISTS, "go.mod", 7, "File Exists", ("go.mod",)
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Exit Code: `0`", Criteria.EXIT_CODE),
        ("`Exit Code`: 0", Criteria.EXIT_CODE),
        ("**Exit Code:** 0", Criteria.EXIT_CODE),
        ("**Exit Code**: 0", Criteria.EXIT_CODE),
        ("exit code: 0", Criteria.EXIT_CODE),
        ("File exists: a.md", Criteria.FILE_EXISTS),
        ("File: a.md", Criteria.FILE_EXISTS),
        ("Document Exists: `a.md` is written", Criteria.FILE_EXISTS),
        ("File Created: a.md", Criteria.FILE_CHANGED),
        ("File Updated: `a.md`", Criteria.FILE_CHANGED),
        ("`File Modified`: `a.md`", Criteria.FILE_CHANGED),
        ("Directory Exists: `maps/`", Criteria.FOLDER_EXISTS),
        ('File Content Matches: `"x"`', Criteria.FILE_MATCHES),
        ("Content matches: tides", Criteria.FILE_MATCHES),
        ("File Content Contains: `x`", Criteria.FILE_CONTAINS),
        ("JSON Valid: `a.json`", Criteria.JSON_VALID),
        ("Output Contains: done", Criteria.OUTPUT_CONTAINS),
        ("Tool Output Contains: `done`", Criteria.OUTPUT_CONTAINS),
        ("Log Contains: `done`", Criteria.OUTPUT_CONTAINS),
        ("Process Running: `tide server`", Criteria.OUTPUT_CONTAINS),
        ("Tool Execution Status: `Succeeded`", Criteria.EXIT_CODE),
        ("Tool Execution Status: pending", Criteria.ATTESTED),
        ("Unit Test Pass: `x`", Criteria.TEST_PASSES),
        ("HTTP Response: `GET /x returns 200`", Criteria.HTTP_RESPONSE),
        ("JSON Valid: all of them", Criteria.ATTESTED),
        ("Mood: cheerful", Criteria.ATTESTED),
        ("The crew agrees", Criteria.ATTESTED),
        ("", Criteria.ATTESTED),
    ],
)
def test_the_label_decides_the_kind(text: str, kind: Criteria) -> None:
    """A label may be plain, bold or in backticks, in any case."""
    assert read(text).kind is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("exit code 3", Criteria.EXIT_CODE),
        ("GET http://localhost:1/x returns 200 OK", Criteria.HTTP_RESPONSE),
        ("POST /api/boats 201 Created", Criteria.HTTP_RESPONSE),
        ("Output contains: `anchored`", Criteria.OUTPUT_CONTAINS),
        ("harbour-test-suite", Criteria.TEST_PASSES),
        ("Chart.md created with soundings", Criteria.FILE_EXISTS),
        ("`Chart.md` and `Log.md` exist.", Criteria.FILE_EXISTS),
        ("Chart.md", Criteria.FILE_EXISTS),
        ("charts/ or maps/", Criteria.FILE_EXISTS),
        ("Chart.md updated with the wreck", Criteria.FILE_CHANGED),
        ("Soundings are documented in Chart.md.", Criteria.FILE_EXISTS),
        ("Chart.md contains depths and rocks", Criteria.FILE_EXISTS),
        ("Chart.md contains `depths`", Criteria.FILE_CONTAINS),
        ("Buoys.json created with valid JSON structure", Criteria.JSON_VALID),
        ("`Buoys.json` is a valid JSON document.", Criteria.JSON_VALID),
        ("valid JSON everywhere", Criteria.ATTESTED),
        ("Unit test coverage > 90%", Criteria.NUMBER),
        ("Load done (< 100ms response time)", Criteria.NUMBER),
        ("Depth: `at least 4 fathoms sounded`", Criteria.NUMBER),
        ("Chart.md looks nice", Criteria.ATTESTED),
        ("`Chart.md` and a friend exist", Criteria.ATTESTED),
        ("Saved in the logbook", Criteria.ATTESTED),
        ("Nothing to see: Chart.md", Criteria.FILE_EXISTS),
    ],
)
def test_words_alone_tell_a_kind_or_none(text: str, kind: Criteria) -> None:
    """Without a known label, only what is said plainly is typed."""
    assert read(text).kind is kind


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ("`a.lock` or `b.toml`", ("a.lock", "b.toml")),
        ("`bin/` or `env/`", ("bin/", "env/")),
        ("a.lock or b.toml", ("a.lock", "b.toml")),
        ("`a.md`, `b.md` or `c.md`", ("a.md", "b.md", "c.md")),
        ("`.env.example`", (".env.example",)),
        ("src/boats", ("src/boats",)),
        ("CHANGES", ("CHANGES",)),
    ],
)
def test_or_makes_alternatives(value: str, values: tuple[str, ...]) -> None:
    """Any one of the values is enough, and nothing else is asked for."""
    found = read(f"File Exists: {value}")
    assert (found.values, found.parts, found.remark) == (values, (), "")


@pytest.mark.parametrize(
    "value", ["`a.md` and `b.json`", "a.md, b.json", "`a.md`, and `b.json`"]
)
def test_several_files_without_or_are_all_asked_for(value: str) -> None:
    """`and` and commas make parts: one file alone must not meet the criterion."""
    found = read(f"Files exist: {value}")
    assert (found.values, found.parts) == ((), ("a.md", "b.json"))


@pytest.mark.parametrize(
    ("text", "values", "remark"),
    [
        ("File Exists: `a.ts` or equivalent", ("a.ts",), "or equivalent"),
        ("File Exists: `a.csv` (with 3 rows)", ("a.csv",), "with 3 rows"),
        ("File Exists: `a.md created with care`", ("a.md",), "with care"),
        ("File Exists: a/b written by hand", ("a/b",), "written by hand"),
        ("File Exists: all of them, always", (), "all of them, always"),
        ('Output Contains: "ok" for each boat', ("ok",), "for each boat"),
        ("Exit Code: `0` for the pump", (), "for the pump"),
        ("Exit Code: `0` for both commands.", (), ""),
        ("Exit Code: whatever", (), "whatever"),
        ("Unit Test Pass: the usual ones", (), "the usual ones"),
        ("`a.json` is valid JSON and tidy", ("a.json",), "and tidy"),
    ],
)
def test_what_no_program_can_check_is_a_remark(
    text: str, values: tuple[str, ...], remark: str
) -> None:
    """A person must vouch for the rest of the sentence."""
    found = read(text)
    assert (found.values, found.remark) == (values, remark)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Exit Code: `0`", 0),
        ("Exit Code: All of them end with `2`.", 2),
        ("Exit Code: success", 0),
        ("Exit Code: non-zero", None),
        ("HTTP Response: `GET http://h/x returns HTTP 201 Created`", 201),
        ("HTTP Response: `status_code == 204`", 204),
        ("HTTP Response: HTTP 200 OK from `GET http://h/x`", 200),
        ("HTTP Response: GET http://h:8000/x returns a page", None),
    ],
)
def test_a_code_is_a_number(text: str, code: int | None) -> None:
    """Exit codes and HTTP statuses are compared as numbers; None names none."""
    assert read(text).expected == code


@pytest.mark.parametrize(
    ("text", "values", "remark"),
    [
        ("`GET http://h/x returns HTTP 200 OK`", ("GET http://h/x",), ""),
        ("GET http://h/x.", ("GET http://h/x",), ""),
        ("`GET http://h/x returns a page`", ("GET http://h/x",), "a page"),
        ("The page returns HTTP 200 OK", (), "The page"),
        (
            "`POST http://h/x returns HTTP 200 OK` (or alike)",
            ("POST http://h/x",),
            "or alike",
        ),
    ],
)
def test_a_response_names_its_request(
    text: str, values: tuple[str, ...], remark: str
) -> None:
    """Method and address are the value; reason phrases mean nothing."""
    found = read(f"HTTP Response: {text}")
    assert (found.values, found.remark) == (values, remark)


@pytest.mark.parametrize(
    ("value", "pattern", "files", "is_pattern"),
    [
        ('`"keel".*"mast"`', '"keel".*"mast"', (), True),
        ('"keel".*"mast"', '"keel".*"mast"', (), True),
        ('"keel"', '"keel"', (), True),
        ("`keel.*mast`", "keel.*mast", (), True),
        (
            '`\\"k\\": {\\"x\\": 1}` in `a.json`',
            '\\"k\\": {\\"x\\": 1}',
            ("a.json",),
            True,
        ),
        ("`keel` in `a.md`", "keel", ("a.md",), True),
        ("keel in a.md", "keel", ("a.md",), False),
        ("the keel is in shape", "the keel is in shape", (), False),
        ("'k': { 'x': true }", "'k': { 'x': true }", (), True),
        ("`keel`, roughly", "keel, roughly", (), False),
        ("Contains all of it", "Contains all of it", (), False),
    ],
)
def test_a_pattern_is_kept_raw(
    value: str,
    pattern: str,
    files: tuple[str, ...],
    is_pattern: bool,  # noqa: FBT001 - expected
) -> None:
    """Inner quotes may be the pattern's own: the judge tries both readings."""
    found = read(f"File Content Matches: {value}")
    assert found.kind is Criteria.FILE_MATCHES
    assert (found.values, found.files) == ((pattern,), files)
    assert found.is_pattern is is_pattern


@pytest.mark.parametrize(
    ("value", "parts", "values", "files"),
    [
        ('`a.md` includes "x y" and "z".', ("x y", "z"), (), ("a.md",)),
        ('`a.md` contains "x" and "z" sections', ("x", "z"), (), ("a.md",)),
        ("a.md exists and contains `x`", (), ("x",), ("a.md",)),
        ('`a.md` contains "x" or "z"', (), ("x", "z"), ("a.md",)),
        ("\"Contains entries for 'x', 'z'\"", ("x", "z"), (), ()),
        ("\"`a.md` includes 'x', 'z'\"", ("x", "z"), (), ("a.md",)),
    ],
)
def test_a_file_that_holds_texts_needs_all_of_them(
    value: str, parts: tuple[str, ...], values: tuple[str, ...], files: tuple[str, ...]
) -> None:
    """`file` includes "a" and "b" is literal text, in that file."""
    found = read(f"File Content Matches: {value}")
    assert found.kind is Criteria.FILE_CONTAINS
    assert (found.parts, found.values, found.files) == (parts, values, files)
    assert not found.is_pattern
    assert not found.remark


def test_more_than_the_quoted_texts_is_a_remark() -> None:
    """What else a file is to hold must be vouched for."""
    found = read("`a.md` contains `x` twice or more. `b.md` is short")
    assert (found.values, found.files) == (("x",), ("a.md",))
    assert found.remark == "x twice or more. b.md is short"


@pytest.mark.parametrize("label", ["File Content Matches", "File Content Contains"])
@pytest.mark.parametrize(
    ("value", "remark"),
    [
        ("`out/tides.md`", "what is in it"),
        ("tides.md.", "what is in it"),
        ("out/tides.md describes the tides", "describes the tides"),
        ("`a.json` schema", "schema"),
    ],
)
def test_the_mention_of_a_name_is_no_content(
    label: str, value: str, remark: str
) -> None:
    """The file must be there, and a person must vouch for the rest."""
    found = read(f"{label}: {value}")
    assert (found.kind, found.remark) == (Criteria.FILE_EXISTS, remark)
    named = read(f"{label}: `tides.md` in `out/list.md`")
    assert (named.values, named.files) == (("tides.md",), ("out/list.md",))
    assert not named.remark
    printed = read(f"Output Contains: {value}")
    assert printed.kind is Criteria.OUTPUT_CONTAINS


@pytest.mark.parametrize(
    ("value", "parts", "files"),
    [
        ("`x`, `y`", ("x", "y"), ()),
        ("x, y, z.", ("x", "y", "z"), ()),
        ("`x`, `y` in `a.md`", ("x", "y"), ("a.md",)),
        ('"x", "y" in the sea', ("x", "y"), ()),
    ],
)
def test_texts_in_a_list_are_all_asked_for(
    value: str, parts: tuple[str, ...], files: tuple[str, ...]
) -> None:
    """File Content Contains with commas asks for every one."""
    found = read(f"File Content Contains: {value}")
    assert (found.kind, found.parts) == (Criteria.FILE_CONTAINS, parts)
    assert found.files == files


def test_a_file_that_contains_words_is_only_looked_for() -> None:
    """Words about the content are for a person; the file itself is checked."""
    found = read("File Content Contains: Chart.md includes every rock")
    assert (found.kind, found.values) == (Criteria.FILE_EXISTS, ("Chart.md",))
    assert found.remark == "includes every rock"


@pytest.mark.parametrize(
    ("text", "values", "parts"),
    [
        ('Output Contains: `"Moored at"`', ("Moored at",), ()),
        ('Output Contains: "a" or "b"', ("a", "b"), ()),
        ('Output Contains: "a" and "b"', (), ("a", "b")),
        ("Output Contains: Moored, all well", ("Moored, all well",), ()),
        ('Output Contains: `"a": "b"`', ('"a": "b"',), ()),
        ("Unit Test Pass: `x-tests` or `y-tests`", ("x-tests", "y-tests"), ()),
        ("Unit Test Pass: x-tests", ("x-tests",), ()),
        ("JSON Valid: Both `a.json` and `b.json` stay so", (), ("a.json", "b.json")),
    ],
)
def test_texts_and_suites(
    text: str, values: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    """Quotes around a text are not part of it."""
    found = read(text)
    assert (found.values, found.parts) == (values, parts)


def test_a_number_under_tests_stays_a_test_with_a_comparison() -> None:
    """Unit Test Pass: `coverage > 80%` keeps the kind of its label."""
    found = read("Unit Test Pass: `coverage > 80%`")
    assert found.kind is Criteria.TEST_PASSES
    assert found.comparison == Comparison("coverage", ">", 80.0, "%")


def test_a_number_without_a_name_is_named_by_its_label() -> None:
    """Evidence needs a name to report the number under."""
    found = read("**Pump Time**: < 20 s")
    assert found.comparison == Comparison("Pump Time", "<", 20.0, "s")


def test_a_long_sentence_with_a_number_is_for_a_person() -> None:
    """It asks for more than its number."""
    assert read("x " * 100 + "> 5 knots").judged_from is Class.ATTESTED


def test_a_giant_is_not_looked_into() -> None:
    """More than 1,000 characters are no criterion that a program can judge."""
    text = "File Exists: `a.md` " + "x" * 1000
    assert read(text).kind is Criteria.ATTESTED
    assert criteria.comparison("x" * 2000 + " > 5") is None


def test_quoted_values_alone_are_of_the_kind_that_is_asked_for() -> None:
    """A one-liner's bare quotes mean what its tool makes of them."""
    found = criteria.quoted('"a" or "b"', 1, Criteria.OUTPUT_CONTAINS)
    assert found is not None
    assert found.values == ("a", "b")
    found = criteria.quoted('"a.*b"', 1, Criteria.FILE_MATCHES)
    assert found is not None
    assert (found.values, found.is_pattern) == (('"a.*b"',), True)
    for text in ("", "a.md", '"a" loudly', "words"):
        assert criteria.quoted(text, 1, Criteria.OUTPUT_CONTAINS) is None


@given(
    st.text(
        alphabet="ab`\"' ,.:/()[]*<>=%0123456789orandinGETvalidJSON\n\\-_", max_size=80
    )
)
def test_no_text_makes_it_fail(text: str) -> None:
    """Whatever stands there is typed, or left to a person."""
    for label in ("", "File Exists: ", "File Content Matches: ", "HTTP Response: "):
        found = parse(label + text, 3)
        assert found.line == 3
        assert not (found.values and found.parts)
        assert all([*found.values, *found.parts, *found.files, "x"]) or label


@given(st.text())
def test_no_unicode_makes_it_fail(text: str) -> None:
    """Neither do characters of any kind."""
    assert parse(text, 1).line == 1


@pytest.mark.parametrize(
    ("text", "values", "remark"),
    [
        ("File Exists: `Tide Tables.md`", ("Tide Tables.md",), ""),
        ("File Exists: `sea charts/`", ("sea charts/",), ""),
        ("File Exists: `the chart is there`", (), "the chart is there"),
    ],
)
def test_a_path_with_blanks_ends_as_paths_do(
    text: str, values: tuple[str, ...], remark: str
) -> None:
    """Else it is words, which a person reads."""
    found = read(text)
    assert (found.values, found.remark) == (values, remark)


def test_alternatives_may_have_labels_of_their_own() -> None:
    """Any one meets the whole; its kind is the first's."""
    found = read('Exit Code: 3 or Output Contains: "done"')
    kinds = [x.kind for x in found.alternatives]
    assert kinds == [Criteria.EXIT_CODE, Criteria.OUTPUT_CONTAINS]
    assert (found.kind, found.label) == (Criteria.EXIT_CODE, "Exit Code")
    assert found.text == '3 or Output Contains: "done"'
    assert read("Exit Code: 3 or Mood: cheerful").alternatives == ()


def test_the_same_words_on_another_line_are_another_criterion() -> None:
    """The line is the one that was asked for, of every way to meet it too."""
    text = "File Exists: `a.md` or Exit Code: `0`"
    for line in (3, 5):
        found = parse(text, line)
        assert (found.line, [x.line for x in found.alternatives]) == (line, [line] * 2)
