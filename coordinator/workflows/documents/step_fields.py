"""Single fields of a step document: prerequisites, agents, failure, retries, links.

It reads one field's text at a time and knows nothing of where the field stands.
"""

import re

from coordinator.kernel.text.bullets import plain
from coordinator.workflows.model import (
    Failure,
    Link,
    Needs,
    OnFailure,
    Prerequisite,
)

ID = re.compile(r"\bP\d{1,3}(?:-[TSE](?:\d{1,3}|XX))+(?:-\d{1,3})?(?!\w)")
_AGENT = re.compile(r"@([A-Za-z0-9][\w-]*)")
_BARE_AGENT = re.compile(r"[A-Za-z0-9][\w-]*\Z")
_NONE = re.compile(
    r"(?:none|n/a|nil|null|nothing|-+)?[ .]*(?:\(.*)?\Z", re.IGNORECASE | re.DOTALL
)
_PARTS = re.compile(r"[,;]\s*(?:and\s+)?|(?<!\s)\s+and\s+(?=(?:\w+\s+)?P\d)")
_BRACKETS = re.compile(r"\([^()]*\)")
_STARTED = re.compile(r"\bstarted\b|\bin[ _-]progress\b|\bbegun\b", re.IGNORECASE)
_STATE = re.compile(
    r"(?:must|should|has|have|is|are)\b.*|(?:succeeded|completed?|done|started)\b.*",
    re.IGNORECASE,
)
_ACTIONS = re.compile(
    r"(escalate)[ _-]?(?:to[ _-]?human)?|(notify)[ _-]?and[ _-]?continue"
    r"|(revert)[ _-]?state",
    re.IGNORECASE,
)
_ACTION = {1: Failure.ESCALATE, 2: Failure.NOTIFY, 3: Failure.REVERT}
_RETRIES = re.compile(r"[`*\s]*(\d{1,4})(?!\d)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\n]{1,1000})\)")
_FILE = re.compile(r"(?<![\w./@+-])[\w./@+-]+\.[A-Za-z]\w{0,7}(?!\w)")
_LONGEST = 4_000


def first_id(text: str) -> str:
    """Return the first id in the text, or an empty string."""
    match = ID.search(text)
    return match[0] if match else ""


def is_none(text: str) -> bool:
    """Tell whether a field says that there is nothing: `None`, `N/A (…)`, empty."""
    return _NONE.match(plain(text)) is not None


def agents(text: str) -> tuple[str, ...]:
    """Return the names after `@`; where there is none, the names between commas."""
    found = _AGENT.findall(text)
    if not found:
        words = (x.strip(" \"'`[]") for x in text.split(","))
        found = [x for x in words if _BARE_AGENT.match(x)]
    return tuple(dict.fromkeys(found))


def prerequisites(text: str, line: int) -> tuple[Prerequisite, ...]:
    """Read what must be before; without an id it is one sentence of free text."""
    bare = plain(text)
    if is_none(bare):
        return ()
    if len(bare) > _LONGEST or not ID.search(bare):
        return (Prerequisite(bare, line, needs=Needs.WORD),)
    needs = Needs.STARTED if _STARTED.search(bare) else Needs.SUCCEEDED
    # Commas inside brackets belong to a name, not to the list.
    covered = _BRACKETS.sub(lambda x: "(" + "_" * (len(x[0]) - 2) + ")", bare)
    found: list[Prerequisite] = []
    start = 0
    cuts = [x.span() for x in _PARTS.finditer(covered)]
    for end, after in [*cuts, (len(bare), len(bare))]:
        part = bare[start:end].strip(" .")
        start = after
        if part and not (found and _STATE.match(part)):
            found.append(_prerequisite(part, line, needs))
    return tuple(found)


def _prerequisite(part: str, line: int, others: Needs) -> Prerequisite:
    name = first_id(part)
    if not name:
        return Prerequisite(part, line, needs=Needs.WORD)
    # "A, B and C must be SUCCEEDED" says it once for all.
    says = _STATE.search(part)
    needs = Needs.STARTED if _STARTED.search(part) else Needs.SUCCEEDED
    return Prerequisite(part, line, name, needs if says else others)


def capabilities(text: str) -> tuple[str, ...]:
    """Read what follows an agent's name: `- … capabilities: a, b` or `(a, b)`."""
    bare = plain(text)
    _, found, listed = bare.partition("apabilities")
    if found:
        listed = listed.partition(":")[2]
    else:
        listed = bare.partition("(")[2].partition(")")[0]
    return words(listed)


def words(text: str) -> tuple[str, ...]:
    """Return what stands between commas, without marks."""
    parts = (x.strip(" .\n") for x in plain(text).split(","))
    return tuple(x for x in parts if x)


def on_failure(text: str) -> OnFailure:
    """Read the action and whom it names; nothing understood leaves the default."""
    bare = plain(text).replace("`", "")
    match = _ACTIONS.search(bare)
    if match is None:
        return OnFailure(text=bare)
    named = _AGENT.search(bare)
    action = _ACTION[match.lastindex or 1]
    return OnFailure(action, named[1] if named else "", bare, is_default=False)


def retries(text: str) -> int | None:
    """Return the number that a field begins with; `N/A (…)` has none."""
    match = _RETRIES.match(text)
    return int(match[1]) if match else None


def links(text: str, line: int) -> tuple[Link, ...]:
    """Return the links; where there is none, the files that are named."""
    found = [Link(x[1], x[2].strip(), line) for x in _LINK.finditer(text)]
    if not found:
        found = [Link(x[0], x[0], line) for x in _FILE.finditer(text)]
    return tuple(found)


def target(link: Link) -> str:
    """Return the path that a link leads to, without its `mdc:` scheme and anchor."""
    return link.target.removeprefix("mdc:").partition("#")[0].strip()
