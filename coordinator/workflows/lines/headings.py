"""Headings of step documents: phases, tasks and subtasks, in all their spellings.

It reads the heading's own line only.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_PART = re.compile(
    r"(?:TODO\s{0,3}:\s{0,3})?\**(phase|task|subtask)[-_ #]{0,3}(\d{1,3})\b\**"
    r"(?:[ ]?\([^()]{0,80}\))?[ ]?[-:.—]{0,2}\**[ ]?(.*)\Z",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,3}[.)][ ]+")


class HeadingPart(StrEnum):
    """What a heading opens."""

    PHASE = "phase"
    TASK = "task"
    SUBTASK = "subtask"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that opens a part: its number, and the title that is left."""

    part: HeadingPart
    number: int
    title: str


def read(text: str) -> Heading | None:
    """Return what a heading opens, None for a section of another kind.

    `Subtask-01 (Operational Level) - name`, `Subtask-01: name`, `Subtask 1: name`.
    """
    match = _PART.match(text)
    if match is None:
        return None
    return Heading(HeadingPart(match[1].lower()), int(match[2]), match[3].strip(" *"))


def name_of(title: str) -> str:
    """Return a section's title without its number and marks: `1. **Save Output**`."""
    bare = title.strip("* ")
    match = _NUMBER.match(bare)
    return (bare[match.end() :] if match else bare).strip("*: ")
