import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_identities import format as identity_format
from agent_identities.model import DEFAULT_ROSTER, Identity, identity_for
from coordinator.kernel.errors import UsageProblem

FILE = "agent-system/agent-identities.md"
OWN = "agent-system/agent-identities/backend.md"

REGISTRY = """\
# The team

## Overview

Who does what.

## Product agents

### 1. Page Writer
- **Repository Focus**: shop-docs
- **Role**: Writes the pages
- **Personality**: Patient, exact
- **Core Tools**: Read, Write, Grep
- **Responsibilities**:
  - Describe what landed
  - Try each example

**Context Loading Template**:
```
I am the Page Writer.
- Load: pages/
**Role**: not this one
```

### 2. Backend Developer
- **Role**: Builds the server
- **Responsibilities**: interfaces, data
- **Branch prefix**: `be/`
- **Partners**: Frontend Developer, **page-writer**: for reviews

## Working together

- **Async**: files
"""

BLOCK = """\
# Backend Developer Agent Workflow

## Agent Identity
**Name**: Backend Developer\x20\x20
**Repository**: shop (backend)\x20\x20
**Role**: Builds the server\x20\x20
**Personality**: Calm, exact\x20\x20
**Focus**: Data first

## Steps

**Objective**: begin
"""


def codes(text: str, path: str = OWN) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in identity_format.parse(text, path)[1]]


def only(text: str, path: str = OWN) -> Identity:
    """Return the one agent of a document without problems."""
    identities, problems = identity_format.parse(text, path)
    assert problems == ()
    assert len(identities) == 1
    return identities[0]


def test_one_file_holds_all_agents() -> None:
    """Each heading with fields is an agent; overview and template are none."""
    identities, problems = identity_format.parse(REGISTRY, FILE)
    assert problems == ()
    assert identities == (
        Identity(
            "page-writer",
            title="Page Writer",
            role="Writes the pages",
            personality="Patient, exact",
            repository="shop-docs",
            responsibilities=("Describe what landed", "Try each example"),
            tools=("Read", "Write", "Grep"),
        ),
        Identity(
            "backend",
            title="Backend Developer",
            role="Builds the server",
            responsibilities=("interfaces", "data"),
            prefix="be",
            partners=("frontend", "page-writer"),
        ),
    )
    assert [(x.path, x.line) for x in identities] == [(FILE, 9), (FILE, 25)]


@pytest.mark.parametrize("level", ["#", "##", "###"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_agents_may_stand_under_any_heading(level: str, end: str) -> None:
    """Level and line ends do not matter."""
    lines = [f"{level} Ann", "**Role**: a", "", f"{level} Bob", "**Role**: b", ""]
    identities, problems = identity_format.parse(end.join(lines), FILE)
    assert [(x.name, x.role, x.line) for x in identities] == [
        ("ann", "a", 1),
        ("bob", "b", 4),
    ]
    assert problems == ()


def test_agents_may_describe_themselves_under_headings_of_their_own() -> None:
    """An `Identity` section, and labels as headings, belong to the heading above."""
    text = "".join(
        f"# {x} Developer\n## Identity\n**Role**: {x}\n## Responsibilities\n- do {x}\n"
        for x in ("Backend", "Frontend")
    )
    identities, _ = identity_format.parse(text, FILE)
    assert [(x.name, x.role, x.responsibilities) for x in identities] == [
        ("backend", "Backend", ("do Backend",)),
        ("frontend", "Frontend", ("do Frontend",)),
    ]


@pytest.mark.parametrize("path", [OWN, "docs/workflow.md", FILE])
def test_an_identity_block_describes_one_agent(path: str) -> None:
    """The block's name counts, whatever the file and the headings are called."""
    assert only(BLOCK, path) == Identity(
        "backend",
        title="Backend Developer",
        role="Builds the server",
        personality="Calm, exact",
        focus="Data first",
        repository="shop (backend)",
    )


def test_front_matter_describes_one_agent() -> None:
    """Front matter wins over the body; what it lacks comes from the body."""
    text = """\
---
name: api
title: Interface Keeper
branch-prefix: iface
tools: Read, Write
partners: [docs, web]
user: agent-api
model: any
---
# Something else

**Role**: Keeps interfaces
**Prefix**: other

## Responsibilities
- one
"""
    found = only(text)
    assert found == Identity(
        "api",
        title="Interface Keeper",
        role="Keeps interfaces",
        prefix="iface",
        tools=("Read", "Write"),
        partners=("docs", "web"),
        user="agent-api",
        responsibilities=("one",),
    )
    assert (found.path, found.line) == (OWN, 1)


@pytest.mark.parametrize(
    ("text", "path", "name", "title"),
    [
        ("---\nname: Tech Lead\n---\n", OWN, "tech-lead", "Tech Lead"),
        ("---\nname: Ann B\nslug: ann\n---\n", OWN, "ann", "Ann B"),
        ("---\nrole: x\n---\n# Ann\n", OWN, "backend", "Ann"),
        ("---\nrole: x\n---\n", "agents/qa-agent.md", "qa", "Qa"),
        ("---\nrole: x\ntitle: QA Agent\n---\n", "docs/x.md", "qa", "QA Agent"),
        ("---\nrole: x\n---\n", "docs/ann@1.agent.md", "ann", "Ann"),
        ("# Data Engineer\n**Role**: x\n", FILE, "data", "Data Engineer"),
        ("# Agent 1: Ann\n**Role**: x\n", FILE, "ann", "Ann"),
        ("## 🔧 **Ann** Identity\n**Role**: x\n", FILE, "ann", "Ann"),
        ("# A\n**Name**: be-dev\n**Role**: x\n", OWN, "be-dev", "Be Dev"),
        ("# Ann!\n**Name**: ann\n**Role**: x\n", OWN, "ann", "Ann!"),
        ("**Name**: Ann\n**Role**: x\n", FILE, "ann", "Ann"),
        ("## Agent Identity\n**Name**: Ann\n", FILE, "ann", "Ann"),
    ],
)
def test_a_name_is_found(text: str, path: str, name: str, title: str) -> None:
    """A written name wins; then the file's in a folder of one each; then the title."""
    found = only(text, path)
    assert (found.name, found.title) == (name, title)


def test_broken_front_matter_is_read_as_far_as_possible() -> None:
    """A value with a colon is no YAML: the agent stays, the problem has its line."""
    text = "---\nname: api\nrole: Keeps: interfaces\ntools:\n  - a\n---\n"
    identities, problems = identity_format.parse(text, OWN)
    assert [(x.name, x.role, x.tools) for x in identities] == [
        ("api", "Keeps: interfaces", ("a",))
    ]
    assert [(x.line, x.code) for x in problems] == [(3, "bad-front-matter")]


def test_an_agent_that_comes_again_is_a_problem() -> None:
    """The first counts; the problem stands at the second heading."""
    text = "## Ann\n**Role**: a\n## Ann Agent\n**Role**: b\n"
    identities, _ = identity_format.parse(text, FILE)
    assert [x.role for x in identities] == ["a"]
    assert codes(text, FILE) == [(3, "duplicate-agent")]


@pytest.mark.parametrize("text", ["", "\n", "# Title\n\nWords.\n", "**Name**: x\n"])
def test_a_document_without_agents_is_a_problem(text: str) -> None:
    """Prose, and a name alone, describe no agent."""
    assert codes(text) == [(0, "no-identity")]


@pytest.mark.parametrize(
    "value", ["[your role]", "<role>", "{{role}}", "TODO", "TBD: later", "...", "…"]
)
def test_a_placeholder_counts_as_not_written(value: str) -> None:
    """It is a problem at its line, and not a value."""
    text = f"# Ann\n**Role**: {value}\n**Focus**: all\n**Tools**: a\n"
    identities, _ = identity_format.parse(text, FILE)
    assert [(x.role, x.focus) for x in identities] == [("", "all")]
    assert codes(text, FILE) == [(2, "placeholder")]


def test_a_placeholder_in_a_list_is_left_out() -> None:
    """The other items stay; a placeholder for a name leaves the heading's."""
    text = "# Ann\n**Name**: [name]\n**Role**: x\n**Tools**:\n- a\n- <tool>\n"
    identities, _ = identity_format.parse(text, FILE)
    assert [(x.name, x.tools) for x in identities] == [("ann", ("a",))]
    assert codes(text, FILE) == [(2, "placeholder"), (4, "placeholder")]
    assert codes("---\nname: <name>\nrole: x\n---\n") == [(2, "placeholder")]


@pytest.mark.parametrize("name", ["all", "Everyone", "maintainer", "Team"])
def test_a_name_that_means_others_is_no_agents(name: str) -> None:
    """`To: all` must not go to one agent; whoever is called so is not read."""
    text = f"---\nname: {name}\nrole: Does all\n---\n"
    assert identity_format.parse(text, OWN)[0] == ()
    assert codes(text) == [(1, "reserved-name")]
    with pytest.raises(UsageProblem, match="means others"):
        identity_for(name.lower())


@pytest.mark.parametrize("prefix", ["Back End", "a/b", "-x", "a..b"])
def test_a_bad_prefix_is_a_problem(prefix: str) -> None:
    """The agent's name is used instead; the line is that of the key."""
    text = f"---\nname: api\nprefix: {prefix}\n---\n"
    identities, _ = identity_format.parse(text, OWN)
    assert [x.prefix for x in identities] == ["api"]
    assert codes(text) == [(3, "bad-prefix")]


def test_a_user_that_cannot_be_is_a_problem() -> None:
    """A sentence is no unix user."""
    text = "---\nname: api\nuser: who ever\n---\n"
    identities, _ = identity_format.parse(text, OWN)
    assert [x.user for x in identities] == [""]
    assert codes(text) == [(3, "bad-user")]


def test_a_value_that_is_no_text_is_a_problem() -> None:
    """A mapping where text is expected is named with its line."""
    assert codes("---\nname: api\nrole: {a: b}\n---\n") == [(3, "bad-value")]


def test_conflict_markers_are_a_problem() -> None:
    """Both sides are read, and the marker's line is said; a fence is an example."""
    text = "# Ann\n<<<<<<< HEAD\n**Role**: a\n=======\n**Role**: b\n>>>>>>> x\n"
    identities, _ = identity_format.parse(text, FILE)
    assert [x.role for x in identities] == ["a"]
    assert codes(text, FILE) == [(2, "conflict-marker")]
    fenced = "# Ann\n**Role**: a\n```\n<<<<<<< HEAD\n```\n"
    assert codes(fenced, FILE) == []


def test_an_agent_whose_name_has_no_letters_we_use_is_a_problem() -> None:
    """Among several agents only a written name helps; the others are read."""
    text = "## 開発\n**Role**: a\n## [Name]\n**Role**: b\n## Ann\n**Role**: c\n"
    identities, _ = identity_format.parse(text, FILE)
    assert [x.name for x in identities] == ["ann"]
    assert codes(text, FILE) == [(1, "no-name"), (3, "no-name")]


def test_comments_are_not_read() -> None:
    """A field inside an HTML comment is switched off."""
    text = "# Ann\n<!--\n**Role**: old\n-->\n**Role**: new\n**Focus**: y\n"
    assert only(text, FILE).role == "new"


@pytest.mark.parametrize(
    "value",
    ["a: " + "[" * 200_000, "- " * 200_000, "a: &a [b]\nb: *a", "a: " + "{" * 5000],
)
def test_yaml_that_would_break_the_process_is_a_problem(value: str) -> None:
    """Nesting without end and aliases are refused before they are unfolded."""
    text = f"---\nname: api\nrole: x\n{value}\n---\n"
    identities, problems = identity_format.parse(text, OWN)
    assert [(x.name, x.role) for x in identities] == [("api", "x")]
    assert [x.code for x in problems] == ["bad-front-matter"]


@pytest.mark.parametrize("identity", DEFAULT_ROSTER)
def test_the_default_roster_is_read_back(identity: Identity) -> None:
    """What init writes is what is read."""
    assert only(identity_format.render(identity)) == identity


def test_a_document_is_written_for_people() -> None:
    """Machines' keys stand in front matter, prose and duties below."""
    identity = Identity(
        "api",
        title="Interface Keeper",
        role="Keeps: interfaces # all",
        responsibilities=("one", "two"),
        paths=("src/**",),
    )
    assert identity_format.render(identity) == (
        "---\n"
        "name: api\n"
        "title: Interface Keeper\n"
        "prefix: api\n"
        "paths:\n- src/**\n"
        "---\n\n"
        "# Interface Keeper\n\n"
        "## Role\n\nKeeps: interfaces # all\n\n"
        "## Responsibilities\n\n- one\n- two\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# heading",
        "- bullet",
        "1. number",
        "[x] box",
        "a\u2028b",
        "a\x85b",
        "```",
        "**Role**: x",
        "__Role__: x",
        "---",
        "<!-- x",
        "<<<<<<< x",
        "two\nlines",
        "nul\0",
        "'quoted' \"twice\"",
        "key: value # not a comment",
        "*star",
        "> quote",
        "yes",
    ],
)
def test_text_that_looks_like_markup_survives(text: str) -> None:
    """Whatever Markdown or YAML would make of a value, it comes back."""
    identity = Identity(
        "a",
        title=text,
        role=text,
        description=f"{text} {text}",
        personality=text,
        focus=text,
        repository=text,
        responsibilities=(text, "x"),
        capabilities=(text,),
    )
    assert only(identity_format.render(identity)) == identity


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
NO_PLACEHOLDER = re.compile(r"(?![\[<{.…]|TODO|TBD|FIXME|XXX)[^`]{0,40}", re.DOTALL)
TEXTS = st.from_regex(NO_PLACEHOLDER, fullmatch=True).map(str.strip).filter(bool)
MANY = st.lists(TEXTS, max_size=4).map(tuple)


@pytest.mark.slow
@given(
    st.builds(
        Identity,
        name=NAMES,
        title=TEXTS,
        role=TEXTS | st.just(""),
        personality=TEXTS | st.just(""),
        focus=TEXTS | st.just(""),
        repository=TEXTS | st.just(""),
        responsibilities=MANY,
        paths=MANY,
        partners=st.lists(NAMES, max_size=3).map(tuple),
        prefix=NAMES | st.just(""),
        capabilities=MANY,
        tools=MANY,
        user=st.just("") | st.from_regex(r"[a-z_][a-z0-9_-]{0,20}", fullmatch=True),
    )
)
def test_every_identity_is_read_back(identity: Identity) -> None:
    """Quotes, colons, hashes and any other character survive."""
    assert only(identity_format.render(identity)) == identity


FRAGMENTS = st.sampled_from(
    [
        "---",
        "name: a",
        "role: b: c",
        "# A",
        "## Agent Identity",
        "## Tools",
        "**Role**: x",
        "- **Tools**:",
        "  - y",
        "```",
        "<!--",
        "<<<<<<< a",
        "[",
        "",
    ]
)


@pytest.mark.slow
@given(st.lists(FRAGMENTS | st.text()).map("\n".join), st.sampled_from([OWN, FILE]))
def test_any_text_is_read(text: str, path: str) -> None:
    """No text raises; every line that is named exists; names are unique."""
    identities, problems = identity_format.parse(text, path)
    count = text.count("\n") + text.count("\r") + 1
    assert all(x.path == path and 0 <= x.line <= count for x in problems)
    assert all(1 <= x.line <= count for x in identities)
    assert identities or problems
    assert len({x.name for x in identities}) == len(identities)
