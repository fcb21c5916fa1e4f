"""Nested lists as trees of keys and values, and what a single line of them says.

It knows no vocabulary: what a key means is for the readers of each family.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from coordinator.kernel.text import kept, labelled
from coordinator.kernel.text.markdown import Line, LineKind

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9 _/&()'-]{0,60}")
_MARKS = frozenset({"", "**", "__", "`"})
_BOLD = re.compile(r"\A\*\*(?!/)|(?<!/)\*\*\Z")  # `**/a` and `a/**` are paths
_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
_ROOT = -2
_HEADING = -1


@dataclass(slots=True)
class Node:
    """One bullet (or a heading among bullets) with what is nested below it.

    `key` is in lower case with `_`, empty where the line is no pair; `label` is the
    key as written; `value` is all that follows, further lines included.
    """

    line: int
    level: int
    marker: str = ""
    key: str = ""
    label: str = ""
    content: str = ""
    start: str = ""
    more: list[str] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    @property
    def value(self) -> str:
        """What follows the key, or the whole text where there is none."""
        return "\n".join([self.start, *self.more]) if self.more else self.start

    @property
    def text(self) -> str:
        """The whole bullet without its marker and without what is nested."""
        return "\n".join([self.content, *self.more]) if self.more else self.content

    def keyed(self) -> dict[str, "Node"]:
        """Return the children that are pairs; the first of each key."""
        return keyed(self.children)

    def written(self) -> str:
        """Return the value and everything nested below it, a line each."""
        below = (x.text for x in walk(self.children))
        return "\n".join(x for x in (self.value, *below) if x)


Adopts = Callable[[Node, Node], bool]
Opens = Callable[[Sequence[Node], str], bool]


def keyed(nodes: Sequence[Node]) -> dict[str, Node]:
    """Return the nodes that are pairs; the first of each key."""
    found: dict[str, Node] = {}
    for node in nodes:
        if node.key:
            found.setdefault(node.key, node)
    return found


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield every node of these trees, parents first, without recursion."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _adopts_none(_parent: Node, _child: Node) -> bool:
    return False


def _opens_none(_above: Sequence[Node], _key: str) -> bool:
    return False


def tree(
    lines: Iterable[Line], adopts: Adopts = _adopts_none, opens: Opens = _opens_none
) -> list[Node]:
    """Nest bullets by their indent; a heading holds the bullets that follow it.

    `adopts` tells that a bullet belongs below another one though it stands at the same
    indent: people lose indents, and nothing of theirs shall be lost with them. `opens`
    tells that a line without a marker is a pair of its own, by its key and by all that
    it stands below; else it continues the bullet above.
    """
    stack = [Node(0, _ROOT)]
    was_blank = False
    for line in lines:
        match line.kind:
            case LineKind.BULLET:
                _nest(stack, _node(line, line.level), adopts)
            case LineKind.HEADING:
                _nest(stack, _heading(line), _adopts_none)
            case LineKind.TEXT | LineKind.CODE:
                is_code = line.kind is LineKind.CODE
                if is_code or not _opened(stack, line, adopts, opens):
                    _continue(stack, line, was_blank=was_blank)
        was_blank = line.kind is LineKind.BLANK
    return stack[0].children


def _nest(stack: list[Node], node: Node, adopts: Adopts) -> None:
    while stack[-1].level > node.level:
        stack.pop()
    while stack[-1].level == node.level and not _takes(stack[-1], node, adopts):
        stack.pop()
    stack[-1].children.append(node)
    stack.append(node)


def _takes(parent: Node, child: Node, adopts: Adopts) -> bool:
    is_nested = bool(parent.children) and parent.children[0].level > parent.level
    return not is_nested and adopts(parent, child)


def _opened(stack: list[Node], line: Line, adopts: Adopts, opens: Opens) -> bool:
    text = line.text.strip()
    pair = pair_in(text)
    if pair is None or not opens(stack, key_of(pair[0])):
        return False
    level = len(line.text) - len(line.text.lstrip())
    _nest(stack, _node(line._replace(content=text), level), adopts)
    return True


def _continue(stack: list[Node], line: Line, *, was_blank: bool) -> None:
    """Add a line of text to the bullet above; a new paragraph ends the list."""
    is_flush = line.kind is LineKind.TEXT and not line.text[:1].isspace()
    if is_flush and (was_blank or stack[-1].level < 0):
        if pair_in(line.content):
            _nest(stack, _node(line, 0), _adopts_none)
    elif stack[-1].level > _ROOT:
        stack[-1].more.append(line.content or line.text.strip())


def _heading(line: Line) -> Node:
    title = plain(line.content).rstrip(": ")
    return Node(line.number, _HEADING, line.marker, key_of(title), title, title)


def _node(line: Line, level: int) -> Node:
    content = line.content
    pair = pair_in(content)
    if pair is None:
        return Node(line.number, level, line.marker, content=content, start=content)
    label, value = pair
    key = key_of(label)
    return Node(line.number, level, line.marker, key, label, content, value)


@kept.for_short
def pair_in(text: str) -> tuple[str, str] | None:
    """Split `**Key**: value`, `**Key:** value`, `` `Key`: value`` or `Key: value`."""
    found = labelled.pair(text)
    if found is None or found.lead not in _MARKS or not _LABEL.fullmatch(found.label):
        return None
    return found.label.strip(), found.value.strip()


@kept.for_short
def key_of(label: str) -> str:
    """Return a label as a key: `MCP Tool(s) to use` becomes `mcp_tools_to_use`."""
    bare = label.lower().replace("(", "").replace(")", "").replace("'", "")
    return _NOT_IN_KEY.sub("_", bare).strip("_")


def plain(text: str) -> str:
    """Return the text without code marks and without the bold marks around it."""
    bare = text.replace("`", "").strip()
    return _BOLD.sub("", bare).strip() if "**" in bare else bare
