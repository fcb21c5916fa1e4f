"""Links that a person puts where a folder or a file of the workspace was."""

from pathlib import Path

import pytest

from tests.support import CommandLine, FakeAgent

CONTEXTS = "agent-system/active-contexts"


def _work(line: CommandLine) -> None:
    docs = FakeAgent(line.folder, "docs")
    docs.context("State: working\nTask: Pages\n")
    docs.pending("request", "# Request to backend\n")
    assert line("--as", "docs", "decision", "add", "Use rye").code == 0


def _known(line: CommandLine) -> list[object]:
    verbs = ("agent", "context", "pending", "decision", "learning")
    rows = [line(x, "list", "--json").value for x in verbs]
    for row in rows[0] + rows[1]:
        del row["last_seen"]
    return rows


@pytest.mark.parametrize(
    "name",
    ["agent-system", CONTEXTS, "agent-system/learnings", "pending-commits", "reports"],
)
def test_a_linked_folder_is_said_and_loses_nothing(
    line: CommandLine, tmp_path: Path, name: str
) -> None:
    """What to do about it is said; `doctor --fix` leaves the link alone."""
    _work(line)
    before, folder = _known(line), line.folder / name
    folder.rename(tmp_path / "notes")
    folder.symlink_to(tmp_path / "notes")
    for argv in (["check"], ["doctor", "--fix"], ["check"]):
        done = line(*argv)
        assert done.code == 1
        assert f"{name}" in done.stdout
        assert "a link" in done.stdout
    assert "leave a link to it where it was" in done.stdout
    assert str(tmp_path / "notes") in done.stdout
    assert _known(line) == before
    assert folder.is_symlink()
    folder.unlink()
    (tmp_path / "notes").rename(folder)
    (tmp_path / "notes").symlink_to(folder)
    assert line("check").stdout == "No problems.\n"
    assert _known(line) == before
    records = line("history", "--json").value
    gone = {x["subject"] for x in records if x["kind"] == "document.removed"}
    assert gone == {name}  # the problem that it was


def test_whoever_writes_through_a_link_is_told(
    line: CommandLine, tmp_path: Path
) -> None:
    """The link is named, and nothing is written where it leads."""
    (line.folder / "agent-system").rename(tmp_path / "notes")
    (line.folder / "agent-system").symlink_to(tmp_path / "notes")
    before = sorted((tmp_path / "notes").rglob("*"))
    for argv in (["context", "set", "--task", "x"], ["decision", "add", "Use rye"]):
        done = line("--as", "docs", *argv)
        assert done.code == 1
        assert f"{line.folder}/agent-system: a link is there" in done.stderr
        assert "Move the folder itself here" in done.stderr
    assert sorted((tmp_path / "notes").rglob("*")) == before


def test_linked_settings_are_read_and_left_to_the_person(
    line: CommandLine, tmp_path: Path, repository: Path
) -> None:
    """What they lead to is edited by whoever put it there."""
    settings, elsewhere = line.folder / "coordinator.toml", tmp_path / "dotfile.toml"
    settings.rename(elsewhere)
    settings.symlink_to(elsewhere)
    assert line("init", ".", "--agent", "tester").code == 0
    done = line("init", ".", "--repo", f"shop={repository}")
    assert done.code == 1
    assert f"{settings} is a link" in done.stderr
    assert settings.is_symlink()
    with elsewhere.open("a") as file:
        file.write(f'[repositories]\nshop = "{repository}"\n')
    text = elsewhere.read_text().replace("[repositories]", "# ", 1)
    elsewhere.write_text(text)
    assert line("init", ".").code == 0
    assert len(line("worktree", "list", "--json").value) == 4
    elsewhere.unlink()
    done = line("status")
    assert done.code in {1, 2}
    assert "a link to nothing is there" in done.stderr
