import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.problems import Problem
from pending_commits.format import id_of, parse, render_submission
from pending_commits.model import ItemKind, PendingItem

PATH = "pending-commits/backend-cart.md"


def item(text: str, path: str = PATH) -> PendingItem:
    """Read a text whose problems do not matter."""
    return parse(text, path)[0]


def codes(text: str) -> list[tuple[int, str]]:
    """Return the lines and codes of a text's problems."""
    return [(x.line, x.code) for x in parse(text, PATH)[1]]


def problem(text: str) -> Problem:
    """Return the only problem of a text."""
    (only,) = parse(text, PATH)[1]
    return only


def test_the_front_matter_decides() -> None:
    """What it says goes before the name, the headings and the body's lines."""
    text = """---
kind: Commit
title: Add a cart
branch: refs/heads/backend/cart
to: [frontend, docs]
needs: [backend-login, Pay Later.md]
task: T-12
draft: true
---
# A plan
Branch: other
"""
    found, problems = parse(text, "pending-commits/backend-plan.md")
    assert problems == ()
    assert found == PendingItem(
        id="backend-plan",
        kind=ItemKind.COMMIT,
        title="Add a cart",
        path="pending-commits/backend-plan.md",
        branch="backend/cart",
        needs=("backend-login", "pay-later"),
        to=("frontend", "docs"),
        task="T-12",
        draft=True,
        branch_line=4,
        to_line=5,
    )


@pytest.mark.parametrize(
    "line",
    [
        "Branch: backend/cart",
        "**Branch**: backend/cart",
        "**Branch:** `backend/cart`",
        "## Branch: backend/cart",
        "- branch : backend/cart (from main)",
        "* __Branch__: backend/cart → main",
    ],
)
def test_a_body_line_names_the_branch(line: str) -> None:
    """People write the key in many ways; the branch and its line are found."""
    found = item(f"# Add a cart\n\n{line}\nBranch: second\n")
    assert (found.kind, found.branch, found.branch_line) == (
        ItemKind.COMMIT,
        "backend/cart",
        3,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Branch: not decided yet\n",
        "Branch: none\n",
        "Branch:\n",
        "---\nbranch: n/a\n---\n",
        "```\nBranch: backend/cart\n```\n",
        "words\n" * 40 + "Branch: backend/cart\n",
    ],
)
def test_what_names_no_branch_makes_no_commit(text: str) -> None:
    """Sentences, blanks, code and lines far down propose nothing."""
    found, problems = parse(text, PATH)
    assert (found.kind, found.branch, problems) == (ItemKind.PROGRESS, "", ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\nkind: commit\nbranch: --upload-pack=evil\n---\n", 3),
        ("---\nbranch: a b\n---\n", 2),
        ("# X\nBranch: refs/heads/../x\n", 2),
        ("# X\nBranch: [branch]\n", 2),
    ],
)
def test_a_hostile_branch_is_a_problem_and_no_branch(text: str, line: int) -> None:
    """The item stays a commit, with nothing that could reach git."""
    found, problems = parse(text, PATH)
    assert (found.kind, found.branch, found.branch_line) == (ItemKind.COMMIT, "", line)
    assert [(x.line, x.code) for x in problems] == [(line, "bad-branch")]


def test_what_is_commented_out_has_no_voice() -> None:
    """A template's own words name no branch and nobody."""
    found, problems = parse("# Cart\n<!--\nBranch: a b\nTo: docs\n-->\n", PATH)
    assert (found.branch, found.to, problems) == ("", (), ())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: ' A\tcart '\n---\n# Other\n", "A cart"),
        ("\n\nwords\n# A cart #\n", "A cart"),
        ("\n- a cart\nmore\n", "a cart"),
        ("```\n# code\n```\n", "backend-cart"),
        ("<!-- Thank you!\n1. Say it\n-->\n\nThe cart rolls.\n", "The cart rolls."),
        ("<!-- # Nothing -->\n## Description\n\nThe cart.\n", "backend-cart"),
        ("## Cart\n\nIt rolls.\n", "Cart"),
        ("", "backend-cart"),
        ("# " + "long " * 100, ("long " * 40).rstrip()),
    ],
)
def test_the_title_is_the_first_that_is_there(text: str, title: str) -> None:
    """Front matter, first heading, first line, file name; at most 200 characters."""
    assert item(text).title == title


def test_approval_by_text_approves_nothing() -> None:
    """A file that says it is approved says so in vain, on a line with a hint."""
    found = problem("---\nkind: commit\nbranch: backend/cart\nstatus: Approved\n---\n")
    assert (found.line, found.code) == (4, "claims-authority")
    assert "'status: Approved'" in found.message
    assert "only a maintainer" in found.hint


@pytest.mark.parametrize(
    "text",
    [
        "---\napproved: true\n---\nx\n",
        "---\nApproved-By: ann\n---\nx\n",
        "---\nreview: merged\n---\nx\n",
        "x\n**Status**: ✅ Approved\n",
        "x\nApproved by: ann\n",
    ],
)
def test_authority_is_claimed_in_many_ways(text: str) -> None:
    """Every spelling is the same claim."""
    assert codes(text) == [(2, "claims-authority")]


@pytest.mark.parametrize(
    "text",
    [
        "---\nstatus: ready for review\napproved: false\n---\nx\n",
        "x\nStatus: not approved yet\n",
        "x\nState: done\n",
    ],
)
def test_a_plain_state_claims_nothing(text: str) -> None:
    """What the author may say of its own work is no problem."""
    assert codes(text) == []


def test_a_draft_says_so() -> None:
    """`draft: true` and `status: draft` both hold a commit back."""
    assert item("---\ndraft: Yes\n---\n").draft
    assert item("---\nstatus: Draft\n---\n").draft
    assert not item("---\ndraft: false\n---\n").draft
    assert not item("draft: true\n").draft


def test_needs_are_ids_however_they_are_written() -> None:
    """Ids, file names and repeated names become ids; `none` is none."""
    text = "# X\nDepends on: `backend-login`, docs-guide.md; backend-login, none\n"
    found = item(text)
    assert found.needs == ("backend-login", "docs-guide")
    assert item("Needs: none\n").needs == ()


def test_an_unknown_kind_is_a_problem_and_the_name_decides() -> None:
    """A word that is no kind does not hide the item."""
    text = "---\nkind: poem\n---\nx\n"
    found, (only,) = parse(text, "pending-commits/docs-plan.md")
    assert found.kind is ItemKind.PLAN
    assert (only.line, only.code) == (2, "unknown-kind")
    assert "final-status" in only.hint


def test_conflict_markers_are_found_everywhere() -> None:
    """Also within code, since agents worked from such files; a rule is none."""
    text = "# X\n<<<<<<< HEAD\na\n=======\nb\n```\n>>>>>>> other\n```\n=======\n"
    assert codes(text) == [(2, "conflict-marker"), (7, "conflict-marker")]
    assert codes("a <<<<<<< b\n>>>>>>>> c\n") == []
    assert len(codes("<<<<<<< x\n" * 1000)) == 20


def test_an_empty_file_says_nothing() -> None:
    """A file of nothing is an item all the same, with a problem."""
    assert codes(" \n\n") == [(0, "empty")]


def test_a_broken_front_matter_is_read_as_far_as_possible() -> None:
    """Its problem stands beside what could be read."""
    found, problems = parse("---\ntitle: a: b\nbranch: backend/x\n---\n", PATH)
    assert (found.title, found.branch) == ("a: b", "backend/x")
    assert [x.code for x in problems] == ["bad-front-matter"]


def test_a_final_status_comes_with_its_fields() -> None:
    """The report's own reader is asked for this kind only."""
    text = "## Done\n- Tests: [count] passing\n"
    found, problems = parse(text, "pending-commits/backend-final-status.md")
    assert found.final is not None
    assert found.final.fields[0].placeholder == "[count]"
    assert [x.line for x in problems] == [2]
    assert item(text).final is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pending-commits/backend-api-guide.md", "backend-api-guide"),
        ("pending-commits/main/2026-01-31 Add_Login.TXT", "2026-01-31-add-login"),
        ("pending-commits/v1.2.markdown", "v1-2"),
        ("pending-commits/日本.md", "item"),
    ],
)
def test_the_id_is_made_of_the_files_name(path: str, expected: str) -> None:
    """An id can be typed, whatever the file is called."""
    assert id_of(path) == expected


def proposal(
    title: str, branch: str, repository: str = "", task: str = ""
) -> PendingItem:
    """Return what is proposed by command."""
    kind = ItemKind.COMMIT
    return PendingItem(
        "", kind, title, "", branch=branch, repository=repository, task=task
    )


def test_a_submission_is_read_back() -> None:
    """What `pending submit` writes is a commit with nothing wrong in it."""
    text = render_submission(
        proposal("Add: a 'cart' #1", "backend/cart", "shop", "T-1"), "# Why\nx"
    )
    found, problems = parse(text, PATH)
    assert problems == ()
    assert (found.kind, found.title) == (ItemKind.COMMIT, "Add: a 'cart' #1")
    said = (found.branch, found.repository, found.task)
    assert said == ("backend/cart", "shop", "T-1")
    assert text.endswith("---\n\n# Why\nx\n")
    assert "task" not in render_submission(proposal("A", "b"), "")


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(PRINTABLE.filter(str.strip), PRINTABLE)
def test_any_title_survives_the_round_trip(title: str, body: str) -> None:
    """Colons, quotes, hashes and emoji in a title mean themselves."""
    found = item(render_submission(proposal(title, "backend/cart", "", "no"), body))
    assert found.title == " ".join(title.split())
    assert (found.branch, found.task) == ("backend/cart", "no")


LINES = st.sampled_from(
    [
        *("---", "kind: commit", "Branch: a", "to: [x", "- Tests: [count]", "```"),
        *("# Request to X", "<<<<<<< HEAD", "needs: *a", "status: approved", "@x", ""),
    ]
)


@given(st.lists(LINES | st.text(max_size=30), max_size=20).map("\n".join))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Any text is an item, and each problem stands on one of its lines."""
    found, problems = parse(text, "pending-commits/x-final-status.md")
    assert len(found.title) <= 200
    lines = text.count("\n") + text.count("\r") + 1
    assert all(0 <= x.line <= lines for x in problems)
