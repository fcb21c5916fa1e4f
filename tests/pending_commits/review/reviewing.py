"""Reviewed items made of literals: what tests of decisions start from."""

from dataclasses import replace
from typing import Any

from coordinator.kernel.journal import Draft
from pending_commits.item_states import ItemState
from pending_commits.model import FileChange
from pending_commits.review import requirements
from pending_commits.review.decide import ReviewRuling, Speaker
from pending_commits.review.model import (
    GitView,
    Patchset,
    Policy,
    Requirement,
    ReviewComment,
    ReviewedItem,
    ReviewWord,
    WordKind,
)

ANN, BOB, ANYBODY = "(maintainer Ann)", "(maintainer Bob)", "(maintainer)"
HEADS = ("a" * 40, "b" * 40, "c" * 40)
OWNERS = {"backend": ("server/**",), "frontend": ("web/**",), "docs": ()}


def change(path: str, mode: str = "100644", before: str = "") -> FileChange:
    """Return a changed file."""
    return FileChange(path, 1, 1, before, mode_before=mode, mode=mode)


def patchset(number: int, *paths: str, by: str = "backend") -> Patchset:
    """Return a patchset that changes these paths."""
    files = tuple(map(change, paths or ("server/a.py",)))
    return Patchset(number, HEADS[number - 1], "0" * 40, by, f"at {number}", files)


def item(*patchsets: Patchset, **more: Any) -> ReviewedItem:  # noqa: ANN401 - fields
    """Return an agent's submitted item, with one patchset where none is given."""
    made = ReviewedItem(
        id="backend-login",
        title="Add login",
        agent="backend",
        repository="shop",
        branch="backend/login",
        path="pending-commits/backend-login.md",
        state=ItemState.SUBMITTED,
        at="then",
        patchsets=patchsets or (patchset(1),),
    )
    return replace(made, **more)


def word(kind: WordKind, actor: str = ANN, number: int = 1, **more: Any) -> ReviewWord:  # noqa: ANN401 - as above
    """Return a word that stands."""
    return ReviewWord(1, "at", actor, kind, number, **more)


def shown(actor: str = ANN, number: int = 1) -> ReviewWord:
    """Return that a patchset was shown to somebody."""
    return word(WordKind.SHOWN, actor, number)


def draft(text: str = "Why?", actor: str = ANN) -> ReviewComment:
    """Return a comment on a line that was not sent yet."""
    place = ("server/a.py", 3, "x = 1")
    return ReviewComment(9, "at", actor, 1, HEADS[0], *place, text, is_draft=True)


def require(
    found: ReviewedItem, policy: Policy | None = None, git: GitView | None = None
) -> tuple[Requirement, ...]:
    """Return what an item lacks by these settings; by default one approval."""
    return requirements.requirements(
        found, policy or Policy(), OWNERS, git or GitView()
    )


def speaker(actor: str = ANN, text: str = "", **more: Any) -> Speaker:  # noqa: ANN401 - as above
    """Return who speaks; its name is what stands in the brackets."""
    name = actor.strip("()").removeprefix("maintainer").strip()
    return Speaker(actor, text, more.pop("require", require), name, **more)


def lacking(found: tuple[Requirement, ...]) -> list[str]:
    """Return the names of what is not met."""
    return [x.name for x in found if not x.met]


def kinds(ruling: ReviewRuling) -> list[str]:
    """Return the kinds of a ruling's records."""
    return [x.kind for x in ruling.records]


def moved(ruling: ReviewRuling) -> tuple[str, str] | None:
    """Return from where to where a ruling moves the item, if it does."""
    found = [x for x in ruling.records if x.kind == "pending.moved"]
    return (found[0].data["from"], found[0].data["to"]) if found else None


def first(ruling: ReviewRuling) -> Draft:
    """Return a ruling's first record."""
    return ruling.records[0]
