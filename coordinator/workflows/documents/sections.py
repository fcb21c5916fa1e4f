"""The sections around the tasks: tools, agents, gates, artifacts, metrics and prose.

It reads what stands below a heading, and nothing of tasks and steps.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from coordinator.kernel.text import bullets
from coordinator.kernel.text.bullets import Node, plain
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.criteria import criteria, quotations
from coordinator.workflows.documents import step_fields
from coordinator.workflows.lines import entries, headings
from coordinator.workflows.model import Criteria, Criterion, NamedEntry, StepBook

_HEAD_KEYS = frozenset(
    {
        *("previous_task", "current_task", "next_task", "previous_step", "next_step"),
        *("status", "last_updated", "next_action"),
    }
)


@dataclass(slots=True)
class Block:
    """A heading with its own lines, up to the next heading of any level.

    What stands above the first heading has no title and level 0.
    """

    title: str
    level: int
    line: int
    lines: list[Line]


@dataclass(slots=True)
class Surroundings:
    """What was found around the tasks, in order."""

    gates: list[NamedEntry] = field(default_factory=list)
    rollbacks: list[NamedEntry] = field(default_factory=list)
    tools: list[NamedEntry] = field(default_factory=list)
    metrics: list[Criterion] = field(default_factory=list)
    artifacts: dict[str, Criterion] = field(default_factory=dict)
    primary: list[str] = field(default_factory=list)
    supporting: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    prose: list[tuple[str, str]] = field(default_factory=list)

    def book(self) -> StepBook:
        """Return them as a book that has no tasks yet."""
        return StepBook(
            gates=tuple(self.gates),
            artifacts=tuple(self.artifacts.values()),
            rollbacks=tuple(self.rollbacks),
            metrics=tuple(self.metrics),
            supporting=tuple(dict.fromkeys(self.supporting)),
            tools=tuple(self.tools),
            prose=tuple(self.prose),
        )


def blocks(lines: Iterable[Line]) -> list[Block]:
    """Cut a document at its headings."""
    found = [Block("", 0, 0, [])]
    for line in lines:
        if line.kind is LineKind.HEADING:
            found.append(Block(line.content, line.level, line.number, []))
        else:
            found[-1].lines.append(line)
    return found


def read(found: Iterable[Block]) -> Surroundings:
    """Read the blocks of a document that hold no tasks."""
    around = Surroundings()
    for name, block in _joined(found):
        pair = bullets.pair_in(plain(block.title)) if ":" in block.title else None
        if pair and bullets.key_of(pair[0]) in _HEAD_KEYS:
            around.fields.setdefault(bullets.key_of(pair[0]), pair[1])
        reader = _READERS.get(bullets.key_of(name))
        if reader is not None:
            reader(block, around)
        is_list = any(x.kind is LineKind.BULLET for x in block.lines)
        if reader in {None, _primary} or not is_list:
            _prose(block, name, around)
        _head(block, around)
    return around


def _joined(found: Iterable[Block]) -> Iterator[tuple[str, Block]]:
    """Give a section that is read the lines of its unknown subsections."""
    held: list[tuple[str, Block]] = []
    depth = 0
    for block in found:
        name = headings.name_of(block.title)
        is_known = bullets.key_of(name) in _READERS
        if 0 < depth < block.level and not is_known:
            owner = held[-1][1]
            owner.lines.extend([_as_bullet(block), *block.lines])
            continue
        yield from held
        held = [(name, block)]
        depth = block.level if is_known else 0
    yield from held


def _as_bullet(block: Block) -> Line:
    return Line(block.line, "", LineKind.BULLET, 0, block.title, "#")


def _head(block: Block, around: Surroundings) -> None:
    """Take up the document's own keys, wherever they stand in plain lines."""
    for line in block.lines:
        pair = bullets.pair_in(line.content) if line.kind is LineKind.TEXT else None
        if pair and bullets.key_of(pair[0]) in _HEAD_KEYS:
            around.fields.setdefault(bullets.key_of(pair[0]), plain(pair[1]))


def _prose(block: Block, title: str, around: Surroundings) -> None:
    text = "\n".join(x.text for x in block.lines).strip()
    if text:
        around.prose.append((title, text))


def _entries(block: Block) -> list[NamedEntry]:
    return [entries.of_node(x) for x in _bullets(block)]


def _bullets(block: Block) -> list[Node]:
    """Return the bullets of the first level; the document's footer is none."""
    return [x for x in bullets.tree(block.lines) if x.marker and x.text]


def _gates(block: Block, around: Surroundings) -> None:
    around.gates += _entries(block)


def _rollbacks(block: Block, around: Surroundings) -> None:
    around.rollbacks += _entries(block)


def _tools(block: Block, around: Surroundings) -> None:
    around.tools += _entries(block)


def _metrics(block: Block, around: Surroundings) -> None:
    around.metrics += [criteria.parse(x.text, x.line) for x in _bullets(block)]


def _metadata(block: Block, around: Surroundings) -> None:
    for node in bullets.tree(block.lines):
        if node.key:
            around.fields.setdefault(node.key, plain(node.value))


def _primary(block: Block, around: Surroundings) -> None:
    around.primary += _agents(block)[:1]


def _supporting(block: Block, around: Surroundings) -> None:
    around.supporting += _agents(block)


def _agents(block: Block) -> list[str]:
    """Return the first name of each line; lines of text need the `@`."""
    found: list[str] = []
    for line in block.lines:
        is_said = line.kind is LineKind.BULLET or "@" in line.content
        text = plain(line.content).partition(":")[0].replace("**", "")
        found += step_fields.agents(text)[:1] if is_said else ()
    return found


def _artifacts(block: Block, around: Surroundings) -> None:
    for node in bullets.walk(_bullets(block)):
        path = _path(node.content)
        if path or (node.content and node.level == 0):
            _add(around, path, node.content, node.line)


def _saved(block: Block, around: Surroundings) -> None:
    """Read the paths to save to; fenced lines and schemas stand among them.

    A path may stand behind words and a colon, as in `Save to: a.md`.
    """
    for line in block.lines:
        text = line.content or line.text.strip()
        path = _path(text) if line.kind in {LineKind.BULLET, LineKind.CODE} else ""
        if line.kind is LineKind.BULLET and not path:
            path = _path(text.partition(": ")[2])
        if path:
            _add(around, path, text, line.number)


def _add(around: Surroundings, path: str, text: str, line: int) -> None:
    kind = Criteria.FILE_EXISTS if path else Criteria.ATTESTED
    values = (path,) if path else ()
    found = Criterion(kind, plain(text).replace("**", ""), line, values=values)
    around.artifacts.setdefault(path or found.text, found)


def _path(text: str) -> str:
    """Return the path that a line begins with, a link's target before its title."""
    bare = text.lstrip("*` ")
    if bare.startswith("["):
        found = step_fields.links(bare, 0)
        return step_fields.target(found[0]) if found else ""
    found_ = quotations.listed(bare)
    return found_.values[0].text if found_.values else ""


_READERS: dict[str, Callable[[Block, Surroundings], None]] = {
    "workflow_metadata": _metadata,
    "mcp_tools_required": _tools,
    "primary_responsible_agent": _primary,
    "supporting_agents": _supporting,
    "quality_gates": _gates,
    "rollback_procedures": _rollbacks,
    "performance_metrics": _metrics,
    "output_artifacts": _artifacts,
    "output_artifacts_checklist": _artifacts,
    "save_output": _saved,
}
