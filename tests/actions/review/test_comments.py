"""Comments on lines: kept with the line, sent at once or together, carried over."""

from typing import Any

import pytest

from coordinator.kernel.errors import NotFound, UsageProblem
from tests.actions.review.conftest import CODE
from tests.actions.review.review_yard import ITEM, Maintainer, item
from tests.support import FakeAgent, OpenWorkspace, git

pytestmark = pytest.mark.slow


def comments(shop: OpenWorkspace) -> list[dict[str, Any]]:
    """Return the comments on the item, with where they are by now."""
    found: list[dict[str, Any]] = shop.perform("pending show", id=ITEM)["comments"]
    return found


def sent(shop: OpenWorkspace, agent: str = "backend") -> list[dict[str, Any]]:
    """Return what an agent was sent, as values."""
    return [x["data"] for x in shop.call("inbox", {}, agent=agent)]


def comment(ann: Maintainer, verb: str = "comment", **more: Any) -> Any:  # noqa: ANN401 - JSON
    """Comment on the third line, or as is said."""
    place = {"file": "server/a.py", "line": 3, "body": "Why?", **more}
    return ann.perform(f"review {verb}", id=ITEM, **place)


def test_a_comment_keeps_its_line_and_reaches_the_author(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """File, line, quoted code and text, in one message."""
    made = comment(ann)
    assert (made["quoted"], made["patchset"], made["sent"]) == ("line 3", 1, True)
    [told] = sent(shop)
    assert (told["kind"], told["by"]) == ("review.commented", "Ann")
    line = {"file": "server/a.py", "line": 3, "quoted": "line 3", "text": "Why?"}
    assert told["comments"] == [line]
    assert item(shop)["turn"] == "maintainers"
    assert agent.home


def test_a_comment_follows_its_line(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Through insertions and a rename; a line that went leaves it outdated."""
    comment(ann)
    comment(ann, line=5)
    comment(ann, line=0)
    text = CODE.replace("line 5\n", "")
    agent.commit("server/a.py", f"first\n{text}")
    git(agent.home, "mv", "server/a.py", "server/z.py")
    git(agent.home, "commit", "-q", "-m", "Rename")
    assert item(shop)["patchset"] == 2
    there, gone, whole = comments(shop)
    assert (there["file_now"], there["now"], there["outdated"]) == (
        "server/z.py",
        4,
        False,
    )
    assert (gone["line"], gone["now"], gone["outdated"]) == (5, 0, True)
    assert (whole["file_now"], whole["outdated"]) == ("server/z.py", False)


@pytest.mark.usefixtures("agent")
def test_drafts_go_with_the_next_word(shop: OpenWorkspace, ann: Maintainer) -> None:
    """As one message; until then the author hears nothing."""
    comment(ann, "draft")
    comment(ann, "draft", line=4, body="And this?")
    assert sent(shop) == []
    assert comments(shop) == []
    own = ann.perform("pending show", id=ITEM)["comments"]
    assert [x["draft"] for x in own] == [True, True]
    ann.ask("Please.")
    [told] = sent(shop)
    assert (told["text"], len(told["comments"])) == ("Please.", 2)
    assert [x["draft"] for x in comments(shop)] == [False, False]
    with pytest.raises(NotFound):
        ann.perform("review publish", id=ITEM)


@pytest.mark.usefixtures("agent")
def test_drafts_are_sent_by_themselves(
    shop: OpenWorkspace, ann: Maintainer, bob: Maintainer
) -> None:
    """Each maintainer's own."""
    comment(ann, "draft")
    comment(bob, "draft")
    assert ann.perform("review publish", id=ITEM) == {"item": ITEM, "sent": 1}
    [told] = sent(shop)
    assert told["by"] == "Ann"


@pytest.mark.usefixtures("agent")
def test_the_author_answers_the_maintainers(
    shop: OpenWorkspace, ann: Maintainer
) -> None:
    """And an answer to a patchset needs no file."""
    comment(ann)
    shop.call("review comment", {"id": ITEM, "body": "So."}, agent="backend")
    [told] = ann.perform("inbox")
    assert told["subject"] == f"backend commented on patchset 1 of {ITEM}"
    assert "> So." in told["body"]
    assert item(shop)["state"] == "submitted"


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"body": " \n"}, UsageProblem),
        ({"file": ""}, UsageProblem),
        ({"line": 21}, NotFound),
        ({"file": "nothing.py"}, NotFound),
        ({"file": "../a.py"}, NotFound),
        ({"file": "server"}, NotFound),
        ({"patchset": 2}, NotFound),
    ],
)
def test_what_is_commented_on_is_there(
    ann: Maintainer, more: dict[str, Any], error: type[Exception]
) -> None:
    """A line, a file and a patchset that exist, and some words."""
    with pytest.raises(error):
        comment(ann, **more)


def test_a_comment_on_an_older_patchset_shows_where_it_is_now(
    shop: OpenWorkspace, agent: FakeAgent, ann: Maintainer
) -> None:
    """Whoever reads an older diff may speak of it."""
    agent.commit("server/a.py", f"first\n{CODE}")
    assert item(shop)["patchset"] == 2
    made = comment(ann, patchset=1)
    assert (made["patchset"], made["quoted"]) == (1, "line 3")
    [found] = comments(shop)
    assert (found["line"], found["now"]) == (3, 4)
