"""Any document: which family it is of; nothing makes the reading fail."""

import pytest
from hypothesis import given

from coordinator.kernel.problems import Problem
from coordinator.kernel.text import markdown
from coordinator.workflows.documents import counts, read
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import living_copy
from tests.workflows.any_documents import ANY
from tests.workflows.sample_documents import (
    AGENT,
    ALL,
    BOOK,
    CATALOGUE,
    GROUPED,
    HEADED,
)


def parse(text: str) -> Document:
    """Read a text, whatever its problems."""
    return read.parse(text, "w.md")[0]


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        (GROUPED, Family.CHECKLIST, "Oven Workflow"),
        (HEADED, Family.CHECKLIST, "Counter Workflow"),
        (CATALOGUE, Family.CATALOGUE, "Head Baker Mode: Task Guidelines"),
        (AGENT, Family.AGENT, "Baker Agent Workflow"),
        (BOOK, Family.STEPS, "Bakery - Yard v1"),
        ("- [ ] a\n", Family.CHECKLIST, "w"),
        ("---\ntitle: Rye\n---\n# Oat\n- [ ] a\n", Family.CHECKLIST, "Rye"),
        ("## Description\n\n- [ ] a\n", Family.CHECKLIST, "w"),
        ("<!--\n# Not this\n-->\n# Rye\n- [ ] a\n", Family.CHECKLIST, "Rye"),
        ("---\ntitle: Rye\n---\n- [ ] a\n", Family.CHECKLIST, "Rye"),
        ("---\nname: Oat\n---\n# H\n- [ ] a\n", Family.CHECKLIST, "H"),
    ],
)
def test_each_family_is_told(text: str, kind: Family, title: str) -> None:
    """By its headings and keys; the rest is a plain checklist."""
    document, problems = read.parse(text, "w.md")
    assert (document.kind, document.title, problems) == (kind, title, ())


def test_what_the_head_of_a_checklist_says() -> None:
    """Phase, task, name and description in every spelling; the first of each."""
    assert dict(parse(HEADED).fields) == {
        "project_phase": "[Phase Number/Name] Counter-Focused",
        "name": "[Feature Name]",
        "description": "[Feature Description]",
    }
    text = "Project Phase: 2\n- **Current Task**: rolls\nName: a\nName: b\n- [ ] x\n"
    assert parse(text).fields == (
        ("project_phase", "2"),
        ("current_task", "rolls"),
        ("name", "a"),
    )


def test_the_agents_of_front_matter() -> None:
    """One, several, with or without `@`."""
    assert parse('---\nagent: "@baker"\n---\n- [ ] a\n').agents == ("baker",)
    text = "---\nagents:\n  - '@baker'\n  - miller\n---\n- [ ] a\n"
    assert parse(text).agents == ("baker", "miller")


def test_an_agent_workflow_shows_its_identity_as_fields() -> None:
    """Who it is can be asked for as of any document."""
    assert parse(AGENT).said("name") == "Baker"
    assert len(parse(AGENT).checklist.items) == 2


@pytest.mark.parametrize("text", ["", "Hello.\n", "# Title\n\n- a\n- b\n", "```\n"])
def test_a_document_of_no_family_is_a_problem(text: str) -> None:
    """It becomes an empty checklist, with what would mend it."""
    document, problems = read.parse(text, "docs/w.md")
    assert document.kind is Family.CHECKLIST
    assert problems == (
        Problem(
            "docs/w.md",
            1,
            "no-items",
            "There are no boxes, steps or stages in it: it is no workflow.",
            "Write items as `- [ ] what to do`.",
        ),
    )


def test_front_matter_that_is_broken_is_reported_once() -> None:
    """Its problem is the document's, and the body is read nevertheless."""
    for text in ("---\na: [\n---\n- [ ] x\n", "---\na: [\n---\n### Subtask-01: b\n"):
        document, problems = read.parse(text, "w.md")
        codes = [x.code for x in problems if x.code != "no-criteria"]
        assert codes == ["bad-front-matter"]
        assert document.checklist.items or document.book.tasks


def test_lines_count_from_the_top_of_the_file() -> None:
    """Front matter and a byte order mark move no number."""
    document = parse("\ufeff---\na: b\n---\n\n- [ ] x\n")
    assert [x.line for x in document.checklist.items] == [5]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("text", ALL)
def test_other_line_ends_say_the_same(text: str, end: str) -> None:
    """CRLF and CR change nothing that is read."""
    assert parse(text.replace("\n", end)) == parse(text)


@given(ANY)
def test_no_text_makes_it_fail(text: str) -> None:
    """Every text is read, and every line that is named is there."""
    document, problems = read.parse(text, "w.md")
    assert counts.count(document, problems)["kind"] == document.kind.value
    last = max(1, len(markdown.split_lines(text)))
    assert all(1 <= x.line <= last for x in document.checklist.items)
    assert all(0 <= x.line <= last for x in problems)
    assert document.checklist == living_copy.read(text)
