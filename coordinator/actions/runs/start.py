"""Runs started: from a template to a living copy of its own.

A start always succeeds: what is not filled then can be filled later, in the file.
"""

from typing import Annotated, Literal

from pydantic import Field

from coordinator.actions.agents.agents import find_identity
from coordinator.actions.runs import copy_files, loading, perform
from coordinator.actions.runs import phase_file as tracking
from coordinator.actions.templates import library
from coordinator.index import record_queries
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.kernel.text.names import slug
from coordinator.results.runs import BegunRun
from coordinator.workflows.decide import starts
from coordinator.workflows.decide.starts import Beginning
from coordinator.workflows.documents import read
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import first_text, living_copy
from coordinator.workspace.registry import (
    Arguments,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call, Workspace


class Start(Arguments):
    """What to start, and for whom."""

    template: Annotated[str, Positional()] = Field(
        ..., min_length=1, description="a template, NAME@VERSION or CATALOGUE/WORKFLOW"
    )
    set: tuple[str, ...] = Field(
        (), description="fill a placeholder: TEXT=VALUE, TEXT as in its brackets"
    )
    agent: str = Field("", description="whose run it is (default: the caller's)")
    form: Literal["checklist", "steps"] = Field(
        "checklist", description="what a catalogue's workflow becomes"
    )


@action(
    "workflow start",
    who=Who.MEMBER,
    example='coordinator workflow start backend-workflow --set "Feature Name=Login"',
    refresh=Refresh.QUICK,
)
def start(call: Call, arguments: Start) -> BegunRun:
    """Start a run of a template; its living copy can be edited and ticked."""
    workspace = call.workspace
    values = _values(arguments.set)
    name, _, part = arguments.template.partition("/")
    row = library.find_template(workspace, name)
    base = workspace.read_text(row["blob"])
    document, _ = read.parse(base, row["path"])
    text = _living_text(document, base, part, arguments)
    filled, unused = first_text.fill(text, values)
    if refusal := starts.nothing_left(arguments.template, document, filled):
        raise refusal
    run = _started_before(call, row["name"]) or _free_id(workspace, part or row["name"])
    wanted = Beginning(
        run=run,
        agent=_whose(call, arguments.agent, document),
        template=row["name"],
        version=row["version"],
        document=document,
        text=text,
        filled=filled,
        phase_file=values.get("phase_file", ""),
        part=part,
    )
    _begin(call, wanted)
    if said := tracking.untracked(workspace, loading.find(workspace, run)):
        call.notes.append(said)
    return _started(workspace, run, [x for x in unused if x != "phase_file"])


def _values(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        key, separator, value = pair.partition("=")
        if not separator or not key.strip():
            hint = 'Write it as: --set "Feature Name=Login"'
            raise UsageProblem(f"{pair!r} sets nothing.", hint=hint)
        found[key.strip().strip("[]").strip()] = value
    return found


def _living_text(document: Document, base: str, part: str, arguments: Start) -> str:
    """Return what the run begins with: the template as it is, or what it becomes."""
    if arguments.form == "steps" and document.kind not in {
        Family.CATALOGUE,
        Family.STEPS,
    }:
        message = f"{arguments.template} is a {document.kind.value}: it has no steps."
        raise UsageProblem(message, hint="Leave --form away.")
    form = Family.STEPS if arguments.form == "steps" else Family.CHECKLIST
    text = first_text.living_text(document, base, part, form)
    if text is None:
        raise NotFound(
            f"There is no workflow {arguments.template!r}.",
            hint="Run: coordinator workflow list",
        )
    return text


def _whose(call: Call, named: str, document: Document) -> str:
    """Return whose run it is: as named, the caller's, or the addressed agent's."""
    if named:
        return find_identity(call.workspace, named).name
    if call.caller.agent:
        return call.caller.agent
    roster = call.workspace.roster
    addressed = [document.said("name"), *document.agents]
    known = (roster.attribute(slug(x)) for x in addressed if x)
    return next((x for x in known if x), "")


def _free_id(workspace: Workspace, name: str) -> str:
    taken = {x.run.id for x in loading.every(workspace)}
    number = 1
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _started_before(call: Call, template: str) -> str:
    """Return the run that an earlier attempt, that was cut off, started, or nothing."""
    if not call.begun:
        return ""
    for loaded in loading.every(call.workspace):
        run = loaded.run.id
        [first] = record_queries.records_of_run(call.workspace.index, run)[:1]
        is_own = first["actor"] == call.caller.actor
        if first["seq"] > call.begun and is_own and loaded.run.template == template:
            return run
    return ""


def _begin(call: Call, wanted: Beginning) -> None:
    """Record the start, then write the living copy where none stands yet."""
    workspace, expected = call.workspace, call.workspace.journal.last
    if loading.find_or_none(workspace, wanted.run) is None:
        started = starts.start(wanted, call.caller.agent, perform.asking(call))
        perform.commit(workspace, started, expected)
    write_new(workspace, wanted.run)


def write_new(workspace: Workspace, run: str) -> None:
    """Write a run's living copy where none stands yet."""
    loaded = loading.find(workspace, run)
    copy_files.put_back(workspace, loaded.path, b"", loaded.copy.text)


def _started(workspace: Workspace, run: str, unused: list[str]) -> BegunRun:
    loaded = loading.find(workspace, run)
    waiting = living_copy.unfilled(loaded.copy.boxes).names
    return {
        "id": run,
        "template": loaded.run.template,
        "version": loaded.run.version,
        "kind": loaded.document.kind.value,
        "agent": loaded.run.agent,
        "path": loaded.path,
        "state": "running",
        "unfilled": list(waiting),
        "unused": unused,
        "next": f"coordinator workflow next {run}",
    }
