"""Agents out of Markdown that has no identity fields: instructions and guides.

It guesses, and says that it did; documents with fields are read elsewhere.
"""

import re
from dataclasses import replace

from agent_identities import drafts, fields
from agent_identities.drafts import IdentityDraft
from agent_identities.fields import IdentityField, IdentitySection
from agent_identities.format import Parsed
from agent_identities.model import Identity, name_of
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import labelled
from coordinator.kernel.text.markdown import Line, LineKind

_I_AM = re.compile(
    r"[-*>\s]{0,9}I am (?:the|an?) ([A-Z][\w&/+ -]{0,60}?)"
    r"(?=\*|[.,:;]|\Z| [-\u2013\u2014] | for | of | in | at | who | that )(.*)"
)
_SAYS = re.compile(
    r"[-*>\s]{0,9}(?:My )?(role|focus|personality)\*{0,2}:\s*(.+)", re.IGNORECASE
)
_EXAMPLES = re.compile(r"\\n|<example>", re.IGNORECASE)
_NO_PROSE = ("**", "__", "<", "|", "!", "---", "***", "___", "===")


def described(identity: Identity) -> Identity:
    """Give an identity without a role its next best description as role.

    Example dialogues, which Claude Code's descriptions end with, are no part of a role;
    the whole is kept as description.
    """
    role = identity.role or identity.focus or "; ".join(identity.capabilities)
    role = role or "; ".join(identity.responsibilities)
    first, *examples = _EXAMPLES.split(role)
    whole = identity.description or (role if examples else "")
    return replace(identity, role=" ".join(first.split()), description=whole)


def read(text: str, path: str) -> Parsed:
    """Read agents that speak for themselves (`I am the …`), else the file's one agent.

    The one agent is called after its file, else after the first heading; its role is
    the first paragraph. Nothing is found in a file without any words.
    """
    lines = labelled.read(text).spoken
    made = _declared(lines, path)
    if len(made) < 2:  # noqa: PLR2004 - a file may declare its one agent
        made = _alone(lines, path)
    return made, tuple(_guessed(x) for x in made)


def _declared(lines: list[Line], path: str) -> tuple[Identity, ...]:
    found: dict[str, IdentitySection] = {}
    current: IdentitySection | None = None
    for line in lines:
        if said := _I_AM.match(line.text):
            role = said[2].strip(" .*-\u2013\u2014")
            section = IdentitySection(said[1], 1, line.number)
            current = found.setdefault(said[1], section)
            current.fields.setdefault(
                "description", IdentityField("description", line.number, role)
            )
        elif current and (said := _SAYS.match(line.text)):
            key = said[1].lower()
            field = IdentityField(key, line.number, said[2].strip(" *"))
            current.fields.setdefault(key, field)
    made = (drafts.identity(IdentityDraft(x, x.fields), path) for x in found.values())
    return tuple(described(x) for x, _ in made if x)


def _alone(lines: list[Line], path: str) -> tuple[Identity, ...]:
    sections = fields.read(lines)
    found = fields.merge(sections)
    first = next((x for x in sections if x.level == 1), sections[0])
    line = first.line or 1
    if prose := _first_paragraph(lines):
        line = first.line or prose[0].number
        text = " ".join(x.content for x in prose)
        found.setdefault("role", IdentityField("role", prose[0].number, text))
    if not found:
        return ()
    if name := name_of(drafts.stem_of(path)):
        found.setdefault("name", IdentityField("name", line, name))
        found.setdefault(
            "title", IdentityField("title", line, drafts.title_in(first.heading))
        )
    made, _ = drafts.identity(IdentityDraft(replace(first, line=line), found), path)
    return (described(made),) if made else ()


def _first_paragraph(lines: list[Line]) -> list[Line]:
    found: list[Line] = []
    for line in lines:
        prose = line.kind is LineKind.TEXT and not line.content.startswith(_NO_PROSE)
        if prose:
            found.append(line)
        elif found and found[-1].content.endswith(":"):
            found = []
        elif found:
            break
    return found


def _guessed(identity: Identity) -> Problem:
    message = (
        f"The file has no identity fields; {identity.name!r} and its role were guessed "
        "from its words."
    )
    hint = "Read the identity that was made, and mend it."
    return Problem(identity.path, identity.line, "guessed-identity", message, hint)
