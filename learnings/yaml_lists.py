"""Decisions in a YAML file: a list of mappings, alone or below a key `decisions`.

It reads the parser's events, never its objects: those can be made to fill the memory
(aliases) or to end the process (nesting; libyaml's composer recurses in C).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from learnings import entries, facts
from learnings.facts import Facts

_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MOST_NESTED = 20
_LISTS = frozenset(
    {"decisions", "decision_log", "decision-log", "log", "records", "entries", "adrs"}
)


class Unreadable(Exception):
    """The text is no YAML, or nested deeper than any list of decisions is."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class _Node:
    """A scalar, a list, or a mapping whose children are key, value, key, value …."""

    line: int
    text: str = ""
    mapping: bool = False
    children: list["_Node"] = field(default_factory=list)

    def pairs(self) -> list[tuple[str, "_Node"]]:
        if not self.mapping:
            return []
        keys, values = self.children[::2], self.children[1::2]
        return [(k.text, v) for k, v in zip(keys, values, strict=True)]


def read(text: str) -> Iterator[Facts]:
    """Return the decisions in their order, each read when it is asked for.

    Raises:
        Unreadable: The text cannot be read as YAML; says where.
    """
    try:
        root = _tree(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(error.problem or "it ends too early", line) from error
    except yaml.YAMLError as error:
        raise Unreadable("it holds a character that YAML does not know", 1) from error
    return (_entry(item) for document in root.children for item in _items(document))


def _tree(text: str) -> _Node:
    root = _Node(1)
    stack = [root]
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.CollectionStartEvent():
                node = _Node(line, mapping=isinstance(event, yaml.MappingStartEvent))
                stack[-1].children.append(node)
                stack.append(node)
            case yaml.CollectionEndEvent():
                stack.pop()
            case yaml.ScalarEvent():
                stack[-1].children.append(_Node(line, str(event.value)))
            case yaml.AliasEvent():
                stack[-1].children.append(_Node(line))
        if len(stack) > _MOST_NESTED:
            raise Unreadable("it is nested too deep", line)
    return root


def _items(document: _Node) -> list[_Node]:
    if not document.mapping:
        return document.children
    lists = (v for k, v in document.pairs() if k.lower() in _LISTS and not v.mapping)
    return [item for found in lists for item in found.children]


def _entry(item: _Node) -> Facts:
    if item.text:
        return entries.headline(" ".join(item.text.split()), item.line)
    entry = Facts("", item.line)
    for name, node in item.pairs():
        value = node.text or ", ".join(x.text for x in node.children)
        key = facts.key_of(name)
        if value and not entry.add(key, value) and key in {"text", "title"}:
            entry.texts.append(value)
    return entry
