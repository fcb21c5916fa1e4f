"""Quoted pieces and lists of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.criteria import quotations


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("plain", []),
        ("`a` and \"b\" and 'c'", ["a", "b", "c"]),
        ('`"a"`', ['"a"']),
        (r'"a \" b" x', [r"a \" b"]),
        ("the crew's `log`", ["log"]),
        ("never ` closed", []),
        ('" open, `b`', ["b"]),
        (r'"\"', []),
    ],
)
def test_what_stands_in_quotes(text: str, pieces: list[str]) -> None:
    """An apostrophe and a quote that never closes are plain characters."""
    assert [x.text for x in quotations.quoted(text)] == pieces


@given(st.text(alphabet="a`\"'\\ (", max_size=60))
def test_a_piece_stands_where_it_says(text: str) -> None:
    """Start and end enclose the quotes, in order and without overlap."""
    place = 0
    for piece in quotations.quoted(text):
        assert piece.start >= place
        assert text[piece.start] == text[piece.end - 1] == piece.mark
        assert text[piece.start + 1 : piece.end - 1] == piece.text
        place = piece.end


@pytest.mark.parametrize(
    ("text", "values", "any_of", "rest"),
    [
        ("`a` or `b`", ["a", "b"], True, ""),
        ("`a`, `b` and `c` too", ["a", "b", "c"], False, "too"),
        ("`a`, or `b`", ["a", "b"], True, ""),
        ("`a` & `b`", ["a", "b"], False, ""),
        ("`a` or equivalent", ["a"], False, "or equivalent"),
        ("a.md, b/ or words", ["a.md", "b/"], False, "or words"),
        ("**a.md** (new)", ["a.md"], False, "(new)"),
        ("(a.md)", [], False, "(a.md)"),
        ("words only", [], False, "words only"),
    ],
)
def test_values_at_the_beginning(
    text: str,
    values: list[str],
    any_of: bool,  # noqa: FBT001 - expected
    rest: str,
) -> None:
    """The list ends where no value follows; an `or` before words joins nothing."""
    found = quotations.listed(text)
    assert [x.text for x in found.values] == values
    assert (found.any_of, found.rest) == (any_of, rest)


@pytest.mark.parametrize(
    ("word", "is_path"),
    [
        ("a.md", True),
        ("a/b/c.test.tsx", True),
        ("docs/", True),
        (".gitignore", True),
        (".env", True),
        ("Dockerfile", True),
        ("src/**/x.py", True),
        ("CI/CD", False),
        ("and/or", False),
        ("v1.2", False),
        ("e.g", False),
        (".md", False),
        ("/", False),
        ("./", False),
        ("a b.md", False),
        ("", False),
        ("x" * 500 + ".md", False),
        ("http://h/x.md", False),
    ],
)
def test_what_is_certainly_a_path(word: str, is_path: bool) -> None:  # noqa: FBT001 - expected
    """A slash alone makes no path, a known ending or a dot file does."""
    assert quotations.is_path(word) is is_path
