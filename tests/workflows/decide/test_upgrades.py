"""Upgrades decided with literals."""

from dataclasses import replace

from coordinator.workflows.decide import items, upgrades
from coordinator.workflows.decide.ruling import Asking
from coordinator.workflows.decide.upgrades import NewVersion
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs.loaded_run import LoadedRun
from tests.workflows.decide.deciding import BREAD, asks, kinds, load, refusal, then

NEWER = BREAD.replace("- [ ] Bake", "- [ ] Prove\n- [ ] Bake")
NEW = NewVersion("oven", 2, "templates/oven.md", NEWER)


def begun() -> LoadedRun:
    """Return a run of the first version whose first box is ticked."""
    loaded = load(BREAD)
    return then(loaded, items.tick(loaded, 0, Mark.DONE, "", "baker"), asks("baker"))


def asking() -> Asking:
    """Return that a maintainer asks, who can read what the run began with."""
    return replace(asks("(maintainer)"), read=lambda _: BREAD)


def test_a_newer_version_keeps_what_was_done() -> None:
    """Its new line comes in, the tick stays; whose run it is hears of it."""
    found, met = upgrades.upgrade(begun(), NEW, "", asking())
    assert kinds(found) == ["run.upgraded", "document.accepted"]
    assert found.copy == NEWER.replace("[ ] Mix", "[x] Mix")
    assert not met.not_taken
    assert not met.removed
    assert [x.to for x in found.notices] == ["baker"]


def test_the_version_that_it_goes_by_changes_nothing() -> None:
    """Not even where the copy is in the midst of a merge."""
    same = replace(NEW, version=1)
    found, _ = upgrades.upgrade(begun(), same, "", asking())
    assert found.records == ()
    assert upgrades.held_back(begun(), same, is_merging=True) is None


def test_one_merge_at_a_time() -> None:
    """The markers of the last one must go first."""
    found = upgrades.held_back(begun(), NEW, is_merging=True)
    assert found is not None
    assert found.message == "oven-1 is in the midst of another merge."
    assert upgrades.held_back(begun(), NEW, is_merging=False) is None


def test_another_document_is_no_version() -> None:
    """What shares nothing with the run is refused."""
    other = replace(NEW, text="# Cars\n\n- [ ] Wheel\n- [ ] Door\n- [ ] Paint\n")
    found, _ = upgrades.upgrade(begun(), other, "", asking())
    assert "another" in refusal(found)
    assert found.records == ()
