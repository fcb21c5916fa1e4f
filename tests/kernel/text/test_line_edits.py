import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text.line_edits import replace_line, replace_lines
from coordinator.kernel.text.markdown import split_lines

BITS = st.lists(
    st.one_of(
        st.sampled_from(["\n", "\r\n", "\r", "a", "- [ ] x", "\u2028", " ", "```"]),
        st.text(max_size=5),
    )
).map("".join)


@given(text=BITS, new=st.text(st.characters(exclude_characters="\r\n")))
def test_one_line_changes_and_every_other_byte_stays(text: str, new: str) -> None:
    """Line ends, a missing last one, and unknown text are kept."""
    parts = re.split(r"(\r\n|\n|\r)", text)
    count = len(split_lines(text))
    for number in range(1, count + 1):
        at = 2 * number - 2
        wanted = [*parts[:at], new, *parts[at + 1 :]]
        assert replace_line(text, number, new) == "".join(wanted)
    for number in (-1, 0, count + 1):
        with pytest.raises(IndexError):
            replace_line(text, number, new)


@given(text=BITS, numbers=st.sets(st.integers(-2, 12)))
def test_replacing_lines_is_replacing_each(text: str, numbers: set[int]) -> None:
    """Every other byte stays; a number that no line has is left out."""
    count = len(split_lines(text))
    expected = text
    for number in sorted(x for x in numbers if 0 < x <= count):
        expected = replace_line(expected, number, f"new {number}")
    assert replace_lines(text, {x: f"new {x}" for x in numbers}) == expected
