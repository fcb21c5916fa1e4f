"""Runs started: from a template to a living copy of its own.

A start always succeeds: what is not filled then can be filled later, in the file.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from coordinator.actions.agents import messages
from coordinator.actions.agents.agents import find_identity
from coordinator.actions.runs import assignee, living_copies, loading
from coordinator.actions.runs import phase_file as tracking
from coordinator.actions.templates import library
from coordinator.index import queries
from coordinator.kernel.errors import NotFound, Refused, UsageProblem
from coordinator.kernel.journal import Draft
from coordinator.kernel.text.names import slug
from coordinator.workflows import store
from coordinator.workflows.documents import read
from coordinator.workflows.marks import LATEST, Mark
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import instantiate, living_copy, order
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """A run to begin: the template's row and source, what it becomes, and that filled.

    `phase_file` and the `part` of a catalogue are empty where none was named.
    """

    run: str
    agent: str
    row: queries.Row
    source: str
    text: str
    filled: str
    phase_file: str
    part: str


@action(
    "workflow start",
    who=Who.MEMBER,
    example='coordinator workflow start backend-workflow --set "Feature Name=Login"',
    refresh=Refresh.QUICK,
)
def start(call: Call, arguments: Start) -> dict[str, Any]:
    """Start a run of a template; its living copy can be edited and ticked."""
    workspace = call.workspace
    values = _values(arguments.set)
    name, _, part = arguments.template.partition("/")
    row = library.find_template(workspace, name)
    base = workspace.read_text(row["blob"])
    document, _ = read.parse(base, row["path"])
    text = _living_text(document, base, part, arguments)
    filled, unused = instantiate.fill(text, values)
    if document.kind is not Family.STEPS:
        _check_open(arguments.template, filled)
    agent = _whose(call, arguments.agent, document)
    run = _started_before(call, row["name"]) or _free_id(workspace, part or row["name"])
    phase_file = values.get("phase_file", "")
    _begin(call, _Plan(run, agent, row, base, text, filled, phase_file, part))
    if said := tracking.untracked(workspace, loading.find(workspace, run)):
        call.notes.append(said)
    return _started(workspace, run, [x for x in unused if x != "phase_file"])


def _check_open(name: str, text: str) -> None:
    """Check that something is left to do: a record of what was done is no template.

    Raises:
        Refused: Every box is ticked.
    """
    items = living_copy.read(text).items
    if order.leaves(items) and not any(x.mark is Mark.OPEN for x in items):
        raise Refused(
            f"Nothing of {name} is left to do: all its boxes are ticked.",
            hint="Open what is to be done again, and import it under another --name.",
        )


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
    if document.kind in {Family.CHECKLIST, Family.STEPS} and not part:
        return base
    steps = arguments.form == "steps" and document.kind is Family.CATALOGUE
    make = instantiate.skeleton if steps else instantiate.checklist
    text = make(document, part)
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
        [first] = queries.records_of_run(call.workspace.index, run)[:1]
        is_own = first["actor"] == call.caller.actor
        if first["seq"] > call.begun and is_own and loaded.run.template == template:
            return run
    return ""


def _begin(call: Call, plan: _Plan) -> None:
    """Record the start, then write the living copy."""
    workspace, actor = call.workspace, call.caller.actor
    run, row = plan.run, plan.row
    if loading.find_or_none(workspace, run) is None:
        filled = plan.filled.encode()
        blob, base = workspace.blobs.put([filled, plan.text.encode()])
        data = {
            "run": run,
            "template": row["name"],
            "version": row["version"],
            "agent": plan.agent,
            "text": blob,
            "base": base,
            "ids": living_copy.first_ids(plan.filled),
            "phase_file": plan.phase_file,
            "part": plan.part,
            "reading": LATEST.value,
        }
        path = store.living_copy(run)
        version = loading.accepted(path, blob, len(filled), plan.agent, actor)
        told = [*_told(call, run, plan.agent), *_partners(call, plan)]
        workspace.record(Draft("run.started", actor, run, data), version, *told)
    write_new(workspace, run)


def _told(call: Call, run: str, agent: str) -> list[Draft]:
    """Return the word to an agent whose run somebody else started."""
    if not agent or agent == call.caller.agent:
        return []
    body = f"Its living copy is {store.living_copy(run)}.\n"
    return [messages.notify(call.workspace, agent, f"The run {run} is yours", body)]


def _partners(call: Call, plan: _Plan) -> list[Draft]:
    """Return the word to those whom the work concerns, by the document's own list.

    Whoever is not on the roster is a maintainer's matter.
    """
    document, _ = read.parse(plan.source, plan.row["path"])
    drafts_: list[Draft] = []
    for partner in document.workflow.partners:
        to = assignee.named(call.workspace, partner.name)
        if to and to == plan.agent:
            continue
        unknown = "" if to else f" ({partner.name} is not on the roster)"
        subject = f"{plan.run} concerns you: {partner.text}{unknown}"
        body = f"{plan.agent or 'Nobody'} works on {store.living_copy(plan.run)}.\n"
        drafts_.append(messages.notify(call.workspace, to, subject, body))
    return drafts_


def write_new(workspace: Workspace, run: str) -> None:
    """Write a run's living copy where none stands yet."""
    loaded = loading.find(workspace, run)
    living_copies.put_back(workspace, loaded.path, b"", loaded.copy.text)


def _started(workspace: Workspace, run: str, unused: list[str]) -> dict[str, Any]:
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
