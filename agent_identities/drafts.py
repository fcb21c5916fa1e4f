"""Drafts: what a document says about one agent, made into an identity.

It decides names and refuses values that cannot be used; it finds no field itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from agent_identities.fields import IdentityField, IdentitySection
from agent_identities.model import Identity, is_prefix, is_reserved, name_of
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import names

PLACEHOLDER = re.compile(
    r"(?:\[[^\[\]]*\]|<[^<>]*>|\{\{.*\}\}|\.{3}|…|(?:TODO|TBD|FIXME|XXX)(?::.*)?)\Z"
)
_HEADING_NOISE = re.compile(r"(?:\d+[.)]\s+)?[^\w(]*(?:Agent\s*\d*\s*:\s*)?")
_GENERIC = frozenset(
    {"about", "agent", "details", "identity", "overview", "profile", "reminder"}
)
_HEADING_END = re.compile(
    r"(?:(?:\s{1,3}agent)?\s{1,3}(?:identity|profile|persona|workflow))?[ *_`:]*\Z",
    re.IGNORECASE,
)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?\Z")
_FIRST_CODE = re.compile(r"`([^`]+)`")
_PARTNER_END = re.compile(r"\s*(?:\*\*|:|\(| [-\u2013\u2014\u2192] )")
_STEM_END = re.compile(r"(?:\.(?:agent|chatmode|md|json|ya?ml))+\Z", re.IGNORECASE)
_NO_NAMES = frozenset(
    {"agent", "agents", "agent-identities", "index", "job-desc", "modes", "readme"}
)
_LONGEST = 200
_ONE_EACH = frozenset({"agent-identities", "agents"})


@dataclass(frozen=True, slots=True)
class IdentityDraft:
    """What is known of one agent; `stem` is its file's, where it has one of its own."""

    section: IdentitySection
    fields: dict[str, IdentityField]
    stem: str = ""

    def text(self, key: str) -> str:
        """Return a field in one line; empty where it is missing."""
        return self.fields[key].scalar() if key in self.fields else ""


def is_generic(heading: str) -> bool:
    """Tell whether a heading names a part of an identity and no agent."""
    return _GENERIC.issuperset(names.slug(heading).split("-"))


def identity(
    draft: IdentityDraft, path: str
) -> tuple[Identity | None, tuple[Problem, ...]]:
    """Make an identity out of a draft; None where nothing gives it a name."""
    found, placeholders = _without_placeholders(draft.fields, path)
    name, title = _name_and_title(replace(draft, fields=found), path)
    line = draft.section.line or min(x.line for x in draft.fields.values())
    if not name:
        return None, (*placeholders, _no_name(path, line))
    if is_reserved(name):
        return None, (*placeholders, _reserved(name, path, line))
    made, problems = assemble(found, name=name, title=title, path=path, line=line)
    return made, (*placeholders, *problems)


def _without_placeholders(
    found: Mapping[str, IdentityField], path: str
) -> tuple[dict[str, IdentityField], list[Problem]]:
    kept: dict[str, IdentityField] = {}
    problems: list[Problem] = []
    for key, field in found.items():
        items = tuple(x for x in field.items if not PLACEHOLDER.match(x))
        text = "" if PLACEHOLDER.match(field.text) else field.text
        if text != field.text or items != field.items:
            problems.append(_placeholder(field, path))
        if text or items:
            kept[key] = IdentityField(key, field.line, text, items)
    return kept, problems


def _name_and_title(draft: IdentityDraft, path: str) -> tuple[str, str]:
    """Decide what the agent is called; an empty name where nothing says it."""
    heading = title_in(draft.section.heading)
    title = draft.text("title")
    if name := _explicit(written := draft.text("name").strip("*` ")):
        wordy = "" if names.slug(written) == written else written
        said = heading if name_of(heading) == name else ""
        return name, title or wordy or said
    title = title or heading
    by_title, by_file = name_of(title), name_of(draft.stem)
    if PurePosixPath(path).parent.name in _ONE_EACH:
        return by_file or by_title, title
    return by_title or by_file, title


def _explicit(written: str) -> str:
    return name_of(written) if " " in written else names.slug(written)


def title_in(heading: str) -> str:
    """Return a heading without number, emoji and marks; empty where it says nothing."""
    if PLACEHOLDER.match(heading.strip()):
        return ""
    start = _HEADING_NOISE.sub("", heading[:_LONGEST], count=1).replace("**", "")
    title = _HEADING_END.sub("", start)
    return "" if is_generic(title) else title


def stem_of(path: str) -> str:
    """Return a file's name without its ending, `.agent`, or a version after `@`.

    Empty where such a name says nothing (`job_desc.yaml`).
    """
    stem = _STEM_END.sub("", PurePosixPath(path).name.partition("@")[0])
    return "" if names.slug(stem) in _NO_NAMES else stem


def assemble(
    found: Mapping[str, IdentityField], *, name: str, title: str, path: str, line: int
) -> tuple[Identity, tuple[Problem, ...]]:
    """Make an identity out of fields; what cannot be used is left at its default."""
    scalars = {key: field.scalar() for key, field in found.items()}
    lists = {key: field.entries() for key, field in found.items()}
    prefix = scalars.get("prefix", "").strip("`/ ")
    user = scalars.get("user", "").strip("` ")
    problems: list[Problem] = []
    if prefix and not is_prefix(prefix):
        problems.append(_bad_prefix(prefix, found["prefix"], path))
    if user and not _USER.match(user):
        problems.append(_bad_user(user, found["user"], path))
    described = scalars.get("description", "")
    role = scalars.get("role") or described
    identity = Identity(
        name,
        title=title,
        role=role,
        description=described if described != role else "",
        personality=scalars.get("personality", ""),
        focus=scalars.get("focus", ""),
        repository=scalars.get("repository", ""),
        responsibilities=lists.get("responsibilities", ()),
        paths=tuple(_glob(x) for x in lists.get("paths", ())),
        partners=tuple(filter(None, map(_partner, lists.get("partners", ())))),
        prefix=prefix if is_prefix(prefix) else "",
        capabilities=lists.get("capabilities", ()),
        tools=tuple(x.strip("`") for x in lists.get("tools", ())),
        user=user if _USER.match(user) else "",
        path=path,
        line=line,
    )
    return identity, tuple(problems)


def _glob(text: str) -> str:
    match = _FIRST_CODE.match(text)
    return match[1] if match else text


def _partner(text: str) -> str:
    """Read `frontend`, `Frontend Developer`, or `**react-dev**: what for`."""
    short = text.lstrip("*`@ ")[:_LONGEST]
    return _explicit(_PARTNER_END.split(short, maxsplit=1)[0].strip("`"))


def _placeholder(field: IdentityField, path: str) -> Problem:
    message = f"The field `{field.key}` still holds a placeholder, which is not used."
    hint = "Fill it in, or remove the line."
    return Problem(path, field.line, "placeholder", message, hint)


def _bad_prefix(prefix: str, field: IdentityField, path: str) -> Problem:
    message = (
        f"{names.display(prefix)!r} cannot start a branch's name; "
        "the agent's name is used instead."
    )
    hint = "Use a-z, 0-9, '.', '_' and '-', up to 60 characters, no slash."
    return Problem(path, field.line, "bad-prefix", message, hint)


def _bad_user(user: str, field: IdentityField, path: str) -> Problem:
    message = f"{names.display(user)!r} is no unix user's name and is not used."
    hint = "Name the unix user that the agent runs as, or remove the line."
    return Problem(path, field.line, "bad-user", message, hint)


def _no_name(path: str, line: int) -> Problem:
    message = "This agent has no name that can be written with a-z and 0-9."
    hint = "Add a line such as `**Name**: backend`."
    return Problem(path, line, "no-name", message, hint)


def _reserved(name: str, path: str, line: int) -> Problem:
    message = f"{name!r} cannot be the name of an agent: it means others."
    hint = "Name it by what it does, such as backend."
    return Problem(path, line, "reserved-name", message, hint)


def not_text(field: IdentityField, path: str) -> Problem:
    """Say that a field holds a number, a mapping or nothing."""
    message = f"The value of `{field.key}` is neither text nor a list of texts."
    return Problem(
        path, field.line, "bad-value", message, "Write plain text, or quote it."
    )


def no_identity(path: str) -> Problem:
    """Say that a whole file describes no agent."""
    message = "The document describes no agent."
    hint = (
        "Start it with front matter that holds `name` and `role`, or add bold labels."
    )
    return Problem(path, 0, "no-identity", message, hint)
