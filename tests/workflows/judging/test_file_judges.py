import json
from collections.abc import Mapping

import pytest

from coordinator.workflows.judging.evaluation import MOST_FILES
from coordinator.workflows.judging.verdicts import Outcome, Sources
from coordinator.workflows.judging.worktree_paths import canonical
from coordinator.workflows.model import Criteria, Criterion
from tests.workflows.hearing_room import criterion, pattern, verdict

MET, UNMET = Outcome.MET, Outcome.UNMET
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "shop"}',
    "src/cart.py": "import router\n\nclass Cart: pass\n",
    "src/deep/login.py": "TOKEN = 1\n",
    "docs/api.md": "# API\nRESTful and GraphQL\n",
    "bad.json": '{"a": 1,\n}',
    "nan.json": "[NaN]",
    "deep.json": "[" * 100_000,
    "latin.json": b'"\xe9"',
}


def exists(*values: str) -> Criterion:
    """Make a criterion of files that are to be there."""
    return criterion(Criteria.FILE_EXISTS, *values)


@pytest.mark.parametrize(
    ("values", "outcome", "found"),
    [
        (("package.json",), MET, "package.json is there."),
        (("gone.txt", "./package.json"), MET, "package.json is there."),
        (("src/",), MET, "src/ is there."),
        (("src",), MET, "src is there."),
        (("package.json/",), UNMET, "package.json/ is not there."),
        (("a", "b"), UNMET, "a is not there; b is not there."),
        (("src/*.py",), MET, "src/cart.py is there."),
        (("lib/*.py",), UNMET, "lib/*.py is not there."),
        (("../package.json",), UNMET, "../package.json is no path inside"),
        (("/etc/passwd",), UNMET, "/etc/passwd is no path inside"),
        (("src\\cart.py",), UNMET, "no path inside"),
        (("C:/x",), UNMET, "no path inside"),
        (("x" * 5_000,), UNMET, "no path inside"),
        (("",), UNMET, "An empty path is no path inside"),
        ((), Outcome.UNRESOLVED, "It names no file."),
    ],
)
def test_a_file_is_there_or_not(
    values: tuple[str, ...], outcome: Outcome, found: str
) -> None:
    """Any alternative will do; a `/` asks for a folder; no path leads outside."""
    result = verdict(exists(*values), FILES)
    assert (result.outcome, result.found[: len(found)]) == (outcome, found) or (
        result.outcome is outcome and found in result.found
    )


def test_many_missing_files_are_counted() -> None:
    """A sentence stays a sentence."""
    result = verdict(exists(*"abcdefg"), FILES)
    assert result.found.endswith("e is not there; and 2 more.")
    assert result.files == tuple("abcdefg")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("src", MET), ("src/deep/", MET), ("package.json", UNMET), ("..", UNMET)],
)
def test_a_folder_is_there_or_not(value: str, outcome: Outcome) -> None:
    """A file is no folder."""
    asked = criterion(Criteria.FOLDER_EXISTS, value)
    assert verdict(asked, FILES).outcome is outcome


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("src/cart.py", MET),
        ("src/", MET),
        ("package.json", UNMET),
        ("removed.py", UNMET),
        ("/src/cart.py", UNMET),
    ],
)
def test_a_change_is_in_the_submitted_diff(value: str, outcome: Outcome) -> None:
    """What the evidence says of files is no proof, and a deleted file is no change."""
    sources = Sources(changed=("removed.py", "src/cart.py"))
    asked = criterion(Criteria.FILE_CHANGED, value)
    assert verdict(asked, FILES, sources=sources).outcome is outcome


def test_a_match_names_file_line_and_reading() -> None:
    """Which of the files has it is recorded, as are all that were examined."""
    result = verdict(pattern('"class"', files=("docs/api.md", "src/cart.py")), FILES)
    assert result.outcome is MET
    assert result.found == "src/cart.py:3 matches."
    assert result.files == ("docs/api.md", "src/cart.py")
    assert (result.pattern, result.reading) == ('"class"', "inner")


def test_any_pattern_will_do() -> None:
    """The one that matched is recorded."""
    result = verdict(pattern('"bcrypt"', '"TOKEN"', files=("src/",)), FILES)
    assert (result.found, result.pattern) == ("src/deep/login.py:1 matches.", '"TOKEN"')


def test_a_miss_names_pattern_files_and_the_near_one() -> None:
    """Upper and lower case differ, and the agent is told."""
    asked = pattern('"graphql"', files=("docs/api.md", "gone.md"))
    result = verdict(asked, FILES)
    assert result.outcome is UNMET
    assert result.found == "None of 1 files has it; gone.md is not there."
    assert result.files == ("docs/api.md", "gone.md")
    assert result.near_miss == "docs/api.md:2 has it in another case."
    assert verdict(pattern("zebra", files=("src/",)), FILES).near_miss == ""


def test_literal_text_is_no_pattern() -> None:
    """`File Content Contains` takes every character as it is."""
    asked = criterion(Criteria.FILE_CONTAINS, "Cart.", files=("src/cart.py",))
    assert verdict(asked, FILES).outcome is UNMET
    asked = criterion(Criteria.FILE_CONTAINS, '"class Cart:"', files=("src/cart.py",))
    assert verdict(asked, FILES).reading == "literal"


@pytest.mark.parametrize(
    ("siblings", "sources", "found"),
    [
        (
            (exists("docs/api.md"),),
            Sources(("src/cart.py",), ("README.md",)),
            ("docs/api.md", "src/cart.py"),
        ),
        (
            (criterion(Criteria.FILE_CHANGED, "gone", "src/"),),
            Sources(),
            ("gone", "src/cart.py", "src/deep/login.py"),
        ),
        ((exists("/etc/passwd"),), Sources(("src/cart.py",)), ("src/cart.py",)),
        ((pattern("x"),), Sources(("b", "a"), ("docs/api.md",)), ("b", "a")),
        ((), Sources((), ("docs/api.md#part", "http://a/b")), ("docs/api.md",)),
        ((), Sources((), ("http://a/b", "../x")), ()),
        ((), Sources(), ()),
    ],
)
def test_a_pattern_without_a_file_looks_where_the_step_points(
    siblings: tuple[Criterion, ...], sources: Sources, found: tuple[str, ...]
) -> None:
    """Files of the step, then the diff, else the links; nothing is unresolved."""
    result = verdict([pattern('"zebra"'), *siblings], FILES, sources=sources)
    assert result.files == found
    assert result.outcome is (UNMET if found else Outcome.UNRESOLVED)


def test_a_criterion_without_a_pattern_is_unresolved() -> None:
    """Nothing is found in everything."""
    assert verdict(pattern(files=("src/",)), FILES).outcome is Outcome.UNRESOLVED


def test_a_file_outside_is_never_read() -> None:
    """The reason is given instead."""
    result = verdict(pattern("root", files=("../secret",)), {"../secret": "root"})
    assert (result.outcome, result.found) == (
        UNMET,
        "../secret is no path inside the worktree.",
    )


@pytest.mark.parametrize("big", [{"big": b"x" * (1 << 20) + b"y"}, {"big/x": "y"}])
def test_what_is_too_large_is_not_read(big: Mapping[str, str | bytes]) -> None:
    """It is said, and never passes."""
    asked = criterion(Criteria.JSON_VALID, "big")
    result = verdict(asked, big)
    assert result.outcome is UNMET
    assert "big cannot be read" in result.found


def test_the_files_examined_are_bounded() -> None:
    """A folder of thousands is examined in part."""
    many = {f"src/{i:04}.py": "x" for i in range(3 * MOST_FILES)}
    result = verdict(pattern("zebra", files=("src", "src/*.py")), many)
    assert len(result.files) == MOST_FILES


def test_a_large_folder_leaves_room_for_the_diff() -> None:
    """What the step changed is examined beside what it names."""
    many = {f"src/{i:04}.py": "x" for i in range(3 * MOST_FILES)} | {"z": "zebra"}
    step = [pattern("zebra"), exists("src/")]
    assert verdict(step, many, sources=Sources(("z",))).found == "z:1 matches."


def test_the_bytes_examined_are_bounded() -> None:
    """What is beyond is said not to have been read."""
    many = {f"{i:03}": b"x" * (1 << 20) for i in range(70)}
    result = verdict(pattern("zebra", files=tuple(many)), many)
    assert "None of 64 files has it; 064 was not read" in result.found


def test_a_pattern_too_long_is_said() -> None:
    """It is not searched for."""
    result = verdict(pattern("x" * 3_000, files=("src/",)), FILES)
    assert result.found.endswith("a pattern of over 2000 is not read.")


@pytest.mark.slow
def test_a_slow_pattern_is_unmet() -> None:
    """It costs about a second and is said."""
    files = {"a": "a" * 5_000 + "b"}
    result = verdict(pattern("(a|aa)+$", files=("a",)), files)
    assert result.outcome is UNMET
    assert result.found == "The search for the pattern took too long and was ended."
    assert (result.files, result.pattern) == (("a",), "(a|aa)+$")


@pytest.mark.slow
def test_a_slow_near_miss_is_left() -> None:
    """The verdict stands although nobody could look for another case."""
    files = {"a": "a" * 5_000 + "b"}
    result = verdict(pattern("(A|AA)+$", files=("a",)), files)
    assert (result.outcome, result.near_miss) == (UNMET, "")
    assert result.found.endswith("no time to look for it in another case.")


@pytest.mark.parametrize(
    ("value", "outcome", "found"),
    [
        ("package.json", MET, "package.json is valid JSON."),
        ("bad.json", UNMET, "bad.json:2 is no JSON: "),
        ("nan.json", UNMET, "nan.json is no JSON that can be read."),
        ("deep.json", UNMET, "deep.json is no JSON that can be read."),
        ("latin.json", UNMET, "latin.json is no JSON that can be read."),
        ("gone.json", UNMET, "gone.json is not there."),
        ("../x.json", UNMET, "../x.json is no path inside the worktree."),
    ],
)
def test_json_is_valid_or_not(value: str, outcome: Outcome, found: str) -> None:
    """The line of the fault is named."""
    result = verdict(criterion(Criteria.JSON_VALID, value), FILES)
    assert result.outcome is outcome
    assert result.found.startswith(found)


def test_json_of_no_name_is_all_json_of_the_step() -> None:
    """One bad file of them is enough to fail."""
    asked = criterion(Criteria.JSON_VALID)
    good, bad = Sources(("package.json", "a.py")), Sources(("package.json", "bad.json"))
    assert verdict(asked, FILES, sources=good).outcome is MET
    assert verdict(asked, FILES, sources=bad).outcome is UNMET
    assert verdict(asked, FILES).outcome is Outcome.UNRESOLVED
    either = criterion(Criteria.JSON_VALID, "bad.json", "package.json")
    assert verdict(either, FILES).outcome is MET


def test_a_verdict_shows_names_safely() -> None:
    """Names of files that nobody can read or that hide are escaped."""
    result = verdict(pattern("x", files=("a\u202eb\udcff",)), FILES)
    assert result.files == ("a\\u202eb\\udcff",)
    json.dumps(result.found).encode()


@pytest.mark.parametrize(
    ("path", "found"),
    [("./a//b/", "a/b"), ("a/../b", ""), ("a/./b", "a/b"), ("", ""), ("a\0", "")],
)
def test_a_path_has_one_form(path: str, found: str) -> None:
    """What has none leads nowhere."""
    assert canonical(path) == found


def test_a_bare_name_may_be_that_of_a_linked_document() -> None:
    """Where nothing of that name stands at the root; whoever asks for it."""
    sources = Sources((), ("docs/api.md#part", "docs/gone.md", "src/deep/login.py"))
    result = verdict(exists("api.md"), FILES, sources=sources)
    assert (result.outcome, result.found) == (MET, "docs/api.md is there.")
    result = verdict(exists("gone.md"), FILES, sources=sources)
    told = "docs/gone.md is not there; nor is it in docs, src/deep."
    assert result.found == told
    asked = pattern("GraphQL", files=("api.md",))
    assert verdict(asked, FILES, sources=sources).found == "docs/api.md:2 matches."
    step = [pattern("TOKEN"), exists("login.py")]
    found = verdict(step, FILES, sources=sources).found
    assert found == "src/deep/login.py:1 matches."


@pytest.mark.parametrize(
    ("folders", "value", "outcome", "found"),
    [
        (("src",), "deep/login.py", MET, "src/deep/login.py is there."),
        (("docs", "src"), "cart.py", MET, "src/cart.py is there."),
        (("src",), "deep/", MET, "src/deep/ is there."),
        (("src",), "package.json", MET, "package.json is there."),
        (("src",), "none.py", UNMET, "none.py is not there; nor is it in src."),
        (("../src", "/src"), "cart.py", UNMET, "cart.py is not there."),
        (("src",), "../package.json", UNMET, "is no path inside the worktree"),
    ],
)
def test_a_file_may_lie_in_the_subtasks_own_folder(
    folders: tuple[str, ...], value: str, outcome: Outcome, found: str
) -> None:
    """Where it is not where it is named; the answer tells where it was looked for."""
    sources = Sources(folders=folders)
    result = verdict(exists(value), FILES, sources=sources)
    assert result.outcome is outcome
    assert found in result.found
