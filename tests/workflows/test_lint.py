"""Lint: stable codes with the line that each is about."""

import pytest
from hypothesis import given

from coordinator.kernel.problems import Problem
from coordinator.workflows import lint
from coordinator.workflows.documents import read
from coordinator.workflows.lint import World
from tests.workflows.any_documents import ANY
from tests.workflows.sample_documents import AGENT, BOOK, CATALOGUE, GROUPED, line_of

FULL = World()
EMPTY = World(
    has_file=lambda _: False, has_agent=lambda _: False, has_document=lambda _: False
)


def found(text: str, world: World = FULL) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in lint.check(text, "w.md", world)[1]]


def only(text: str, world: World = FULL) -> Problem:
    """Return the only problem."""
    (problem,) = lint.check(text, "w.md", world)[1]
    return problem


def test_good_documents_have_no_problems() -> None:
    """Catalogues, agent workflows and steps as they are meant to be."""
    assert [found(x) for x in (CATALOGUE, AGENT, BOOK)] == [[], [], []]


def test_a_problem_says_where_and_what_mends_it() -> None:
    """Path, line, code, message and hint."""
    assert only("# A\n[ ] bake\n") == Problem(
        "w.md",
        2,
        "bare-box",
        "The box has no list marker, so that renderers do not show it.",
        "Write `- [ ]` before it.",
    )


def test_the_document_comes_with_it() -> None:
    """It is the one that reading gives, with that one's problems."""
    document, problems = lint.check("", "w.md")
    assert (document, tuple(problems)) == read.parse("", "w.md")


def test_problems_come_in_the_order_of_lines() -> None:
    """Whatever found them."""
    text = "# A\n[ ] [Name]\n# A\n- [x] b\n<<<<<<< x\n```\n"
    assert found(text) == [
        (2, "bare-box"),
        (2, "placeholder"),
        (3, "duplicate-section"),
        (5, "conflict-marker"),
        (6, "unclosed-fence"),
    ]


def test_placeholders_of_checklists() -> None:
    """Each one that must be filled, by line; none of notes."""
    assert found(GROUPED) == [
        (line_of(GROUPED, x), "placeholder")
        for x in ("Phase Number", "Loaf Name", "Loaf Desc", "Part Name", "Oven Task")
    ]
    assert "[Day]" in only("- [ ] bake on [Day]\n").message
    steps = "### Subtask-01: a\n- ID: P01-T01-S01\n- Description: [Some Day]\n"
    assert found(steps) == [(1, "no-criteria")]


def test_order_violations() -> None:
    """The line is that of the late one; the message names the one before it."""
    problem = only("- [ ] mix\n- [x] bake\n")
    assert (problem.line, problem.code) == (2, "order-violation")
    assert "'bake'" in problem.message
    assert "'mix' in line 1" in problem.message


def test_parents_that_are_ticked_too_early() -> None:
    """A conflict is reported, not repaired."""
    problem = only("- [x] bake\n  - [ ] mix\n")
    assert (problem.line, problem.code) == (1, "parent-conflict")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("- [ ] a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n", [2]),
        ("---\n<<<<<<< HEAD\na: b\n---\n- [ ] a\n", [2]),
        ("- [ ] a\n```\n<<<<<<< HEAD\n```\n", []),
        ("- [ ] a <<<<<<< b\n", []),
    ],
)
def test_conflict_markers(text: str, lines: list[int]) -> None:
    """Everywhere but in code, front matter included."""
    codes = found(text)
    assert [x for x, code in codes if code == "conflict-marker"] == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- [ ] a\n```\nb\n```\n~~~\nc\n", [(5, "unclosed-fence")]),
        ("- [ ] a\n```\nb\n```\n", []),
        ("---\na: b\n---\n- [ ] a\n```\n", [(5, "unclosed-fence")]),
    ],
)
def test_unclosed_fences(text: str, expected: list[tuple[int, str]]) -> None:
    """The line is the one that opens it."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# A\n# B\n# a\n- [ ] x\n", [3]),
        ("# A\n## B\n# C\n## B\n- [ ] x\n", []),
        ("# A\n## B\n## B\n## b\n- [ ] x\n", [3, 4]),
        ("# A\n## B\n# A\n## B\n- [ ] x\n", [3, 4]),
        ("#\n#\n- [ ] x\n", []),
        ("# A\n### B\n## B\n- [ ] x\n", [3]),
    ],
)
def test_duplicate_sections(text: str, lines: list[int]) -> None:
    """Two of one name below the same heading; below others they may be alike."""
    assert found(text) == [(x, "duplicate-section") for x in lines]


def test_duplicate_sections_name_the_first() -> None:
    """However many follow."""
    _, problems = lint.check("# A\n# A\n# A\n- [ ] x\n", "w.md")
    assert all("line 1 too" in x.message for x in problems)


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("[a](b.md)", "b.md"),
        ("[a](../b/c.md#part)", "../b/c.md"),
        ("[a](mdc:b.md)", "b.md"),
        ('[a](<b.md> "title")', "b.md"),
        ("![a](b.png)", "b.png"),
        ("`code` [a](b.md)", "b.md"),
        ("[](b.md)", "b.md"),
        ("[a](https://example.org/b.md)", ""),
        ("[a](mailto:b@example.org)", ""),
        ("[a](#part)", ""),
        ("[a](/etc/hosts)", ""),
        ("`[a](b.md)`", ""),
        ("[a] (b.md)", ""),
        ("[a]( )", ""),
    ],
)
def test_links(link: str, asked: str) -> None:
    """Links into the tree are asked for as written, without scheme and anchor."""
    names: list[str] = []

    def has_file(name: str) -> bool:
        names.append(name)
        return False

    codes = found(f"- [ ] a\n{link}\n", World(has_file=has_file))
    assert names == ([asked] if asked else [])
    assert codes == ([(2, "dangling-link")] if asked else [])


def test_links_in_code_are_none() -> None:
    """Neither in fences, nor in front matter."""
    text = "---\na: '[b](c.md)'\n---\n- [ ] a\n```\n[b](c.md)\n```\n"
    assert found(text, EMPTY) == []


def test_unknown_agents() -> None:
    """Each once, where it is named first; else in the first line."""
    world = World(has_agent=lambda x: x == "baker")
    assert found(BOOK, world) == [(line_of(BOOK, "@miller"), "unknown-agent")]
    text = "---\nagents: [miller, oven, baker]\n---\n- [ ] ask @miller\n- [ ] @miller\n"
    assert found(text, world) == [(1, "unknown-agent"), (4, "unknown-agent")]


def test_neighbours() -> None:
    """Steps before and after that no document has; `None` names nothing."""
    assert found(BOOK, World(has_document=lambda _: False)) == [
        (line_of(BOOK, "06_Mill"), "dangling-previous")
    ]
    text = (
        "---\ntask_id: P01-T02\nprevious_task: N/A\nnext_task: P01-T03\n"
        "---\n### Subtask-01: a\n- ID: P01-T02-S01\n"
    )
    names: list[str] = []

    def has_document(name: str) -> bool:
        names.append(name)
        return False

    codes = found(text, World(has_document=has_document))
    assert names == ["P01-T03"]
    assert (4, "dangling-next") in codes


@pytest.mark.parametrize(
    ("criteria", "is_unresolved"),
    [
        (["File Content Matches: `a`"], True),
        (["File Content Matches: `a` in `b.md`"], False),
        (["File Content Matches: `a`", "File Exists: `b.md`"], False),
        (["File Content Matches: `a`", "Exit Code: `0`"], True),
        (["Exit Code: `0`"], False),
    ],
)
def test_unresolved_targets(criteria: list[str], *, is_unresolved: bool) -> None:
    """A pattern that names no file needs one beside it, or linked documents."""
    head = (
        "### Subtask-01: a\n- ID: P01-T01-S01\n{}- Steps:\n"
        "    - Step ID: P01-T01-S01-01\n      - Success Criteria:\n"
    )
    body = "".join(f"          - {x}\n" for x in criteria)
    expected = [(6, "unresolved-target")] if is_unresolved else []
    assert found(head.format("") + body) == expected
    links = "- Documentation Links:\n  - [b](mdc:b.md)\n"
    assert found(head.format(links) + body) == []


def test_subtasks_own_criteria_are_looked_at() -> None:
    """They may name no file just as those of steps."""
    text = (
        "### Subtask-01: a\n- **ID**: P01-T01-S01\n- **Steps**:\n  1. Bake\n"
        "- **Success Criteria**:\n  - File Content Matches: `a`\n"
    )
    assert (6, "unresolved-target") in found(text)


def test_what_is_dangling_can_be_asked_alone() -> None:
    """Links, agents and neighbours, without the rest."""
    text = "# A\n# A\n- [ ] a [b](c.md)\n"
    document, _ = lint.check(text, "w.md")
    problems = lint.dangling(document, text, "w.md", EMPTY)
    assert [(x.line, x.code) for x in problems] == [(3, "dangling-link")]


@given(ANY)
def test_no_text_makes_it_fail(text: str) -> None:
    """Whatever stands there, problems have a path, a line and a whole sentence."""
    document, problems = lint.check(text, "w.md", EMPTY)
    last = max(1, len(text.splitlines()) + text.count("\r"))
    assert document == read.parse(text, "w.md")[0]
    assert problems == sorted(problems, key=lambda x: (x.line, x.code))
    for x in problems:
        assert x.path == "w.md"
        assert 0 <= x.line <= last
        assert x.message.endswith(".")
        assert x.hint


@given(ANY)
def test_in_a_full_world_nothing_dangles(text: str) -> None:
    """By default everything exists that a document refers to."""
    codes = {code for _, code in found(text)}
    assert not codes & {"dangling-link", "unknown-agent", "dangling-previous"}
