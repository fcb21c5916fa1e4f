"""Pending commits loaded for review: what the index has of them, as values.

It asks git nothing: what the last look showed is what counts here. It changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Any

from coordinator.index import queries
from coordinator.kernel.errors import NotFound, Refused
from coordinator.results.review import ShownRequirement
from coordinator.workspace.workspace import Workspace
from pending_commits.item_states import COMMIT_STATES, FINISHED, ItemState
from pending_commits.model import ItemKind
from pending_commits.review import format as facts_format
from pending_commits.review import requirements
from pending_commits.review.model import (
    GitView,
    Patchset,
    Policy,
    Requirement,
    ReviewComment,
    ReviewedItem,
    ReviewWord,
    Turn,
    WordKind,
)


class NotReviewed(Refused):
    """An item proposes no branch, so there is nothing to review."""

    def __init__(self, row: queries.Row) -> None:
        super().__init__(
            f"{row['id']} is a {row['kind']}, and only proposed branches are reviewed.",
            hint="Acknowledge or close it: coordinator pending ack ID",
        )


def find_row(workspace: Workspace, wanted: str) -> queries.Row:
    """Return the pending item of that id.

    Raises:
        NotFound: There is none.
    """
    row = queries.pending_item(workspace.index, wanted)
    if row is None:
        raise NotFound(
            f"There is no pending item {wanted!r}.",
            hint="Run: coordinator pending list",
        )
    return row


def load(workspace: Workspace, row: queries.Row) -> ReviewedItem:
    """Return a pending commit with its patchsets and all that was said of it.

    Raises:
        NotReviewed: It is of another kind.
    """
    if row["kind"] != ItemKind.COMMIT:
        raise NotReviewed(row)
    index, read = workspace.index, partial(_text, workspace)
    return ReviewedItem(
        id=row["id"],
        title=row["title"],
        agent=row["agent"] or workspace.roster.owner_of_branch(row["branch"]) or "",
        repository=row["repository"],
        branch=row["branch"],
        path=row["path"],
        state=_state(row),
        at=row["moved_at"],
        patchsets=_patchsets(workspace, row),
        words=tuple(_word(x, read) for x in queries.words(index, row["id"])),
        comments=tuple(_comment(x, read) for x in queries.comments(index, row["id"])),
    )


def _state(row: queries.Row) -> ItemState:
    """Return how far a commit is; one that was moved last as another kind: a draft."""
    state = ItemState(row["state"])
    return state if state in COMMIT_STATES else ItemState.DRAFT


def _text(workspace: Workspace, blob: str) -> str:
    return workspace.read_text(blob) if blob else ""


def _patchsets(workspace: Workspace, item: queries.Row) -> tuple[Patchset, ...]:
    """Return an item's patchsets; the files of the newest alone, which decide."""
    rows = queries.patchsets(workspace.index, item["id"])
    # Of a person's every author counts; whose an agent's is, is known.
    old = ({**x, "facts": ""} if item["agent"] else x for x in rows[:-1])
    kept = [replace(_patchset(workspace, x), files=None) for x in old]
    return (*kept, *(_patchset(workspace, x) for x in rows[-1:]))


def _patchset(workspace: Workspace, row: queries.Row) -> Patchset:
    known = _facts(workspace.read_text(row["facts"])) if row["facts"] else {}
    made = (row["number"], row["head"], row["base"], row["actor"], row["at"])
    return Patchset(*made, seq=row["seq"], **known)


@lru_cache(maxsize=64)
def _facts(text: str) -> Mapping[str, Any]:
    return facts_format.parse(text)


def _word(row: queries.Row, read: Any) -> ReviewWord:  # noqa: ANN401 - a function of texts
    return ReviewWord(
        row["seq"],
        row["at"],
        row["actor"],
        WordKind(row["kind"]),
        row["patchset"],
        row["labels"],
        read(row["text"]),
        bool(row["stands"]),
    )


def _comment(row: queries.Row, read: Any) -> ReviewComment:  # noqa: ANN401 - as above
    place = (row["file"], row["line"], read(row["quoted"]), read(row["text"]))
    return ReviewComment(
        row["seq"],
        row["at"],
        row["actor"],
        row["patchset"],
        row["head"],
        *place,
        bool(row["is_draft"]),
    )


@dataclass
class Judge:
    """What items lack, by the settings, identities and looks of one moment.

    What is the same for many items is asked once.
    """

    workspace: Workspace
    _policies: dict[str, Policy] = field(default_factory=dict)

    def lacking(self, item: ReviewedItem) -> tuple[Requirement, ...]:
        """Return all that landing asks of an item, met or not."""
        policy = self.policy(item.repository)
        found = GitView() if not item.patchsets else self._git_view(item)
        return requirements.requirements(item, policy, self.owners, found)

    def policy(self, repository: str) -> Policy:
        """Return what the settings ask in a repository."""
        if repository not in self._policies:
            self._policies[repository] = self.workspace.settings.policy_of(repository)
        return self._policies[repository]

    @cached_property
    def owners(self) -> dict[str, tuple[str, ...]]:
        """The globs of each agent's paths."""
        return {x.name: x.paths for x in self.workspace.identities()}

    @cached_property
    def _conflicts(self) -> dict[tuple[str, str], tuple[str, ...]]:
        rows = queries.conflicts(self.workspace.index)
        return {(x["work"], x["head"]): x["paths"] for x in rows if x["work"]}

    def _git_view(self, item: ReviewedItem) -> GitView:
        """Return what the last look at git showed of an item's branch."""
        workspace, head, branch = self.workspace, item.newest.head, item.branch
        look = workspace.git_state.looks.get(item.repository)
        if look is None:
            moved = queries.moved_head(workspace.index, item.repository, branch, head)
        else:
            moved = look.branches.get(branch, head)
        failure = workspace.git_state.failures.get(item.path)
        return GitView(
            moved if moved != head else "",
            failure.message if failure else "",
            look is not None and branch not in look.branches,
            self._merges_with_target(item),
        )

    def _merges_with_target(self, item: ReviewedItem) -> tuple[str, ...] | None:
        """Return where the newest patchset does not merge, None: not known."""
        head = item.newest.head
        seen = self.workspace.compared.get(item.repository, {}).get(item.id)
        known = () if seen == head else None
        return self._conflicts.get((item.id, head), known)


def lacking(workspace: Workspace, item: ReviewedItem) -> tuple[Requirement, ...]:
    """Return all that landing asks of one item, met or not."""
    return Judge(workspace).lacking(item)


def turn(item: ReviewedItem, found: tuple[Requirement, ...]) -> str:
    """Return whose turn it is: an agent's name, the maintainers', or landing's."""
    if item.state in FINISHED:
        return ""
    whose = requirements.turn(found)
    return item.agent or "author" if whose is Turn.AUTHOR else whose.value


def shown(found: Requirement) -> ShownRequirement:
    """Return a requirement as it is shown."""
    return {
        "name": found.name,
        "met": found.met,
        "sentence": found.sentence,
        "command": found.command,
    }
