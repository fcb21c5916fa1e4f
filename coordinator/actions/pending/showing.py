"""One pending item shown: its text, its review, and what its patchsets change.

To show a maintainer a diff is recorded: nobody approves what was not seen.
"""

import re
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from pydantic import Field
from typing_extensions import TypedDict

from coordinator.actions.pending import item_values
from coordinator.actions.pending.item_values import OneItem
from coordinator.actions.review import loading
from coordinator.index import document_queries, queries
from coordinator.kernel.errors import CoordinatorError, NotFound, UsageProblem
from coordinator.kernel.system.start_errors import ProgramMissing
from coordinator.results.pending import ShownChanges, ShownItem
from coordinator.results.review import ShownPatchset, ShownReviewComment, ShownWord
from coordinator.workspace.registry import Deferred, Refresh, Who, action
from coordinator.workspace.workspace import Call, Workspace
from pending_commits.model import ItemKind
from pending_commits.review import decide, words
from pending_commits.review import format as facts_format
from pending_commits.review.model import (
    Patchset,
    ReviewComment,
    ReviewedItem,
    ReviewWord,
    Span,
)

_DIFF_BYTES = 10_000_000
_SPAN = re.compile(r"(?:(\d{1,7})\.\.)?(\d{1,7})\Z")


class ShowItem(OneItem):
    """Which pending item, and how much of it."""

    diff: bool = Field(default=False, description="add the diff of the newest patchset")
    patchset: str = Field(
        "",
        max_length=20,
        description="the diff of patchset N, or from A to B: N or A..B",
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose diff is shown: of one patchset, or from an earlier one to it."""

    item: ReviewedItem
    later: Patchset
    earlier: Patchset | None

    @property
    def name(self) -> str:
        """What is shown, in words."""
        if self.earlier is None:
            return f"patchset {self.later.number}"
        return f"patchsets {self.earlier.number}..{self.later.number}"


class _Found(TypedDict, total=False):
    """What git says of an item, added to what is shown of it."""

    changes: ShownChanges
    comments: list[ShownReviewComment]
    diff: str
    shown: str


@action(
    "pending show",
    who=Who.ANYONE,
    example="coordinator pending show backend-login --diff",
    refresh=Refresh.QUICK,
)
def show(call: Call, arguments: ShowItem) -> ShownItem | Deferred[ShownItem]:
    """Show one pending item: its text, what it still lacks, and the diff if wanted."""
    workspace = call.workspace
    row = loading.find_row(workspace, arguments.id)
    value = _value(workspace, row)
    if row["kind"] != ItemKind.COMMIT:
        return value
    item = _seen_by(call.caller.actor, loading.load(workspace, row))
    found = loading.lacking(workspace, item)
    value["requirements"] = [loading.shown(x) for x in found]
    value["patchsets"] = [_patchset(x) for x in item.patchsets]
    value["words"] = [_word(x, item) for x in item.words]
    value = {**value, **item_values.turn_of(item, found)}
    if not item.patchsets:
        return value
    wanted = _wanted(item, arguments)
    known = _known(workspace, wanted.later if wanted else item.newest, row)
    read = partial(_read, workspace.layout.store, item, wanted, known)
    return Deferred(read, partial(_finish, call, wanted, value))


def _seen_by(actor: str, item: ReviewedItem) -> ReviewedItem:
    """Return an item without the drafts of others, which were not sent yet."""
    seen = (x for x in item.comments if not x.is_draft or x.actor == actor)
    return replace(item, comments=tuple(seen))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a patchset: its facts, where it was looked into, else empty."""

    patchset: Patchset
    facts: str
    target: str


def _known(workspace: Workspace, patchset: Patchset, row: queries.Row) -> _Known:
    rows = queries.patchsets(workspace.index, row["id"])
    blob = rows[patchset.number - 1]["facts"]
    return _Known(patchset, workspace.read_text(blob) if blob else "", row["target"])


def _finish(
    call: Call, wanted: _Wanted | None, value: ShownItem, found: _Found | ProgramMissing
) -> ShownItem:
    if isinstance(found, ProgramMissing):
        if wanted is not None:
            raise found
        call.notes.append(found.message)
        return value
    if wanted is not None:
        _note_shown(call, wanted, is_cut=words.CUT_OFF in found["diff"][-200:])
    return {**value, **found}


def _note_shown(call: Call, wanted: _Wanted, *, is_cut: bool) -> None:
    """Record that a maintainer was shown a patchset, all of it by now or a part."""
    workspace, actor = call.workspace, call.caller.actor
    if not call.caller.is_maintainer or workspace.refused:
        return
    row = loading.find_row(workspace, wanted.item.id)
    item, before = loading.load(workspace, row), wanted.earlier
    if before is not None and not item.was_shown(actor, before.number):
        call.notes.append(words.half_shown(item, before.number, wanted.later.number))
        return
    draft = decide.show(item, actor, wanted.later.number, is_cut=is_cut)
    if draft is not None:
        workspace.record(draft)


def _value(workspace: Workspace, row: queries.Row) -> ShownItem:
    document = document_queries.documents(workspace.index, [row["path"]])[row["path"]]
    told = {
        **item_values.plain(workspace, row),
        "text": workspace.read_text(document["blob"]),
        "moved": _moved(workspace, row),
    }
    return cast("ShownItem", told)


def _moved(workspace: Workspace, row: queries.Row) -> str:
    """Return where the branch stands now, if that is not what was submitted."""
    if not row["head"]:
        return ""
    place = (row["repository"], row["branch"], row["head"])
    return queries.moved_head(workspace.index, *place)


def _wanted(item: ReviewedItem, arguments: ShowItem) -> _Wanted | None:
    """Return which diff is asked for, None: none.

    Raises:
        UsageProblem, NotFound: The patchsets cannot be meant, or are not there.
    """
    if not arguments.patchset:
        return _Wanted(item, item.newest, None) if arguments.diff else None
    found = _SPAN.match(arguments.patchset)
    if not found:
        raise UsageProblem(
            f"{arguments.patchset!r} names no patchset.",
            hint="Write one, such as 2, or two, such as 1..2",
        )
    earlier, later = found.groups()
    before = _numbered(item, int(earlier)) if earlier else None
    return _Wanted(item, _numbered(item, int(later)), before)


def _numbered(item: ReviewedItem, number: int) -> Patchset:
    for one in item.patchsets:
        if one.number == number:
            return one
    said, hint = words.no_patchset(item, number)
    raise NotFound(said, hint=hint)


def _read(
    store: Path, item: ReviewedItem, wanted: _Wanted | None, known: _Known
) -> _Found | ProgramMissing:
    """Read in the store what a commit changes; large ones take their time."""
    try:
        found: _Found = {"comments": [_comment(store, item, x) for x in item.comments]}
        found["changes"] = _changes(store, known)
        if wanted is not None:
            found["diff"], found["shown"] = _diff(store, wanted), wanted.name
    except ProgramMissing as error:
        return error
    return found


def _changes(store: Path, known: _Known) -> ShownChanges:
    if known.facts:
        return cast("ShownChanges", facts_format.shown(known.facts))
    from pending_commits import changes  # noqa: PLC0415 - gitpython loads slowly

    # What stands between its base and its head stays what it was when it came.
    base, head = known.patchset.base or known.target, known.patchset.head
    return cast("ShownChanges", asdict(changes.facts(store, base, head)))


def _diff(store: Path, wanted: _Wanted) -> str:
    from pending_commits import changes  # noqa: PLC0415 - as above
    from pending_commits.review import interdiff  # noqa: PLC0415 - as above

    later, earlier = wanted.later, wanted.earlier
    if earlier is None:
        base = later.base or later.head
        found = changes.diff(store, base, later.head, _DIFF_BYTES)
        return found or words.NO_CHANGE
    span = Span(earlier.base, earlier.head, later.base, later.head)
    between = interdiff.interdiff(store, span, _DIFF_BYTES)
    note = words.compared_whole(between.compared_whole)
    return note + (between.patch or words.NO_DIFFERENCE)


def _comment(
    store: Path, item: ReviewedItem, comment: ReviewComment
) -> ShownReviewComment:
    from pending_commits.review import store_files  # noqa: PLC0415 - seldom needed

    try:
        file, line = store_files.line_now(store, comment, item.newest.head)
    except ProgramMissing:
        raise
    except CoordinatorError:
        file, line = "", 0  # a patchset that the store has lost
    return {
        "id": comment.id,
        "by": words.name_of(comment.actor),
        "at": comment.at,
        "patchset": comment.patchset,
        "file": comment.file,
        "line": comment.line,
        "quoted": comment.quoted,
        "text": comment.text,
        "draft": comment.is_draft,
        "file_now": file,
        "now": line,
        "outdated": bool(comment.file) and (not file or bool(comment.line > 0 == line)),
    }


def _patchset(one: Patchset) -> ShownPatchset:
    return {
        "number": one.number,
        "commit": one.head,
        "base": one.base,
        "by": words.name_of(one.by),
        "at": one.at,
    }


def _word(one: ReviewWord, item: ReviewedItem) -> ShownWord:
    return {
        "kind": one.kind.value,
        "by": words.name_of(one.actor),
        "at": one.at,
        "patchset": one.patchset,
        "labels": one.labels,
        "text": one.text,
        "stands": one in item.standing,
    }
