import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_identities import format as identity_format
from agent_identities import importing
from agent_identities.model import Identity

CLAUDE = """\
---
name: test-runner
description: Runs the tests after each change. Use it early.\\n\\n<example>\\nuser: hi
tools: Read, Bash, Grep
model: fast
color: red
---

You are careful with time.

## Core Responsibilities

### Before

- **Pick**: choose the tests

### After

- report
"""

INSTRUCTIONS = """\

# Mobile Development Agent

**Read this first**

## Technology Focus
You are the **Mobile Development Agent** of the shop.
You like small screens.

## Collaborators
- **web-dev**: shares components
  - **Handoff**: through issues

```python
# not a heading
```
"""

GUIDE = """\
# How to load contexts

### Page Writer Context
```
I am the Page Writer for the shop.
- Load: pages/
- Focus: Short pages

My role: Write what people read.
```

### Backend Developer Context

**I am the Backend Developer - owner of the server.**

I am the Page Writer of something else.
"""

MODE = {
    "slug": "load-tester",
    "name": "⏱ Load Tester",
    "roleDefinition": "Tests\n under load.",
    "whenToUse": "Before a release",
    "groups": ["read", ["edit", {"fileRegex": "x"}], {"command": 1}],
    "customInstructions": "**Key Capabilities**:\n- spikes\n- soaks\n\n**Name**: no",
    "connectivity": {"interactsWith": ["backend"]},
    "version": 10**30,
}


def codes(text: str, path: str) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in importing.read(text, path)[1]]


def only(text: str, path: str) -> Identity:
    """Return the one agent of a file."""
    (identity,), _ = importing.read(text, path)
    return identity


def test_a_claude_agent_file_is_read() -> None:
    """Name, tools, duties, description, and as role its part before the examples."""
    assert only(CLAUDE, ".claude/agents/test-runner.md") == Identity(
        "test-runner",
        role="Runs the tests after each change. Use it early.",
        description="Runs the tests after each change. Use it early."
        r"\n\n<example>\nuser: hi",
        responsibilities=("**Pick**: choose the tests", "report"),
        tools=("Read", "Bash", "Grep"),
    )
    found = codes(CLAUDE, ".claude/agents/test-runner.md")
    assert found == [(3, "bad-front-matter")]


def test_a_description_is_kept_beside_a_role() -> None:
    """It says when the agent is to be used, and the role what it does."""
    text = (
        "---\nname: lamp\ndescription: Use PROACTIVELY when a lamp is out.\n---\n"
        "You keep the lamps.\n\n## My Role\nA calm hand at night.\n"
    )
    found = only(text, ".claude/agents/lamp.md")
    assert found.role == "A calm hand at night."
    assert found.description == "Use PROACTIVELY when a lamp is out."


def test_broken_front_matter_with_dialogues_is_read() -> None:
    """Lines of an example that look like keys are not believed."""
    text = """\
---
name: coder
description: **MAIN** - Writes code: all of it.

<example>
Context: somebody asks
user: "Write it"
</example>

model: any
---
Words.
"""
    found = only(text, ".claude/agents/coder.md")
    assert (found.name, found.user) == ("coder", "")
    assert found.role == "**MAIN** - Writes code: all of it."
    assert codes(text, ".claude/agents/coder.md") == [(3, "bad-front-matter")]


def test_a_copilot_agent_file_is_read() -> None:
    """A name with spaces is the title; tools may be a list over several lines."""
    text = (
        '---\nname: Tech Lead\ndescription: "Leads"\ntools:\n  [\n    "read",\n'
        '    "web/*",\n  ]\n---\n# Tech Lead — Boss\n'
    )
    assert only(text, ".github/agents/tech-lead.agent.md") == Identity(
        "tech-lead", title="Tech Lead", role="Leads", tools=("read", "web/*")
    )


def test_a_copilot_agent_file_without_a_name_is_called_after_its_file() -> None:
    """`.agent.md` is no part of the name."""
    found = only("---\ndescription: Specifies\n---\nWords.\n", "x/spec.agent.md")
    assert (found.name, found.role) == ("spec", "Specifies")


def test_instructions_without_front_matter_are_guessed() -> None:
    """The file gives the name, the heading the title, the first paragraph the role."""
    found = only(INSTRUCTIONS, ".claude/agents/mobile-dev.md")
    assert found == Identity(
        "mobile-dev",
        title="Mobile Development Agent",
        role="You are the **Mobile Development Agent** of the shop. "
        "You like small screens.",
        partners=("web-dev",),
    )
    assert found.line == 2
    assert codes(INSTRUCTIONS, "a.md") == [(2, "guessed-identity")]


@pytest.mark.parametrize(
    ("text", "role", "line"),
    [
        ("## Protocol\n**Must**: x\n\nI am exact.\n", "I am exact.", 4),
        ("Choose it when:\n- x\n\nReal words.\n", "Real words.", 4),
        ("## Purpose\n\nTo test.\n", "To test.", 3),
        ("## Focus\n- a\n- b\n", "a; b", 1),
        ("## Responsibilities\n- a\n- b\n", "a; b", 1),
    ],
)
def test_the_role_is_the_next_best_text(text: str, role: str, line: int) -> None:
    """Labels and lead-ins are no role; a described purpose or focus is."""
    found = only(text, "qa.md")
    assert (found.name, found.role) == ("qa", role)
    assert codes(text, "qa.md") == [(line, "guessed-identity")]


def test_a_file_called_after_nothing_is_named_by_its_heading() -> None:
    """`README.md` says nothing about the agent."""
    found = only("# Data Engineer\n\nYou load data.\n", "agent/README.md")
    assert (found.name, found.title) == ("data", "Data Engineer")


def test_a_guide_in_which_agents_introduce_themselves_is_read() -> None:
    """`I am the …` begins an agent; saying it again does not make another."""
    identities, problems = importing.read(GUIDE, "guide.md")
    assert [(x.name, x.role, x.focus, x.line) for x in identities] == [
        ("page-writer", "Write what people read.", "Short pages", 5),
        ("backend", "owner of the server", "", 14),
    ]
    assert [(x.line, x.code) for x in problems] == [
        (5, "guessed-identity"),
        (14, "guessed-identity"),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "```\ncode\n```\n", "# Title\n"])
def test_a_file_without_words_holds_no_agent(text: str) -> None:
    """That is a problem, not an empty success."""
    assert importing.read(text, "x.md")[0] == ()
    assert codes(text, "x.md") == [(0, "no-identity")]


def test_a_lone_file_without_any_name_is_a_problem() -> None:
    """Neither file nor heading can be written as a name."""
    assert codes("# 開発\n\nWords.\n", "開発.md") == [(0, "no-identity")]


def test_an_own_document_is_read() -> None:
    """What the house writes can be imported, but for the unix user."""
    identity = Identity("api", title="Keeper", role="Keeps", user="agent-api")
    text = identity_format.render(identity)
    assert only(text, "api.md") == Identity("api", title="Keeper", role="Keeps")
    assert codes(text, "api.md") == [(1, "user-not-imported")]


@pytest.mark.parametrize(
    "data", [{"customModes": [MODE]}, [MODE], MODE], ids=["modes", "list", "one"]
)
def test_roo_modes_are_read(data: object) -> None:
    """`customModes`, a list and a single mode say the same."""
    text = "\ufeff" + json.dumps(data, indent=2)
    identities, problems = importing.read(text, "modes.json")
    assert problems == ()
    assert identities == (
        Identity(
            "load-tester",
            title="Load Tester",
            role="Tests under load.",
            focus="Before a release",
            partners=("backend",),
            capabilities=("spikes", "soaks"),
            tools=("read", "edit", "command"),
        ),
    )
    assert '"slug"' in text.splitlines()[identities[0].line - 1]


def test_each_mode_has_its_line() -> None:
    """Several modes are read in order; one that comes again is a problem."""
    modes = [{"slug": x, "roleDefinition": "r"} for x in ("a", "b", "a")]
    text = json.dumps({"customModes": modes}, indent=1)
    identities, problems = importing.read(text, ".roomodes.json")
    assert [(x.name, x.line) for x in identities] == [("a", 4), ("b", 8)]
    assert [(x.line, x.code) for x in problems] == [(12, "duplicate-agent")]


def test_broken_json_is_read_as_far_as_possible() -> None:
    """A trailing comma costs a problem with its line, and no mode."""
    text = (
        '{"customModes": [\n  {"slug": "a", "name": "A \\"x\\"",\n'
        '   "roleDefinition": "does a",\n  },\n'
        '  {"slug": "b", "roleDefinition": "does\\u0020b"}\n]}\n'
    )
    identities, problems = importing.read(text, "modes.json")
    assert [(x.name, x.title, x.role, x.line) for x in identities] == [
        ("a", 'A "x"', "does a", 2),
        ("b", "B", "does b", 5),
    ]
    assert [(x.line, x.code) for x in problems] == [(4, "bad-json")]


def test_broken_json_with_broken_escapes_is_read_as_it_stands() -> None:
    """An escape that JSON does not know does not cost the agent."""
    text = '{"slug": "a", "roleDefinition": "does \\q"'
    assert only(text, "modes.json").role == "does \\q"
    assert codes(text, "modes.json") == [(1, "bad-json")]


def test_a_job_description_in_yaml_is_read() -> None:
    """Keys with underscores mean the same; the file's name says nothing."""
    text = (
        "name: 📝 Plan Writer Agent\nslug: plan-writer\nrole_definition: Writes plans\n"
        "when_to_use: Early\ngroups:\n- read\n- edit\n"
    )
    found = only(text, "plan/job_desc.yaml")
    assert found == Identity(
        "plan-writer",
        title="Plan Writer Agent",
        role="Writes plans",
        focus="Early",
        tools=("read", "edit"),
    )
    assert found.line == 2


def test_a_job_description_without_a_slug_is_named_by_its_title() -> None:
    """The title makes the name as everywhere else."""
    assert only("name: Data Engineer\nrole: x\n", "job_desc.yaml").name == "data"
    assert only("role: x\n", "etl.yml").name == "etl"


def test_modes_in_yaml_are_read() -> None:
    """`.roomodes` may be YAML or JSON."""
    text = "customModes:\n  - slug: a\n    roleDefinition: |\n      Does\n      it\n"
    assert (only(text, ".roomodes").name, only(text, ".roomodes").role) == (
        "a",
        "Does it",
    )
    assert only(json.dumps(MODE), ".roomodes").name == "load-tester"


def test_broken_yaml_is_read_as_far_as_possible() -> None:
    """Whole descriptions and lists of modes lose no agent to a stray colon."""
    one = "slug: a\nrole_definition: does: all\ngroups: [read\n"
    assert (only(one, "a.yaml").name, only(one, "a.yaml").role) == ("a", "does: all")
    assert [x for _, x in codes(one, "a.yaml")] == ["bad-yaml"]
    many = (
        "customModes:\n  - slug: a\n    name: 'A'\n    when_to_use: x: y\n  - slug: b\n"
    )
    identities, problems = importing.read(many, ".roomodes")
    assert [(x.name, x.title, x.line) for x in identities] == [
        ("a", "A", 2),
        ("b", "B", 5),
    ]
    assert [(x.line, x.code) for x in problems] == [(4, "bad-yaml")]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[" * 100_000, "x.json"),
        ('{"a":' * 100_000, "x.json"),
        ("[" * 100_000, "x.yaml"),
        ("a: &a [b]\nc: *a\n", "x.yaml"),
        ("5", "x.json"),
        ('"text"', "x.json"),
        ("null", "x.json"),
        ("[1, null]", "x.json"),
        ("", "x.yaml"),
        ('{"slug": "\\ud8', "x.json"),
    ],
)
def test_data_without_agents_is_a_problem(text: str, path: str) -> None:
    """Nesting without end, aliases and other values are refused, not followed."""
    identities, problems = importing.read(text, path)
    assert identities == ()
    assert problems


def test_values_that_are_no_text_are_problems() -> None:
    """What is text is read; numbers stay as written; the rest is named."""
    text = (
        '{"slug": 7, "name": null, "roleDefinition": {"a": 1}, '
        '"whenToUse": "\\ud800 x\\u0000y", "groups": ["read", [], null], '
        '"customInstructions": 5, "connectivity": []}'
    )
    (found,), problems = importing.read(text, "m.json")
    assert (found.name, found.tools) == ("7", ())
    assert {(x.line, x.code) for x in problems} == {(1, "bad-value")}
    assert len(problems) == 2
    written = identity_format.render(found).encode()
    assert b"\0" not in written


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "# a" + " " * (1 << 20) + "b",
        "**" + " " * (1 << 20) + "x",
        "**Partners**: a" + " " * (1 << 20) + "b",
        "I am the A" + " " * (1 << 20),
        '{"slug": "' + "\\" * (1 << 20),
        '"name": "' * (1 << 17),
        "## Tools\n" + "- a\n" * (1 << 15),
        "---\na: " + "[a, " * (1 << 17) + "\n---\n",
        "---\na: b\n" + "c" * (1 << 20) + "\n---\n",
    ],
    ids=range(9),
)
def test_much_of_anything_ends(text: str) -> None:
    """No pattern takes quadratic time: that would run into the suite's limit."""
    for path in ("agents/x.md", "x.json", "x.yaml"):
        identities, problems = importing.read(text, path)
        assert identities or problems


@pytest.mark.slow
@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from([*MODE, "customModes", "role"]) | st.text(), x
            )
        ),
    ).map(json.dumps),
    st.sampled_from(["a.md", "a.json", "a.yaml", "agents/b.agent.md", ".roomodes", ""]),
)
def test_anything_can_be_offered(text: str, path: str) -> None:
    """No text raises, and every agent that is found can be written and read."""
    identities, problems = importing.read(text, path)
    assert identities or problems
    for identity in identities:
        written = identity_format.render(identity).encode().decode()
        again, _ = identity_format.parse(written, f"agents/{identity.name}.md")
        assert [x.name for x in again] == [identity.name]


def test_the_original_workflow_names_its_agent() -> None:
    """Seed 003's identity block is read as it stands."""
    if "COORDINATOR_SEEDS" not in os.environ:
        pytest.skip("COORDINATOR_SEEDS is not set")
    (seed,) = Path(os.environ["COORDINATOR_SEEDS"]).glob("003-*.md")
    (found,), problems = identity_format.parse(seed.read_text(), seed.name)
    assert problems == ()
    assert (found.name, found.prefix, found.title) == (
        "backend",
        "backend",
        "Backend Developer",
    )
    assert found.role
    assert found.personality
    assert found.focus
    assert found.repository
