"""Titles: front matter, then the first heading of the first level, then the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.documents import read

NAMES = st.text(st.sampled_from("abcÉ漢 "), min_size=1, max_size=12).filter(
    lambda x: x.strip() == x
)
COMMENT = "<!-- Thank you for reading\nthis -->"
BEFORE = st.sampled_from(["", f"{COMMENT}\n\n", "Words.\n\n", "```\n# Code\n```\n\n"])
SECTIONS = st.sampled_from(["Description", "Context", "Tasks", "Summary", "Goal"])


@given(
    st.none() | NAMES,
    BEFORE,
    st.none() | SECTIONS,
    st.none() | NAMES,
    st.lists(SECTIONS, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_title_is_what_the_author_calls_the_document(
    said: str | None,
    before: str,
    section: str | None,
    heading: str | None,
    after: list[str],
    end: str,
) -> None:
    """Never a comment, never the name of a section, whatever stands around it."""
    parts = [
        f"---\ntitle: {said}\n---\n" if said else "",
        before,
        f"## {section}\n\n" if section else "",
        f"# {heading}\n\n" if heading else "",
        "- [ ] Go\n\n",
        *(f"## {x}\n\n" for x in after),
    ]
    text = "".join(parts).replace("\n", end)
    document, _ = read.parse(text, "plans/the-file.md")
    assert document.title == (said or heading or "the-file")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Plan of bread\n=====\n\n- [ ] Go\n", "Plan of bread"),
        ("## 1. Graph model\n\n- [ ] Go\n\n## 2. View\n", "the-file"),
        ("## Bread\n\n- [ ] Go\n", "Bread"),
    ],
)
def test_titles_of_other_shapes(text: str, title: str) -> None:
    """Underlined ones; one of several steps is none."""
    document, _ = read.parse(text, "plans/the-file.md")
    assert document.title == title
