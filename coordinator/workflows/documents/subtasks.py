"""Subtasks and steps: what the bullets below a heading say of them.

It reads every dialect alike: keys decide, not the way in which they are written. What
is wrong with them is for `findings` to tell.
"""

import re
from collections.abc import Iterator, Sequence

from coordinator.kernel.text import bullets
from coordinator.kernel.text.bullets import Node, plain
from coordinator.kernel.text.markdown import Line
from coordinator.workflows.criteria import criteria, one_liners
from coordinator.workflows.documents import step_fields
from coordinator.workflows.model import Criterion, Link, Prerequisite, Step, Subtask

_CRITERIA = frozenset(
    {
        *("success_criteria", "success", "acceptance_criteria", "criteria"),
        "success_criterion",
    }
)
_STEP_KEYS = frozenset(
    {
        *("command", "tool", "action", "agent_prompt", "description"),
        *("verification_steps", *_CRITERIA),
    }
)
_READ_OF_STEP = frozenset({"command", "action", "tool", "description", *_CRITERIA})
_BEGINS_STEP = frozenset({"command", "action"})
_IDS = ("subtask_id", "id")
_AGENTS = ("agent_assignment", "agent", "agents", "assigned_agent", "assigned_to")
_CAPABILITIES = ("capabilities_required", "capabilities", "primary_capabilities")
_LINKS = ("documentation_links", "documentation", "documents")
_PREREQUISITES = ("prerequisites", "dependencies")
_RETRIES = ("max_retries", "retries")
_READ = frozenset(
    {
        *("description", "on_failure", "steps", "step_id", *_CRITERIA),
        *(*_IDS, *_AGENTS, *_CAPABILITIES, *_LINKS, *_PREREQUISITES, *_RETRIES),
    }
)
_LATER = frozenset(
    {"final_subtask_success_criteria", "integration_points", "next_subtask"}
)
_ABSENT = Node(0, 0)
_TOOL_AT_END = re.compile(r"\((`?[A-Za-z][\w.-]{0,80}`?)\)[.]?\Z")
_TOOL = re.compile(r"[\w.-]{1,80}")


def adopts(parent: Node, child: Node) -> bool:
    """Tell what belongs below another bullet though its indent was lost."""
    if parent.key == "steps":
        return child.key == "step_id" or (not child.key and child.marker[:1].isdigit())
    if parent.key == "step_id":
        return child.key in _STEP_KEYS
    if parent.key in _CRITERIA and not parent.value:
        return child.key not in (_READ | _STEP_KEYS | _LATER)
    return False


def opens(above: Sequence[Node], key: str) -> bool:
    """Tell a key of a step that has no marker, as the grammar is sometimes read."""
    return key in _STEP_KEYS and any(x.key == "step_id" for x in above)


def read(lines: Sequence[Line], made_id: str, title: str, line: int) -> Subtask:
    """Read what stands below a subtask's heading; `made_id` is for one without."""
    nodes = bullets.tree(lines, adopts, opens)
    if not nodes:
        return Subtask(made_id, title, line)
    keyed = bullets.keyed(nodes)
    subtask_id = name(first(keyed, *_IDS).value) or made_id
    assigned = first(keyed, *_AGENTS)
    within = {**assigned.keyed(), **keyed}
    listed = step_fields.words(first(within, *_CAPABILITIES).value)
    return Subtask(
        id=subtask_id,
        title=title,
        line=line,
        description=first(keyed, "description").written(),
        prerequisites=prerequisites(keyed),
        agents=step_fields.agents(assigned.value) if assigned.line else (),
        capabilities=listed or step_fields.capabilities(assigned.value),
        links=tuple(_links(first(keyed, *_LINKS))),
        retries=step_fields.retries(first(keyed, *_RETRIES).value),
        on_failure=step_fields.on_failure(first(keyed, "on_failure").written()),
        steps=tuple(_steps(nodes, subtask_id)),
        fields=_others(nodes, _READ),
        criteria=tuple(_criteria(nodes, "")),
    )


def first(keyed: dict[str, Node], *keys: str) -> Node:
    """Return the first of these keys that is there, else an empty node on line 0."""
    return next((keyed[x] for x in keys if x in keyed), _ABSENT)


def name(text: str) -> str:
    """Return the id that a field gives, as written where it is of no known form."""
    bare = plain(text).partition("\n")[0].strip()
    return step_fields.first_id(bare) or bare[:100]


def prerequisites(keyed: dict[str, Node]) -> tuple[Prerequisite, ...]:
    """Read what must be before, from the field's own line and the bullets below it."""
    node = first(keyed, *_PREREQUISITES)
    if node is _ABSENT:
        return ()
    said = [(node.value, node.line), *((x.text, x.line) for x in node.children)]
    return tuple(
        y for text, line in said for y in step_fields.prerequisites(text, line)
    )


def _links(node: Node) -> Iterator[Link]:
    yield from step_fields.links(node.value, node.line)
    for child in bullets.walk(node.children):
        yield from step_fields.links(child.text, child.line)


def _others(
    nodes: Sequence[Node], read_: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for node in nodes:
        if node.key not in read_:
            key, said = node.key or "notes", node.written()
            found[key] = f"{found[key]}\n{said}" if key in found else said
    return tuple(found.items())


def _steps(nodes: Sequence[Node], subtask_id: str) -> Iterator[Step]:
    """Yield the steps, those with an id and those that are only numbered."""
    below = (x for node in nodes if node.key == "steps" for x in node.children)
    loose = (x for x in nodes if x.key == "step_id")
    for place, node in enumerate(_grouped([*below, *loose]), 1):
        yield _step(node, f"{subtask_id}-{place:02}")


def _grouped(nodes: Sequence[Node]) -> list[Node]:
    """Put the keys of a step that has no line of its own below one made for it."""
    found: list[Node] = []
    for node in nodes:
        if node.key not in _STEP_KEYS:
            found.append(node)
            continue
        if node.key in _BEGINS_STEP or not found:
            found.append(Node(node.line, node.level, key="step_id"))
        found[-1].children.append(node)
    return found


def _step(node: Node, made_id: str) -> Step:
    keyed = node.keyed()
    told = first(keyed, "command", "action").written()
    text, tool = ("", "") if node.key == "step_id" else _tool_at_end(node.content)
    tool = _tool(first(keyed, "tool").value) or tool
    said = node.more if node.key != "step_id" else []
    return Step(
        id=(name(node.value) if node.key == "step_id" else "") or made_id,
        line=node.line,
        command=plain(told or text),
        tool=tool,
        description=first(keyed, "description").written(),
        criteria=(*_criteria(node.children, tool), *_among(said, node.line, tool)),
        fields=_others(node.children, _READ_OF_STEP),
    )


def _tool_at_end(text: str) -> tuple[str, str]:
    match = _TOOL_AT_END.search(text[-100:])
    if match is None:
        return text, ""
    return text[: len(text) - len(match[0])].rstrip(), plain(match[1])


def _tool(text: str) -> str:
    match = _TOOL.search(text.replace("`", " "))
    return match[0] if match else ""


def _among(lines: Sequence[str], line: int, tool: str) -> Iterator[Criterion]:
    """Read the criteria in the further lines of a numbered step's text."""
    for text in lines:
        pair = bullets.pair_in(text)
        if pair and bullets.key_of(pair[0]) in _CRITERIA:
            yield from one_liners.read(pair[1], line, tool)


def _criteria(nodes: Sequence[Node], tool: str) -> Iterator[Criterion]:
    listed = [x for x in nodes if x.key in _CRITERIA]
    for node in listed:
        for text in _each(node.value):
            yield from one_liners.read(text, node.line, tool)
        below = (x for x in bullets.walk(node.children) if x.text and not _opens(x))
        yield from (criteria.parse(y, x.line) for x in below for y in _each(x.text))


def _each(text: str) -> list[str]:
    """Return the lines, if each is a criterion with a label; else all as one."""
    lines = [x for x in text.split("\n") if x.strip()]
    return lines if all(map(criteria.is_labelled, lines)) else [text]


def _opens(node: Node) -> bool:
    """Tell a line that only introduces the bullets below it."""
    return bool(node.children) and not node.value.strip(": ")
