"""Single fields of step documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.documents import step_fields
from coordinator.workflows.model import Failure, Link, Needs, OnFailure, Prerequisite


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("P01-T02", "P01-T02"),
        ("`P01-T02-S03`", "P01-T02-S03"),
        ("P01-T02-S03-04 (Rig)", "P01-T02-S03-04"),
        ("P01-T02-S03-E01", "P01-T02-S03-E01"),
        ("after P01-TXX", "P01-TXX"),
        ("P01-S02-T03-Rig-The-Mast.md", "P01-S02-T03"),
        ("None", ""),
        ("P01", ""),
        ("XP01-T02", ""),
    ],
)
def test_ids_in_their_forms(text: str, name: str) -> None:
    """Phase, task, subtask, step, and the parts that documents leave open."""
    assert step_fields.first_id(text) == name


@pytest.mark.parametrize("text", ["", "None", "`None`", "None.", "N/A (first)", "-"])
def test_nothing_is_said_in_many_ways(text: str) -> None:
    """No prerequisite comes of them."""
    assert step_fields.is_none(text)
    assert step_fields.prerequisites(text, 1) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Subtask P01-T01-S01 must be `SUCCEEDED`", [("P01-T01-S01", "succeeded")]),
        ("`P01-T01` must be `SUCCEEDED`.", [("P01-T01", "succeeded")]),
        (
            "Task P01-T01 (Keel, ribs, and P9) must be SUCCEEDED.",
            [("P01-T01", "succeeded")],
        ),
        ("Task P01-T01 has started", [("P01-T01", "started")]),
        (
            "P01-T01, P01-T02 and P01-T03 must be `SUCCEEDED`",
            [
                ("P01-T01", "succeeded"),
                ("P01-T02", "succeeded"),
                ("P01-T03", "succeeded"),
            ],
        ),
        (
            "P01-T01, P01-T02 have started",
            [("P01-T01", "started"), ("P01-T02", "started")],
        ),
        (
            "P01-T01 has started, P01-T02 must be SUCCEEDED",
            [("P01-T01", "started"), ("P01-T02", "succeeded")],
        ),
        ("P01-T01, must be SUCCEEDED", [("P01-T01", "succeeded")]),
        ("P01-T01, the tide is right", [("P01-T01", "succeeded"), ("", "word")]),
        ("The timber is dry, and paid for", [("", "word")]),
        ("x" * 5000 + " P01-T01", [("", "word")]),
    ],
)
def test_prerequisites(text: str, found: list[tuple[str, str]]) -> None:
    """Ids want success unless a start is named; free text wants a person's word."""
    read = step_fields.prerequisites(text, 9)
    assert [(x.id, x.needs) for x in read] == found
    assert all(x.line == 9 for x in read)


def test_free_text_is_kept_as_one_sentence() -> None:
    """Without an id there is nothing to split it by."""
    text = "Timber dry, sails cut"
    assert step_fields.prerequisites(text, 2) == (
        Prerequisite(text, 2, "", Needs.WORD),
    )


@pytest.mark.parametrize(
    ("text", "names", "listed"),
    [
        (
            "`@rig-agent` - Primary capabilities: `knots`, `sails`.",
            ("rig-agent",),
            ("knots", "sails"),
        ),
        ("@rig-agent (knots, sails)", ("rig-agent",), ("knots", "sails")),
        ("@a, @b and @a", ("a", "b"), ()),
        ('["@a", "@b"]', ("a", "b"), ()),
        ("rig-agent", ("rig-agent",), ()),
        ("a, b", ("a", "b"), ()),
        ("whoever is free", (), ()),
        ("", (), ()),
    ],
)
def test_agents_and_capabilities(
    text: str, names: tuple[str, ...], listed: tuple[str, ...]
) -> None:
    """Names lose their `@`; without any, single words between commas are names."""
    assert step_fields.agents(text) == names
    assert step_fields.capabilities(text) == listed


@pytest.mark.parametrize(
    ("text", "action", "agent"),
    [
        ("`ESCALATE_TO_HUMAN (@mate) with logs`", Failure.ESCALATE, "mate"),
        ("`ESCALATE_TO_HUMAN (@mate)` with logs", Failure.ESCALATE, "mate"),
        ("ESCALATE_TO_HUMAN (@mate) at once", Failure.ESCALATE, "mate"),
        ("Escalate to human", Failure.ESCALATE, ""),
        ("`NOTIFY_AND_CONTINUE` (escalate leaks)", Failure.NOTIFY, ""),
        ("REVERT_STATE", Failure.REVERT, ""),
        ("**REVERT_STATE** (@mate)", Failure.REVERT, "mate"),
    ],
)
def test_on_failure_in_all_spellings(text: str, action: Failure, agent: str) -> None:
    """The first action counts; backticks may stand around all, part or none."""
    found = step_fields.on_failure(text)
    assert (found.action, found.agent, found.is_default) == (action, agent, False)
    assert "`" not in found.text


def test_an_unknown_action_leaves_the_default() -> None:
    """What is not understood goes to a person, and is kept."""
    assert step_fields.on_failure("panic") == OnFailure(text="panic")
    assert step_fields.on_failure("") == OnFailure()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("`2`", 2),
        ("3 (then give up)", 3),
        ("0", 0),
        ("N/A (a person does it)", None),
        ("", None),
        ("-1", None),
        ("99999", None),
    ],
)
def test_retries(text: str, number: int | None) -> None:
    """The number that the field begins with."""
    assert step_fields.retries(text) == number


def test_links_or_else_files() -> None:
    """Where there is no link, the files that are named count as documents."""
    assert step_fields.links("[A.md](mdc:x/A.md#top), [B](mdc:x y/B.md)", 4) == (
        Link("A.md", "mdc:x/A.md#top", 4),
        Link("B", "mdc:x y/B.md", 4),
    )
    assert step_fields.links("`A.md`, b/C.json", 4) == (
        Link("A.md", "A.md", 4),
        Link("b/C.json", "b/C.json", 4),
    )
    assert step_fields.links("nothing", 4) == ()
    assert step_fields.target(Link("A", "mdc:x/A.md#top", 4)) == "x/A.md"


@given(st.text(alphabet="P01-TS,;. ()@aband`None[]*\n", max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    """Every field takes any text."""
    for prerequisite in step_fields.prerequisites(text, 1):
        assert prerequisite.id or prerequisite.needs is Needs.WORD
    assert step_fields.on_failure(text).text is not None
    assert all(step_fields.agents(text))
    assert all(step_fields.capabilities(text))
    assert all(x.target for x in step_fields.links(text, 1) if x.target.strip())
