"""Every sentence about conflicts that a person or agent reads.

It decides nothing: each function is given what is so, and says it.
"""

from collections.abc import Iterable

from coordinator.kernel.text.names import display
from pending_commits.radar.news import WorkConflict

_MOST = 10


def listed(paths: Iterable[str]) -> str:
    """Return the first paths, and how many more there are."""
    names = [display(x) for x in paths]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def subject(found: WorkConflict, agent: str, target: str) -> str:
    """Return in short what does not merge, as one of its agents reads it."""
    others = [x for x in found.agents if x != agent]
    other = f"that of {others[0]}" if others else target
    return f"Your work in {found.repository} does not merge with {other}"


def body(found: WorkConflict, agent: str, target: str) -> str:
    """Return what is told to an agent: where, and what it may do about it."""
    where = f" ({found.work})" if found.work else ""
    lines = [f"{subject(found, agent, target)}{where}:", ""]
    lines += [f"- {display(x)}" for x in found.paths[:_MOST]]
    left = len(found.paths) - _MOST
    lines += [f"- and {left} more"] if left > 0 else []
    others = [x for x in found.agents if x != agent]
    if others:
        advice = f"Agree with {others[0]} who changes them; uncommitted work counts."
    else:
        advice = f"Bring your branch up to {target} before it is to land."
    return "\n".join([*lines, "", f"{advice} Look again: coordinator conflicts", ""])


def line(found: WorkConflict, target: str) -> str:
    """Return a conflict in a line of the board."""
    what = " and ".join(found.agents) if len(found.agents) > 1 else found.agents[0]
    other = "" if len(found.agents) > 1 else f" ({found.work}) and {target}"
    return f"{what}{other} in {found.repository}: {listed(found.paths)}"


def not_compared(names: Iterable[str], reason: str) -> str:
    """Say what could not be compared, and why."""
    return f"{' and '.join(names)} could not be compared: {reason}"
