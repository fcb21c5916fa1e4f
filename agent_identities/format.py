"""Identity documents as text: reading every accepted form, writing one.

It touches no disk and knows no other program's format.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import yaml

from agent_identities import drafts, fields
from agent_identities.drafts import PLACEHOLDER, IdentityDraft, is_generic
from agent_identities.fields import IdentityField, IdentitySection
from agent_identities.model import Identity, without_duplicates
from coordinator.kernel.problems import Problem
from coordinator.kernel.text import conflicts, labelled, markdown, names
from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind

Parsed = tuple[tuple[Identity, ...], tuple[Problem, ...]]

_MARKUP = re.compile(r"\*\*|__|<!--|\A<{7}|\A[-*_= ]*\Z")


def parse(text: str, path: str) -> Parsed:
    """Read the agents of a document, in its order.

    One agent stands in front matter, in a block of bold labels, or both; several
    stand under a heading each. Where nothing names a lone agent, its file does, if
    its folder holds one file for each. A placeholder counts as not written.
    """
    document = labelled.read(text)
    head = document.front
    front, odd = fields.from_values(head.values, head.lines)
    _name_front(front, head)
    sections = fields.read(document.spoken)
    problems = [*document.problems(path), *conflicts.find(text, path)]
    problems += [drafts.not_text(x, path) for x in odd]
    identities, found = _identities(front, sections, path)
    kept, doubles = without_duplicates(identities)
    problems += [*found, *doubles]
    if not kept and not found:
        problems.append(drafts.no_identity(path))
    return kept, tuple(problems)


def _name_front(front: IdentitySection, head: FrontMatter) -> None:
    """Make the name that front matter states canonical; what it was is the title."""
    name = head.text("name")
    slug = names.slug(head.text("slug") or name)
    if slug and not PLACEHOLDER.match(name):
        line = front.fields["name"].line if "name" in front.fields else front.line
        front.fields["name"] = IdentityField("name", line, text=slug)
        if name and names.slug(name) != name:
            front.fields.setdefault("title", IdentityField("title", line, text=name))


def _identities(
    front: IdentitySection, sections: tuple[IdentitySection, ...], path: str
) -> tuple[list[Identity], list[Problem]]:
    made = [drafts.identity(x, path) for x in _drafts(front, sections, path)]
    identities = [x for x, _ in made if x]
    return identities, [problem for _, found in made for problem in found]


def _drafts(
    front: IdentitySection, sections: tuple[IdentitySection, ...], path: str
) -> list[IdentityDraft]:
    agents = _agents(sections)
    if len(agents) > 1 and "name" not in front.fields:
        return [IdentityDraft(x, fields.merge(inside)) for x, inside in agents]
    if not agents and not front.fields:
        return []
    first = next((x for x in sections if x.level == 1), sections[0])
    section, inside = agents[0] if agents else (first, [])
    found = fields.merge([front, *inside, *sections])
    if front.fields:
        section = replace(section, line=front.line)
    return [IdentityDraft(section, found, drafts.stem_of(path))]


def _agents(
    sections: tuple[IdentitySection, ...],
) -> list[tuple[IdentitySection, list[IdentitySection]]]:
    """Return the sections that stand for an agent, each with itself and those in it.

    Where `## Identity` makes the heading above an agent, that heading comes first.
    """
    roots = {id(_subject(x)) for x in sections if _describes_agent(x)}
    found: dict[int, tuple[IdentitySection, list[IdentitySection]]] = {}
    for section in sections:
        root: IdentitySection | None = section
        while root and id(root) not in roots:
            root = root.parent
        if root:
            found.setdefault(id(root), (root, []))[1].append(section)
    return list(found.values())


def _subject(section: IdentitySection) -> IdentitySection:
    """Return the heading above, where the own one names no agent (`## Identity`)."""
    parent = section.parent
    above = parent and parent.heading and is_generic(section.heading)
    return parent if parent and above else section


def _describes_agent(section: IdentitySection) -> bool:
    found = section.fields
    if "role" in found or len(found) > 1:
        return True
    return "name" in found and is_generic(section.heading)


def render(identity: Identity) -> str:
    """Write the document that people edit; `parse` gives the same identity back.

    What programs use stands in front matter, what people read below it. A text that
    Markdown would read as something else stands in front matter as well.
    """
    front: dict[str, str | list[str]] = {"name": identity.name}
    front |= {x: getattr(identity, x) for x in ("title", "prefix", "repository")}
    front |= {"user": identity.user}
    for key in ("paths", "partners", "capabilities", "tools"):
        front[key] = list(getattr(identity, key))
    body = [f"# {identity.title if _is_plain(identity.title) else identity.name}"]
    for key in ("role", "description", "personality", "focus"):
        text = getattr(identity, key)
        if _is_plain(text):
            body += [f"## {key.capitalize()}", text]
        else:
            front[key] = text
    duties = identity.responsibilities
    if all(_is_plain(x) for x in duties):
        body += ["## Responsibilities", "\n".join(f"- {x}" for x in duties)]
    else:
        front["responsibilities"] = list(duties)
    return f"---\n{_yaml(front)}---\n\n" + "\n\n".join(x for x in body if x) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes YAML in which control characters and odd line ends are escaped."""


def _quote(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML writes U+0085 and U+2028 as they are, and reads them as line ends.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quote)


def _yaml(values: Mapping[str, str | list[str]]) -> str:
    written = {key: value for key, value in values.items() if value}
    return yaml.dump(
        written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 20
    )


def _is_plain(text: str) -> bool:
    """Tell whether a text stays itself as a line and as an item of Markdown."""
    lines = markdown.scan(markdown.blank_comments(text))
    item = markdown.scan(f"- {text}")
    return (
        lines == [Line(1, text, LineKind.TEXT, 0, text)]
        and [(x.content, x.box) for x in item] == [(text, "")]
        and text.isprintable()
        and not _MARKUP.search(text)
    )
