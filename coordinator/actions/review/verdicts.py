"""What maintainers say of a patchset: approved, changes wanted, taken back."""

from functools import partial
from typing import Annotated

from pydantic import Field

from coordinator.actions.review import loading, perform
from coordinator.kernel.errors import UsageProblem
from coordinator.results.review import Reviewed
from coordinator.workspace.registry import (
    Arguments,
    Body,
    Positional,
    Refresh,
    Who,
    action,
)
from coordinator.workspace.workspace import Call
from pending_commits.review import decide
from pending_commits.review.decide import ReviewRuling
from pending_commits.review.model import ReviewedItem, WordKind

_LONGEST = 200_000


class OfItem(Arguments):
    """Which pending commit, and what is said of it."""

    id: Annotated[str, Positional()] = Field(..., description="the item's id")
    body: Annotated[str, Body()] = Field(
        "", max_length=_LONGEST, description="what you say of it, in Markdown"
    )


class OfPatchset(OfItem):
    """Which patchset of it."""

    patchset: int = Field(
        0, ge=0, le=1_000_000, description="the newest patchset, as it was read"
    )


class Approval(OfPatchset):
    """What is approved."""

    label: tuple[str, ...] = Field(
        (), description="a label of the settings that you give; may be repeated"
    )


@action(
    "review approve",
    who=Who.MAINTAINER,
    example="coordinator review approve backend-login --patchset 2",
    refresh=Refresh.WITH_GIT,
)
def approve(call: Call, arguments: Approval) -> Reviewed:
    """Approve the newest patchset, which was shown to you."""
    wanted, labels = arguments.patchset, arguments.label

    def rule(item: ReviewedItem) -> ReviewRuling:
        _check_labels(call, item, labels)
        said = perform.speaker(call, arguments.body)
        return decide.approve(item, said, wanted=wanted, labels=labels)

    found = perform.perform(call, arguments.id, WordKind.APPROVED, rule)
    return value(call, found)


def _check_labels(call: Call, item: ReviewedItem, labels: tuple[str, ...]) -> None:
    known = loading.Judge(call.workspace).policy(item.repository).labels
    for label in labels:
        if label not in known:
            raise UsageProblem(
                f"The settings know no label {label!r}.",
                hint=f"Name one of: {', '.join(known) or '(none is set)'}",
            )


@action(
    "review request-changes",
    who=Who.MAINTAINER,
    example='echo "Add a test." | coordinator review request-changes backend-login',
    refresh=Refresh.WITH_GIT,
)
def request_changes(call: Call, arguments: OfPatchset) -> Reviewed:
    """Ask the author for changes; your drafts go with it, as one message."""
    said = partial(perform.speaker, call, arguments.body)
    wanted = arguments.patchset
    found = perform.perform(
        call,
        arguments.id,
        WordKind.REQUESTED,
        lambda x: decide.request_changes(x, said(), wanted=wanted),
    )
    return value(call, found)


@action(
    "review revoke",
    who=Who.MAINTAINER,
    example="coordinator review revoke backend-login",
    refresh=Refresh.QUICK,
)
def revoke(call: Call, arguments: OfItem) -> Reviewed:
    """Take back what you said of the newest patchset."""
    said = partial(perform.speaker, call, arguments.body)
    found = perform.perform(
        call, arguments.id, WordKind.REVOKED, lambda x: decide.revoke(x, said())
    )
    return value(call, found)


def value(call: Call, item: ReviewedItem) -> Reviewed:
    """Return an item as it stands after something was said of it."""
    found = loading.lacking(call.workspace, item)
    return {
        "id": item.id,
        "state": item.state.value,
        "patchset": item.newest.number if item.patchsets else 0,
        "turn": loading.turn(item, found),
        "requirements": [loading.shown(x) for x in found if not x.met],
    }
