"""Workflow documents anywhere: read as a caller names them, inspected and linted.

They are only looked at; keeping one as a template is another module's verb.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field

from coordinator.actions.documents import named_files
from coordinator.actions.templates import references
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.errors import CoordinatorError, NotFound, Refused
from coordinator.kernel.problems import Problem
from coordinator.results.problems import ShownProblem, problems_of
from coordinator.results.templates import InspectedDocument
from coordinator.workflows import lint
from coordinator.workflows.documents import counts, read
from coordinator.workflows.lint import World
from coordinator.workflows.runs import state_files
from coordinator.workspace.registry import Arguments, Positional, Who, action
from coordinator.workspace.workspace import Call, Workspace

_WHAT = "a workflow document"
_SUFFIXES = {".md", ".markdown", ".mdc", ".txt"}
_STATE_FILE = ".json"


class Paths(Arguments):
    """Which workflow documents."""

    paths: Annotated[tuple[str, ...], Positional()] = Field(
        ..., min_length=1, description="documents, or folders of them"
    )


@dataclass(frozen=True, slots=True)
class WorkflowSource:
    """A document that a caller named: how, where it lies, and what it holds."""

    shown: str
    path: Path
    text: str

    @property
    def is_state_file(self) -> bool:
        """Tell whether it is a `Step.json` or a `DNA.json` rather than a document."""
        return self.path.suffix.lower() == _STATE_FILE


def sources(call: Call, arguments: Paths) -> Iterator[WorkflowSource | Problem]:
    """Yield what lies at the paths, each file once; a Problem where one is unreadable.

    Raises:
        NotFound: There is nothing at the one path that is named.
    """
    seen: set[Path] = set()
    for named in arguments.paths:
        try:
            paths = named_files.find(call.folder / named, _SUFFIXES, _WHAT)
        except CoordinatorError as error:
            if len(arguments.paths) == 1:
                raise
            yield Problem(named, 0, UNREADABLE, error.message, error.hint)
            continue
        for path in paths:
            if path in seen:
                continue
            seen.add(path)
            within = path.is_relative_to(call.folder)
            shown = str(path.relative_to(call.folder)) if within else str(path)
            content = files.read(path.parent, path.name)
            if isinstance(content, Content):
                yield _source(WorkflowSource(shown, path, content.text))
            elif isinstance(content, Problem):
                yield Problem(
                    shown, content.line, content.code, content.message, content.hint
                )


def _source(found: WorkflowSource) -> WorkflowSource | Problem:
    if not found.is_state_file or not state_files.is_foreign(found.text):
        return found
    message = "It is neither a Step.json nor a DNA.json: it has none of their keys."
    hint = "Name a Markdown document, or a folder of them."
    return Problem(found.shown, 1, "unknown-shape", message, hint)


@action(
    "workflow inspect",
    who=Who.ANYONE,
    example="coordinator workflow inspect docs/backend-workflow.md",
)
def inspect(
    call: Call, arguments: Paths
) -> InspectedDocument | list[InspectedDocument]:
    """Tell what a workflow document holds: its kind, and counts of everything.

    Of several, one that cannot be read is told as such; exit code 1 if there is any.
    """
    found = list(sources(call, arguments))
    known = worlds(
        call.workspace, call.folder, [x for x in found if isinstance(x, WorkflowSource)]
    )
    check_any(arguments, found)
    if isinstance(bad := found[0], Problem) and len(found) == 1:
        raise Refused(f"{bad.path}: {bad.message}", hint=bad.hint)
    values = [_inspected(x, known) for x in found]
    return values[0] if len(values) == 1 else values


def check_any(arguments: Paths, found: Sequence[object]) -> None:
    """Check that something was named.

    Raises:
        NotFound: The folders hold no document.
    """
    if not found:
        hint = "Name a workflow document, or a folder of them."
        raise NotFound(f"{arguments.paths[0]} holds no document.", hint=hint)


UNREADABLE = "unreadable"
Worlds = Callable[[WorkflowSource], World]


def _inspected(source: WorkflowSource | Problem, known: Worlds) -> InspectedDocument:
    if isinstance(source, Problem):
        return {
            "path": source.path,
            "kind": UNREADABLE,
            "problems": 1,
            "message": source.message,
            "hint": source.hint,
        }
    if source.is_state_file:
        problems = state_files.check(source.text, source.shown)
        return {
            "path": source.shown,
            "kind": "state-file",
            "problems": len(problems),
            "contradictions": [x.message for x in problems],
        }
    document, problems = lint.check(source.text, source.shown, known(source))
    found = {"path": source.shown, **counts.count(document, problems)}
    return cast("InspectedDocument", found)


@action(
    "workflow lint",
    who=Who.ANYONE,
    example="coordinator workflow lint docs/workflows",
)
def lint_documents(call: Call, arguments: Paths) -> list[ShownProblem]:
    """List what is wrong with workflow documents, by line; exit code 1 if anything."""
    found = list(sources(call, arguments))
    known = worlds(
        call.workspace, call.folder, [x for x in found if isinstance(x, WorkflowSource)]
    )
    check_any(arguments, found)
    problems: list[Problem] = []
    for source in found:
        if isinstance(source, Problem):
            problems.append(source)
        elif source.is_state_file:
            problems += state_files.check(source.text, source.shown)
        else:
            problems += lint.check(source.text, source.shown, known(source))[1]
    return problems_of(problems)


def worlds(workspace: Workspace, folder: Path, sources: list[WorkflowSource]) -> Worlds:
    """Return what each document may refer to: files, agents, and each other."""
    known: set[str] = set()
    for source in (x for x in sources if not x.is_state_file):
        document, _ = read.parse(source.text, source.shown)
        known |= references.names_of(source.path, document)
    return lambda x: references.world(workspace, folder, known, x.path.parent)
