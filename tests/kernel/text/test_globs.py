import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text import globs
from tests.support import within_cpu_seconds


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("src/*.py", ["src/x.py", "src/.py"], ["src/deep/x.py", "x.py", "src/x.pyc"]),
        ("src/**", ["src/x", "src/a/b"], ["source/x"]),
        ("**/x.py", ["x.py", "a/x.py", "a/b/x.py"], ["a/xx.py"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/x"]),
        ("**", ["a", "a/b", ""], []),
        ("a**b", ["ab", "axxb"], ["a/b"]),
        ("?.md", ["a.md"], [".md", "aa.md", "/.md"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x", "/x"]),
        ("[!a]x", ["bx"], ["ax"]),
        ("[^a]x", ["bx"], ["ax"]),
        ("[]]", ["]"], ["[]]", ""]),
        ("[", ["["], ["a"]),
        ("a[b", ["a[b"], ["ab"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("README.md", ["README.md"], ["readme.md", "docs/README.md"]),
    ],
)
def test_what_a_glob_means(pattern: str, inside: list[str], outside: list[str]) -> None:
    """Names are whole; only `**` goes deeper."""
    assert [x for x in inside if not globs.matches(x, pattern)] == []
    assert [x for x in outside if globs.matches(x, pattern)] == []


NAME = st.text("ab[]!-^*?", min_size=1, max_size=8)


@given(st.text("ab]!-^[", max_size=6), NAME)
def test_within_a_name_it_is_the_shells_language(name: str, pattern: str) -> None:
    """As fnmatch has it, where both have a word for it."""
    if "**" not in pattern and "[^" not in pattern and "[" not in pattern:
        assert globs.matches(name, pattern) is fnmatchcase(name, pattern)


PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=5)
GLOBS = st.lists(
    st.sampled_from(["a", "b", "*", "**", "a*", "?"]), min_size=1, max_size=5
)


@given(PATHS, GLOBS)
def test_a_glob_is_a_regular_expression(path: list[str], pattern: list[str]) -> None:
    """The matcher says what the language of the pattern says."""
    words = {"**": "(?:[^/]+/)*", "*": "[^/]*/", "a*": "a[^/]*/", "?": "[^/]/"}
    regex = "".join(words.get(x, f"{x}/") for x in pattern)
    expected = re.fullmatch(regex, "/".join(path) + "/") is not None
    assert globs.matches("/".join(path), "/".join(pattern)) is expected


def test_a_hostile_pattern_takes_no_time() -> None:
    """Patterns come from documents of agents."""
    with within_cpu_seconds(5):
        assert not globs.matches("a" * 2_000, "*a" * 200 + "b")
        assert not globs.matches(
            "/".join("a" * 500), "/".join(["**", "a"] * 100) + "/b"
        )


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_pattern(path: str, pattern: str) -> None:
    """None makes it fail; a plain text means itself."""
    globs.matches(path, pattern)
    assert globs.is_glob(path) or globs.matches(path, path)
