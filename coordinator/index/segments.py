"""Segments: text of scripts without spaces, cut so that the index finds words in it.

SQLite takes a run of letters for one word. Each character of these scripts is made a
word of its own; whoever asks has his words cut alike, and they are found as a row. It
asks nothing of the index.
"""

import re
import unicodedata

_CUT = "\x1f"  # the unit separator: no word holds it, and nobody types it
# By Unicode's blocks. Korean has spaces, and endings that nobody types in a search.
_SCRIPTS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"  # Khmer, Tai
    "\u2e80-\u2fdf\u3005-\u318f\u31a0-\u31ff"  # radicals, kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\uff66-\uffdc"  # half-width kana and Hangul
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff"  # further kana and Han
)
_RUN = re.compile(f"[{_SCRIPTS}]+")


def cut(text: str) -> str:
    """Return the text with each character of these scripts a word of its own."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: f"{_CUT}{_CUT.join(run[0])}{_CUT}", text)


def join(text: str) -> str:
    """Return text that was cut as it is read."""
    return text.replace(_CUT, "")


def is_word(text: str) -> bool:
    """Tell whether the index can find it: it holds a letter or a digit.

    These are what SQLite's tokenizer unicode61 takes for parts of words.
    """
    kinds = (unicodedata.category(x) for x in text)
    return any(x[0] in "LN" or x == "Co" for x in kinds)
