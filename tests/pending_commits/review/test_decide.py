"""What may be said of a patchset, decided with literals."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from coordinator.kernel.errors import Conflict, NotFound, Refused
from pending_commits.item_states import FINISHED, ItemState, MoveNotAllowed
from pending_commits.review import decide
from pending_commits.review.decide import NotShown, ReviewRuling, StalePatchset
from pending_commits.review.model import (
    CUT,
    Policy,
    ReviewComment,
    ReviewedItem,
    WordKind,
)
from tests.pending_commits.review.reviewing import (
    ANN,
    ANYBODY,
    BOB,
    HEADS,
    OWNERS,
    draft,
    first,
    item,
    kinds,
    moved,
    patchset,
    require,
    shown,
    speaker,
    word,
)

TWO = Policy(approvals=2)


def asks_two(found: ReviewedItem) -> tuple[object, ...]:
    """Return what an item lacks where two must approve."""
    return require(found, TWO)


def test_an_approval_is_of_one_commit() -> None:
    """Its record has patchset and id, and the author is told."""
    found = decide.approve(item(words=(shown(),)), speaker(text="Good"))
    assert kinds(found) == ["review.approved", "pending.moved"]
    data = first(found).data
    assert (data["patchset"], data["head"]) == (1, HEADS[0])
    assert data["own"] is False
    assert moved(found) == ("submitted", "approved")
    assert found.texts == ("Good",)
    assert found.told is not None
    assert found.told.to == "backend"


def test_nobody_approves_what_was_not_shown() -> None:
    """The hint shows it, or the difference to what was shown."""
    with pytest.raises(NotShown) as caught:
        decide.approve(item(), speaker())
    assert caught.value.hint.endswith("pending show backend-login --diff")
    later = item(patchset(1), patchset(2), words=(shown(),))
    with pytest.raises(NotShown) as caught:
        decide.approve(later, speaker())
    assert caught.value.hint.endswith("--diff --patchset 1..2")
    with pytest.raises(NotShown):
        decide.approve(item(words=(shown(BOB),)), speaker())


def test_a_name_is_no_look() -> None:
    """A patchset that was not shown is not approved by its number either."""
    with pytest.raises(NotShown):
        decide.approve(item(), speaker(), wanted=1)
    with pytest.raises(NotShown):
        decide.request_changes(
            item(patchset(1), patchset(2), words=(shown(),)), speaker(text="No")
        )


def test_what_was_cut_off_is_approved_by_its_number() -> None:
    """Whoever looked at the rest elsewhere says so; a whole look counts as ever."""
    cut = item(words=(replace(shown(), labels=(CUT,)),))
    with pytest.raises(Refused, match="was cut off"):
        decide.approve(cut, speaker())
    assert moved(decide.approve(cut, speaker(), wanted=1))
    record = decide.show(cut, ANN, 1)
    assert record is not None
    whole = replace(cut, words=(*cut.words, shown()))
    assert moved(decide.approve(whole, speaker()))
    assert decide.show(cut, ANN, 1, is_cut=True) is None


def test_a_newer_patchset_is_never_approved_unseen() -> None:
    """Both ids are named, and the command that shows what changed."""
    later = item(patchset(1), patchset(2), words=(shown(),))
    with pytest.raises(StalePatchset) as caught:
        decide.approve(later, speaker(), wanted=1)
    assert "aaaaaaaaaaaa" in caught.value.message
    assert "bbbbbbbbbbbb" in caught.value.message
    assert caught.value.hint.endswith("--patchset 1..2")
    with pytest.raises(NotFound):
        decide.approve(later, speaker(), wanted=3)


@pytest.mark.parametrize(
    "mine",
    [
        item(patchset(1, by=ANN), agent=""),
        item(patchset(1, by=ANN), patchset(2, by=BOB), agent=""),
        item(replace(patchset(1, by="(coordinator)"), authors=("Ann",)), agent=""),
    ],
)
def test_an_author_never_approves(mine: ReviewedItem) -> None:
    """Nor who wrote one of its commits; where there is only one, the record says so."""
    last = mine.newest.number
    mine = replace(mine, words=(shown(number=last), shown("(maintainer Eve)", last)))
    with pytest.raises(Refused, match="your own work"):
        decide.approve(mine, speaker(others=("Eve",)))
    found = decide.approve(mine, speaker())
    assert first(found).data["own"] is True
    assert moved(decide.approve(mine, speaker("(maintainer Eve)")))


def test_where_all_maintainers_are_authors_one_of_them_approves() -> None:
    """Else nobody could."""
    made = replace(patchset(1, by=ANN), authors=("Ann", "Bob"))
    both = item(made, agent="", words=(shown(),))
    assert first(decide.approve(both, speaker(others=("Bob",)))).data["own"] is True
    with pytest.raises(Refused, match="your own work"):
        decide.approve(both, speaker(others=("Bob", "")))


def test_names_in_an_agents_commits_mean_nothing() -> None:
    """Agents often commit under the name of the person whose machine they use."""
    found = item(replace(patchset(1), authors=("Ann",)), words=(shown(),))
    assert moved(decide.approve(found, speaker(others=("Bob",))))


def test_several_maintainers_may_have_to_approve() -> None:
    """The last of them moves the item."""
    one = decide.approve(item(words=(shown(),)), speaker(require=asks_two))
    assert kinds(one) == ["review.approved"]
    given = item(words=(word(WordKind.APPROVED, BOB), shown()))
    two = decide.approve(given, speaker(require=asks_two), wanted=1)
    assert moved(two) == ("submitted", "approved")
    again = item(words=(word(WordKind.APPROVED, ANN), shown()))
    assert moved(decide.approve(again, speaker(require=asks_two), wanted=1)) is None


def test_changes_are_asked_for_in_words() -> None:
    """In the text or in a draft; an approval that stood falls with them."""
    found = item(state=ItemState.APPROVED, words=(word(WordKind.APPROVED),))
    asked = decide.request_changes(found, speaker(text="Name it."))
    assert moved(asked) == ("approved", "changes-requested")
    with pytest.raises(Refused, match="Nothing is said"):
        decide.request_changes(found, speaker(text=" \n"))
    drafted = decide.request_changes(replace(found, comments=(draft(),)), speaker())
    assert first(drafted).data["comments"] == [9]
    assert drafted.told is not None
    assert "server/a.py:3" in drafted.told.body


def test_one_wish_is_enough_and_its_owner_takes_it_back() -> None:
    """While another's stands, the item stays with its author."""
    asked = (word(WordKind.REQUESTED, ANN), word(WordKind.REQUESTED, BOB))
    found = item(state=ItemState.CHANGES_REQUESTED, words=asked)
    assert moved(decide.revoke(found, speaker())) is None
    alone = replace(found, words=asked[:1])
    assert moved(decide.revoke(alone, speaker())) == ("changes-requested", "submitted")
    seen = replace(alone, words=(*alone.words, shown()))
    approved = decide.approve(seen, speaker())
    assert moved(approved) == ("changes-requested", "approved")


def test_an_approval_that_is_taken_back_leads_to_review() -> None:
    """From wherever it had brought the item; of nobody's there is nothing to take."""
    for state in ("approved", "queued", "checking", "held", "ejected"):
        found = item(state=ItemState(state), words=(word(WordKind.APPROVED),))
        assert moved(decide.revoke(found, speaker())) == (state, "submitted")
        with pytest.raises(NotFound):
            decide.revoke(found, speaker(BOB))


def test_what_is_queued_stays_so_under_another_approval() -> None:
    """It rests on what was said before."""
    for state in (ItemState.QUEUED, ItemState.CHECKING, ItemState.HELD):
        found = item(state=state, words=(word(WordKind.APPROVED, BOB), shown()))
        assert moved(decide.approve(found, speaker(), wanted=1)) is None


@pytest.mark.parametrize("state", [*sorted(FINISHED - {"closed"}), ItemState.DRAFT])
def test_what_is_over_or_not_begun_is_not_reviewed(state: ItemState) -> None:
    """The table of the states says so."""
    found = item(state=state)
    sayings: list[Callable[[], ReviewRuling]] = [
        lambda: decide.approve(found, speaker(), wanted=1),
        lambda: decide.request_changes(found, speaker(text="x")),
        lambda: decide.revoke(found, speaker()),
        lambda: decide.agree(found, speaker("frontend"), OWNERS),
    ]
    for say in sayings:
        with pytest.raises(MoveNotAllowed):
            say()


def test_an_owner_agrees_to_changes_of_its_own_paths() -> None:
    """Nobody else, and not the author."""
    found = item(patchset(1, "web/a.js"))
    assert kinds(decide.agree(found, speaker("frontend"), OWNERS)) == ["review.agreed"]
    for stranger in ("docs", "backend"):
        with pytest.raises(Refused):
            decide.agree(found, speaker(stranger), OWNERS)
    no_approval = Policy(approvals=0)
    agreed = decide.agree(
        found,
        speaker("frontend", require=lambda x: require(x, no_approval)),
        OWNERS,
    )
    assert moved(agreed) == ("submitted", "approved")


def test_to_be_shown_a_patchset_is_recorded_once() -> None:
    """For each maintainer, and each patchset."""
    record = decide.show(item(), ANN, 1)
    assert record is not None
    assert (record.kind, record.data) == ("review.shown", {"patchset": 1})
    seen = item(words=(shown(),))
    assert decide.show(seen, ANN, 1) is None
    assert decide.show(seen, BOB, 1) is not None


def test_a_comment_is_told_at_once_and_a_draft_is_not() -> None:
    """Both keep the line as it was."""
    place = ReviewComment(0, "", "", 1, HEADS[0], "server/a.py", 3, "x = 1")
    said = speaker(text="Why?")
    sent = decide.comment(item(), said, place, is_draft=False)
    assert sent.told is not None
    assert sent.told.data["comments"] == [
        {"file": "server/a.py", "line": 3, "quoted": "x = 1", "text": "Why?"}
    ]
    kept = decide.comment(item(), said, place, is_draft=True)
    assert kept.told is None
    assert kept.texts == ("x = 1", "Why?")


def test_drafts_are_sent_together() -> None:
    """Only their own author's; where there are none, nothing is sent."""
    found = item(comments=(draft("One"), draft("Two", BOB), draft("Three")))
    sent = decide.publish(found, speaker())
    assert sent.told is not None
    assert [x["text"] for x in sent.told.data["comments"]] == ["One", "Three"]
    with pytest.raises(NotFound):
        decide.publish(found, speaker("frontend"))


def test_what_the_author_says_the_maintainers_hear() -> None:
    """And of a person's own branch they hear everything."""
    place = ReviewComment(0, "", "", 1, HEADS[0])
    own = decide.comment(item(), speaker("backend", "So"), place, is_draft=False)
    assert own.told is not None
    assert own.told.to == ""
    theirs = item(patchset(1, by=BOB), agent="", words=(shown(),))
    told = decide.approve(theirs, speaker(), wanted=1).told
    assert told is not None
    assert told.to == ""


def test_settings_that_ask_for_more_take_an_approval_away() -> None:
    """And those that ask for less may give one; what is finished stays."""
    found = item(state=ItemState.APPROVED, words=(word(WordKind.APPROVED),))
    assert decide.move(found, require(found), "x") is None
    record = decide.move(found, require(found, TWO), "x")
    assert record is not None
    assert (record.data["from"], record.data["to"]) == ("approved", "submitted")
    free = require(item(), Policy(approvals=0))
    record = decide.move(item(), free, "x")
    assert record is not None
    assert record.data["to"] == "approved"
    landed = item(state=ItemState.LANDED)
    assert decide.move(landed, require(landed, TWO), "x") is None


def test_a_nameless_maintainer_is_one_like_others() -> None:
    """Its token came before names."""
    found = item(words=(shown(ANYBODY),))
    assert moved(decide.approve(found, speaker(ANYBODY)))
    assert isinstance(StalePatchset(item(), 1), Conflict)
