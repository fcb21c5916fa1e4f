"""Templates: imported in versions, listed, searched, compared."""

from pathlib import Path
from typing import Any

import pytest

from coordinator.actions.templates import library
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from tests.actions.run_yard import BREAD, GUIDE, WAY, begin, keep, oven
from tests.support import OpenWorkspace


def stored(opened: OpenWorkspace, name: str) -> list[str]:
    """Return the files of a template's versions."""
    folder = opened.root / "agent-system" / "workflows" / name
    return sorted(x.name for x in folder.iterdir())


def test_a_changed_text_is_the_next_version_and_the_same_is_none(
    opened: OpenWorkspace,
) -> None:
    """None is ever overwritten."""
    first = keep(opened, BREAD)
    assert (first["id"], first["version"], first["kind"]) == ("bread", 1, "checklist")
    assert keep(opened, BREAD)["version"] == 1
    assert keep(opened, BREAD + "\n- [ ] Sweep\n")["version"] == 2
    assert keep(opened, BREAD)["version"] == 3
    assert stored(opened, "bread") == ["1.md", "2.md", "3.md"]
    assert (opened.root / first["path"]).read_text() == BREAD
    assert len(opened.records("template.imported")) == 3


def test_a_version_that_was_edited_on_the_disk_is_left_alone(
    opened: OpenWorkspace,
) -> None:
    """Runs go by what was imported; a version that was deleted is written anew."""
    path = opened.root / keep(opened, BREAD)["path"]
    path.write_text("# Cake\n\n- [ ] Bake\n")
    keep(opened, BREAD)
    assert path.read_text() == "# Cake\n\n- [ ] Bake\n"
    run = opened.perform("workflow start", template="bread")["id"]
    living = f"agent-system/active-contexts/runs/{run}/workflow.md"
    assert (opened.root / living).read_text() == BREAD
    path.unlink()
    keep(opened, BREAD)
    assert path.read_text() == BREAD


def test_what_is_wrong_with_a_template_is_said_at_once(opened: OpenWorkspace) -> None:
    """And by `check`; it is imported all the same."""
    found = keep(opened, oven(), "oven")
    assert {x["code"] for x in found["problems"]} >= {"unknown-agent", "dangling-link"}
    assert opened.problems(found["path"])


def test_an_import_tells_the_first_problem_of_each_kind(opened: OpenWorkspace) -> None:
    """With how many there are; `workflow lint` tells them all."""
    links = "".join(f"- [ ] See [{x}]({x}.md)\n" for x in range(60))
    found = keep(opened, f"# Rye\n\n- [?] Mix\n{links}", "rye")
    said = [(x["code"], x["line"], x["times"]) for x in found["problems"]]
    assert said == [("dangling-link", 4, 60), ("unknown-mark", 3, 1)]
    assert set(opened.problems(found["path"])) == {"dangling-link", "unknown-mark"}


def test_a_folder_is_imported_with_what_it_holds(
    opened: OpenWorkspace, tmp_path: Path
) -> None:
    """What is no workflow is refused with the reason, and stops nothing else."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "bread.md").write_text(BREAD)
    (folder / "prose.md").write_text("# Prose\n\nNothing to do.\n")
    (folder / "binary.md").write_bytes(b"\xff\0")
    (folder / "guide.md").write_text(GUIDE)
    (folder / "Step.json").write_text('{"systemStatus": "idle"}')
    found = opened.perform(
        "workflow import", paths=[str(folder), str(folder / "Step.json")]
    )
    assert [(x["id"], x["version"]) for x in found["templates"]] == [
        ("bread", 1),
        ("guide", 1),
    ]
    refused = {Path(x["path"]).name: x["code"] for x in found["refused"]}
    assert refused["prose.md"] == "no-items"
    assert refused["Step.json"] == "state-file"
    assert set(refused) == {"prose.md", "binary.md", "Step.json"}
    assert {Path(x["path"]).name for x in found["problems"]} == {"bread.md"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("prose.md", "# Prose\n", "no-items|nothing|no "),
        ("Step.json", '{"systemStatus": "x"}', "A state file is no workflow"),
        ("package.json", '{"name": "x"}', "neither a Step.json nor a DNA.json"),
        ("DNA.json", "{", "not valid JSON"),
    ],
)
def test_what_is_no_workflow_alone_is_refused(
    opened: OpenWorkspace, tmp_path: Path, name: str, text: str, words: str
) -> None:
    """With the reason."""
    (tmp_path / name).write_text(text)
    with pytest.raises(Refused, match=words):
        opened.perform("workflow import", paths=[str(tmp_path / name)])
    assert opened.perform("workflow list") == []


def test_a_template_is_named_after_its_file(
    opened: OpenWorkspace, tmp_path: Path
) -> None:
    """In letters that can stand in a path."""
    for name, expected in (
        ("Étude No 1.md", "etude-no-1"),
        ("字.md", "workflow"),
        ("x" * 200 + ".md", "x" * 60),
    ):
        (tmp_path / name).write_text(BREAD)
        found = opened.perform("workflow import", paths=[str(tmp_path / name)])
        assert found["id"] == expected


def test_templates_are_listed_with_what_can_be_started(opened: OpenWorkspace) -> None:
    """The newest version of each, and the workflows of a catalogue."""
    keep(opened, GUIDE, "guide")
    keep(opened, BREAD)
    keep(opened, BREAD + "\n- [ ] Sweep\n")
    listed = opened.perform("workflow list")
    assert [(x["id"], x["version"], x["workflows"]) for x in listed] == [
        ("bread", 2, []),
        ("guide", 1, ["guide/white-bread", "guide/rye-bread"]),
    ]


def test_search_finds_lines_that_hold_all_words(opened: OpenWorkspace) -> None:
    """In any case, of the newest versions, with section and line."""
    keep(opened, GUIDE, "guide")
    keep(opened, BREAD)
    keep(opened, BREAD.replace("Knead", "Stir"))
    found = opened.perform("workflow search", words=["KNEAD twice"])
    assert [(x["id"], x["section"], x["text"]) for x in found] == [
        ("guide", "Rye Bread", "- Knead twice")
    ]
    assert found[0]["line"] == GUIDE.split("\n").index("   - Knead twice") + 1
    found = opened.perform("workflow search", words=["knead", "dough"])
    assert found == []
    found = opened.perform("workflow search", words=["the", "dough"])
    assert [(x["id"], x["section"]) for x in found] == [("bread", "Baking Phase")]


def test_a_search_has_an_end(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads more."""
    monkeypatch.setattr(library, "_MOST_FOUND", 2)
    keep(opened, BREAD)
    assert len(opened.perform("workflow search", words=["the"])) == 2
    with pytest.raises(UsageProblem):
        opened.perform("workflow search", words=[])


@pytest.mark.parametrize(
    "wanted", ["cake", "bread@2", "bread@x", "bread@0", "bread@-1", f"bread@{10**30}"]
)
def test_a_template_or_version_that_is_not_there(
    opened: OpenWorkspace, wanted: str
) -> None:
    """It is not guessed."""
    keep(opened, BREAD)
    with pytest.raises(NotFound, match="There is no template"):
        opened.perform("workflow start", template=wanted)


def compare(opened: OpenWorkspace, name: str) -> dict[str, Any]:
    """Compare the first two versions of a template."""
    found: dict[str, Any] = opened.perform(
        "workflow compare", one=f"{name}@1", other=f"{name}@2"
    )
    return found


@pytest.mark.parametrize(
    ("text", "old", "new", "removed", "added"),
    [
        (BREAD, "Knead the", "Stir the", "Knead the dough", "Stir the dough"),
        (GUIDE, "Taste a slice", "Taste two", "Tasting: Taste a", "Tasting: Taste two"),
        (GUIDE, "Knead twice", "Knead thrice", "BAKING: Knead tw", "BAKING: Knead th"),
        (GUIDE, "may burn", "may rise", "rule: Risks: say what may b", "rule: Risks"),
        (WAY, "Light the", "Clean the", "Light the oven", "Clean the oven"),
        (oven(), "`Bake`", "`Toast`", "S01-01: Bake", "S01-01: Toast"),
        (oven(), "`heat.md`", "`h.md`", "File Exists: heat.md", "File Exists: h.md"),
    ],
)
def test_two_versions_are_compared_by_what_they_ask(
    opened: OpenWorkspace, text: str, old: str, new: str, removed: str, added: str
) -> None:
    """Of every family: what one has and the other lacks."""
    keep(opened, text, "x")
    assert old in text
    keep(opened, text.replace(old, new), "x")
    found = compare(opened, "x")
    assert len(found["removed"]) == len(found["added"]) == 1
    assert removed in found["removed"][0]
    assert added in found["added"][0]
    same = opened.perform("workflow compare", one="x@2", other="x")
    assert (same["added"], same["removed"]) == ([], [])


def test_a_run_goes_on_with_its_version(opened: OpenWorkspace) -> None:
    """A newer template does not change it by itself; the older can still be started."""
    run = begin(opened, BREAD)
    keep(opened, BREAD.replace("Knead", "Stir"))
    found = opened.perform("workflow show", run=run)
    assert found["version"] == 1
    assert "Knead the dough" in [x["text"] for x in found["items"]]
    assert opened.perform("workflow start", template="bread@1")["version"] == 1
    assert opened.perform("workflow start", template="bread")["version"] == 2


CRANE = "# Crane\n\n- [ ] Order the rope\n- [ ] Oil the wheel\n- [ ] Lift a crate\n"
MENU = "# Menu\n\n- [x] Choose a tea\n- [x] Print the card\n- [x] Hang it up\n"


def bring(opened: OpenWorkspace, path: str, text: str, name: str = "") -> str:
    """Import a document that lies at this path; return the template's name."""
    place = opened.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    found = opened.perform("workflow import", paths=[str(place)], name=name)
    return f"{found['id']}@{found['version']}"


def test_another_document_of_a_name_is_another_template(
    opened: OpenWorkspace,
) -> None:
    """It is named after its folder, too; a newer version keeps the name it has."""
    assert bring(opened, "docs/a/tasks.md", CRANE) == "tasks@1"
    assert bring(opened, "docs/b/tasks.md", MENU) == "b-tasks@1"
    assert bring(opened, "docs/b/tasks.md", f"{MENU}- [ ] Sell it\n") == "b-tasks@2"
    assert bring(opened, "docs/a/tasks.md", f"{CRANE}- [ ] Sell it\n") == "tasks@2"
    assert bring(opened, "else/b/tasks.md", NOTES) == "else-b-tasks@1"


NOTES = "# Notes\n\n- [ ] Buy paper\n- [ ] Sharpen it\n- [ ] Write on\n"


def test_a_document_that_no_name_is_left_for_stops_no_other(
    opened: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused with the option that names it."""
    monkeypatch.setattr(library, "_MOST_PARTS", 1)
    bring(opened, "docs/a/tasks.md", CRANE)
    bring(opened, "docs/b/notes.md", NOTES)
    (opened.root / "docs/b/tasks.md").write_text(MENU)
    found = opened.perform("workflow import", paths=[str(opened.root / "docs/b")])
    assert [x["id"] for x in found["templates"]] == ["notes"]
    [refused] = found["refused"]
    assert (refused["code"], "--name" in refused["hint"]) == ("other-document", True)


def test_a_template_may_be_given_its_name(opened: OpenWorkspace) -> None:
    """Which also says that a document is a version of it, whatever it holds."""
    assert bring(opened, "docs/tasks.md", CRANE, "Harbour crane") == "harbour-crane@1"
    assert bring(opened, "docs/tasks.md", MENU, "Harbour crane") == "harbour-crane@2"
    (opened.root / "docs" / "menu.md").write_text(MENU)
    with pytest.raises(UsageProblem, match="One name cannot stand for 2 documents"):
        opened.perform("workflow import", paths=[str(opened.root / "docs")], name="x")


def test_a_run_does_not_become_another_document(opened: OpenWorkspace) -> None:
    """Although its template has a version that is one."""
    bring(opened, "docs/tasks.md", CRANE)
    run = opened.call("workflow start", {"template": "tasks"}, agent="backend")["id"]
    bring(opened, "docs/tasks.md", MENU, "tasks")
    with pytest.raises(Refused, match="shares nothing with what tasks-1 was begun"):
        opened.perform("workflow upgrade", run=run)
    assert opened.perform("workflow show", run=run)["state"] == "running"
