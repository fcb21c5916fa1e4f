"""Whether two texts are one document at two times, or two documents of one name.

It compares what they ask for; it knows no template and no run.
"""

from coordinator.workflows.model import Document

_LEAST = 1 / 3  # of the smaller one; less is shared by chance, such as "Write tests"
_FEW = 3


def share(one: Document, other: Document) -> float:
    """Return how much of what the smaller one asks for the other asks for too.

    That is what their items say, else the titles of their sections. Of very few the
    titles of the documents tell: 1.0 or nothing.
    """
    wanted, had = _asked(one), _asked(other)
    smaller = min(len(wanted), len(had))
    if wanted & had or smaller >= _FEW:
        return len(wanted & had) / smaller
    return float(not smaller or _plain(one.title) == _plain(other.title))


def is_same(one: Document, other: Document) -> bool:
    """Tell whether one is likely to be another version of the other."""
    return share(one, other) >= _LEAST


def _asked(document: Document) -> set[str]:
    items = {_plain(x.text) for x in document.checklist.items}
    return (items or {_plain(x.title) for x in document.sections}) - {""}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
