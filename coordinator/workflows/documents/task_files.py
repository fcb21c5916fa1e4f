"""The relatives of step documents: front matter with one task a file, and short forms.

It reads what is theirs alone; subtasks and sections are read as everywhere.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from coordinator.kernel.text import bullets
from coordinator.kernel.text.frontmatter import FrontMatter, Value
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.documents import step_fields
from coordinator.workflows.documents.sections import Block
from coordinator.workflows.lines import headings
from coordinator.workflows.model import Task

_BOLD = re.compile(r"\*\*([^*]{1,100})\*\*[ :]*\Z")
_PROMPTS = frozenset({"super_prompt", "superprompt"})
_ID_KEYS = ("task_id", "taskid")


def is_task_file(front: FrontMatter) -> bool:
    """Tell whether the front matter is that of a file with one task."""
    has_neighbours = front.values.keys() & {"previous_task", "next_task"}
    return bool(front.text(*_ID_KEYS)) and bool(
        has_neighbours or front.text("step", "phase", "orchestrator")
    )


def is_prompt(title: str) -> bool:
    """Tell whether a heading is that of the prompt, in any spelling."""
    is_likely = "prompt" in title.lower()
    return is_likely and bullets.key_of(headings.name_of(title)) in _PROMPTS


def said(front: FrontMatter) -> dict[str, str]:
    """Return the front matter as texts; the names in a list stand between commas."""
    return {key: _text(value) for key, value in front.values.items()}


def _text(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(x for x in value if isinstance(x, str))
    return value.strip() if isinstance(value, str) else ""


def agents(front: FrontMatter) -> tuple[str, ...]:
    """Return the agents of the front matter, the first being the one who leads."""
    return step_fields.agents(
        said(front).get("agent", "") or said(front).get("agents", "")
    )


def cut(found: Iterable[Block]) -> Iterator[Block]:
    """Make blocks of the numbered bold headings below a prompt: the short form."""
    for block in found:
        if is_prompt(block.title):
            yield from _numbered(block)
        else:
            yield block


def _numbered(block: Block) -> Iterator[Block]:
    current = replace(block, lines=[])
    for line in block.lines:
        title = _title(line)
        if title:
            yield current
            current = Block(title, block.level + 1, line.number, [])
        else:
            current.lines.append(line)
    yield current


def _title(line: Line) -> str:
    if line.kind is not LineKind.BULLET or line.level or not line.marker[0].isdigit():
        return ""
    match = _BOLD.match(line.content)
    return match[1] if match else ""


def task(told: dict[str, str], title: str, line: int) -> Task:
    """Return the one task of a file without a task's heading; it may have no id."""
    made = next((told[x] for x in _ID_KEYS if told.get(x)), "")
    return Task(made, title, line, phase=told.get("phase", ""))
