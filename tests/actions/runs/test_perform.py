from pathlib import Path

from coordinator.actions.runs import perform
from coordinator.kernel.journal import Draft
from coordinator.workflows.decide import items
from coordinator.workflows.decide.ruling import Ruling
from coordinator.workflows.marks import Mark
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workspace.workspace import Call, Caller
from tests.actions.run_yard import begin
from tests.support import OpenWorkspace


def test_what_was_decided_on_an_older_state_is_decided_again(
    opened: OpenWorkspace,
) -> None:
    """Nothing is recorded behind the back of what came between."""
    run = begin(opened, "# Rye\n\n- [ ] Mix\n- [ ] Bake\n", "rye")
    call = Call(opened.workspace, Caller("backend"), Path("/"))
    seen: list[Mark] = []

    def decide(loaded: LoadedRun) -> Ruling:
        first = loaded.copy.boxes.items[0].mark
        seen.append(first)
        if first is Mark.OPEN:
            opened.call("workflow tick", {"run": run, "item": "1"}, agent="frontend")
        return items.tick(loaded, 1, Mark.DONE, "", "backend")

    done = perform.perform(call, run, decide)
    assert seen == [Mark.OPEN, Mark.DONE]
    assert done.loaded.run.outcome == "finished"


def test_a_decision_without_records_records_nothing(opened: OpenWorkspace) -> None:
    """The journal stays where it is."""
    workspace = opened.workspace
    before = workspace.journal.last
    perform.commit(workspace, Ruling(), before)
    assert workspace.journal.last == before
    perform.commit(workspace, Ruling((Draft("run.noted", "a", "r-1"),)), before)
    assert workspace.journal.last == before + 1
