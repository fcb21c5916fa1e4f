import pytest

from pending_commits.addressing import addressed, split
from pending_commits.model import ItemKind
from pending_commits.source import Names, take_apart


def to(text: str, kind: ItemKind = ItemKind.REQUEST) -> Names:
    """Read a text as an item of that kind."""
    return addressed(take_apart(text, "pending-commits/x.md"), kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\nto: [frontend, docs]\n---\n", (("frontend", "docs"), 2)),
        ("---\ntitle: x\nTo: frontend, docs\n---\n", (("frontend", "docs"), 3)),
        ("# R\nTo: Frontend Developer\n", (("Frontend Developer",), 2)),
        ("# R\n\n- **For**: @docs and `qa`\n", (("docs", "qa"), 3)),
        ("Hello @frontend, and @docs!\n", (("frontend", "docs"), 1)),
        ("\n# Request to Frontend\n", (("Frontend",), 2)),
        ("# Request to the frontend: allow CORS\n", (("frontend",), 1)),
        ("# Request from backend to Docs Writer (soon)\n", (("Docs Writer",), 1)),
    ],
)
def test_a_request_names_its_addressees(
    text: str, expected: tuple[tuple[str, ...], int]
) -> None:
    """Front matter, `To:` and `For:` lines, the heading and mentions all address."""
    assert to(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "# Request to add a column\n",
        "# Request\nPlease allow CORS.\n",
        "Install @types/node, mail ann@example.org, use `@app` and @app.route\n",
        "```\n@frontend\n```\n",
        "For: everything that we planned to do in the next release\n",
        "x\n" * 10 + "@frontend\n",
    ],
)
def test_what_is_no_address_addresses_nobody(text: str) -> None:
    """Packages, mail addresses, code, sentences and late mentions name no agent."""
    assert to(text) == ((), 0)


def test_only_requests_are_read_for_hidden_addresses() -> None:
    """`For:` and mentions are common prose elsewhere; `To:` is meant everywhere."""
    text = "# Cart\nFor: production\nThanks @docs\n"
    assert to(text, ItemKind.PROGRESS) == ((), 0)
    assert to("# Cart\nTo: docs\n", ItemKind.CONTRACT) == (("docs",), 2)


def test_names_are_kept_as_written_and_once() -> None:
    """Whoever knows the agents compares; here nothing is folded."""
    assert split("Docs, docs; Docs & @qa.") == ("Docs", "docs", "qa")
    assert split("") == ()
