"""Edits of single lines that keep every other byte of a text where it is.

They know lines by number only, never what a line says.
"""

from collections.abc import Mapping

from coordinator.kernel.text.markdown import LINE_END


def replace_line(text: str, number: int, new: str) -> str:
    """Return the text with line `number` (from 1) replaced, every other byte kept.

    Raises:
        IndexError: The text has no such line.
    """
    start = 0 if number > 0 else len(text)
    for _ in range(number - 1):
        end = LINE_END.search(text, start)
        if end is None:
            raise IndexError(number)
        start = end.end()
    if start >= len(text):
        raise IndexError(number)
    end = LINE_END.search(text, start)
    return text[:start] + new + text[end.start() if end else len(text) :]


def replace_lines(text: str, new: Mapping[int, str]) -> str:
    """Return the text with these lines (from 1) replaced, every other byte kept.

    A number that no line has is left out; it takes time linear in the text's length.
    """
    if not new:
        return text
    kept: list[str] = []
    start = 0
    for number, end in enumerate(LINE_END.finditer(text), 1):
        kept += [new.get(number, text[start : end.start()]), end[0]]
        start = end.end()
    last = len(kept) // 2 + 1
    return "".join([*kept, new.get(last, text[start:]) if text[start:] else ""])
