"""Workflow documents anywhere: inspected and linted as a caller names them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.documents import named_files
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import BREAD, GATES, GUIDE, WAY, keep, oven
from tests.support import CommandLine, OpenWorkspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document of each family."""
    made = tmp_path / "documents"
    made.mkdir()
    for name, text in {
        "bread": BREAD,
        "guide": GUIDE,
        "way": WAY,
        "oven": oven(more=GATES),
    }.items():
        (made / f"{name}.md").write_text(text)
    return made


def ask(opened: OpenWorkspace, verb: str, folder: Path, *paths: str) -> Any:  # noqa: ANN401 - JSON
    """Ask about documents from a folder."""
    return opened.call(f"workflow {verb}", {"paths": paths}, folder=str(folder))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bread", {"kind": "checklist", "items": 11, "gates": 1, "signoffs": 1}),
        ("guide", {"kind": "catalogue", "stages": 4, "bullets": 6}),
        ("way", {"kind": "agent-workflow", "steps": 2, "success_items": 2}),
        ("oven", {"kind": "steps", "phases": 1, "tasks": 2, "subtasks": 2, "steps": 3}),
    ],
)
def test_one_document_is_one_object(
    opened: OpenWorkspace, folder: Path, name: str, expected: dict[str, object]
) -> None:
    """Kind and counts; the path is as it was named."""
    found = ask(opened, "inspect", folder, f"{name}.md")
    assert {x: found[x] for x in expected} == expected
    assert found["path"] == f"{name}.md"


def test_several_documents_are_a_list_each_once(
    opened: OpenWorkspace, folder: Path
) -> None:
    """A folder is looked through; what lies elsewhere has its full path."""
    found = ask(opened, "inspect", folder, ".", "bread.md", str(folder / "way.md"))
    assert [x["path"] for x in found] == ["bread.md", "guide.md", "oven.md", "way.md"]
    other = opened.root / "x.md"
    other.write_text(BREAD)
    assert ask(opened, "inspect", folder, str(other))["path"] == str(other)


def test_lint_lists_what_is_wrong_by_line(opened: OpenWorkspace, folder: Path) -> None:
    """Over documents that refer to each other, to agents and to files."""
    found = ask(opened, "lint", folder, "oven.md")
    codes = {(x["code"], x["line"]) for x in found}
    assert {x for x, _ in codes} >= {"dangling-link", "unknown-agent"}
    assert all(x["path"] == "oven.md" and x["message"] and x["line"] for x in found)
    (folder / "docs").mkdir()
    (folder / "docs" / "Oven.md").write_text("# Oven\n")
    found = ask(opened, "lint", folder, "oven.md")
    assert "dangling-link" not in {x["code"] for x in found}


def test_documents_of_one_look_know_each_other(
    opened: OpenWorkspace, folder: Path
) -> None:
    """By file name, by link and by task id; what none has dangles."""
    text = oven().replace("**Previous Step**: None", "**Previous Step**: [B](x/B.md)")
    text = text.replace("**Next Step**: None", "**Next Step**: OVEN-002")
    (folder / "a.md").write_text(text)
    codes = {x["code"] for x in ask(opened, "lint", folder, "a.md")}
    assert codes >= {"dangling-previous", "dangling-next"}
    (folder / "b.md").write_text(oven().replace("OVEN-001", "OVEN-002"))
    found = ask(opened, "lint", folder, "a.md", "b.md")
    codes = {x["code"] for x in found}
    assert not codes & {"dangling-previous", "dangling-next"}


def test_a_link_that_no_file_system_takes_dangles(
    opened: OpenWorkspace, folder: Path
) -> None:
    """It is looked for in vain, and stops nothing."""
    text = oven().replace("mdc:docs/Oven.md", f"mdc:{'x' * 5_000}.md")
    (folder / "long.md").write_text(text)
    assert "dangling-link" in {
        x["code"] for x in ask(opened, "lint", folder, "long.md")
    }


def test_state_files_are_looked_through(opened: OpenWorkspace, folder: Path) -> None:
    """Their contradictions are listed; they are no workflows."""
    progress = {"total_steps": 3, "completed_steps": 5, "percentage": 10}
    text = json.dumps({"workflow_state": {"progress": progress}})
    (folder / "DNA.json").write_text(text)
    found = ask(opened, "inspect", folder, "DNA.json")
    assert (found["kind"], found["problems"]) == ("state-file", 2)
    assert "5 of 3 steps are completed." in found["contradictions"]
    listed = ask(opened, "lint", folder, "DNA.json", "bread.md")
    assert {x["code"] for x in listed if x["path"] == "DNA.json"} == {"contradiction"}
    (folder / "Step.json").write_text("{")
    assert ask(opened, "lint", folder, "Step.json")[0]["code"] == "bad-json"


def test_an_unreadable_document_is_said(opened: OpenWorkspace, folder: Path) -> None:
    """A binary, a device, a giant: with its path as it was named."""
    (folder / "binary.md").write_bytes(b"\xff\0")
    os.mkfifo(folder / "pipe.md")
    with pytest.raises(Refused, match=r"^binary\.md: "):
        ask(opened, "inspect", folder, "binary.md")
    found = ask(opened, "lint", folder, ".")
    wrong = {x["path"] for x in found if x["path"] in {"binary.md", "pipe.md"}}
    assert wrong == {"binary.md", "pipe.md"}


def test_of_several_documents_the_readable_ones_are_told(line: CommandLine) -> None:
    """And of the others the reason; the exit code says that there are some."""
    (line.folder / "docs").mkdir()
    (line.folder / "docs" / "bad.md").write_bytes(b"x\0y")
    (line.folder / "docs" / "good.md").write_text("# Good\n\n- [ ] one\n")
    done = line("workflow", "inspect", "docs", "--json")
    bad, good = sorted(done.value, key=lambda x: str(x["path"]))
    assert done.code == 1
    assert (bad["kind"], bad["message"]) == ("unreadable", "The file holds a NUL byte.")
    assert (good["title"], good["items"]) == ("Good", 1)
    shown = line("workflow", "inspect", "docs")
    assert ("bad.md" in shown.stdout, "NUL byte" in shown.stdout) == (True, True)


@pytest.mark.parametrize("verb", ["inspect", "lint"])
@pytest.mark.parametrize("path", ["nothing.md", "x" * 300, "bread.md/x.md"])
def test_where_nothing_is_nothing_is_found(
    opened: OpenWorkspace, folder: Path, verb: str, path: str
) -> None:
    """Whatever the path looks like."""
    with pytest.raises(NotFound, match="There is nothing at"):
        ask(opened, verb, folder, path)


def test_an_empty_folder_has_no_documents(opened: OpenWorkspace, folder: Path) -> None:
    """Which is said: the folder may be a wrong one."""
    (folder / "empty").mkdir()
    for verb in ("inspect", "lint", "import"):
        with pytest.raises(NotFound, match="holds no document"):
            ask(opened, verb, folder, "empty")


def test_very_many_files_are_refused(
    opened: OpenWorkspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has named a wrong folder."""
    monkeypatch.setattr(named_files, "_MOST", 3)
    with pytest.raises(UsageProblem, match="holds 4 files; 3 are the limit"):
        ask(opened, "inspect", folder, ".")


def test_no_path_is_no_question(opened: OpenWorkspace) -> None:
    """At least one is named."""
    with pytest.raises(UsageProblem):
        opened.perform("workflow inspect", paths=[])


def test_check_lists_what_templates_refer_to_in_vain(
    opened: OpenWorkspace,
) -> None:
    """By the newest version alone, whose line it is."""
    keep(opened, oven(), "oven")
    path = "agent-system/workflows/oven/1.md"
    found = {x["code"]: x for x in opened.perform("check", paths=[path])}
    assert found["dangling-link"]["line"] == 35
    keep(opened, oven().replace("  - [Oven.md](mdc:docs/Oven.md)\n", ""), "oven")
    assert "dangling-link" not in opened.problems()


def test_a_template_is_looked_through_again_when_the_world_changed(
    opened: OpenWorkspace,
) -> None:
    """Not while everything that it asked for is as it was."""
    keep(opened, oven(), "oven")
    opened.perform("check")
    [first] = opened.workspace.templates.values()
    said = first.problems
    opened.perform("check")
    [second] = opened.workspace.templates.values()
    assert second.problems is said
    (opened.root / "docs").mkdir()
    (opened.root / "docs" / "Oven.md").write_text("# Oven\n")
    assert "dangling-link" not in opened.problems()
    assert second.problems is not said
    assert opened.perform("status")["problems"] == len(opened.problems())


def test_a_pipe_is_no_document(opened: OpenWorkspace, tmp_path: Path) -> None:
    """It is said what stands there; nobody waits for what it will hold."""
    os.mkfifo(tmp_path / "pipe")
    for verb in ("import", "inspect", "lint"):
        with pytest.raises(UsageProblem, match="pipe is a pipe, and no document"):
            opened.perform(f"workflow {verb}", paths=(str(tmp_path / "pipe"),))


def test_a_path_with_nothing_does_not_stop_the_others(
    opened: OpenWorkspace, tmp_path: Path
) -> None:
    """Inspect, lint and import go on; it is told what is missing."""
    good, gone = tmp_path / "good.md", tmp_path / "gone.md"
    good.write_text("# Good\n\n- [ ] Bake\n")
    paths = (str(gone), str(good))
    first, second = opened.perform("workflow inspect", paths=paths)
    assert (first["kind"], second["items"]) == ("unreadable", 1)
    assert "There is nothing at" in first["message"]
    [problem] = opened.perform("workflow lint", paths=paths)
    assert problem["path"] == str(gone)
    found = opened.perform("workflow import", paths=paths)
    assert [x["id"] for x in found["templates"]] == ["good"]
    assert [x["path"] for x in found["refused"]] == [str(gone)]
