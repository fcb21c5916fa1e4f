"""Workflows as templates: imported, listed and searched.

A template's versions are never overwritten; starting a run is another module's verb.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, cast

from pydantic import Field

from coordinator.actions.documents.accepting import write_document
from coordinator.actions.templates.inspect import (
    Paths,
    WorkflowSource,
    check_any,
    sources,
    worlds,
)
from coordinator.index import queries
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.kernel.problems import Problem
from coordinator.kernel.text.markdown import split_lines
from coordinator.kernel.text.names import slug
from coordinator.results.problems import ProblemGroup, problems_of, shown
from coordinator.results.templates import (
    FoundLine,
    ImportedTemplates,
    ListedTemplate,
    NamedTemplate,
)
from coordinator.workflows import lint, store
from coordinator.workflows.documents import kinship, read
from coordinator.workflows.model import Document
from coordinator.workflows.runs import state_files
from coordinator.workspace.registry import Arguments, Nothing, Positional, Who, action
from coordinator.workspace.workspace import Call, Workspace

_MOST_FOUND = 200
_MOST_PARTS = 4  # of a path that become a template's name
_MOST_TOLD = 5
_LONGEST_NAME = 60
_MOST_DIGITS = 9


class Import(Paths):
    """Which workflow documents, and under which name."""

    name: str = Field("", description="the template's name (default: the file's)")


@action(
    "workflow import",
    who=Who.MEMBER,
    example="coordinator workflow import docs/backend-workflow.md",
)
def import_templates(call: Call, arguments: Import) -> ImportedTemplates:
    """Keep workflow documents as templates; the same text again is no new version.

    Another document of a name that is taken is named after its folder, too.
    """
    found = list(sources(call, arguments))
    if arguments.name and len(found) != 1:
        raise UsageProblem(
            f"One name cannot stand for {len(found)} documents.",
            hint="Import them one by one, or without --name.",
        )
    known = worlds(
        call.workspace, call.folder, [x for x in found if isinstance(x, WorkflowSource)]
    )
    added: list[NamedTemplate] = []
    noted: list[Problem] = []
    refused: list[Problem] = []
    for source in found:
        if isinstance(source, Problem):
            refused.append(source)
            continue
        if source.is_state_file:
            refused += state_files.check(source.text, source.shown)
            refused.append(_not_taken(source))
            continue
        document, problems = lint.check(source.text, source.shown, known(source))
        if nothing := [x for x in problems if x.code == "no-items"]:
            refused += nothing
        else:
            name = arguments.name or _name(call.workspace, source, document)
            if isinstance(name, Problem):
                refused.append(name)
                continue
            added.append(_import(call, source, document, name))
            noted += problems
    check_any(arguments, found)
    if not added:
        said = " ".join(dict.fromkeys(x.message for x in refused[:_MOST_TOLD]))
        raise Refused(f"{refused[0].path}: {said}", hint=refused[0].hint)
    return {
        **added[0],
        "next": f"coordinator workflow start {added[0]['id']}",
        "templates": [
            {"id": x["id"], "version": x["version"], "kind": x["kind"]} for x in added
        ],
        "problems": _summed(noted),
        "refused": problems_of(refused),
    }


def _summed(problems: Sequence[Problem]) -> list[ProblemGroup]:
    """Return the first problem of each code, with how often it is there.

    All of them are told by `workflow lint` and by `check`.
    """
    times = Counter(x.code for x in problems)
    first = {x.code: x for x in reversed(problems)}
    counted = times.most_common()
    return [{**shown(first[x]), "times": count} for x, count in counted]


def _not_taken(source: WorkflowSource) -> Problem:
    message = "A state file is no workflow: nothing is taken over from it."
    hint = "Export one of a run: coordinator workflow export RUN --format step-json"
    return Problem(source.shown, 1, "state-file", message, hint)


def _name(
    workspace: Workspace, source: WorkflowSource, document: Document
) -> str | Problem:
    """Return the name of the template that a document is, or is a version of.

    A Problem where other documents have all the names that its path gives.
    """
    parts = [source.path.stem]
    for folder in source.path.parents[:_MOST_PARTS]:
        newest = queries.template(workspace.index, _slug(parts))
        if newest is None:
            return _slug(parts)
        known, _ = read.parse(workspace.read_text(newest["blob"]), newest["path"])
        if kinship.is_same(known, document):
            return _slug(parts)
        parts.insert(0, folder.name)
    message = f"It is another document than the template {_slug(parts[-1:])}."
    hint = "Give it a name of its own: --name NAME"
    return Problem(source.shown, 1, "other-document", message, hint)


def _slug(parts: Sequence[str]) -> str:
    return slug("-".join(parts), longest=_LONGEST_NAME) or "workflow"


def _import(
    call: Call, source: WorkflowSource, document: Document, name: str
) -> NamedTemplate:
    workspace = call.workspace
    name = slug(name, longest=_LONGEST_NAME) or "workflow"
    newest = queries.template(workspace.index, name)
    if newest and workspace.read_text(newest["blob"]) == source.text:
        row = newest
    else:
        version = newest["version"] + 1 if newest else 1
        row = _keep(call, name, version, source.text, document)
    _write_version(call, row["path"], source.text)
    keys = ("version", "kind", "title", "path")
    return cast("NamedTemplate", {"id": name, **{x: row[x] for x in keys}})


def _keep(
    call: Call, name: str, version: int, text: str, document: Document
) -> queries.Row:
    """Record a version of a template; return its row."""
    workspace = call.workspace
    path = store.template(name, version)
    [blob] = workspace.blobs.put([text.encode()])
    data = {
        "version": version,
        "kind": document.kind.value,
        "title": document.title[:200],
        "path": path,
        "text": blob,
    }
    workspace.record(Draft("template.imported", call.caller.actor, name, data))
    return {**data, "name": name, "blob": blob}


def _write_version(call: Call, path: str, text: str) -> None:
    """Write a version's file where none stands; one that was edited is left alone."""
    target = call.workspace.layout.root / path
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        write_document(call.workspace, path, text, writer=call.caller.actor)


@action("workflow list", who=Who.ANYONE, example="coordinator workflow list")
def list_templates(call: Call, arguments: Nothing) -> list[ListedTemplate]:
    """List the templates, each with its newest version and what can be started."""
    del arguments
    newest: dict[str, queries.Row] = {}
    for row in queries.templates(call.workspace.index):
        newest.setdefault(row["name"], row)
    return [_listed(call.workspace, row) for row in newest.values()]


def _listed(workspace: Workspace, row: queries.Row) -> ListedTemplate:
    document, _ = read.parse(workspace.read_text(row["blob"]), row["path"])
    parts = [slug(x.title) for x in document.catalogue.workflows]
    return {
        "id": row["name"],
        "version": row["version"],
        "kind": row["kind"],
        "title": row["title"],
        "path": row["path"],
        "workflows": [f"{row['name']}/{x}" for x in parts],
    }


def find_template(workspace: Workspace, wanted: str) -> queries.Row:
    """Return the newest version of a template, or the one that is named: `name@2`.

    Raises:
        NotFound: There is none.
    """
    name, _, version = wanted.partition("@")
    is_number = version.isdecimal() and len(version) <= _MOST_DIGITS
    number = int(version) if is_number else 0
    row = queries.template(workspace.index, name, number)
    if row is None or (version and not number):
        hint = "Run: coordinator workflow list"
        raise NotFound(f"There is no template {wanted!r}.", hint=hint)
    return row


def read_template(workspace: Workspace, name: str, version: int) -> Document | None:
    """Return what a version of a template says, or None where there is none."""
    row = queries.template(workspace.index, name, version)
    if row is None:
        return None
    return read.parse(workspace.read_text(row["blob"]), row["path"])[0]


class Words(Arguments):
    """What to look for."""

    words: Annotated[tuple[str, ...], Positional()] = Field(
        ..., min_length=1, description="words that a line must hold, in any case"
    )


@action(
    "workflow search", who=Who.ANYONE, example="coordinator workflow search migration"
)
def search_templates(call: Call, arguments: Words) -> list[FoundLine]:
    """Find the lines of templates that hold all these words."""
    wanted = [x.lower() for words in arguments.words for x in words.split()]
    found: list[FoundLine] = []
    for row in list_templates(call, Nothing()):
        text = call.workspace.read_text(
            find_template(call.workspace, row["id"])["blob"]
        )
        found += _matching(row, text, wanted)
    if len(found) > _MOST_FOUND:
        call.notes.append(
            f"Only the first {_MOST_FOUND} of {len(found)} lines are shown: use more"
            " words."
        )
    return found[:_MOST_FOUND]


def _matching(row: ListedTemplate, text: str, wanted: list[str]) -> Iterator[FoundLine]:
    title = row["title"]
    for number, line in enumerate(split_lines(text), 1):
        if line.startswith("#"):
            title = line.lstrip("# ")
        low = line.lower()
        if all(x in low for x in wanted):
            yield {
                "id": row["id"],
                "kind": row["kind"],
                "section": title,
                "line": number,
                "text": line.strip(),
                "path": row["path"],
            }
