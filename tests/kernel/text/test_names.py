import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.errors import ErrorKind, UsageProblem
from coordinator.kernel.text import names


@pytest.mark.parametrize("name", ["a", "0", "a.b_c-d", "x" * 100])
def test_good_names_pass(name: str) -> None:
    """The alphabet of made names is small."""
    assert names.check(name, "an agent") == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "A", "a b", "a/b", ".a", "-a", "_a", "é", "a\n", "x" * 101),
        *("a..b", "a.", "a.lock", "..", "a\0", "\u202e"),
    ],
)
def test_other_names_are_refused(name: str) -> None:
    """What git or a shell would trip over is no name."""
    with pytest.raises(UsageProblem) as caught:
        names.check(name, "an agent")
    assert caught.value.kind is ErrorKind.USAGE
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Add JWT auth!", "add-jwt-auth"),
        ("  Café — Menü  ", "cafe-menu"),
        ("日本", ""),
        ("a" * 80, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    """A title becomes a name, or nothing where no letter is left."""
    assert names.slug(text) == slug


@given(text=st.text())
def test_a_slug_is_a_name_or_nothing(text: str) -> None:
    """What `slug` makes, `check` lets pass."""
    slug = names.slug(text)
    assert slug == "" or names.check(slug, "it") == slug


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日本 ✅ ⚠️", "plain é 日本 ✅ ⚠️"),
        ("\x1b[31m\r\n\t\x7f", "\\x1b[31m\\r\\n\\t\\x7f"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\u2028\u2066\u00ad", "\\u2028\\u2066\\xad"),
        ("\udcff\ue000", "\\udcff\\ue000"),
        ("a\u3164b\u115f\u2800", "a\\u3164b\\u115f\\u2800"),
        ("\U000e0041\U000e0101", "\\U000e0041\\U000e0101"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    """Control, bidirectional and invisible characters show their numbers."""
    assert names.display(text) == shown


@given(text=st.text())
def test_what_is_displayed_holds_nothing_hidden(text: str) -> None:
    """A terminal gets no character that it would obey."""
    shown = names.display(text)
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not hidden & {unicodedata.category(x) for x in shown}
