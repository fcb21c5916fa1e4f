"""Documents taken in: attributed, stored, journalled, indexed.

What a document says is its owner's business; when a file may be taken is `watch`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import active_contexts.store
import agent_identities.store
import coordinator.workflows.store
import learnings.store
import pending_commits.format
import pending_commits.store
from coordinator.actions.documents.view_files import is_view
from coordinator.index import document_queries, queries, record_queries
from coordinator.kernel import clock
from coordinator.kernel.blobs import name_of
from coordinator.kernel.disk import files, refusals
from coordinator.kernel.disk.files import Content
from coordinator.kernel.errors import External
from coordinator.kernel.journal import SYSTEM, Draft
from coordinator.kernel.problems import Problem
from coordinator.workspace import tokens
from coordinator.workspace.workspace import Workspace

_OWNERS = {
    "identities": agent_identities.store.is_document,
    "contexts": active_contexts.store.is_document,
    "pending": pending_commits.store.is_document,
    "learnings": learnings.store.is_document,
    "workflows": coordinator.workflows.store.is_template,
    "runs": coordinator.workflows.store.is_living_copy,
}
FOLDERS = (
    agent_identities.store.FOLDER,
    active_contexts.store.FOLDER,
    learnings.store.FOLDER,
    pending_commits.store.FOLDER,
    coordinator.workflows.store.FOLDER,
)
VIEWS = ("reports",)
_MOST_NAMESAKES = 20  # whose ids are counted on; then the path's hash tells them apart
_HEARTBEAT_SECONDS = 60
_WRITTEN_SECONDS = 1  # records' times are rounded, and files' come from the kernel


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that was read: its path in the workspace and what it holds."""

    path: str
    content: Content


@lru_cache(maxsize=1 << 16)
def owner_of(path: str) -> str:
    """Return which owner reads the document at this path; empty: nobody does."""
    return next((name for name, owns in _OWNERS.items() if owns(path)), "")


def accept(
    workspace: Workspace, found: Sequence[FoundFile], *, writer: str = ""
) -> list[str]:
    """Take new versions in; return the paths that changed.

    The same bytes again are no new version, but a sign of life of their agent.
    `writer` is who wrote where the name of the file tells nothing.

    Raises:
        DiskRefusedError: Nothing was recorded.
        OSError: The blobs could not be stored; nothing was recorded.
    """
    if shown := [x.path for x in found if is_view(x.path, x.content)]:
        remove(workspace, shown)  # a document may have stood there before
        found = [x for x in found if x.path not in shown]
    paths = [x.path for x in found]
    known = document_queries.documents(workspace.index, paths)
    refused = document_queries.refused(workspace.index, paths)
    names = [name_of(x.content.data) for x in found]
    changed = [
        (x, name)
        for x, name in zip(found, names, strict=True)
        if x.path not in known or known[x.path]["blob"] != name or x.path in refused
    ]
    fresh = {x.path for x, _ in changed}
    _note_alive(workspace, [x for x in found if x.path not in fresh])
    if not changed:
        return []
    workspace.blobs.put(x.content.data for x, _ in changed)
    ids = _Ids(workspace, [x.path for x, _ in changed])
    drafts = [_accepted(workspace, x, blob, ids, writer) for x, blob in changed]
    texts = {blob: x.content.text for x, blob in changed}
    workspace.record(*drafts, texts=texts)
    if any(owner_of(x.path) == "identities" for x, _ in changed):
        _follow_roster(workspace)
    return [x.path for x, _ in changed]


class _Ids:
    """Ids for pending items: stable by path, each given once."""

    def __init__(self, workspace: Workspace, paths: Sequence[str]) -> None:
        wanted = [x for x in paths if owner_of(x) == "pending"]
        self._index = workspace.index
        self._known = queries.pending_ids(workspace.index, wanted) if wanted else {}
        self._given = set(self._known.values())

    def of(self, path: str) -> str:
        if path not in self._known:
            stem = pending_commits.format.id_of(path) or "item"
            numbered = (f"{stem}-{x}" for x in range(2, _MOST_NAMESAKES))
            unique = f"{stem}-{name_of(path.encode())[:12]}"
            candidates = (stem, *numbered, unique)
            free = next(x for x in candidates if not self._is_taken(x))
            self._known[path] = free
            self._given.add(free)
        return self._known[path]

    def _is_taken(self, candidate: str) -> bool:
        return candidate in self._given or queries.has_pending(self._index, candidate)


def _accepted(
    workspace: Workspace, document: FoundFile, blob: str, ids: _Ids, writer: str
) -> Draft:
    path, owner = document.path, owner_of(document.path)
    name = path.rpartition("/")[2]
    agent = workspace.roster.attribute(name, document.content.uid) or ""
    size = len(document.content.data)
    data = {"owner": owner, "agent": agent, "blob": blob, "size": size}
    if owner == "pending":
        data["id"] = ids.of(path)
    if owner == "contexts":
        # Whatever the file claims: not before all time, and not in the future.
        claimed = max(document.content.stamp.mtime_ns / 1e9, 0.0)
        written = min(claimed, workspace.now().timestamp())
        data["written"] = clock.render(datetime.fromtimestamp(written, UTC))
    return Draft("document.accepted", agent or writer, path, data)


def refuse(workspace: Workspace, problems: Iterable[Problem]) -> None:
    """Record files that cannot be read; what was accepted before stays.

    Raises:
        DiskRefusedError: Nothing was recorded.
    """
    drafts = [
        Draft(
            "document.refused",
            workspace.roster.attribute(x.path.rpartition("/")[2]) or "",
            x.path,
            {"line": x.line, "code": x.code, "message": x.message, "hint": x.hint},
        )
        for x in problems
        if not document_queries.is_refused_so(workspace.index, x)
    ]
    if drafts:
        workspace.record(*drafts)


def remove(workspace: Workspace, paths: Iterable[str]) -> list[str]:
    """Record that files are gone; return those that were known.

    Raises:
        DiskRefusedError: Nothing was recorded.
    """
    gone = [path for path in paths if document_queries.is_known(workspace.index, path)]
    if gone:
        drafts = [
            Draft(
                "document.removed",
                workspace.roster.attribute(path.rpartition("/")[2]) or "",
                path,
            )
            for path in gone
        ]
        workspace.record(*drafts)
    return gone


def _follow_roster(workspace: Workspace) -> None:
    """Give new agents their tokens, and documents to whom they belong by now."""
    for agent in workspace.roster.names:
        tokens.issue(workspace.layout, agent)
    rows = document_queries.attributed(workspace.index)
    drafts: list[Draft] = []
    for row in rows:
        agent = workspace.roster.attribute(row["path"].rpartition("/")[2]) or ""
        # A retired agent keeps what it wrote.
        if agent and agent != row["agent"]:
            data = {"agent": agent}
            drafts.append(Draft("document.attributed", SYSTEM, row["path"], data))
    if drafts:
        workspace.record(*drafts)


def _note_alive(workspace: Workspace, again: Sequence[FoundFile]) -> None:
    for document in again:
        if owner_of(document.path) == "contexts":
            name = document.path.rpartition("/")[2]
            agent = workspace.roster.attribute(name, document.content.uid)
            if agent and _was_written(workspace, document, agent):
                note_alive(workspace, agent)


def _was_written(workspace: Workspace, document: FoundFile, agent: str) -> bool:
    """Tell a file written since its agent was seen from one that only we read again."""
    seen = record_queries.last_seen(workspace.index, agent)
    written = document.content.stamp.mtime_ns / 1e9
    return not seen or written - clock.parse(seen).timestamp() > _WRITTEN_SECONDS


def note_alive(workspace: Workspace, agent: str) -> None:
    """Record a sign of life, unless there was one within the last minute."""
    seen = record_queries.last_seen(workspace.index, agent)
    if seen:
        age = workspace.now() - clock.parse(seen)
        if 0 <= age.total_seconds() < _HEARTBEAT_SECONDS:
            return
    workspace.record(Draft("agent.seen", agent, agent))


def note_heal(workspace: Workspace, reason: str) -> None:
    """Record that the disk takes records again; fails while it does not.

    Raises:
        DiskRefusedError: It still refuses.
    """
    workspace.record(Draft("disk.healed", SYSTEM, "journal", {"note": reason}))


def write_document(
    workspace: Workspace, path: str, text: str, *, writer: str = ""
) -> None:
    """Write a document and take it in at once.

    Raises:
        External: The file cannot be written, or was changed while we wrote.
    """
    root = workspace.layout.root
    try:
        files.write(root, path, text.encode(), temporary=workspace.layout.temporary)
    except OSError as error:
        said, hint = refusals.explain(error)
        said = said.removeprefix(f"{root / path}: ")
        if isinstance(error, FileNotFoundError):
            hint = "Run: coordinator doctor --fix"
        raise External(f"{path} cannot be written: {said}.", hint=hint) from error
    take_in(workspace, path, writer=writer)


def take_in(workspace: Workspace, path: str, *, writer: str = "") -> None:
    """Take in one document that was just written."""
    result = files.read(workspace.layout.root, path)
    if isinstance(result, Content):
        accept(workspace, [FoundFile(path, result)], writer=writer)
