"""Decisions in a YAML file: a list of mappings, alone or below a key `decisions`.

It reads the parser's events, never its objects: those can be made to fill the memory
(aliases) or to end the process (nesting; libyaml's composer recurses in C).
"""

from collections.abc import Iterator

import yaml

from learnings import facts
from learnings.facts import Facts

_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MOST_NESTED = 20
_LISTS = frozenset(
    {"decisions", "decision_log", "decision-log", "log", "records", "entries", "adrs"}
)

# A key, its value, and the line of the value; the values of a list come one by one.
_Leaf = tuple[tuple[str, ...], str, int]


class Unreadable(Exception):
    """The text is no YAML, or nested deeper than any list of decisions is."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read(text: str) -> list[Facts]:
    """Return the decisions in their order.

    Raises:
        Unreadable: The text cannot be read as YAML; says where.
    """
    try:
        return list(_read(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(error.problem or "it ends too early", line) from error
    except yaml.YAMLError as error:
        raise Unreadable("it holds a character that YAML does not know", 1) from error
