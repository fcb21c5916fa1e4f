"""Marks: what the signs mean, and that a document's own word goes before the table."""

import pytest

from coordinator.kernel.text import frontmatter
from coordinator.kernel.text.markdown import scan
from coordinator.workflows import lint
from coordinator.workflows.documents import read
from coordinator.workflows.lines import boxes, legends
from coordinator.workflows.marks import Mark, Meaning, Reading, Signs
from coordinator.workflows.runs import living_copy

BEGUN, DONE, OPEN, SKIPPED = (
    Meaning.BEGUN,
    Meaning.DONE,
    Meaning.OPEN,
    Meaning.SKIPPED,
)
ITEMS = "- [x] Mix\n- [-] Knead\n- [~] Rest\n- [!] Bake\n"


def signs(text: str) -> Signs:
    """Return what the signs of a text mean."""
    front = frontmatter.split(text, "")
    return legends.read(front, scan(front.body, first=front.body_line))


def codes(text: str) -> list[tuple[int, str]]:
    """Return what is wrong with a document, by line."""
    return [(x.line, x.code) for x in lint.check(text, "w.md")[1]]


@pytest.mark.parametrize(
    ("sign", "meaning"),
    [
        *((x, DONE) for x in "xX✓✔✅"),
        *((x, SKIPPED) for x in "-\u2013\u2014"),
        *((x, BEGUN) for x in "~/"),
        (" ", OPEN),
        *((x, None) for x in "?!>oP1"),
    ],
)
def test_the_table(sign: str, meaning: Meaning | None) -> None:
    """Without a word of the document's these hold."""
    assert Signs().meaning(sign) is meaning


@pytest.mark.parametrize(
    "legend",
    [
        "## Legend\n\n- [ ] Not started\n- [-] In progress\n- [!] Blocked\n\n## Work\n",
        "**Legend:** `[ ]` todo, `[-]` in progress, `[!]` blocked\n\n",
        "Legend:\n- [ ] open\n- [-] being worked on, started\n- [!] waiting\n\n",
        "> Legend: [-] started, [!] waiting\n\n",
        "### Status Indicators\n- [-] started\n- [!] blocked\n## Work\n",
        "Status key: [ ] = to do | [-] = doing | [!] = pending review\n",
        "### Marks\n| Mark | Says |\n|-|-|\n| `[-]` | WIP |\n| `[!]` | ask |\n# Work\n",
        '---\nmarks:\n  "-": in progress\n  "!": open\n---\n',
        '---\nmarks: {"[-]": In Progress, "[!]": Blocked}\n---\n',
    ],
)
def test_the_document_has_the_last_word(legend: str) -> None:
    """By a legend of any shape, or by its front matter; a legend's boxes are none."""
    found = signs(f"{legend}{ITEMS}")
    assert (found.meaning("-"), found.meaning("!")) == (BEGUN, OPEN)
    document, problems = read.parse(f"{legend}{ITEMS}", "w.md")
    items = document.checklist.items
    assert [x.text for x in items] == ["Mix", "Knead", "Rest", "Bake"]
    assert [x.mark for x in items] == [Mark.DONE, *[Mark.OPEN] * 3]
    assert [x.is_begun for x in items] == [False, True, True, False]
    assert problems == ()
    assert "unknown-mark" not in {x for _, x in codes(f"{legend}{ITEMS}")}


@pytest.mark.parametrize(
    "text",
    [
        "## Task marks to draw\n\n- [-] Knead\n",
        "The legend of the well: [-] is done.\n\n- [-] Knead\n",
        "```\nLegend: [-] in progress\n```\n- [-] Knead\n",
        "Legend:\nnone yet\n- [-] Knead it, started in May\n",
        "marks:\n\n- [-] Knead\n- [~] in progress\n## Work\n- [-] Bake\n",
    ],
)
def test_what_only_looks_like_a_legend(text: str) -> None:
    """Other headings, sentences and code explain nothing."""
    found = signs(text).meaning("-")
    assert found is SKIPPED


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("Not started", OPEN),
        ("incomplete", OPEN),
        ("Partially complete", BEGUN),
        ("Completed", DONE),
        ("won't do", SKIPPED),
        ("N/A", SKIPPED),
        ("not needed", SKIPPED),
        ("cancelled", SKIPPED),
        ("needs a lamp", None),
        ("", None),
    ],
)
def test_what_words_mean(words: str, meaning: Meaning | None) -> None:
    """The first of the table that is found in them."""
    assert legends.meaning_of(words) is meaning


def test_a_sign_that_nobody_explains_is_open_and_a_problem() -> None:
    """No item leaves the count in silence; a tag such as `[P]` is no sign."""
    text = "# A\n- [ ] Mix\n- [?] Knead\n- [b] Rest\n\n# B\n- [P] Bake\n- [1] Yeast\n"
    document, _ = read.parse(text, "w.md")
    found = [(x.line, x.text, x.mark, x.is_known) for x in document.checklist.items]
    assert found == [
        (2, "Mix", Mark.OPEN, True),
        (3, "Knead", Mark.OPEN, False),
        (4, "Rest", Mark.OPEN, False),
    ]
    assert codes(text) == [(3, "unknown-mark"), (4, "unknown-mark")]


def test_what_the_front_matter_does_not_tell_is_a_problem() -> None:
    """The table holds then."""
    text = '---\nmarks: {"-": blue, "!": [x]}\n---\n- [-] a\n'
    assert signs(text).meaning("-") is SKIPPED
    assert codes(text) == [(1, "bad-value"), (1, "bad-value")]


def test_each_mark_has_a_sign_in_every_document() -> None:
    """What is written is read as what was meant, whatever a legend says."""
    text = '---\nmarks: {"-": done, "x": skipped, "\u2014": done, " ": done}\n---\n'
    found = signs(text)
    for mark in Mark:
        changed = boxes.set_marks("- [~] a\n", {1: Mark.DONE}, found)
        changed = boxes.set_marks(changed, {1: mark}, found)
        [box] = [boxes.find(x, found) for x in scan(changed)]
        assert box is not None
        assert box.mark is mark


def test_a_run_that_was_begun_before_reads_as_it_did() -> None:
    """`[~]` was left out, a star and other signs made no item, a line was an item."""
    boxed = "- [~] a\n  PAUSE\n- [ ]* b\n- [?] c\n"
    text = f"## Legend\n- [~] in progress\n## Sign-off\n{boxed}"
    first = living_copy.read(text, Reading.FIRST)
    assert [(x.text, x.mark, x.role.value) for x in first.items] == [
        ("in progress", Mark.SKIPPED, "work"),
        ("a", Mark.SKIPPED, "work"),
    ]
    assert boxes.set_marks("- [~] a", {1: Mark.SKIPPED}, first.signs) == "- [~] a"
    whole = living_copy.read(text)
    assert [(x.text, x.mark, x.role.value) for x in whole.items] == [
        ("a PAUSE", Mark.OPEN, "pause"),
        ("b", Mark.OPEN, "pause"),
        ("c", Mark.OPEN, "pause"),
    ]


def test_the_lists_of_kiro_have_their_own_sign() -> None:
    """They are told by the lines that say what a task is for."""
    text = "- [-] 1. Scan\n  - _Requirements: 1.1, 2.3_\n- [~] 2. Load\n"
    assert signs(text).meaning("-") is BEGUN
    assert signs(f"---\nmarks: {{'-': skipped}}\n---\n{text}").meaning("-") is SKIPPED
    assert signs(text.replace("_Req", "Req")).meaning("-") is SKIPPED
