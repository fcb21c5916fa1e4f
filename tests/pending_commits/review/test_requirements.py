"""What a pending commit lacks, as a table with literals."""

from dataclasses import replace

import pytest

from pending_commits.item_states import ItemState
from pending_commits.review import requirements
from pending_commits.review.model import (
    GitView,
    Patchset,
    Policy,
    ReviewedItem,
    Turn,
    WordKind,
)
from tests.pending_commits.review.reviewing import (
    ANN,
    ANYBODY,
    BOB,
    change,
    item,
    lacking,
    patchset,
    require,
    word,
)

APPROVED = word(WordKind.APPROVED)
TWO = Policy(approvals=2)


@pytest.mark.parametrize(
    ("found", "policy", "expected"),
    [
        (item(), Policy(), ["approved"]),
        (item(words=(APPROVED,)), Policy(), []),
        (item(words=(APPROVED,)), TWO, ["approved"]),
        (item(words=(APPROVED, word(WordKind.APPROVED, BOB))), TWO, []),
        # One maintainer's word twice is one word.
        (item(words=(APPROVED, APPROVED)), TWO, ["approved"]),
        (item(), Policy(approvals=0), []),
        # Of an older patchset, or taken back: it does not count.
        (item(patchset(1), patchset(2), words=(APPROVED,)), Policy(), ["approved"]),
        (item(words=(replace(APPROVED, stands=False),)), Policy(), ["approved"]),
        (item(words=(word(WordKind.SHOWN),)), Policy(), ["approved"]),
        (
            item(words=(word(WordKind.REQUESTED, BOB), APPROVED)),
            Policy(),
            ["answered"],
        ),
    ],
)
def test_approvals_are_of_the_newest_patchset_by_different_maintainers(
    found: ReviewedItem, policy: Policy, expected: list[str]
) -> None:
    """As many as the settings ask for; a wish for changes goes before them."""
    assert lacking(require(found, policy)) == expected


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".gitattributes", "protected"),
        ("server/.gitattributes", "protected"),
        (".gitmodules", "protected"),
        ("coordinator.toml", "protected"),
        ("agent-system/workflows/a.md", "protected"),
        ("agent-system/agent-identities/backend.md", "protected"),
    ],
)
def test_what_decides_about_everybody_needs_a_maintainer(path: str, name: str) -> None:
    """Even where the settings ask for no approval."""
    found, policy = item(patchset(1, path, by=BOB), agent=""), Policy(approvals=0)
    assert lacking(require(found, policy)) == [name]
    assert lacking(require(replace(found, words=(APPROVED,)), policy)) == []


def test_what_nobody_knows_to_have_proposed_needs_a_maintainer() -> None:
    """A file of no agent's name proposes for nobody."""
    found, policy = item(patchset(1), agent=""), Policy(approvals=0)
    assert lacking(require(found, policy)) == ["author"]
    assert lacking(require(replace(found, words=(APPROVED,)), policy)) == []


def test_a_submodules_commit_needs_a_maintainer() -> None:
    """Whether it comes, goes or moves."""
    link = change("server/lib", "160000")
    gone = replace(change("server/lib"), mode_before="160000", mode="000000")
    for one in (link, gone):
        made = replace(patchset(1), files=(one,))
        assert "submodules" in lacking(require(item(made), Policy(approvals=0)))


def test_what_was_not_searched_for_secrets_needs_a_maintainer() -> None:
    """A diff of a hundred megabytes is cut, and somebody must know."""
    made = replace(patchset(1), is_searched=False)
    assert lacking(require(item(made), Policy(approvals=0))) == ["searched"]


@pytest.mark.parametrize(
    ("paths", "agent", "expected"),
    [
        (["server/a.py"], "backend", {}),
        (["web/a.js"], "backend", {"web/a.js": ("frontend",)}),
        (["README.md"], "backend", {"README.md": ()}),
        # Who has no globs of its own goes everywhere but where others are at home.
        (["README.md"], "docs", {}),
        (["web/a.js"], "docs", {"web/a.js": ("frontend",)}),
        (["web/a.js"], "nobody-known", {"web/a.js": ("frontend",)}),
    ],
)
def test_paths_outside_of_the_authors_globs(
    paths: list[str], agent: str, expected: dict[str, tuple[str, ...]]
) -> None:
    """Each with the agents whose they are."""
    owners = {"backend": ("server/**",), "frontend": ("web/**",), "docs": ()}
    assert requirements.outside(paths, agent, owners) == expected


def test_another_agents_paths_need_its_word_or_a_maintainers() -> None:
    """Its owner's for its own paths alone; a path of nobody's only a maintainer's."""
    policy = Policy(approvals=0)
    found = item(patchset(1, "server/a.py", "web/a.js"))
    agreed = word(WordKind.AGREED, "frontend")
    assert lacking(require(found, policy)) == ["own paths"]
    assert lacking(require(replace(found, words=(agreed,)), policy)) == []
    assert lacking(require(replace(found, words=(APPROVED,)), policy)) == []
    stranger = word(WordKind.AGREED, "docs")
    assert lacking(require(replace(found, words=(stranger,)), policy)) == ["own paths"]
    more = item(patchset(1, "web/a.js", "README.md"), words=(agreed,))
    assert lacking(require(more, policy)) == ["own paths"]


def test_a_renamed_file_counts_by_both_names() -> None:
    """Else a file would be taken away from its owner without a word."""
    away = replace(patchset(1), files=(change("server/b.js", before="web/b.js"),))
    [found] = [x for x in require(item(away)) if x.name == "own paths"]
    assert "web/b.js" in found.sentence
    assert "frontend" in found.sentence


def test_a_person_goes_everywhere() -> None:
    """Globs are agents'."""
    found = item(patchset(1, "web/a.js", by=ANN), agent="")
    assert lacking(require(found)) == ["approved"]


def test_labels_are_asked_for_by_paths() -> None:
    """One approval may give several; without the path nothing is asked."""
    policy = Policy(labels={"security": ("server/auth/**",), "design": ("web/**",)})
    found = item(patchset(1, "server/auth/a.py"))
    assert lacking(require(found, policy)) == ["approved", "label security"]
    given = word(WordKind.APPROVED, labels=("security",))
    assert lacking(require(replace(found, words=(given,)), policy)) == []
    assert lacking(require(replace(found, words=(APPROVED,)), policy)) == [
        "label security"
    ]
    assert lacking(require(item(words=(APPROVED,)), policy)) == []


def test_paths_may_have_maintainers_of_their_own() -> None:
    """One of those whom the settings name must approve; a nameless one is nobody."""
    policy = Policy(owners={"server/**": ("Bob", "Eve")})
    for actor, expected in ((ANN, ["owner"]), (BOB, []), (ANYBODY, ["owner"])):
        given = word(WordKind.APPROVED, actor)
        assert lacking(require(item(words=(given,)), policy)) == expected


@pytest.mark.parametrize(
    ("git", "expected"),
    [
        (GitView(), []),
        (GitView(moved="d" * 40), ["current"]),
        (GitView(trouble="It holds a secret."), ["current"]),
        (GitView(is_gone=True), []),
        (GitView(conflicts=()), []),
        (GitView(conflicts=("server/a.py",)), ["merges"]),
    ],
)
def test_what_git_says_counts(git: GitView, expected: list[str]) -> None:
    """A branch that is elsewhere, or does not merge; what is not known asks nothing."""
    assert lacking(require(item(words=(APPROVED,)), git=git)) == expected


def test_before_a_patchset_nothing_else_is_asked() -> None:
    """A draft lacks just its submission."""
    for found in (item(patchsets=()), item(state=ItemState.DRAFT)):
        [only] = require(found)
        assert (only.name, only.met, only.turn) == ("submitted", False, Turn.AUTHOR)


def test_a_patchset_that_nobody_looked_into_is_not_ready() -> None:
    """As long as its paths are unknown, nothing can be said of them."""
    unknown = replace(patchset(1), files=None)
    assert lacking(require(item(unknown))) == ["examined", "approved"]


@pytest.mark.parametrize(
    ("found", "git", "expected"),
    [
        (item(), GitView(), Turn.MAINTAINERS),
        (item(words=(word(WordKind.REQUESTED),)), GitView(), Turn.AUTHOR),
        (item(), GitView(conflicts=("a",)), Turn.AUTHOR),
        (item(), GitView(moved="d" * 40), Turn.AUTHOR),
        (item(words=(APPROVED,)), GitView(), Turn.LANDING),
        (item(patchsets=()), GitView(), Turn.AUTHOR),
    ],
)
def test_whose_turn_it_is(found: ReviewedItem, git: GitView, expected: Turn) -> None:
    """The author's, as long as there is something to mend, else the maintainers'."""
    assert requirements.turn(require(found, git=git)) is expected


def test_everything_lacking_has_its_sentence_and_its_command() -> None:
    """And what is met has a sentence alone."""
    made: Patchset = replace(
        patchset(1, ".gitmodules", "web/a.js"), is_searched=False, files=None
    )
    files = (*map(change, (".gitmodules", "web/a.js")), change("lib", "160000"))
    policy = Policy(labels={"x": ("web/**",)}, owners={"web/**": ("Bob",)})
    for one in (made, replace(made, files=files)):
        asked = word(WordKind.REQUESTED)
        for x in require(
            item(one, words=(asked,)), policy, GitView(conflicts=("a",), moved="d")
        ):
            assert x.sentence.endswith(".")
            assert bool(x.command) is not x.met
            assert (x.turn is Turn.NOBODY) is x.met
