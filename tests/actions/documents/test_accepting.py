import os
from pathlib import Path

import pytest

from coordinator.kernel.text import frontmatter
from tests.actions.run_yard import RUNS, begin
from tests.support import FakeAgent, ManualClock, OpenWorkspace


def versions(opened: OpenWorkspace, path: str) -> list[str]:
    """Return the kinds of the records about a document."""
    return [x.kind for x in opened.records() if x.subject == path]


def test_the_same_bytes_are_one_version(opened: OpenWorkspace) -> None:
    """A file written again unchanged is no new version."""
    agent = FakeAgent(opened.root, "docs")
    for text in ("# One\n", "# One\n", "# Two\n"):
        path = agent.learning("x", text)
        opened.perform("status")
    assert versions(opened, path) == ["document.accepted"] * 2


def test_a_removed_document_is_gone_and_its_versions_stay(
    opened: OpenWorkspace,
) -> None:
    """The history keeps what the disk does not."""
    path = FakeAgent(opened.root, "docs").learning("x", "# One\n")
    opened.perform("status")
    (opened.root / path).unlink()
    assert opened.perform("learning list") == []
    assert versions(opened, path) == ["document.accepted", "document.removed"]
    [first, _] = opened.perform("history", subject=path)
    assert opened.perform("history", show=first["seq"])["text"] == "# One\n"


def test_a_file_that_became_unreadable_keeps_its_last_good_version(
    opened: OpenWorkspace,
) -> None:
    """A problem is added; once the file is well again, with any bytes, it goes."""
    agent = FakeAgent(opened.root, "docs")
    for back in ("# One\n", "# Two\n"):
        path = agent.learning("x", "# One\n")
        assert opened.problems(path) == []
        (opened.root / path).unlink()
        os.mkfifo(opened.root / path)
        assert opened.problems(path) == ["not-a-file"]
        assert opened.problems(path) == ["not-a-file"]
        assert [x["title"] for x in opened.perform("learning list")] == ["One"]
        (opened.root / path).unlink()
        agent.learning("x", back)
        assert opened.problems(path) == []
    assert [x["title"] for x in opened.perform("learning list")] == ["Two"]


def test_an_unreadable_file_that_goes_takes_its_problem_along(
    opened: OpenWorkspace,
) -> None:
    """Nothing is left of a file that was never a document."""
    path = FakeAgent(opened.root, "docs").learning("x", b"\0")
    assert opened.problems() == ["binary"]
    (opened.root / path).unlink()
    assert opened.problems() == []


def test_broken_front_matter_is_a_problem_with_its_line(opened: OpenWorkspace) -> None:
    """A document with an error is taken in all the same."""
    path = FakeAgent(opened.root, "docs").pending(
        "x", "---\nkind: plan\nto: [a\n---\n# X\n"
    )
    found = [x for x in opened.perform("check") if x["path"] == path]
    assert found
    assert all(x["line"] > 0 and x["hint"] for x in found)
    assert [x["title"] for x in opened.perform("pending list")] == ["X"]


def test_check_can_be_asked_about_one_path(opened: OpenWorkspace) -> None:
    """Relative to the folder, to the workspace, absolute; outside is refused."""
    path = FakeAgent(opened.root, "docs").learning("x", b"\0")
    FakeAgent(opened.root, "docs").pending("y", b"\0")
    for asked, folder in (
        (path, opened.root),
        (str(opened.root / path), Path("/")),
        ("docs-x.md", (opened.root / path).parent),
        ("agent-system", opened.root),
        (path, opened.root / "reports"),
    ):
        found = opened.call("check", {"paths": [asked]}, folder=str(folder))
        assert [x["path"] for x in found] == [path]
    assert len(opened.call("check", {"paths": ["."]}, folder=str(opened.root))) == 2


def test_history_is_asked_by_agent_subject_and_time(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Who did what, when; the newest last."""
    agent = FakeAgent(opened.root, "docs")
    path = agent.learning("x", "# One\n")
    opened.perform("status")
    clock.advance(days=1)
    agent.learning("x", "# Two\n")
    opened.perform("status")
    assert [x["subject"] for x in opened.perform("history", agent="docs")] == [path] * 2
    since = opened.perform("history", subject=path, since="2026-02-01")
    assert [x["at"][:10] for x in since] == ["2026-02-01"]
    assert len(opened.perform("history", limit=1)) == 1
    assert opened.perform("history", agent="maintainer")[0]["actor"] == "(maintainer)"


@pytest.mark.parametrize(
    "words", ['"', "a OR b", "NEAR(a b)", "title:x", "-x", "*", "a*", "'", "(", "x AND"]
)
def test_search_takes_words_as_words(opened: OpenWorkspace, words: str) -> None:
    """Nothing that is typed is an operator, and nothing breaks."""
    FakeAgent(opened.root, "docs").learning("x", "# Apples\n\nAre round.\n")
    assert isinstance(opened.perform("search", words=[words]), list)
    assert opened.perform("search", words=["round", "appl*"])[0]["title"] == "Apples"


@pytest.mark.parametrize("claimed", [2**40, -(2**33)])
def test_a_file_of_any_date_is_taken_in(opened: OpenWorkspace, claimed: int) -> None:
    """What it claims of its age is nobody's word, and stops nothing."""
    path = FakeAgent(opened.root, "docs").context("# Status: Done\n")
    os.utime(opened.root / path, (claimed, claimed))
    opened.perform("status")
    [accepted] = [x for x in opened.records() if x.subject == path]
    assert "1970" <= accepted.data["written"] <= accepted.at


@pytest.mark.parametrize(
    "path",
    [
        "agent-system/active-contexts/backend-status.md",
        "agent-system/agent-identities/docs.md",
        "agent-system/learnings/backend-notes.md",
        "pending-commits/backend-final-status.md",
    ],
)
def test_an_accepted_text_is_taken_apart_once(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """By its owner's parser, in the index; nobody else reads it again."""
    split, seen = frontmatter.split, []

    def counting(text: str, of: str) -> frontmatter.FrontMatter:
        seen.append(text)
        return split(text, of)

    monkeypatch.setattr(frontmatter, "split", counting)
    text = f"---\ntags: a\n---\n# Notes\n\n- Status: done\n- Path: {path}\n"
    (opened.root / path).write_text(text)
    opened.perform("check")
    assert seen.count(text) == 1


def test_an_edited_living_copy_is_taken_apart_once(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is judged, indexed with its decisions, and loaded again."""
    run = begin(opened, "# Rye\n\n- [ ] Mix\n- [ ] Bake\n", "rye")
    split, seen = frontmatter.split, []

    def counting(text: str, of: str) -> frontmatter.FrontMatter:
        seen.append(text)
        return split(text, of)

    monkeypatch.setattr(frontmatter, "split", counting)
    path = opened.root / RUNS / run / "workflow.md"
    text = path.read_text().replace("[ ] Mix", "[x] Mix")
    path.write_text(text)
    opened.perform("workflow show", run=run)
    assert seen.count(text) == 1
