"""What is next, and why the rest waits: every run says how it goes on."""

import pytest

from coordinator.cli.text import show
from coordinator.kernel.clock import render
from tests.actions.run_yard import (
    PAUSE,
    READ,
    SIFT,
    TRACK,
    WEIGH,
    WOOD,
    begin,
    begin_bread,
    gate,
    inbox,
    oven,
    submit,
    take,
    tick,
)
from tests.support import CommandLine, ManualClock, OpenWorkspace

PIER = """\
# Pier

## Task Management
- [ ] Pick a pier

## Primary Feature
**Name:** [Pier Name]

## Work Phase
- [ ] Look at the planks
"""


def waiting(opened: OpenWorkspace, agent: str = "", run: str = "") -> list[list[str]]:
    """Return what waits: why, for which item, and for whom."""
    found = opened.call("workflow next", {"run": run}, agent=agent)["waiting"]
    return [[x["why"], x["item"], x["who"]] for x in found]


def command(opened: OpenWorkspace) -> str:
    """Return the command that brings on what waits first."""
    found: str = opened.perform("workflow next")["waiting"][0]["command"]
    return found


def test_a_gate_is_named_with_who_may_pass_it(opened: OpenWorkspace) -> None:
    """Once it is reached, and for those alone whose run it is."""
    run = begin_bread(opened)
    assert waiting(opened, "backend") == []
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    expected = [["gate", PAUSE, "a maintainer"]]
    assert waiting(opened, "backend") == waiting(opened) == expected
    assert waiting(opened, "docs") == []
    assert waiting(opened, "docs", run) == expected
    assert command(opened) == f"coordinator workflow gate {run} {PAUSE} --comment WORDS"
    gate(opened, run, PAUSE)
    assert waiting(opened, "backend") == []


def test_placeholders_are_named_with_the_file_to_write_in(
    opened: OpenWorkspace,
) -> None:
    """From the beginning, until they are written over."""
    run = begin(opened, PIER, "pier")
    [found] = opened.perform("workflow next")["waiting"]
    assert (found["why"], found["item"], found["who"]) == (
        "placeholders",
        "2",
        "backend",
    )
    assert found["text"] == "To be written over: [Pier Name]"
    path = opened.root / f"agent-system/active-contexts/runs/{run}/workflow.md"
    assert str(path.relative_to(opened.root)) in found["command"]
    path.write_text(path.read_text().replace("[Pier Name]", "Old pier"))
    assert waiting(opened) == []


def test_an_escalation_and_a_step_in_other_hands_are_named(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """With who decides, and with who has it until when."""
    run = begin(opened, oven(retries="0"), "oven")
    expires = take(opened, run, WOOD)["expires"]
    assert waiting(opened, "backend") == []
    assert waiting(opened, "docs", run) == [["taken", WOOD, "backend"]]
    [found] = opened.perform("workflow next")["waiting"]
    assert found["text"] == f"Its lease ends at {expires}."
    assert render(clock()) < expires
    submit(opened, run, WOOD, exit_code=1)
    assert waiting(opened) == [["escalation", WOOD, "a maintainer"]]
    assert command(opened).startswith(f"coordinator workflow resolve {run}-e1 ")


def test_a_run_that_has_ended_says_so(opened: OpenWorkspace) -> None:
    """Where it is asked for; otherwise it is nobody's business any more."""
    run = begin(opened, oven(retries="0"), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    given_up = {"id": f"{run}-e1", "decision": "abandon", "comment": "Enough"}
    opened.perform("workflow resolve", **given_up)
    assert waiting(opened) == []
    assert waiting(opened, run=run) == [["ended", "", "nobody"]]


def test_the_words_of_a_gate_reach_whoever_works_on_the_run(
    opened: OpenWorkspace,
) -> None:
    """Once, although it is passed again."""
    run = begin_bread(opened)
    tick(opened, run, READ, TRACK, WEIGH, SIFT)
    for _ in range(2):
        gate(opened, run, PAUSE)
    assert inbox(opened) == [f"{PAUSE} of {run} was passed"]
    [message] = opened.call("inbox", {}, agent="backend")
    assert message["body"].startswith("Go on\n")


@pytest.mark.slow
def test_people_read_what_may_be_done_and_then_what_waits(line: CommandLine) -> None:
    """In the order in which they need it; where nothing may be done, that alone."""
    (line.folder / "pier.md").write_text(PIER)
    assert line("workflow", "import", "pier.md").code == 0
    assert line("--as", "backend", "workflow", "start", "pier").code == 0
    shown = line("workflow", "next").stdout.splitlines()
    assert shown[1].split()[:2] == ["pier-1", "1"]
    assert shown[2].startswith("pier-1 2 waits for backend (placeholders): ")
    assert line("workflow", "tick", "pier-1", "1").code == 0
    assert line("workflow", "next").stdout.startswith("pier-1 2 waits for backend")


def test_who_had_a_part_in_a_run_is_told_why_it_waits(opened: OpenWorkspace) -> None:
    """Also where the run is another agent's."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD, agent="docs")
    for _ in range(2):
        submit(opened, run, WOOD, agent="docs", exit_code=1)
    told = [["escalation", WOOD, "a maintainer"]]
    assert waiting(opened, "docs") == waiting(opened, "backend") == told
    assert waiting(opened, "frontend") == []


def test_what_the_last_attempt_lacked_is_read_without_json(
    opened: OpenWorkspace,
) -> None:
    """By whoever holds the step."""
    run = begin(opened, oven(), "oven")
    take(opened, run, WOOD)
    submit(opened, run, WOOD, exit_code=1)
    found = opened.call("workflow next", {}, agent="backend")
    said = show.text_of("workflow next", found, 200, color=False)
    assert f"{WOOD} lacks Exit Code: 0: The exit code is 1, not 0." in said
