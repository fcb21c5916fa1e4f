"""Starts decided with literals."""

from dataclasses import replace

from coordinator.workflows.decide import starts
from coordinator.workflows.decide.ruling import stored
from coordinator.workflows.decide.starts import Beginning
from coordinator.workflows.documents import read
from tests.workflows.decide.deciding import BREAD, OVEN, asks, kinds

FILLED = BREAD.replace("show it", "show it to Ada")
WANTED = Beginning(
    run="rye-1",
    agent="baker",
    template="rye",
    version=3,
    document=read.parse(BREAD, "")[0],
    text=BREAD,
    filled=FILLED,
    phase_file="",
    part="",
)


def test_a_run_begins_with_its_text_and_its_template() -> None:
    """Both are stored; the living copy is accepted with it, filled."""
    found = starts.start(WANTED, "baker", asks("baker"))
    assert kinds(found) == ["run.started", "document.accepted"]
    data = found.records[0].data
    assert (data["template"], data["version"], data["agent"]) == ("rye", 3, "baker")
    assert (data["text"], data["base"]) == (stored(FILLED), stored(BREAD))
    assert data["ids"] == ["1", "2", "3"]
    assert found.texts == (FILLED, BREAD)
    assert found.copy == FILLED
    assert found.notices == ()


def test_whoever_has_a_run_that_another_started_is_told() -> None:
    """A maintainer starts it here."""
    found = starts.start(WANTED, "", asks("(maintainer)"))
    assert [(x.to, x.subject) for x in found.notices] == [
        ("baker", "The run rye-1 is yours")
    ]


def test_what_is_done_already_is_no_beginning() -> None:
    """A record of what was done has every box ticked; steps have none."""
    done = BREAD.replace("[ ]", "[x]")
    found = starts.nothing_left("rye", WANTED.document, done)
    assert found is not None
    assert found.message == "Nothing of rye is left to do: all its boxes are ticked."
    assert starts.nothing_left("rye", WANTED.document, BREAD) is None
    steps = replace(WANTED, document=read.parse(OVEN, "")[0])
    assert starts.nothing_left("oven", steps.document, OVEN) is None
