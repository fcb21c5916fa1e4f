import re
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.results.record_words import WORDS
from coordinator.workflows.runs.run import RECORD_KINDS
from tests.support import FakeAgent, ManualClock, OpenWorkspace

ROOT = Path(__file__).parents[3]
FINAL = (
    "# Backend Workflow Complete\n\n- Feature: {feature}\n- Endpoints: 3\n"
    "- Database migrations: 1\n- Tests: 12 passing\n- Performance: fast\n"
    "- Status: Ready\n"
)


@pytest.mark.slow
def test_the_final_report_sets_words_beside_what_git_says(shop: OpenWorkspace) -> None:
    """Each field as it was written, commits, files and lines as git has them."""
    agent = FakeAgent(shop.root, "backend")
    agent.branch("carts")
    agent.commit("src/cart.py", "TOTAL = 1\n")
    agent.commit("src/till.py", "OPEN = True\n")
    agent.pending("final-status", FINAL.format(feature="Carts"))
    shop.perform_as("backend", "decision add", title="Use carts")
    made = shop.perform("report final", agent="backend")
    report = made["report"]
    assert [x["name"] for x in report["written"]][:2] == ["Feature", "Endpoints"]
    assert (report["branch"], report["git"]["commits"]) == ("backend/carts", 2)
    assert (report["git"]["added"], report["git"]["removed"]) == (2, 1)
    assert report["complete"]
    for part in ("Endpoints: 3", "Commits: 2", "`backend/carts`", "Use carts"):
        assert part in made["text"]
    views.refresh_finals(shop.workspace)
    assert (shop.root / "reports/final-backend.md").read_text() == made["text"]


def test_a_final_report_without_a_branch_says_so(opened: OpenWorkspace) -> None:
    """Words alone are a report too; what is missing and left open is named."""
    with pytest.raises(NotFound):
        opened.perform("report final", agent="backend")
    agent = FakeAgent(opened.root, "backend")
    agent.pending(
        "final-status", "# Final status\n\n- Feature: Carts\n- Tests: [count]\n"
    )
    made = opened.perform("report final", agent="backend", feature="carts")
    assert made["report"]["git"] is None
    assert not made["report"]["complete"]
    assert "No branch of this feature was found." in made["text"]
    with pytest.raises(NotFound, match="tills"):
        opened.perform("report final", agent="backend", feature="tills")


def test_an_older_feature_can_be_asked_for(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """The report of a feature stays, though its file speaks of another by now."""
    agent = FakeAgent(opened.root, "backend")
    for feature in ("Carts", "Tills"):
        agent.pending("final-status", FINAL.format(feature=feature))
        opened.perform("status")
        clock.advance(hours=1)
    for feature, wanted in (("", "Tills"), ("tills", "Tills"), ("carts", "Carts")):
        made = opened.perform("report final", agent="backend", feature=feature)
        assert made["report"]["written"][0]["value"] == wanted


def busy(opened: OpenWorkspace, clock: ManualClock) -> None:
    """Let something of each kind happen."""
    FakeAgent(opened.root, "docs", clock=clock).context("State: working\nTask: Pages\n")
    FakeAgent(opened.root, "backend").pending("x", "# Request\n\nTo: docs\n\nPlease.\n")
    FakeAgent(opened.root, "frontend").learning("bad", b"\xff")
    opened.perform_as("docs", "decision add", title="Use | tabs")


@pytest.mark.parametrize("report", ["report daily", "report decisions", "report final"])
def test_the_same_state_gives_the_same_bytes(
    opened: OpenWorkspace, clock: ManualClock, report: str
) -> None:
    """A report is reproducible, also from a rebuilt index."""
    busy(opened, clock)
    FakeAgent(opened.root, "docs").pending("final-status", FINAL.format(feature="x"))
    arguments = {"agent": "docs"} if report == "report final" else {}
    first = opened.perform(report, **arguments)
    assert opened.perform(report, **arguments) == first
    opened.workspace.index.rebuild(opened.workspace.journal)
    assert opened.perform(report, **arguments) == first


def test_the_day_says_who_did_what_and_what_is_wrong(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Actors, what waits for whom, who is stale, decisions and problems."""
    clock.advance(days=1)
    busy(opened, clock)
    text = opened.perform("report daily", since="1h")["text"]
    for part in (
        "| docs | wrote |",
        "| backend-x | request | open | backend | docs |",
        "Use \\| tabs",
        "not-utf-8",
        "| docs | working | Pages |",
    ):
        assert part in text, part
    clock.advance(hours=3)
    later: dict[str, Any] = opened.perform("report daily", since="1h")["report"]
    assert (later["done"], later["decisions"]) == ([], [])
    assert [x["name"] for x in later["agents"] if x["stale"]] == [
        "backend",
        "docs",
        "frontend",
    ]


@pytest.mark.parametrize("since", ["", "24", "h", "-1h", "1y", "tomorrow"])
def test_a_span_is_a_number_and_a_unit(opened: OpenWorkspace, since: str) -> None:
    """Anything else is a usage error."""
    with pytest.raises(UsageProblem):
        opened.perform("report daily", since=since)


def test_the_longest_span_reaches_back_to_the_start(opened: OpenWorkspace) -> None:
    """However long ago: no overflow."""
    assert opened.perform("report daily", since="999999w")["report"]["done"]


def test_views_are_made_again_and_only_written_when_they_change(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Deleting or editing a view loses nothing; the same text is left alone."""
    busy(opened, clock)
    opened.perform("status")
    views.refresh(opened.workspace)
    board = opened.root / "agent-system" / "active-contexts" / "BOARD.md"
    first, written = board.read_text(), board.stat().st_ino
    views.refresh(opened.workspace)
    assert board.stat().st_ino == written
    board.write_text("mine")
    (opened.root / "reports" / "decisions.md").unlink()
    views.refresh(opened.workspace)
    assert board.read_text() == first
    assert (opened.root / "reports" / "decisions.md").is_file()


def test_what_agents_wrote_cannot_break_a_view(opened: OpenWorkspace) -> None:
    """Bars, tags, links and control characters stay within their cell."""
    nasty = "a|b <script>alert(1)</script> \u202e\u001b[2J\u2028# x"
    FakeAgent(opened.root, "docs").context(f"State: working\nTask: {nasty}\n")
    opened.perform("status")
    text = views.board(opened.workspace)
    [row] = [x for x in text.split("\n") if "alert" in x]
    assert row.startswith("| docs ")
    assert row.endswith(" |")
    assert not set("\u202e\u001b\u2028") & set(text)


def test_every_record_has_its_words() -> None:
    """Reports and the live log name no kind."""
    source = "".join(x.read_text() for x in (ROOT / "coordinator").rglob("*.py"))
    kinds = re.findall(
        r"(?:Draft|draft|record)\(\s*(?:loaded, )?\"([a-z]+\.[a-z]+)\"", source
    )
    known = {*kinds, *RECORD_KINDS}
    assert {"run.taken", "message.sent", "worktree.added"} <= known
    assert known - WORDS.keys() == set()
