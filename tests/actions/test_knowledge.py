from typing import Any

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import Conflict, External, NotFound, UsageProblem
from tests.actions.run_yard import begin
from tests.support import FakeAgent, OpenWorkspace


def log(opened: OpenWorkspace) -> str:
    """Return the decision log as it stands on the disk."""
    views.refresh(opened.workspace)
    return (opened.root / "agent-system/learnings/DECISIONS.md").read_text()


def test_a_decision_that_names_an_unknown_one_is_a_problem(
    opened: OpenWorkspace,
) -> None:
    """At its line, until there is such a decision."""
    first = opened.perform_as("docs", "decision add", title="Use tabs")
    path = FakeAgent(opened.root, "backend").learning(
        "log",
        "## Decision Log\n\n- Use spaces (supersedes d-000000)\n"
        f"- Use v2 (supersedes {first['id']})\n",
    )
    [problem] = opened.perform("check")
    assert (problem["path"], problem["line"]) == (path, 3)
    assert problem["code"] == "unknown-decision"
    assert "'d-000000'" in problem["message"]
    (opened.root / first["path"]).unlink()
    assert opened.problems() == ["unknown-decision"] * 2


RECORD = "# 7. {}\n\n## Status\n\nAccepted\n\n## Decision\n\nSo be it.\n"


def two_records(opened: OpenWorkspace) -> list[str]:
    """Write two records of one number; return where they stand."""
    agent = FakeAgent(opened.root, "backend")
    folder = "agent-system/learnings"
    paths = [f"{folder}/0007-use-{x}.md" for x in ("polling", "queues")]
    for path in paths:
        agent.write(path, RECORD.format(path))
    return paths


def test_two_decisions_of_one_id_are_a_problem_of_each(opened: OpenWorkspace) -> None:
    """Each names the other's file and line, until one has another number."""
    paths = two_records(opened)
    found = opened.perform("check")
    assert [(x["path"], x["line"], x["code"]) for x in found] == [
        (x, 1, "duplicate-decision") for x in paths
    ]
    for problem, other in zip(found, reversed(paths), strict=True):
        assert f"adr-0007 is also that of {other}:1." in problem["message"]
    (opened.root / paths[0]).rename(
        opened.root / "agent-system/learnings/0008-use-polling.md"
    )
    assert opened.problems() == []


def test_an_id_of_two_decisions_names_none_of_them(opened: OpenWorkspace) -> None:
    """Showing it lists where they stand, and each place shows its own."""
    paths = two_records(opened)
    before = [x["id"] for x in opened.perform("decision list")]
    for verb, more in (("show", {}), ("supersede", {"title": "Use webhooks"})):
        with pytest.raises(Conflict, match="adr-0007 is that of 2 decisions") as said:
            opened.perform(f"decision {verb}", id="adr-0007", **more)
        assert all(f"{x}:1" in said.value.message for x in paths)
    for path in paths:
        shown = opened.perform("decision show", id=f"{path}:1")
        assert (shown["id"], shown["path"]) == ("adr-0007", path)
        with pytest.raises(Conflict):
            opened.perform("decision supersede", id=f"{path}:1", title="Use webhooks")
    assert [x["id"] for x in opened.perform("decision list")] == before


def test_an_id_of_two_decisions_retires_none_of_them(opened: OpenWorkspace) -> None:
    """A record that supersedes it would mean either."""
    two_records(opened)
    path = opened.root / "agent-system/learnings/0009-use-webhooks.md"
    path.write_text(
        "# 9. Use webhooks\n\n## Status\n\nAccepted, supersedes ADR-0007\n\n"
        "## Decision\n\nSo be it\n"
    )
    found = opened.perform("decision list")
    assert {x["status"] for x in found} == {"accepted"}
    assert [x["superseded_by"] for x in found] == [[], [], []]


def test_equal_names_of_many_files_are_told_in_short(opened: OpenWorkspace) -> None:
    """However many there are, the sentence stays one that people read."""
    agent = FakeAgent(opened.root, "backend")
    for number in range(9):
        name = f"agent-system/learnings/0007-use-{number}.md"
        agent.write(name, RECORD.format(number))
    found = opened.perform("check")
    assert len(found) == 9
    assert all(x["message"].endswith(" and 3 more.") for x in found)


def test_what_a_template_decided_is_one_decision_in_all_its_runs(
    opened: OpenWorkspace,
) -> None:
    """Its log stands in every living copy, and nobody could give it another number."""
    text = "# Bake\n\n- [ ] Knead\n\n## Decision Log\n\n- Use rye\n"
    for agent in ("backend", "docs"):
        begin(opened, text, agent=agent)
    [first, second] = opened.perform("decision list")
    assert first["id"] == second["id"]
    assert opened.problems() == []
    assert opened.perform("decision show", id=first["id"])["title"] == "Use rye"


def test_a_decision_added_beside_an_equal_one_is_the_one_returned(
    opened: OpenWorkspace,
) -> None:
    """A file of the same name elsewhere gives the same id; what was written counts."""
    folder = opened.root / "agent-system/learnings/old"
    folder.mkdir()
    text = "# Decisions\n\n## Decision Log\n\n- Use tabs\n"
    (folder / "docs-decisions.md").write_text(text)
    made = opened.perform_as("docs", "decision add", title="Use tabs")
    assert made["path"] == "agent-system/learnings/docs-decisions.md"
    assert opened.problems() == ["duplicate-decision"] * 2


def test_decisions_stand_in_the_order_in_which_they_were_added(
    opened: OpenWorkspace,
) -> None:
    """One below the other in the one log, the oldest first."""
    titles = ["Use tabs", "Use v2", "Ship on Friday"]
    for title in titles:
        path = opened.perform_as("docs", "decision add", title=title)["path"]
    assert [x["title"] for x in opened.perform("decision list")] == titles
    text = (opened.root / path).read_text()
    assert text.count("## ") == 1
    assert text.index("## ") < text.index(titles[0])


def test_what_says_nothing_is_not_written(opened: OpenWorkspace) -> None:
    """Refused before a byte is changed, so that a repetition adds nothing either."""
    before = log(opened), opened.records("document.accepted")
    for title in ("   ", "\t\n", "---", "# ", "a\0b", "\ud800"):
        for verb in ("decision add", "learning add"):
            if verb == "learning add" and title.strip("-# \t\n") == "" != title.strip():
                continue  # marks alone are a title like any other
            with pytest.raises(UsageProblem):
                opened.perform_as("docs", verb, title=title)
    with pytest.raises(UsageProblem, match="NUL"):
        opened.perform_as("docs", "learning add", title="x", body="a\0b")
    assert (log(opened), opened.records("document.accepted")) == before


def test_what_agents_write_becomes_the_decision_log(opened: OpenWorkspace) -> None:
    """Bullets under `Decision Log` and decision records are decisions."""
    FakeAgent(opened.root, "backend").learning(
        "architecture", "# Carts\n\n## Decision Log\n- Carts in one table\n- Use v2\n"
    )
    FakeAgent(opened.root, "docs").learning(
        "0007-tabs",
        "# 7. Use tabs\n\nDate: 2026-01-30\n\n## Status\n\nAccepted\n\n"
        "## Context\n\nLines are long.\n\n## Decision\n\nTabs.\n",
    )
    found = opened.perform("decision list")
    assert {(x["title"], x["agent"]) for x in found} == {
        ("Carts in one table", "backend"),
        ("Use v2", "backend"),
        ("Use tabs", "docs"),
    }
    assert {x["line"] for x in found if x["agent"] == "backend"} == {4, 5}
    text = log(opened)
    assert all(x["title"] in text and x["id"] in text for x in found)
    shown = opened.perform("decision show", id=found[0]["id"])
    assert shown == found[0]
    with pytest.raises(NotFound):
        opened.perform("decision show", id="d-none")


def test_a_decision_supersedes_another_and_its_file_stays(
    opened: OpenWorkspace,
) -> None:
    """The older one says by which; nobody's file but the author's own is changed."""
    old = opened.perform_as("docs", "decision add", title="Use tabs")
    path = opened.root / old["path"]
    before = path.read_bytes()
    new = opened.perform_as(
        "backend", "decision supersede", id=old["id"], title="Use blanks", reason="Why"
    )
    assert new["supersedes"] == [old["id"]]
    assert path.read_bytes() == before
    found = {x["id"]: x for x in opened.perform("decision list")}
    assert found[old["id"]]["status"] == "superseded"
    assert found[old["id"]]["superseded_by"] == [new["id"]]
    assert f"Superseded by: {new['id']}" in log(opened)


def test_decisions_are_added_to_ones_own_log(opened: OpenWorkspace) -> None:
    """Two decisions stand in one file of their author; a maintainer has one too."""
    for title in ("One", "Two"):
        made = opened.perform_as("docs", "decision add", title=title, reason="Because")
        assert (made["title"], made["agent"]) == (title, "docs")
    assert opened.perform("decision add", title="Three")["title"] == "Three"
    assert len(opened.perform("learning list")) == 2
    assert opened.problems() == []


def test_a_log_that_cannot_be_read_is_not_overwritten(opened: OpenWorkspace) -> None:
    """Broken bytes of an agent stay as they are."""
    path = opened.root / "agent-system" / "learnings" / "docs-decisions.md"
    path.write_bytes(b"\xff")
    with pytest.raises(External):
        opened.perform_as("docs", "decision add", title="One")
    assert path.read_bytes() == b"\xff"


def test_learnings_are_files_of_their_own(opened: OpenWorkspace) -> None:
    """Each learning is a file; the same title again takes another name."""
    made: list[dict[str, Any]] = [
        opened.perform_as("docs", "learning add", title="Cold starts", body="Warm.\n")
        for _ in range(2)
    ]
    assert made[0]["path"] != made[1]["path"]
    assert "Warm." in (opened.root / made[1]["path"]).read_text()
    listed = opened.perform("learning list")
    assert [(x["title"], x["agent"]) for x in listed] == [("Cold starts", "docs")] * 2
    assert opened.perform("search", words=["warm"])[0]["agent"] == "docs"
