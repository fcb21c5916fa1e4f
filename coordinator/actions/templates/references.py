"""What workflow documents refer to, files, agents, each other, and what is nowhere.

The newest templates are looked through at each look; what was read of one is kept.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coordinator.index import queries
from coordinator.kernel.problems import Problem
from coordinator.kernel.text.names import slug
from coordinator.workflows import lint
from coordinator.workflows.documents import read
from coordinator.workflows.lint import World
from coordinator.workflows.model import Document
from coordinator.workspace.workspace import Workspace

_LINK = re.compile(r"\]\(([^()]*)\)")
Asked = tuple[str, str]  # what kind of thing, and its name
Key = tuple[str, str]  # a path, and the name of its blob


@dataclass(slots=True)
class Template:
    """What is kept of a template: what it is called, and what was asked for it."""

    names: frozenset[str]
    answers: dict[Asked, bool] = field(default_factory=dict)
    problems: list[Problem] | None = None


def world(workspace: Workspace, folder: Path, known: set[str], near: Path) -> World:
    """Return what a document in `near` may refer to, for a caller in `folder`.

    `known` are the names of the documents that belong together.
    """
    roots = [near, folder, workspace.layout.root]
    roots += [x.path for x in workspace.repositories().values()]
    return World(
        has_file=lambda target: _exists(roots, target),
        has_agent=lambda name: bool(workspace.roster.attribute(slug(name))),
        has_document=lambda said: bool(_stems(said) & known),
    )


def _exists(folders: list[Path], target: str) -> bool:
    try:
        return any((folder / target).exists() for folder in folders)
    except (OSError, ValueError):
        return False


def names_of(path: Path, document: Document) -> frozenset[str]:
    """Return the names that other documents may have for this one."""
    return frozenset(
        _stems(path.name) | _stems(document.said("task_id", "taskid")),
    )


def _stems(said: str) -> set[str]:
    """Return the spellings of a document's name: as it is, and without its ending."""
    link = _LINK.search(said)
    last = (link[1] if link else said).strip().rpartition("/")[2].lower()
    return {last, last.removesuffix(".md")} - {""}


def have_changed(workspace: Workspace) -> bool:
    """Tell whether anything that templates refer to came or went since the last look.

    That touches as many files as they name; new templates are not its business.
    """
    found = _worlds(workspace, workspace.templates)
    return any(not _still(asked, x.answers) for _, x, asked in found)


def dangling(workspace: Workspace) -> Iterator[Problem]:
    """Yield what the newest templates refer to and nobody has."""
    newest: dict[str, queries.Row] = {}
    for row in queries.templates(workspace.index):
        newest.setdefault(row["name"], row)
    kept: dict[Key, Template] = {}
    for row in newest.values():
        key = (row["path"], row["blob"])
        kept[key] = workspace.templates.get(key) or _begin(workspace, row)
    workspace.templates = kept
    for (path, blob), template, asked in _worlds(workspace, kept):
        if template.problems is None or not _still(asked, template.answers):
            text = workspace.read_text(blob)
            template.answers = {}
            heard = _hear(asked, template.answers)
            document, _ = read.parse(text, path)
            template.problems = list(lint.dangling(document, text, path, heard))
        yield from template.problems


def _worlds(
    workspace: Workspace, kept: Mapping[Key, Template]
) -> Iterator[tuple[Key, Template, World]]:
    """Yield each template with what it may refer to."""
    known = {name for x in kept.values() for name in x.names}
    root = workspace.layout.root
    for key, template in kept.items():
        yield key, template, world(workspace, root, known, (root / key[0]).parent)


def _begin(workspace: Workspace, row: queries.Row) -> Template:
    document, _ = read.parse(workspace.read_text(row["blob"]), row["path"])
    return Template(names_of(Path(row["path"]), document))


def _questions(asked: World) -> dict[str, Callable[[str], bool]]:
    return {
        "file": asked.has_file,
        "agent": asked.has_agent,
        "document": asked.has_document,
    }


def _still(asked: World, answers: Mapping[Asked, bool]) -> bool:
    """Tell whether the world answers as it did."""
    ask = _questions(asked)
    return all(ask[kind](name) is answer for (kind, name), answer in answers.items())


def _hear(asked: World, answers: dict[Asked, bool]) -> World:
    """Return the same world, whose answers are written down."""

    def note(kind: str, ask: Callable[[str], bool]) -> Callable[[str], bool]:
        def answer(name: str) -> bool:
            answers[kind, name] = ask(name)
            return answers[kind, name]

        return answer

    ask = {kind: note(kind, x) for kind, x in _questions(asked).items()}
    return World(ask["file"], ask["agent"], ask["document"])
