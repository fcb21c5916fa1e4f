import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnings.format import append_decision, parse, render_decision, render_learning
from learnings.model import Decision, Learning, Status
from tests.support import within_cpu_seconds

PATH = "agent-system/learnings/docs-decisions.md"


def read(text: str, path: str = PATH) -> Learning:
    """Parse a text that must hold no problem."""
    learning, problems = parse(text, path)
    assert problems == ()
    return learning


def codes(text: str, path: str = PATH) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in parse(text, path)[1]]


LOG = """\
# Backend notes

**Date**: 2026-01-31
Tags: #cache, tokens

## Decision Log
- Use tokens
- **Keep logs**: the law
  - for a year
"""


def test_a_learning_has_a_title_tags_a_date_and_its_decisions() -> None:
    """Everything with its line."""
    learning = read(LOG)
    assert (learning.title, learning.line) == ("Backend notes", 1)
    assert (learning.tags, learning.date) == (("cache", "tokens"), "2026-01-31")
    first, second = learning.decisions
    assert (first.title, first.line, first.status) == (
        "Use tokens",
        7,
        Status.ACCEPTED,
    )
    assert (second.title, second.text) == ("Keep logs", "the law\nfor a year")


def test_any_markdown_is_a_learning() -> None:
    """Without a title the file's name speaks, without a date its name too."""
    path = "agent-system/learnings/2026-01-31_slow-tests.md"
    learning = read("Just words.\n", path)
    assert (learning.title, learning.date) == ("2026 01 31 slow tests", "2026-01-31")
    assert learning.decisions == ()
    front = (
        "---\ntitle: Slow tests\ntags: [ci, time]\ncreated: 2026-02-01\n---\nWords\n"
    )
    assert read(front) == Learning(
        "Slow tests", PATH, 1, tags=("ci", "time"), date="2026-02-01"
    )


def test_an_id_does_not_change_when_something_is_added_above() -> None:
    """Messages and other decisions point to it."""
    before = read(LOG).decisions
    after = read(LOG.replace("- Use tokens", "- Before\n- Use tokens")).decisions
    assert [x.id for x in after[1:]] == [x.id for x in before]
    assert [x.line for x in after] == [7, 8, 9]


def test_equal_titles_in_a_file_have_different_ids() -> None:
    """The second gets a number behind it."""
    first, second, third = read("## Decisions\n- Use x\n- Use X\n- use x.\n").decisions
    assert (second.id, third.id) == (f"{first.id}-2", f"{first.id}-3")


def test_equal_titles_in_two_files_have_different_ids() -> None:
    """The file's name is part of the id."""
    text = "## Decisions\n- Use x\n"
    ids = {read(text, f"agent-system/learnings/{x}.md").decisions[0].id for x in "ab"}
    assert len(ids) == 2


def test_a_record_is_its_only_decision() -> None:
    """What its sections list was not decided one by one."""
    text = "# 9. Use tokens\n\n## Status\n\nAccepted\n\n## Decision\n\n- Small ones\n"
    (decision,) = read(text).decisions
    assert decision == Decision(
        "adr-0009", "Use tokens", PATH, 1, said="Accepted", text="Small ones"
    )


def test_a_superseded_decision_says_so() -> None:
    """Whatever its status line says."""
    text = "# 9. Use x\n\n## Status\n\nAccepted\n\nSuperseded by [10. Y](0010-y.md)\n"
    (decision,) = read(text).decisions
    assert decision.status is Status.SUPERSEDED
    assert decision.superseded_by == ("adr-0010",)


def test_names_that_a_file_gives_its_decisions_are_resolved_in_it() -> None:
    """`DL-001` means the entry of that label, in this file."""
    text = (
        "decisions:\n- id: DL-001\n  title: Use cookies\n"
        "- id: DL-002\n  title: Use tokens\n  supersedes: DL-001, DL-009\n"
    )
    first, second = read(text, "agent-system/learnings/log.yaml").decisions
    assert (first.title, second.title) == ("DL-001: Use cookies", "DL-002: Use tokens")
    assert second.supersedes == (first.id, "dl-009")


def test_tables_and_lists_stand_in_one_file() -> None:
    """Decisions come in the order of their lines."""
    text = (
        "| Decision | Status |\n|--|--|\n| Use x | accepted |\n\n## Decisions\n"
        "- Use y\n\n| Decision | Date |\n|--|--|\n| Use z | 2026-01-31 |\n"
    )
    assert [x.title for x in read(text).decisions] == ["Use x", "Use y", "Use z"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("## Decisions\n- [describe decision]\n", 2),
        ("## Decisions\n- Use x\n- Decision 2: [Description]\n", 3),
        ("# {short title}\n\n## Decision Outcome\nChosen: {x}\n", 1),
        ("| ID | Decision | Date |\n|--|--|--|\n| [D-1] | [What] | [Day] |\n", 3),
    ],
)
def test_a_templates_words_are_a_problem_and_no_decision(text: str, line: int) -> None:
    """Nobody decided `[describe decision]`."""
    assert codes(text) == [(line, "placeholder")]
    assert all(x.title == "Use x" for x in parse(text, PATH)[0].decisions)


def test_empty_boxes_are_neither_decisions_nor_problems() -> None:
    """A list that waits for its first decision is well."""
    assert read("Key decisions and learnings:\n1. [ ]\n2. [ ]\n").decisions == ()


def test_a_conflict_is_a_problem_and_the_rest_is_read() -> None:
    """A merge that nobody resolved is told with its line."""
    text = "## Decisions\n<<<<<<< HEAD\n- Use x\n=======\n- Use y\n>>>>>>> other\n"
    assert codes(text) == [(2, "conflict-marker")]
    assert len(parse(text, PATH)[0].decisions) == 2


def test_a_status_that_is_not_understood_is_a_problem() -> None:
    """The decision stands, and its author is told."""
    text = "# 9. Use x\n\n## Status\n\npurple\n\n## Decision\ny\n"
    assert codes(text) == [(1, "unknown-status")]
    assert parse(text, PATH)[0].decisions[0].said == "purple"
    assert codes(text.replace("purple", "{accepted}")) == []


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("# ADR-7: Use rye\n\nWe shall see.\n", "rye.md", ["no-decision"]),
        (
            "# Use rye\n\n## Status\n\n## Context\n\nOat fell.\n",
            "rye.md",
            ["no-decision"],
        ),
        ("# Use rye\n\nWe shall see.\n", "adr-0007-rye.md", ["no-decision"]),
        ("# Use rye\n\n## Decision Log\n\n- Rye\n", "adr-0007-rye.md", []),
        ("# Use rye\n\nWe shall see.\n", "0007-rye.md", []),
    ],
)
def test_what_looks_like_a_record_and_is_none_is_a_problem(
    text: str, path: str, found: list[str]
) -> None:
    """A number alone is no such look: learnings may be numbered, too."""
    assert [x.code for x in parse(text, path)[1]] == found


def test_broken_yaml_is_a_problem() -> None:
    """Front matter is read as far as possible; a list cannot be."""
    path = "agent-system/learnings/log.yml"
    assert codes("decisions:\n- a: b: c\n", path) == [(2, "bad-yaml")]
    text = "---\nstatus: x: y\ndate: 2026-01-31\n---\n# 9. Use x\n## Decision\ny\n"
    assert codes(text)[0] == (2, "bad-front-matter")
    assert parse(text, PATH)[0].decisions[0].date == "2026-01-31"


def test_comments_and_fences_decide_nothing() -> None:
    """Examples are not decisions."""
    text = "## Decisions\n<!--\n- no\n-->\n```\n- no\n```\n- yes\n"
    assert [x.title for x in read(text).decisions] == ["yes"]


def test_a_long_text_is_bounded() -> None:
    """What is kept of a decision fits into a list."""
    text = f"## Decisions\n- {'x ' * 400}\n" + "  - words of a tale\n" * 400
    (decision,) = read(text).decisions
    assert len(decision.title) <= 300
    assert len(decision.text) == 2_000


def test_what_is_written_reads_back() -> None:
    """Title, reason, day, author and the older decisions."""
    entry = render_decision(
        "Use tokens", "small\n\nand new", "docs", "2026-01-31", "d-3fa91c, ADR-7"
    )
    assert entry == (
        "- Use tokens (2026-01-31, by docs, supersedes d-3fa91c, ADR-7)\n"
        "  small\n  and new"
    )
    (decision,) = read(f"## Decision Log\n\n{entry}\n").decisions
    assert (decision.title, decision.text) == ("Use tokens", "small\nand new")
    assert (decision.date, decision.agent) == ("2026-01-31", "docs")
    assert decision.supersedes == ("d-3fa91c", "adr-0007")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# Decisions\n\n## Decision Log\n\n- New\n"),
        ("# Mine\n", "# Mine\n\n## Decision Log\n\n- New\n"),
        ("# Mine", "# Mine\n\n## Decision Log\n\n- New\n"),
        ("## Decisions\n- Old\n", "## Decisions\n- Old\n- New\n"),
        ("## Decisions\n- Old", "## Decisions\n- Old\n- New\n"),
        ("## Decisions\n", "## Decisions\n\n- New\n"),
        (
            "## Decisions\r\n- Old\r\n\r\n## Rest\r\nx",
            "## Decisions\r\n- Old\r\n- New\r\n\r\n## Rest\r\nx",
        ),
        (
            "## Decisions\n- Old\n## Rest\n",
            "## Decisions\n- Old\n- New\n\n## Rest\n",
        ),
        (
            "# Decision Log\n\n## Decision 1: Old\nx\n",
            "# Decision Log\n\n- New\n\n## Decision 1: Old\nx\n",
        ),
        (
            "---\ntags: a\n---\n",
            "---\ntags: a\n---\n\n## Decision Log\n\n- New\n",
        ),
        (
            "# Mine\n```\nopen\n",
            "# Mine\n\n## Decision Log\n\n- New\n\n```\nopen\n",
        ),
        (
            "## Decisions\n- Decision: Old\n- Status: done\n",
            (
                "## Decisions\n- Decision: Old\n- Status: done\n\n"
                "## Decision Log\n\n- New\n"
            ),
        ),
    ],
)
def test_an_entry_is_added_and_every_other_byte_stays(before: str, after: str) -> None:
    """At the end of the log, or in a new one."""
    assert append_decision(before, "New") == after
    found = [x.title for x in parse(after, PATH)[0].decisions]
    assert "New" in found
    assert len(found) == len(parse(before, PATH)[0].decisions) + 1


def test_a_decision_that_supersedes_is_written_in_its_authors_own_file() -> None:
    """The older one's file is not touched; the link stands in the new entry."""
    text = append_decision(
        "## Decision Log\n- Old\n", "New", "why", "d-3fa91c", agent="docs"
    )
    assert text.endswith("- New (by docs, supersedes d-3fa91c)\n  why\n")
    assert read(text).decisions[1].supersedes == ("d-3fa91c",)


@pytest.mark.parametrize(
    "title",
    [
        "Use A — not B",
        "Cache: in memory",
        "**Bold** move",
        "ADR-7: Use x",
        "2026-01-31: a day",
        "Use x (accepted)",
        "Use `x`",
        "1. first",
        "Use [x](y.md)",
    ],
)
def test_titles_that_look_like_something_else_stay_titles(title: str) -> None:
    """What somebody typed is what the list shows, marks aside."""
    text = append_decision("## Decisions\n- Old\n", title, "why", "d-3fa91c")
    old, new = read(text).decisions
    words = title.replace("**", "").replace("[x](y.md)", "x").replace("`", "")
    assert new.title.replace("`", "") == words or new.date
    assert (new.text, new.supersedes) == ("why", ("d-3fa91c",))
    assert old.title == "Old"


@given(
    st.text(max_size=60),
    st.text(alphabet="#`~-*<>|= ab\n[]", max_size=80),
    st.sampled_from(["", LOG, "# x\n```\n- y\n", "---\na: b\n---\n"]),
)
def test_no_words_in_an_entry_break_the_log(
    title: str, reason: str, document: str
) -> None:
    """A heading or a fence in the reasons ends nothing."""
    text = append_decision(document, title, reason)
    after = append_decision(text, "The next one")
    assert "The next one" in [x.title for x in parse(after, PATH)[0].decisions]
    assert [x for x in document.splitlines() if x not in after.splitlines()] == []


def test_a_new_learning_reads_back() -> None:
    """Title, day, tags and words; who wrote it is data."""
    text = render_learning(
        "Tokens\nexpire", "\nAfter an hour.\n\n", "docs", "2026-01-31", ("auth", "time")
    )
    assert text == (
        "# Tokens expire\n\n- **Date**: 2026-01-31\n- **Agent**: docs\n"
        "- **Tags**: auth, time\n\nAfter an hour.\n"
    )
    assert read(text) == Learning(
        "Tokens expire", PATH, 1, tags=("auth", "time"), date="2026-01-31"
    )
    assert render_learning("Tokens", "", "", "") == "# Tokens\n"


def test_the_facts_of_a_learning_are_no_decisions() -> None:
    """Even when it is called Decisions."""
    text = render_learning("Decisions", "- Use x\n", "docs", "2026-01-31", ("a",))
    assert [x.title for x in read(text).decisions] == ["Use x"]


@given(st.text(), st.sampled_from([PATH, "log.yaml", "", "a/0009-b.md"]))
def test_any_text_can_be_read(text: str, path: str) -> None:
    """No text raises; a document is never lost for its form."""
    learning, problems = parse(text, path)
    assert learning.path == path
    assert all(x.path == path and x.message.endswith(".") for x in problems)


PIECES = st.lists(
    st.sampled_from(
        [
            "# 9. Use x",
            "## Decisions",
            "### Decision 1: y",
            "## Status",
            "## Decision",
            "- Use z",
            "  - Status: rejected",
            "| ID | Decision | Date |",
            "|--|--|--|",
            "| 1 | Use q | 2026-01-31 |",
            "Key decisions:",
            "1. [x] Use p (supersedes d-3fa91c)",
            "Superseded by ADR-4",
            "```",
            "---",
            "",
        ]
    ),
    max_size=14,
)


@given(PIECES)
def test_ids_are_unique_in_a_file(pieces: list[str]) -> None:
    """Each decision can be named, and stands on a line that exists."""
    text = "\n".join(pieces)
    decisions = parse(text, PATH)[0].decisions
    assert len({x.id for x in decisions}) == len(decisions)
    assert all(1 <= x.line <= len(pieces) for x in decisions)


def test_a_file_with_too_many_decisions_is_a_problem_and_is_read_up_to_there() -> None:
    """One file cannot fill the index."""
    text = "## Decisions\n" + "- Use x\n" * 2_001
    learning, problems = parse(text, PATH)
    assert len(learning.decisions) == 2_000
    assert [(x.line, x.code) for x in problems] == [(2_002, "too-many-decisions")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("## Decisions\n" + "- Use x\n" * 30_000, PATH),
        ("## Decisions\n- " + "**" * 500_000, PATH),
        ("## Decisions\n" + "### a\n" * 40_000, PATH),
        ("## Decisions\n" + "- a\n    - b\n" * 22_000, PATH),
        ("Decisions:\n" * 22_000, PATH),
        ("- Decisions:\n  - x\n" * 12_000, PATH),
        ("# 9. a\n## Status\n" + "supersedes " * 90_000, PATH),
        ("# " + "[" * 1_000_000, PATH),
        ("| ID | Decision | Date |\n|-|-|-|\n" + "| a | b | c |\n" * 18_000, PATH),
        ("|" * 1_000_000, PATH),
        ("- title: x\n" * 22_000, "log.yaml"),
        ("[" * 1_000_000, "log.yaml"),
    ],
    ids=range(12),
)
def test_much_of_anything_is_read(text: str, path: str) -> None:
    """Reading takes time in proportion; a square of it would hang here for long."""
    with within_cpu_seconds(60):
        parse(text, path)
