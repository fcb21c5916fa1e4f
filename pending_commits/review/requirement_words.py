"""What an item has and lacks for landing, in sentences with the command that mends it.

It decides nothing: each function is given what is so, and says it.
"""

import shlex
from collections.abc import Mapping, Sequence

from coordinator.kernel.text.names import display
from pending_commits.item_states import ItemState
from pending_commits.review.model import (
    GitView,
    Requirement,
    ReviewedItem,
    ReviewWord,
    Turn,
)
from pending_commits.review.words import listed, name_of

_SHORT = 12
_MEANS = {
    "protected": "{paths} may decide how everybody's work is checked, merged or run",
    "submodules": "the commit of a submodule changes ({paths})",
    "author": "nobody knows who proposed it",
    "searched": "not all added lines were searched for secrets",
}


def submitted(item: ReviewedItem, turn: Turn) -> Requirement:
    """Say that nothing of a branch was taken yet."""
    said = f"No commit of {display(item.branch) or 'a branch'} was submitted yet."
    if item.state is ItemState.DRAFT and item.patchsets:
        said = "It is a draft."
    return Requirement("submitted", said, _submit(item), turn)


def current(item: ReviewedItem, git: GitView) -> Requirement:
    """Say whether the newest patchset is what the branch stands at."""
    head, branch = item.newest.head[:_SHORT], display(item.branch)
    number, moved, trouble = item.newest.number, git.moved, git.trouble
    if git.is_gone and not trouble:
        said = f"{branch} is gone; patchset {number} ({head}) is kept."
        return Requirement("current", said, met=True)
    if not moved and not trouble:
        said = f"Patchset {number} is what {branch} stands at, {head}."
        return Requirement("current", said, met=True)
    where = f"stands at {moved[:_SHORT]} by now" if moved else "cannot be taken"
    why = f": {trouble}" if trouble else "."
    said = f"{branch} {where}, not at patchset {number} ({head}){why}"
    return Requirement("current", said, _submit(item), Turn.AUTHOR)


def examined(item: ReviewedItem, trouble: str) -> Requirement:
    """Say that nobody knows yet what a patchset changes."""
    why = f": {trouble}" if trouble else "."
    said = f"Patchset {item.newest.number} was not examined yet{why}"
    command = f"coordinator pending show {item.id}"
    return Requirement("examined", said, command, Turn.AUTHOR)


def answered(item: ReviewedItem, requests: Sequence[ReviewWord]) -> Requirement:
    """Say whether somebody's wish for changes is unanswered."""
    if not requests:
        return Requirement("answered", "Nobody waits for changes.", met=True)
    who = listed(name_of(x.actor) for x in requests)
    said = f"{who} asked for changes of patchset {item.newest.number}: commit some."
    command = f"git commit -a && {_submit(item)}"
    return Requirement("answered", said, command, Turn.AUTHOR)


def merges(item: ReviewedItem, conflicts: Sequence[str]) -> Requirement:
    """Say whether it merges with the branch that it is to land on."""
    if not conflicts:
        return Requirement("merges", "It merges with the target.", met=True)
    said = f"It does not merge with the target in {listed(conflicts)}."
    return Requirement("merges", said, _submit(item), Turn.AUTHOR)


def approved(
    item: ReviewedItem, given: Sequence[ReviewWord], wanted: int
) -> Requirement:
    """Say how many have approved the newest patchset, and who."""
    number = item.newest.number
    who = f" ({listed(name_of(x.actor) for x in given)})" if given else ""
    asked = f"{wanted} approval{'' if wanted == 1 else 's'}"
    said = f"Patchset {number} has {len(given)}{who} of {asked}."
    if len(given) >= wanted:
        said = (
            f"Patchset {number} has its {asked}{who}."
            if wanted
            else "No approval is asked."
        )
        return _agreed("approved", said)
    return _for_maintainers("approved", said, _approve(item))


def labelled(
    item: ReviewedItem, label: str, touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say whether a label that some paths ask for was given."""
    if met:
        return _agreed(f"label {label}", f"It was approved with the label {label}.")
    said = f"An approval with the label {label} is asked for by {listed(touched)}."
    return _for_maintainers(f"label {label}", said, _approve(item, label))


def owned(
    item: ReviewedItem, names: Sequence[str], touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say whether one of the maintainers that the settings name for paths approved."""
    who = " or ".join(names)
    if met:
        return _agreed("owner", f"{who} approved {listed(touched)}.")
    said = f"The approval of {who} is asked for by {listed(touched)}."
    return _for_maintainers("owner", said, _approve(item))


def own_paths(
    item: ReviewedItem, left: Mapping[str, Sequence[str]], *, met: bool
) -> Requirement:
    """Say which paths are not the author's, and whose word they need."""
    if met:
        said = "A maintainer or their owner agreed to paths that are not its author's."
        return _agreed("own paths", said)
    owners = tuple(dict.fromkeys(y for x in left.values() for y in x))
    ack = f"{' or '.join(owners)} (coordinator pending ack {item.id}) or "
    word = f"{ack if owners else ''}a maintainer"
    said = f"{listed(left)}: not {item.agent}'s own, so it needs the word of {word}."
    return _for_maintainers("own paths", said, _approve(item))


def maintainers_word(
    item: ReviewedItem, name: str, touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say that something always needs a maintainer's approval."""
    what = _MEANS[name].format(paths=listed(touched))
    if met:
        return _agreed(name, f"A maintainer approved, and {what}.")
    said = f"A maintainer must approve, since {what}."
    return _for_maintainers(name, said, _approve(item))


def _for_maintainers(name: str, said: str, command: str) -> Requirement:
    return Requirement(name, said, command, Turn.MAINTAINERS, by_review=True)


def _agreed(name: str, said: str) -> Requirement:
    return Requirement(name, said, met=True, by_review=True)


def _approve(item: ReviewedItem, label: str = "") -> str:
    more = f" --label {label}" if label else ""
    return f"coordinator review approve {item.id}{more}"


def _submit(item: ReviewedItem) -> str:
    return f"coordinator pending submit --branch {shlex.quote(item.branch) or 'BRANCH'}"
