"""Starts decided: a run begins, its agent and those whom it concerns are told.

Pure. Which template and whose run it is has been found out before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from coordinator.kernel.errors import CoordinatorError, Refused
from coordinator.kernel.journal import Draft
from coordinator.workflows import store
from coordinator.workflows.decide import ruling
from coordinator.workflows.decide.ruling import Asking, Notice, Ruling, stored
from coordinator.workflows.marks import LATEST, Mark
from coordinator.workflows.model import Document, Family
from coordinator.workflows.runs import living_copy, order


@dataclass(frozen=True, slots=True)
class Beginning:
    """A run to begin: whose, of which template, what that becomes, and that filled.

    `document` is what the template says; `phase_file` and the `part` of a catalogue are
    empty where none was named.
    """

    run: str
    agent: str
    template: str
    version: int
    document: Document
    text: str
    filled: str
    phase_file: str
    part: str


def nothing_left(
    template: str, document: Document, text: str
) -> CoordinatorError | None:
    """Return why no run begins with a text, if all is done there: it is a record."""
    items = living_copy.read(text).items
    is_open = not order.leaves(items) or any(x.mark is Mark.OPEN for x in items)
    if document.kind is Family.STEPS or is_open:
        return None
    message = f"Nothing of {template} is left to do: all its boxes are ticked."
    hint = "Open what is to be done again, and import it under another --name."
    return Refused(message, hint=hint)


def start(wanted: Beginning, agent: str, asking: Asking) -> Ruling:
    """Begin a run; `agent` asks, or a maintainer: empty."""
    data = {
        "run": wanted.run,
        "template": wanted.template,
        "version": wanted.version,
        "agent": wanted.agent,
        "text": stored(wanted.filled),
        "base": stored(wanted.text),
        "ids": living_copy.first_ids(wanted.filled),
        "phase_file": wanted.phase_file,
        "part": wanted.part,
        "reading": LATEST.value,
    }
    own = Draft("run.started", asking.actor, wanted.run, data)
    version = ruling.version(wanted.run, wanted.filled, wanted.agent, asking.actor)
    told = (*_told(wanted, agent), *_partners(wanted, asking))
    texts = (wanted.filled, wanted.text)
    return Ruling((own, version), texts, told, wanted.filled)


def _told(wanted: Beginning, agent: str) -> Iterator[Notice]:
    """Yield the word to an agent whose run somebody else started."""
    if wanted.agent and wanted.agent != agent:
        body = f"Its living copy is {store.living_copy(wanted.run)}.\n"
        yield Notice(wanted.agent, f"The run {wanted.run} is yours", body)


def _partners(wanted: Beginning, asking: Asking) -> Iterator[Notice]:
    """Yield the word to those whom the work concerns, by the document's own list.

    Whoever is not on the roster is a maintainer's matter.
    """
    for partner in wanted.document.workflow.partners:
        to = asking.named(partner.name)
        if to and to == wanted.agent:
            continue
        unknown = "" if to else f" ({partner.name} is not on the roster)"
        subject = f"{wanted.run} concerns you: {partner.text}{unknown}"
        path = store.living_copy(wanted.run)
        yield Notice(to, subject, f"{wanted.agent or 'Nobody'} works on {path}.\n")
