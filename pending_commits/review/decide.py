"""What may be said of a patchset, and what follows: pure, from values alone.

It alone makes a review's records; they are recorded, and the author is told, elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coordinator.kernel.blobs import name_of
from coordinator.kernel.errors import Conflict, CoordinatorError, NotFound, Refused
from coordinator.kernel.journal import Draft
from pending_commits.item_states import FINISHED, ItemEvent, ItemState, next_state
from pending_commits.review import requirements, words
from pending_commits.review.model import (
    CUT,
    Requirement,
    ReviewComment,
    ReviewedItem,
    ReviewMessage,
    ReviewWord,
    Said,
    WordKind,
)

Owners = requirements.Owners
Require = Callable[[ReviewedItem], Sequence[Requirement]]
_REVIEWED = frozenset(
    {ItemState.SUBMITTED, ItemState.CHANGES_REQUESTED, ItemState.APPROVED}
)


@dataclass(frozen=True, slots=True)
class ReviewRuling:
    """Records to be made together, the texts that they name, and what is told.

    `told` is what the author is sent; empty: nothing.
    """

    records: tuple[Draft, ...] = ()
    texts: tuple[str, ...] = ()
    told: ReviewMessage | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: how records name it, its name if a maintainer has one, what it says.

    `require` tells what an item lacks; `others` are the names of other maintainers,
    empty ones of those that have none.
    """

    actor: str
    text: str
    require: Require
    name: str = ""
    others: tuple[str, ...] = ()


class StalePatchset(Conflict):
    """Somebody speaks of a patchset that a newer one has replaced."""

    def __init__(self, item: ReviewedItem, wanted: int) -> None:
        said, hint = words.stale(item, wanted)
        super().__init__(said, hint=hint)


class NotShown(Refused):
    """A maintainer would approve what was not shown to them."""

    def __init__(self, item: ReviewedItem, seen: int) -> None:
        said, hint = words.not_shown(item, seen)
        super().__init__(said, hint=hint)


def approve(
    item: ReviewedItem, speaker: Speaker, *, wanted: int = 0, labels: Sequence[str] = ()
) -> ReviewRuling:
    """Approve the newest patchset, which was shown; `wanted` names it, 0: it is meant.

    Raises:
        Refused: The speaker is its author, or was not shown it.
        Conflict: A newer one stands, or there is nothing to approve.
    """
    next_state(item.state, ItemEvent.APPROVE)
    _check_newest(item, wanted)
    is_author = item.is_author(speaker.actor, speaker.name)
    if is_author and not all(item.is_author_by_name(x) for x in speaker.others):
        raise _error(Refused, words.own_work(item))
    _check_shown(item, speaker)
    _check_whole(item, speaker, wanted)
    more = {"labels": [*labels], "own": is_author}
    return _said(item, WordKind.APPROVED, speaker, more)


def request_changes(
    item: ReviewedItem, speaker: Speaker, *, wanted: int = 0
) -> ReviewRuling:
    """Ask for changes of the newest patchset.

    Raises:
        Refused: Nothing is said, in words or in comments; or an older one was shown.
        Conflict: A newer one stands, or nothing can be asked any more.
    """
    next_state(item.state, ItemEvent.REQUEST_CHANGES)
    _check_newest(item, wanted)
    if not speaker.text.strip() and not drafts_of(item, speaker.actor):
        raise _error(Refused, words.nothing_said(item))
    if not wanted and last_shown(item, speaker.actor):
        _check_shown(item, speaker)
    return _said(item, WordKind.REQUESTED, speaker)


def revoke(item: ReviewedItem, speaker: Speaker) -> ReviewRuling:
    """Take back what the speaker said of the newest patchset.

    Raises:
        NotFound: Nothing of the speaker's stands.
        Conflict: It is over.
    """
    next_state(item.state, ItemEvent.REVOKE)
    taken_back = {WordKind.APPROVED, WordKind.REQUESTED, WordKind.AGREED}
    own = [x for x in item.standing if x.actor == speaker.actor]
    if not any(x.kind in taken_back for x in own):
        raise _error(NotFound, words.nothing_to_revoke(item, speaker.actor))
    return _said(item, WordKind.REVOKED, speaker)


def agree(item: ReviewedItem, speaker: Speaker, owners: Owners) -> ReviewRuling:
    """Give an agent's word about the paths that are its own and not the author's.

    Raises:
        Refused: None of its paths are touched, or it is the author.
        Conflict: It is over.
    """
    next_state(item.state, ItemEvent.APPROVE)
    touched = [x.path for x in item.newest.files or ()]
    strange = requirements.outside(touched, item.agent, owners) if item.agent else {}
    if not any(speaker.actor in x for x in strange.values()):
        raise _error(Refused, words.nothing_to_agree(item, speaker.actor))
    return _said(item, WordKind.AGREED, speaker)


def _error(kind: type[CoordinatorError], said: tuple[str, str]) -> CoordinatorError:
    sentence, hint = said
    return kind(sentence, hint=hint)


def _check_newest(item: ReviewedItem, wanted: int) -> None:
    if wanted and wanted != item.newest.number:
        known = {x.number for x in item.patchsets}
        if wanted not in known:
            raise _error(NotFound, words.no_patchset(item, wanted))
        raise StalePatchset(item, wanted)


def _check_shown(item: ReviewedItem, speaker: Speaker) -> None:
    if not item.was_shown(speaker.actor, item.newest.number):
        raise NotShown(item, last_shown(item, speaker.actor))


def _check_whole(item: ReviewedItem, speaker: Speaker, wanted: int) -> None:
    """Have a patchset named whose diff was too large to be shown whole."""
    if not wanted and item.was_cut(speaker.actor, item.newest.number):
        raise _error(Refused, words.was_cut(item))


def last_shown(item: ReviewedItem, actor: str) -> int:
    """Return the newest patchset whose diff somebody was shown; 0: none."""
    shown = (x for x in item.words if x.kind is WordKind.SHOWN and x.actor == actor)
    return max((x.patchset for x in shown), default=0)


def show(
    item: ReviewedItem, actor: str, number: int, *, is_cut: bool = False
) -> Draft | None:
    """Return the record that a patchset was shown to a maintainer; None: it was."""
    is_better = not is_cut and item.was_cut(actor, number)
    if item.was_shown(actor, number) and not is_better:
        return None
    more = {"labels": [CUT]} if is_cut else {}
    return _record(item, WordKind.SHOWN.value, actor, number, more)


def drafts_of(item: ReviewedItem, actor: str) -> tuple[ReviewComment, ...]:
    """Return the comments of somebody that were not sent yet, the oldest first."""
    return tuple(x for x in item.comments if x.is_draft and x.actor == actor)


def comment(
    item: ReviewedItem, speaker: Speaker, place: ReviewComment, *, is_draft: bool
) -> ReviewRuling:
    """Say something of a line, a file or a patchset: `place` but for who says what."""
    data = {
        "head": place.head,
        "file": place.file,
        "line": place.line,
        "quoted": _stored(place.quoted),
        "text": _stored(speaker.text),
        "draft": is_draft,
    }
    said = replace(place, text=speaker.text)
    own = _record(item, "review.commented", speaker.actor, place.patchset, data)
    told = words.message(item, "review.commented", Said(speaker.actor), [said])
    texts = tuple(x for x in (place.quoted, speaker.text) if x)
    return ReviewRuling((own,), texts, None if is_draft else told)


def publish(item: ReviewedItem, speaker: Speaker) -> ReviewRuling:
    """Send the speaker's drafts.

    Raises:
        NotFound: There are none.
    """
    drafts = drafts_of(item, speaker.actor)
    if not drafts:
        raise _error(NotFound, words.no_drafts(item))
    kind, number = "review.published", item.newest.number
    data = {"comments": [x.seq for x in drafts], "text": _stored(speaker.text)}
    own = _record(item, kind, speaker.actor, number, data)
    told = words.message(item, kind, Said(speaker.actor, speaker.text), drafts)
    if not speaker.text:
        return ReviewRuling((own,), (), told)
    place = ReviewComment(0, "", "", number, item.newest.head)
    whole = comment(item, speaker, place, is_draft=True)
    records = (*whole.records, own)
    return ReviewRuling(records, whole.texts, told)


def _said(
    item: ReviewedItem,
    kind: WordKind,
    speaker: Speaker,
    more: dict[str, Any] | None = None,
) -> ReviewRuling:
    """Return the record of a word, the move that follows, and the author's message."""
    drafts = drafts_of(item, speaker.actor)
    number = item.newest.number
    data = {
        "head": item.newest.head,
        "text": _stored(speaker.text),
        "comments": [x.seq for x in drafts],
        **(more or {}),
    }
    own = _record(item, kind.value, speaker.actor, number, data)
    labels = tuple((more or {}).get("labels", ()))
    now = with_word(item, ReviewWord(0, "", speaker.actor, kind, number, labels))
    moved = move(now, speaker.require(now), speaker.actor)
    told = words.message(item, kind.value, Said(speaker.actor, speaker.text), drafts)
    records = (own, *([moved] if moved else []))
    return ReviewRuling(records, (speaker.text,) if speaker.text else (), told)


def with_word(item: ReviewedItem, word: ReviewWord) -> ReviewedItem:
    """Return the item once a word is said: it replaces its speaker's earlier ones."""
    mine = (word.actor, word.patchset)
    before = (
        x
        if x.kind is WordKind.SHOWN or (x.actor, x.patchset) != mine
        else replace(x, stands=False)
        for x in item.words
    )
    stands = word.kind is not WordKind.REVOKED
    return replace(item, words=(*before, replace(word, stands=stands)))


def settled(item: ReviewedItem, found: Sequence[Requirement]) -> ItemState:
    """Return where the item stands by what was said and what the settings ask."""
    if requirements.requests(item):
        return ItemState.CHANGES_REQUESTED
    is_known = item.newest.files is not None
    if is_known and all(x.met for x in found if x.by_review):
        # What is queued, held or checked rests on its approval and stays there.
        was_more = item.state not in _REVIEWED
        return item.state if was_more else ItemState.APPROVED
    return ItemState.SUBMITTED


_EVENTS = {
    ItemState.CHANGES_REQUESTED: ItemEvent.REQUEST_CHANGES,
    ItemState.APPROVED: ItemEvent.APPROVE,
    ItemState.SUBMITTED: ItemEvent.REVOKE,
}


def move(item: ReviewedItem, found: Sequence[Requirement], actor: str) -> Draft | None:
    """Return the record of the item's move to where it is `settled`; None: none."""
    if item.state in {*FINISHED, ItemState.DRAFT} or not item.patchsets:
        return None
    new = settled(item, found)
    if new is item.state:
        return None
    new = next_state(item.state, _EVENTS[new])
    note = f"{item.state.value} → {new.value}"
    data = {"from": item.state.value, "to": new.value, "note": note}
    return Draft("pending.moved", actor, item.id, {"path": item.path, **data})


def _record(
    item: ReviewedItem, kind: str, actor: str, number: int, data: dict[str, Any]
) -> Draft:
    return Draft(kind, actor, item.id, {"patchset": number, **data})


def _stored(text: str) -> str:
    return name_of(text.encode()) if text else ""
