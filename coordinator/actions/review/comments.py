"""Comments on a file's line, a file or a patchset; drafts wait to be sent together."""

from functools import partial
from pathlib import Path

from pydantic import Field

from coordinator.actions.review import loading, perform
from coordinator.actions.review.verdicts import OfItem, OfPatchset
from coordinator.kernel.errors import NotFound, UsageProblem
from coordinator.results.review import MadeComment, PublishedDrafts
from coordinator.workspace.registry import Deferred, Refresh, Who, action
from coordinator.workspace.workspace import Call
from pending_commits.review import decide, words
from pending_commits.review.decide import ReviewRuling
from pending_commits.review.model import Patchset, ReviewComment, ReviewedItem


class Place(OfPatchset):
    """What is commented on, and how."""

    file: str = Field("", max_length=4_096, description="a file, as the diff names it")
    line: int = Field(
        0, ge=0, le=10_000_000, description="its line in that patchset, from 1; 0: all"
    )


@action(
    "review comment",
    who=Who.MEMBER,
    example="echo Why? | coordinator review comment backend-login --file a.py --line 3",
    refresh=Refresh.QUICK,
)
def comment(call: Call, arguments: Place) -> Deferred[MadeComment]:
    """Say something of a line, a file or a patchset; the author is told at once."""
    return _begin(call, arguments, is_draft=False)


@action(
    "review draft",
    who=Who.MEMBER,
    example="echo Why? | coordinator review draft backend-login --file a.py --line 3",
    refresh=Refresh.QUICK,
)
def draft(call: Call, arguments: Place) -> Deferred[MadeComment]:
    """Note a comment that is sent with your next word, or by `review publish`."""
    return _begin(call, arguments, is_draft=True)


def _begin(call: Call, arguments: Place, *, is_draft: bool) -> Deferred[MadeComment]:
    if not arguments.body.strip():
        raise UsageProblem(
            "Nothing is said.", hint='Write it on standard input: echo "…" | …'
        )
    if arguments.line and not arguments.file:
        raise UsageProblem("A line is one of a file.", hint="Add: --file PATH")
    workspace = call.workspace
    item = loading.load(workspace, loading.find_row(workspace, arguments.id))
    shown = decide.last_shown(item, call.caller.actor)
    patchset = _patchset(item, arguments.patchset or shown)
    read = partial(_quoted, workspace.layout.store, item, patchset, arguments)
    return Deferred(read, partial(_make, call, arguments, is_draft=is_draft))


def _patchset(item: ReviewedItem, wanted: int) -> Patchset:
    for one in item.patchsets:
        if one.number == (wanted or item.newest.number):
            return one
    said, hint = words.no_patchset(item, wanted)
    raise NotFound(said, hint=hint)


def _quoted(
    store: Path, item: ReviewedItem, patchset: Patchset, arguments: Place
) -> ReviewComment:
    """Return the place that is meant, with its line; on any thread."""
    file, line = arguments.file, arguments.line
    quoted = ""
    if file:
        from pending_commits.review import store_files  # noqa: PLC0415 - seldom needed

        lines = store_files.lines(store, patchset.head, file)
        if lines is None or line > _count(lines):
            said, hint = words.no_line(item, patchset.number, arguments.file, line)
            raise NotFound(said, hint=hint)
        quoted = lines[line - 1].removesuffix("\r") if line else ""
    number, head = patchset.number, patchset.head
    return ReviewComment(0, "", "", number, head, file, line, quoted)


def _count(lines: list[str]) -> int:
    return len(lines) - (lines[-1] == "")


def _make(
    call: Call, arguments: Place, place: ReviewComment, *, is_draft: bool
) -> MadeComment:
    said = perform.speaker(call, arguments.body)

    def rule(item: ReviewedItem) -> ReviewRuling:
        return decide.comment(item, said, place, is_draft=is_draft)

    found = perform.perform(call, arguments.id, "review.commented", rule)
    own = [x for x in found.comments if x.actor == said.actor]
    made = own[-1]
    return {
        "id": made.id,
        "item": arguments.id,
        "patchset": made.patchset,
        "file": made.file,
        "line": made.line,
        "quoted": made.quoted,
        "sent": not is_draft,
    }


@action(
    "review publish",
    who=Who.MEMBER,
    example="coordinator review publish backend-login",
    refresh=Refresh.QUICK,
)
def publish(call: Call, arguments: OfItem) -> PublishedDrafts:
    """Send your drafts on an item to its author, as one message."""
    said = perform.speaker(call, arguments.body)
    count = 0

    def rule(item: ReviewedItem) -> ReviewRuling:
        nonlocal count
        count = len(decide.drafts_of(item, said.actor))
        return decide.publish(item, said)

    perform.perform(call, arguments.id, "review.published", rule)
    return {"item": arguments.id, "sent": count}
