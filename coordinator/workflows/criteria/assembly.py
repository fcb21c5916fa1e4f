"""A criterion in the making: values, remarks and quotes put into their places.

It decides no kind; the readers of each kind do.
"""

from collections.abc import Sequence
from dataclasses import replace

from coordinator.kernel.text.bullets import plain
from coordinator.workflows.criteria import quotations
from coordinator.workflows.criteria.quotations import Listed, Quoted
from coordinator.workflows.model import Criterion

_ALONE = Listed((), any_of=True, rest="")


def fill(
    drafted: Criterion, values: Sequence[str], found: Listed = _ALONE
) -> Criterion:
    """Return it with its values: all are asked for, unless `found` has an `or`.

    What `found` says beside them becomes the remark.
    """
    several = len(values) > 1 and not found.any_of
    return replace(
        drafted,
        values=() if several else tuple(values),
        parts=tuple(values) if several else (),
        remark=remark(found.rest),
    )


def remark(text: str) -> str:
    """Return a remark without the brackets and dashes that set it off."""
    text = plain(text).strip(" .,;:-—")
    is_bracketed = text.startswith("(") and text.find(")") == len(text) - 1
    return text[1:-1].strip() if is_bracketed else text


def inside(text: str) -> str:
    """Return a text without the quotes around it, if they belong together."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]
    return text[1:-1] if is_quoted else text


def raw(piece: Quoted) -> str:
    """Return a piece with quotes other than backticks: a pattern may need them."""
    return piece.text if piece.mark == "`" else f"{piece.mark}{piece.text}{piece.mark}"


def unwrapped(value: str) -> str:
    """Return a sentence without the quotes around all of it."""
    pieces = quotations.quoted(value) if value[:1] in {"`", '"'} else ()
    whole = len(pieces) == 1 and not value[pieces[0].end :].strip(" .")
    return pieces[0].text if whole and " " in pieces[0].text else value
