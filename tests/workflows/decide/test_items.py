"""Items and gates decided with literals."""

from coordinator.workflows.decide import gates, items
from coordinator.workflows.marks import Mark
from tests.workflows.decide.deciding import BREAD, asks, kinds, load, refusal, then

MIX, PAUSE, BAKE = range(3)


def test_a_tick_changes_one_line_and_keeps_its_words() -> None:
    """The record names text and comment by hash; a version goes with it."""
    found = items.tick(load(BREAD), MIX, Mark.DONE, "by hand", "baker")
    assert kinds(found) == ["run.edited", "document.accepted"]
    assert found.copy == BREAD.replace("[ ] Mix", "[x] Mix")
    assert found.texts == (found.copy, "by hand")
    assert [x[:2] for x in found.records[0].data["ticks"]] == [("1", "done")]


def test_the_order_holds() -> None:
    """What comes after an open item waits, and says for what."""
    found = items.tick(load(BREAD), BAKE, Mark.DONE, "", "baker")
    assert "'Mix' (item 1) comes before it." in refusal(found)
    assert found.records == ()


def test_nothing_is_decided_where_nothing_changes() -> None:
    """The same tick again is no record."""
    asking = asks("baker")
    loaded = load(BREAD)
    loaded = then(loaded, items.tick(loaded, MIX, Mark.DONE, "", "baker"), asking)
    assert items.tick(loaded, MIX, Mark.DONE, "", "baker").records == ()


def test_a_gate_needs_a_word_and_what_is_before_it() -> None:
    """It is no box to tick; passed, it is ticked with the word, and the agent told."""
    asking, loaded = asks("(maintainer)"), load(BREAD)
    assert "only a maintainer" in refusal(
        items.tick(loaded, PAUSE, Mark.DONE, "", "baker")
    )
    assert "is not reached" in refusal(gates.pass_box(loaded, PAUSE, "ok", asking))
    loaded = then(loaded, items.tick(loaded, MIX, Mark.DONE, "", "baker"), asking)
    found = gates.pass_box(loaded, PAUSE, "ok", asking)
    assert kinds(found) == ["run.passed", "run.edited", "document.accepted"]
    assert [x.to for x in found.notices] == ["baker"]
    loaded = then(loaded, found, asking)
    assert gates.pass_box(loaded, PAUSE, "ok", asking).records == ()
    assert "stays ticked" in refusal(items.tick(loaded, MIX, Mark.OPEN, "", "baker"))


def test_the_last_box_ends_the_run() -> None:
    """In the same decision."""
    asking, loaded = asks("(maintainer)"), load(BREAD)
    loaded = then(loaded, items.tick(loaded, MIX, Mark.DONE, "", "baker"), asking)
    loaded = then(loaded, gates.pass_box(loaded, PAUSE, "ok", asking), asking)
    found = items.tick(loaded, BAKE, Mark.DONE, "", "baker")
    assert kinds(found)[-1] == "run.finished"
    loaded = then(loaded, found, asking)
    over = items.set_mark(loaded, BAKE, Mark.OPEN, "", "baker")
    assert refusal(over) == "The run oven-1 is finished: its record stays as it is."


def test_an_edit_keeps_what_holds_and_tells_of_the_rest() -> None:
    """Two records and one message; the file is to hold what stands."""
    text = BREAD.replace("[ ]", "[x]")
    found, judged = items.edit(load(BREAD), text, "baker")
    assert kinds(found) == ["run.edited", "document.accepted", "run.refused"]
    assert found.copy == judged.copy.text == BREAD.replace("[ ] Mix", "[x] Mix")
    assert [x.subject for x in found.notices] == ["2 changes of oven-1 were put back"]
    assert text in found.texts
