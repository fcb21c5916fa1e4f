import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coordinator.kernel.text.markdown import (
    Line,
    LineKind,
    blank_comments,
    first_heading,
    scan,
    split_lines,
    title,
)

ORACLE = MarkdownIt("commonmark")


def kinds(text: str) -> list[str]:
    """Return what each line is."""
    return [x.kind.value for x in scan(text)]


@pytest.mark.parametrize(
    ("line", "level", "content"),
    [
        ("# A", 1, "A"),
        ("###### A ##", 6, "A"),
        ("   ## A # b #  ", 2, "A # b"),
        ("#\tA", 1, "A"),
        ("#", 1, ""),
        ("## ##", 2, ""),
        ("# A#", 1, "A#"),
    ],
)
def test_headings(line: str, level: int, content: str) -> None:
    """A heading has a depth and a content without its closing marks."""
    [found] = scan(line)
    assert (found.kind, found.level, found.content) == (
        LineKind.HEADING,
        level,
        content,
    )


@pytest.mark.parametrize(
    "line", ["#A", "####### A", "    # A", "text", "***", "- - -", "___", "12", "-a"]
)
def test_what_only_looks_like_a_heading_or_a_bullet(line: str) -> None:
    """Rules, numbers, hashtags and words are text."""
    assert kinds(line) in (["text"], ["blank"])


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("- a", (0, "-", "a", "")),
        ("  * [ ] a", (2, "*", "a", " ")),
        ("\t+ [x] a", (4, "+", "a", "x")),
        ("3. [X]  a ", (0, "3.", "a", "X")),
        ("10) a", (0, "10)", "a", "")),
        ("- [ ]", (0, "-", "", " ")),
        ("-", (0, "-", "", "")),
        ("- [y] a", (0, "-", "[y] a", "")),
        ("- [x]a", (0, "-", "[x]a", "")),
        ("- [](a)", (0, "-", "[](a)", "")),
    ],
)
def test_bullets_and_boxes(line: str, wanted: tuple[int, str, str, str]) -> None:
    """A bullet has indent, marker and content, and perhaps a box."""
    [found] = scan(line)
    assert found.kind is LineKind.BULLET
    assert (found.level, found.marker, found.content, found.box) == wanted


def test_a_box_in_a_fence_is_code() -> None:
    """An example in a code block is never ticked."""
    text = "```md\n- [ ] a\n# b\n```\n- [ ] c\n"
    assert kinds(text) == ["fence", "code", "code", "fence", "bullet"]
    assert scan(text)[0].content == "md"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("```\na\n~~~\n```\nb", "text"),
        ("````\n```\n````\nb", "text"),
        ("~~~ a ` b\n~~~~\nb", "text"),
        ("```\n``` x\nb", "code"),
        ("```\n```\u00a0\nb", "code"),
        ("``` a ` b\nb", "text"),
        ("- ```\n  a\n  ```\nb", "text"),
        ("```\nb", "code"),
    ],
)
def test_fences_close_as_they_opened(text: str, last: str) -> None:
    """Same character, at least as long, nothing behind; else to the end."""
    assert kinds(text)[-1] == last


def test_numbers_go_on_from_the_first() -> None:
    """A body below front matter keeps the file's line numbers."""
    assert [x.number for x in scan("a\r\n\rb", first=5)] == [5, 6, 7]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\rc\n\n", ["a", "b", "c", ""]),
        ("a\u2028b\x0cc\x85", ["a\u2028b\x0cc\x85"]),
        ("\n\r", ["", ""]),
    ],
)
def test_lines_end_where_editors_end_them(text: str, lines: list[str]) -> None:
    """Only LF, CRLF and CR count."""
    assert split_lines(text) == lines


BITS = st.lists(
    st.one_of(
        st.sampled_from(["\n", "\r\n", "\r", "a", "- [ ] x", "\u2028", " ", "```"]),
        st.text(max_size=5),
    )
).map("".join)


@given(text=BITS)
def test_scanning_loses_no_line(text: str) -> None:
    """Each line appears once, as it stands."""
    assert [x.text for x in scan(text)] == split_lines(text)


# Documents of the shape that agents write. Known and accepted differences from
# CommonMark, which these do not hold: code by indent alone and fences indented by four
# or more (a fence below a list item stands so), headings by underline, headings and
# fences within a quote or behind a bullet's mark on the same line, HTML blocks, and
# list items that end a fence.
SHAPES = st.lists(
    st.one_of(
        st.builds(
            "{}{}{}{}".format,
            st.sampled_from(["", " ", "   "]),
            st.sampled_from(["#", "##", "######", "#######", "# #"]),
            st.sampled_from(["", " ", "\t"]),
            st.sampled_from(["", "Title", "a # b", "a ##", "#", "x#  "]),
        ),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "  "]),
            st.sampled_from(["```", "````", "~~~", "~~~~"]),
            st.sampled_from(["", "py", " a b", "  ", " a`b"]),
        ),
        st.sampled_from(["", "words", "*a*", "***", "> quote", "a `b` c"]),
    ),
    max_size=14,
)


@given(lines=SHAPES, end=st.sampled_from(["\n", "\r\n"]))
def test_headings_and_fences_are_those_of_commonmark(
    lines: list[str], end: str
) -> None:
    """markdown-it-py, a CommonMark parser, finds the same ones on the same lines."""
    text = end.join(lines) + end
    headings: list[tuple[int, int]] = []
    code: list[tuple[int, str]] = []
    for token in ORACLE.parse(text):
        if token.map and token.type == "heading_open":
            headings.append((token.map[0] + 1, int(token.tag[1])))
        if token.map and token.type == "fence":
            code.append((token.map[0] + 1, token.info.strip()))
    found = scan(text)
    ours = [(x.number, x.level) for x in found if x.kind is LineKind.HEADING]
    assert ours == headings
    assert openings(found) == code


def openings(lines: list[Line]) -> list[tuple[int, str]]:
    """Return number and info string of each line that opens a fence."""
    fences = [x for x in lines if x.kind is LineKind.FENCE]
    return [(x.number, x.content) for x in fences if x.marker]


def test_the_first_heading_is_the_title() -> None:
    """A heading in a fence is none; a text may have no title."""
    assert first_heading(scan("```\n# a\n```\nb\n## c\n# d\n")) == "c"
    assert first_heading(scan("b\n")) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Rye\n", "Rye"),
        ("Words.\n\n## Context\n\n# Rye\n", "Rye"),
        ("\n## Rye\n\nWords.\n", "Rye"),
        ("## Rye\n\n# Oat\n", "Oat"),
        ("## **Context:**\n\nWords.\n", None),
        ("Words.\n\n## Rye\n", None),
        ("```\n# Rye\n```\n", None),
        ("#\n\n## Rye\n", None),
        ("", None),
    ],
)
def test_a_title_names_the_whole_document(text: str, expected: str | None) -> None:
    """And never a part of it only."""
    found = title(scan(text))
    assert (found.content if found else None) == expected


def test_comments_are_blanked_in_place() -> None:
    """What is commented out does not count, and lines keep their numbers."""
    assert blank_comments("a <!-- b\r\nc --> d\n<!-- e") == "a \r\n d\n<!-- e"
    assert blank_comments("plain") == "plain"
