"""Steps of runs: what is next, whose a step is, and for how long."""

import pytest

from coordinator.actions.reports import views
from coordinator.kernel.errors import Conflict, NotFound, Refused
from tests.actions.run_yard import (
    HEAT,
    LOAF,
    WOOD,
    begin,
    begin_bread,
    gate,
    inbox,
    next_ids,
    oven,
    show,
    states,
    submit,
    take,
    tick,
)
from tests.support import ManualClock, OpenWorkspace

HALF_AN_HOUR = 30


def test_next_is_exactly_what_has_its_prerequisites(opened: OpenWorkspace) -> None:
    """The steps of a subtask follow each other; a task waits for the one before it."""
    run = begin(opened, oven(), "oven")
    assert next_ids(opened, run) == [WOOD]
    take(opened, run, WOOD)
    assert next_ids(opened, run) == []
    submit(opened, run, WOOD, exit_code=0)
    assert next_ids(opened, run) == [HEAT]
    (opened.root / "heat.md").write_text("It is high\n")
    take(opened, run, HEAT)
    submit(opened, run, HEAT, note="Hot")
    assert next_ids(opened, run) == [LOAF]
    take(opened, run, LOAF)
    found = submit(opened, run, LOAF, argv=["bake"], exit_code=0, stdout="baked")
    assert (found["state"], found["outcome"]) == ("SUCCEEDED", "finished")
    assert next_ids(opened, run) == []


def test_a_step_comes_with_all_that_its_doer_must_know(opened: OpenWorkspace) -> None:
    """Command, tool, criteria, files, links, budget, addressee, prompt."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    [found] = opened.perform("workflow next", run=run)["steps"]
    assert (found["id"], found["agent"]) == (HEAT, "backend")
    assert found["text"] == "Write down the heat"
    assert found["attempts"] == {"used": 0, "of": 2}
    assert "criteria" not in found, "it is told whole with the taking"
    found = taken = take(opened, run, HEAT)
    assert found["text"] == "Write down the heat"
    assert found["tool"] == "edit_file"
    assert found["links"] == [], "its subtask's were told with the first step"
    assert found["attempts"] == {"used": 0, "of": 2}
    assert found["on_failure"]["agent"] == "docs"
    assert (found["agent"], found["addressed"]) == (
        "backend",
        {"name": "backend", "how": "name"},
    )
    kinds = [x["kind"] for x in found["criteria"]]
    assert kinds == ["File Exists", "File Content Matches"]
    assert found["files"] == ["heat.md"]
    assert "context" not in taken
    assert taken["note"].endswith(f"coordinator workflow take {run} {HEAT}")
    taken = take(opened, run, HEAT)
    assert taken["links"] == ["docs/Oven.md"]
    assert taken["context"] == {"Super-Prompt": "Think of the crust."}
    assert taken["tools"] == [{"name": "thermometer", "text": "measures heat"}]
    assert taken["supporting"] == ["till-team"]


def test_an_addressee_that_nobody_is_is_found_by_capabilities(
    opened: OpenWorkspace,
) -> None:
    """Else the step is anybody's."""
    identities = opened.root / "agent-system" / "agent-identities"
    (identities / "docs.md").write_text(
        "# Docs\n\n**Role**: Writes\n\n## Responsibilities\n- parchment\n"
    )
    text = oven().replace("`pages`", "`juggling`")
    known = oven().replace("`pages`", "`parchment`")
    for name, source, expected in (
        ("oven", known, ("docs", "capabilities")),
        ("other", text, ("", "nobody")),
    ):
        run = begin(opened, source.replace("must be `SUCCEEDED`", "has started"), name)
        take(opened, run, WOOD)
        found = opened.perform("workflow next", run=run)["steps"][-1]
        assert (found["id"], found["agent"]) == (LOAF, expected[0])
        found = take(opened, run, LOAF)
        assert found["addressed"] == {"name": "crust-lead", "how": expected[1]}


def test_next_without_a_run_is_what_the_asking_agent_may_do(
    opened: OpenWorkspace,
) -> None:
    """Over all runs: what is addressed to it, or to nobody."""
    begin(opened, oven(), "oven")
    begin_bread(opened)
    mine = opened.call("workflow next", {}, agent="backend")["steps"]
    assert [x["id"] for x in mine] == [WOOD, "1", "4"]
    assert opened.call("workflow next", {}, agent="docs")["steps"] == []
    assert len(next_ids(opened)) == 3


def test_next_begins_with_what_the_asking_agent_has_in_hand(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Taken or to be tried again, until its lease ends; others do not see it."""
    run = begin(opened, oven(), "oven")

    def said(agent: str) -> list[tuple[str, str]]:
        found = opened.call("workflow next", {}, agent=agent)["steps"]
        return [(x["id"], x["state"]) for x in found]

    assert said("backend") == [(WOOD, "READY")]
    expires = take(opened, run, WOOD)["expires"]
    assert said("backend") == [(WOOD, "RUNNING")]
    assert said("docs") == []
    submit(opened, run, WOOD, exit_code=1)
    assert said("backend") == [(WOOD, "RETRYING")]
    [found] = opened.call("workflow next", {"run": run}, agent="backend")["steps"]
    assert [x["found"] for x in found["unmet"]] == ["The exit code is 1, not 0."]
    shown = opened.perform("workflow show", run=run, step=WOOD)
    assert (shown["run"], shown["id"], shown["state"]) == (run, WOOD, "RETRYING")
    assert [x["outcome"] for x in shown["attempts"]] == ["miss"]
    with pytest.raises(NotFound):
        opened.perform("workflow show", run=run, step="P9")
    assert (found["expires"], found["attempts"]) == (expires, {"used": 1, "of": 2})
    clock.advance(minutes=HALF_AN_HOUR)
    assert said("backend") == [(WOOD, "READY")]


def test_only_one_has_a_step(opened: OpenWorkspace) -> None:
    """Another one is told who holds it, and until when."""
    run = begin(opened, oven(), "oven")
    found = take(opened, run, WOOD)
    assert (found["state"], found["holder"], found["epoch"]) == (
        "RUNNING",
        "backend",
        1,
    )
    assert found["expires"] == "2026-01-31T09:30:00.000Z"
    with pytest.raises(Conflict, match=f"backend holds {WOOD} until 2026-01-31T09:30"):
        take(opened, run, WOOD, agent="docs")
    with pytest.raises(Conflict, match="backend holds"):
        opened.perform("workflow take", run=run, step=WOOD)
    assert len(opened.records("run.taken")) == 1


def test_taking_again_renews(opened: OpenWorkspace, clock: ManualClock) -> None:
    """The epoch stays, the lease begins anew."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    clock.advance(minutes=29)
    found = take(opened, run, WOOD)
    assert (found["epoch"], found["expires"]) == (1, "2026-01-31T09:59:00.000Z")
    clock.advance(minutes=29)
    with pytest.raises(Conflict):
        take(opened, run, WOOD, agent="docs")


def test_a_lapsed_lease_is_taken_over_and_its_holder_told(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """The step is next again; the old holder's evidence is refused."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    clock.advance(minutes=HALF_AN_HOUR)
    assert next_ids(opened, run) == [WOOD]
    assert states(opened, run)[WOOD] == "READY"
    found = take(opened, run, WOOD, agent="docs")
    assert (found["holder"], found["epoch"]) == ("docs", 2)
    assert inbox(opened) == [f"{WOOD} of {run} was taken over"]
    with pytest.raises(Conflict, match=f"docs holds {WOOD}"):
        submit(opened, run, WOOD, exit_code=0)
    assert submit(opened, run, WOOD, agent="docs", exit_code=0)["state"] == "SUCCEEDED"


def test_a_lapsed_lease_that_nobody_took_still_holds(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Its holder may go on, or renew it."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    clock.advance(hours=1)
    assert take(opened, run, WOOD)["epoch"] == 1
    clock.advance(hours=1)
    assert submit(opened, run, WOOD, exit_code=0)["state"] == "SUCCEEDED"


def test_the_clock_may_jump(opened: OpenWorkspace, clock: ManualClock) -> None:
    """Backwards too: a lease is not lost by it."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    clock.advance(days=-3)
    with pytest.raises(Conflict):
        take(opened, run, WOOD, agent="docs")
    assert submit(opened, run, WOOD, exit_code=0)["state"] == "SUCCEEDED"


def test_the_third_takeover_is_a_persons_matter(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """What one after the other lets lie is escalated; resumed, it counts anew."""
    run = begin(opened, oven(), "oven")
    for agent in ("backend", "docs", "frontend"):
        take(opened, run, WOOD, agent=agent)
        clock.advance(hours=1)
    with pytest.raises(Refused, match=r"nobody finished it\. It is"):
        take(opened, run, WOOD)
    assert states(opened, run)[WOOD] == "ESCALATED"
    [found] = opened.perform("workflow escalations")
    assert found["reason"] == f"{WOOD} was taken three times, and nobody finished it."
    assert next_ids(opened, run) == []
    with pytest.raises(Refused, match="is ESCALATED: it cannot be taken"):
        take(opened, run, WOOD)
    asked = {"id": found["id"], "decision": "resume", "comment": "Try"}
    opened.perform("workflow resolve", **asked)
    assert take(opened, run, WOOD)["epoch"] == 4


def test_what_is_not_next_cannot_be_taken(opened: OpenWorkspace) -> None:
    """It says what is waited for; what is done is done."""
    run = begin(opened, oven(), "oven")
    with pytest.raises(Refused, match=f"is PENDING.*{WOOD} must have succeeded") as e:
        take(opened, run, HEAT)
    assert e.value.hint == f"Run: coordinator workflow next {run}"
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=0)
    with pytest.raises(Refused, match="is SUCCEEDED"):
        take(opened, run, WOOD)
    with pytest.raises(NotFound, match="has no step 'P09'"):
        take(opened, run, "P09")
    with pytest.raises(NotFound, match="has no step '1'"):
        take(opened, begin_bread(opened), "1")


def test_a_prerequisite_in_free_words_waits_for_a_persons_word(
    opened: OpenWorkspace,
) -> None:
    """It is listed as a gate; the word frees the step."""
    run = begin(opened, oven(needs="The baker has come"), "oven")
    assert next_ids(opened, run) == []
    name = "P01-T01-needs-1"
    [found] = show(opened, run)["gates"]
    assert (found["item"], found["kind"]) == (name, "prerequisite")
    assert found["text"] == "The baker has come"
    with pytest.raises(Refused, match="The baker has come"):
        take(opened, run, WOOD)
    found = gate(opened, run, name)
    assert (found["passed"], found["by"]) == (True, "(maintainer)")
    assert next_ids(opened, run) == [WOOD]


def test_a_step_of_any_name_does_no_harm(opened: OpenWorkspace) -> None:
    """Its evidence stays inside of the run's folder."""
    text = oven().replace(WOOD, "../../../../../x").replace(HEAT, "y" * 300)
    run = begin(opened, text, "oven")
    first, second, _ = [x["id"] for x in show(opened, run)["steps"]]
    take(opened, run, first)
    submit(opened, run, first, exit_code=0)
    take(opened, run, second)
    submit(opened, run, second, note="Nothing")
    views.refresh(opened.workspace)
    folder = opened.root / "agent-system" / "active-contexts" / "runs" / run
    found = {x.relative_to(folder) for x in folder.rglob("*.json")}
    assert len(found) == 3
    assert not list(opened.root.parent.glob("x-1.json"))


def test_steps_have_no_boxes_to_tick(opened: OpenWorkspace) -> None:
    """An item of that number is looked for, and not found."""
    run = begin(opened, oven(), "oven")
    with pytest.raises(NotFound):
        tick(opened, run, WOOD)
