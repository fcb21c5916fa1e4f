import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.index import segments

SENTENCES = [
    "認証トークンを毎回更新する。",
    "每次登录都会刷新令牌",
    "로그인할 때마다 토큰을 갱신한다",
    "ต่ออายุโทเค็นทุกครั้งที่เข้าสู่ระบบ",
    "ဝင်ရောက်တိုင်း",
    "ផ្លាស់ប្តូរ",
    "\U00020bb7野屋",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_each_character_of_a_script_without_spaces_is_a_word(text: str) -> None:
    """And the text can be read again as it was."""
    parts = segments.cut(text).split("\x1f")
    assert all(x in parts for x in text if x not in "。 ")
    assert segments.join(segments.cut(text)) == text


@pytest.mark.parametrize("text", ["login-token", "Größe und Straße", "Вход", "🚀 ok"])
def test_scripts_with_spaces_are_left_alone(text: str) -> None:
    """Their words are found as before, and no index grows."""
    assert segments.cut(text) == text


def test_what_is_mixed_is_cut_at_the_border() -> None:
    """A Latin word beside a Chinese one is a word."""
    assert segments.cut("JWT認証v2").split("\x1f") == ["JWT", "認", "証", "v2"]


@given(st.text().filter(lambda x: "\x1f" not in x))
def test_any_text_comes_back_whole(text: str) -> None:
    """Cutting adds separators and changes nothing else."""
    assert segments.join(segments.cut(text)) == text
