"""Every sentence about review, as it is read."""

from dataclasses import replace

import pytest

from pending_commits.item_states import ItemState
from pending_commits.review import requirement_words as needs
from pending_commits.review import words
from pending_commits.review.model import (
    FoundSecret,
    GitView,
    Requirement,
    ReviewComment,
    Said,
    Turn,
    WordKind,
)
from tests.pending_commits.review.reviewing import (
    ANN,
    BOB,
    HEADS,
    draft,
    item,
    patchset,
    shown,
    word,
)

APPROVE = "coordinator review approve backend-login"
SUBMIT = "coordinator pending submit --branch backend/login"
GIVEN = [word(WordKind.APPROVED), word(WordKind.APPROVED, BOB)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            needs.submitted(item(patchsets=()), Turn.AUTHOR),
            ("No commit of backend/login was submitted yet.", SUBMIT),
        ),
        (
            needs.submitted(item(state=ItemState.DRAFT), Turn.AUTHOR),
            ("It is a draft.", SUBMIT),
        ),
        (
            needs.current(item(), GitView()),
            ("Patchset 1 is what backend/login stands at, aaaaaaaaaaaa.", ""),
        ),
        (
            needs.current(item(), GitView(moved="d" * 40)),
            (
                (
                    "backend/login stands at dddddddddddd by now, not at patchset 1"
                    " (aaaaaaaaaaaa)."
                ),
                SUBMIT,
            ),
        ),
        (
            needs.current(item(), GitView(trouble="It holds a secret.")),
            (
                (
                    "backend/login cannot be taken, not at patchset 1 (aaaaaaaaaaaa):"
                    " It holds a secret."
                ),
                SUBMIT,
            ),
        ),
        (
            needs.current(item(), GitView(is_gone=True)),
            ("backend/login is gone; patchset 1 (aaaaaaaaaaaa) is kept.", ""),
        ),
        (
            needs.examined(item(), ""),
            (
                "Patchset 1 was not examined yet.",
                "coordinator pending show backend-login",
            ),
        ),
        (needs.answered(item(), []), ("Nobody waits for changes.", "")),
        (
            needs.answered(item(), [word(WordKind.REQUESTED)]),
            (
                "Ann asked for changes of patchset 1: commit some.",
                f"git commit -a && {SUBMIT}",
            ),
        ),
        (needs.merges(item(), []), ("It merges with the target.", "")),
        (
            needs.merges(item(), ["a", "b\n"]),
            ("It does not merge with the target in a, b\\n.", SUBMIT),
        ),
        (
            needs.approved(item(), [], 1),
            ("Patchset 1 has 0 of 1 approval.", APPROVE),
        ),
        (
            needs.approved(item(), GIVEN, 2),
            ("Patchset 1 has its 2 approvals (Ann, Bob).", ""),
        ),
        (
            needs.labelled(item(), "security", ["auth/a"], met=False),
            (
                "An approval with the label security is asked for by auth/a.",
                f"{APPROVE} --label security",
            ),
        ),
        (
            needs.owned(item(), ["Bob", "Eve"], ["a"], met=False),
            ("The approval of Bob or Eve is asked for by a.", APPROVE),
        ),
        (
            needs.own_paths(item(), {"web/a": ("frontend",)}, met=False),
            (
                (
                    "web/a: not backend's own, so it needs the word of frontend"
                    " (coordinator pending ack backend-login) or a maintainer."
                ),
                APPROVE,
            ),
        ),
        (
            needs.own_paths(item(), {"a": ()}, met=False),
            ("a: not backend's own, so it needs the word of a maintainer.", APPROVE),
        ),
        (
            needs.own_paths(item(), {}, met=True),
            (
                (
                    "A maintainer or their owner agreed to paths that are not its"
                    " author's."
                ),
                "",
            ),
        ),
        (
            needs.maintainers_word(item(), "protected", [".gitmodules"], met=False),
            (
                (
                    "A maintainer must approve, since .gitmodules may decide how"
                    " everybody's work is checked, merged or run."
                ),
                APPROVE,
            ),
        ),
        (
            needs.maintainers_word(item(), "submodules", ["lib"], met=False),
            (
                (
                    "A maintainer must approve, since the commit of a submodule"
                    " changes (lib)."
                ),
                APPROVE,
            ),
        ),
        (
            needs.maintainers_word(item(), "searched", ["aaaa"], met=False),
            (
                (
                    "A maintainer must approve, since not all added lines were"
                    " searched for secrets."
                ),
                APPROVE,
            ),
        ),
    ],
)
def test_a_requirement_says_what_is_so_and_what_to_do(
    said: Requirement, expected: tuple[str, str]
) -> None:
    """One sentence, and one command where something is lacking."""
    assert (said.sentence, said.command) == expected


def test_a_branch_in_a_command_is_quoted() -> None:
    """Git admits names that a shell would read."""
    odd = item(patchsets=(), branch="a;rm -rf ~", agent="")
    found = needs.submitted(odd, Turn.AUTHOR).command
    assert found == "coordinator pending submit --branch 'a;rm -rf ~'"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            words.stale(item(patchset(1), patchset(2)), 1),
            (
                (
                    "Patchset 2 of backend-login stands by now (bbbbbbbbbbbb),"
                    " not 1 (aaaaaaaaaaaa)."
                ),
                (
                    "Look at what changed: coordinator pending show backend-login"
                    " --diff --patchset 1..2"
                ),
            ),
        ),
        (
            words.not_shown(item(), 0),
            (
                "Patchset 1 of backend-login was not shown to you.",
                "Look at it first: coordinator pending show backend-login --diff",
            ),
        ),
        (
            words.not_shown(item(patchset(1), patchset(2)), 1),
            (
                "Patchset 2 of backend-login was not shown to you; you saw patchset 1.",
                (
                    "Look at it first: coordinator pending show backend-login --diff"
                    " --patchset 1..2"
                ),
            ),
        ),
        (
            words.no_patchset(item(), 7),
            (
                "backend-login has no patchset 7; the newest is 1.",
                "Run: coordinator pending show backend-login --diff",
            ),
        ),
        (
            words.own_work(item()),
            (
                "backend-login is your own work, and there are other maintainers.",
                "Ask one of them to look at it.",
            ),
        ),
        (
            words.nothing_said(item()),
            (
                "Nothing is said of what is to be changed in backend-login.",
                'Run: echo "…" | coordinator review request-changes backend-login',
            ),
        ),
        (
            words.nothing_to_revoke(item(), ANN),
            (
                "Nothing that Ann said of patchset 1 stands.",
                "Run: coordinator pending show backend-login",
            ),
        ),
        (
            words.nothing_to_agree(item(), "docs"),
            (
                "backend-login touches no path that is for docs alone to agree to.",
                "Run: coordinator pending show backend-login",
            ),
        ),
        (
            words.no_drafts(item()),
            (
                "You have no drafts on backend-login.",
                "Write one: coordinator review draft backend-login --file F --line N",
            ),
        ),
        (
            words.no_line(item(), 1, "a\x1b", 9),
            (
                "Patchset 1 of backend-login has no line 9 in a\\x1b.",
                "Run: coordinator pending show backend-login --diff",
            ),
        ),
        (
            words.links_leave(["a", "b"]),
            (
                "Links that the branch adds lead out of its tree: a, b.",
                (
                    "Link to what is in the repository; else a maintainer adds the path"
                    " to review.links_allowed in coordinator.toml."
                ),
            ),
        ),
    ],
)
def test_a_refusal_names_things_and_the_way_out(
    said: tuple[str, str], expected: tuple[str, str]
) -> None:
    """A sentence and a hint."""
    assert said == expected


def test_a_secret_is_told_by_its_place() -> None:
    """Kind, path and line, and what a maintainer adds for a false alarm."""
    found = [FoundSecret("a.py", 3, "jwt", "0123456789ab")] * 7
    said, hint = words.secrets_found(found)
    assert said.startswith(
        "Lines that the branch adds hold what looks like secrets: a.py:3 (jwt), "
    )
    assert said.endswith(" and 2 more.")
    assert 'adds "mark:0123456789ab" to review.secrets_allowed' in hint


def test_the_author_gets_one_message_with_everything() -> None:
    """File, line, quoted code and text, in quotes, and what to do next."""
    place = replace(draft("Why \x1b?\nSay so."), quoted="\tx = 1")
    by = Said(ANN, "Please.\n")
    told = words.message(item(), "review.requested", by, [place])
    assert told.subject == "Ann asks for changes of patchset 1 of backend-login"
    assert told.body == (
        "Ann asks for changes of patchset 1 of backend-login (Add login).\n"
        "\n> Please.\n"
        "\nserver/a.py:3 (patchset 1):\n"
        "\n    \tx = 1\n"
        "\n> Why \\x1b?\n> Say so.\n"
        "\nCommit to backend/login again; each new commit is a new patchset."
        " Look at it: coordinator pending show backend-login\n"
    )
    assert told.data == {
        "item": "backend-login",
        "patchset": 1,
        "kind": "review.requested",
        "by": "Ann",
        "text": "Please.\n",
        "comments": [
            {
                "file": "server/a.py",
                "line": 3,
                "quoted": "\tx = 1",
                "text": "Why \x1b?\nSay so.",
            }
        ],
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("review.approved", "Ann approved patchset 1"),
        ("review.requested", "Ann asks for changes of patchset 1"),
        ("review.revoked", "Ann takes back an earlier word on patchset 1"),
        ("review.agreed", "Ann agrees to its paths in patchset 1"),
        ("review.commented", "Ann commented on patchset 1"),
        ("review.published", "Ann commented on patchset 1"),
    ],
)
def test_what_was_done_is_said_in_a_few_words(kind: str, expected: str) -> None:
    """For lists, subjects and reports."""
    assert words.did(kind, ANN, 1) == expected


def test_a_word_is_of_the_newest_patchset_whatever_its_comments_are_of() -> None:
    """A comment alone is of its own."""
    two = item(patchset(1), patchset(2))
    told = words.message(two, "review.approved", Said(ANN), [draft()])
    assert told.data["patchset"] == 2
    assert "server/a.py:3 (patchset 1):" in told.body
    alone = words.message(two, "review.commented", Said(ANN), [draft()])
    assert alone.subject == "Ann commented on patchset 1 of backend-login"


def test_people_are_called_by_their_names() -> None:
    """A maintainer without one, the coordinator and agents too."""
    names = ("(maintainer Ann Lee)", "(maintainer)", "(coordinator)", "backend")
    called = [*map(words.name_of, names)]
    assert called == ["Ann Lee", "a maintainer", "the coordinator", "backend"]


def test_a_comment_has_its_place() -> None:
    """A line, a file, or the patchset."""
    line = ReviewComment(1, "", ANN, 2, HEADS[1], "a.py", 3)
    assert words.place(line) == "a.py:3 (patchset 2)"
    assert words.place(replace(line, line=0)) == "a.py (patchset 2)"
    assert words.place(replace(line, file="", line=0)) == "patchset 2"
    assert words.commented(line) == "Ann commented on a.py:3 (patchset 2)"


def test_a_new_commit_voids_an_approval_in_words() -> None:
    """With both ids; where nobody had approved, nothing is said."""
    given = item(words=(word(WordKind.APPROVED), shown()))
    said = words.voided(given, "d" * 40)
    assert said == "the approval of aaaaaaaaaaaa by Ann does not hold for dddddddddddd"
    assert words.voided(item(), "d" * 40) == ""


def test_maintainers_hear_of_the_patchset_that_they_waited_for() -> None:
    """Where they asked for changes, or had approved; nobody else is disturbed."""
    two = item(patchset(1), patchset(2), words=(word(WordKind.REQUESTED),))
    told = words.renewed(two, "")
    assert told is not None
    assert (told.to, told.subject) == ("", "backend-login has patchset 2")
    assert told.body == (
        "backend-login has patchset 2 of backend/login, bbbbbbbbbbbb.\n"
        "\nAnn asked for changes of 1.\n"
        "Look at what changed: coordinator pending show backend-login --diff"
        " --patchset 1..2\n"
    )
    assert words.renewed(item(patchset(1), patchset(2)), "") is None
    assert words.submitted_again(two, two.newest) == (
        "backend proposed patchset 2 (bbbbbbbbbbbb)"
    )


def test_half_a_look_is_said_to_be_one() -> None:
    """A difference to what was never seen shows no whole patchset."""
    two = item(patchset(1), patchset(2))
    assert words.half_shown(two, 1, 2) == (
        "Patchset 1 was not shown to you, so 2 does not count as seen:"
        " coordinator pending show backend-login --diff"
    )
    assert words.compared_whole(()) == ""
    assert words.compared_whole(["a"]) == (
        "[Compared as they were, since both sides changed them: a]\n"
    )
