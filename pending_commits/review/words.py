"""Every sentence about review that a person or agent reads.

It decides nothing: each function is given what is so, and says it.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from coordinator.kernel.text.names import display, display_line
from pending_commits.item_states import ItemState
from pending_commits.review.model import (
    FoundSecret,
    GitView,
    Patchset,
    Requirement,
    ReviewComment,
    ReviewedItem,
    ReviewMessage,
    ReviewWord,
    Said,
    Turn,
    WordKind,
)

_MOST = 5
_SHORT = 12
_NAMED = "(maintainer "
_MEANS = {
    "protected": "decides how everybody's work is checked, merged or run",
    "submodules": "is a submodule's commit",
    "searched": "has more added lines than are searched for secrets",
}


def name_of(actor: str) -> str:
    """Return what people call an actor: `Ann Lee`, `a maintainer`, `backend`."""
    if actor.startswith(_NAMED):
        return actor[len(_NAMED) : -1]
    return {"(maintainer)": "a maintainer", "(coordinator)": "the coordinator"}.get(
        actor, actor
    )


def listed(found: Iterable[str]) -> str:
    """Return the first of some names, and how many more there are."""
    names = [display(x) for x in found]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def show(item: ReviewedItem, seen: int = 0) -> str:
    """Return the command that shows the newest patchset, after one that was seen."""
    newest = item.newest.number
    span = f" --patchset {seen}..{newest}" if 0 < seen < newest else ""
    return f"coordinator pending show {item.id} --diff{span}"


def _approve(item: ReviewedItem, label: str = "") -> str:
    more = f" --label {label}" if label else ""
    number = item.newest.number
    return f"coordinator review approve {item.id} --patchset {number}{more}"


def _submit(item: ReviewedItem) -> str:
    return f"coordinator pending submit --branch {shlex.quote(item.branch) or 'BRANCH'}"


def stale(item: ReviewedItem, wanted: int) -> tuple[str, str]:
    """Say that a newer patchset stands than the one that was named."""
    newest, old = item.newest, item.patchsets[wanted - 1]
    said = (
        f"Patchset {newest.number} of {item.id} stands by now ({newest.head[:_SHORT]}),"
        f" not {wanted} ({old.head[:_SHORT]})."
    )
    return said, f"Look at what changed: {show(item, wanted)}"


def not_shown(item: ReviewedItem, seen: int) -> tuple[str, str]:
    """Say that nobody approves what was not shown to them."""
    which = f"; you saw patchset {seen}" if seen else ""
    said = f"Patchset {item.newest.number} of {item.id} was not shown to you{which}."
    return said, f"Look at it first: {show(item, seen)}"


def no_patchset(item: ReviewedItem, wanted: int) -> tuple[str, str]:
    """Say which patchsets there are."""
    said = f"{item.id} has no patchset {wanted}; the newest is {item.newest.number}."
    return said, f"Run: {show(item)}"


def own_work(item: ReviewedItem) -> tuple[str, str]:
    """Say that an author never approves."""
    said = f"{item.id} is your own work, and there are other maintainers."
    return said, "Ask one of them to look at it."


def nothing_said(item: ReviewedItem) -> tuple[str, str]:
    """Say that a wish for changes needs words."""
    said = f"Nothing is said of what is to be changed in {item.id}."
    return said, f'Run: echo "…" | coordinator review request-changes {item.id}'


def nothing_to_revoke(item: ReviewedItem, actor: str) -> tuple[str, str]:
    """Say that nothing of somebody's stands."""
    number = item.newest.number if item.patchsets else 0
    said = f"Nothing that {name_of(actor)} said of patchset {number} stands."
    return said, f"Run: coordinator pending show {item.id}"


def nothing_to_agree(item: ReviewedItem, agent: str) -> tuple[str, str]:
    """Say that an agent's word is not asked for."""
    said = f"{item.id} touches no path of {agent}'s that is not its author's as well."
    return said, f"Run: coordinator pending show {item.id}"


def no_drafts(item: ReviewedItem) -> tuple[str, str]:
    """Say that there is nothing to send."""
    said = f"You have no drafts on {item.id}."
    return said, f"Write one: coordinator review draft {item.id} --file F --line N"


def no_line(item: ReviewedItem, number: int, file: str, line: int) -> tuple[str, str]:
    """Say that a patchset has no such line, or no such file of text."""
    what = f"no line {line} in {display(file)}" if line else f"no file {display(file)}"
    return f"Patchset {number} of {item.id} has {what}.", f"Run: {show(item)}"


def half_shown(item: ReviewedItem, before: int, number: int) -> str:
    """Say that a difference shows half where its beginning was not seen."""
    return (
        f"Patchset {before} was not shown to you, so {number} does not count as seen:"
        f" {show(item)}"
    )


NO_DIFFERENCE = "No file differs between the two.\n"


def compared_whole(paths: Sequence[str]) -> str:
    """Say which files could not be carried to the later base; none: nothing."""
    if not paths:
        return ""
    return f"[Compared as they were, since both sides changed them: {listed(paths)}]\n"


def secrets_found(found: Sequence[FoundSecret]) -> tuple[str, str]:
    """Say where secrets stand, never what they are."""
    places = (f"{x.path}:{x.line} ({x.kind})" for x in found)
    said = f"Lines that the branch adds hold what looks like secrets: {listed(places)}."
    first = found[0]
    entry = f'"{display(first.path)}:{first.kind}" or "mark:{first.mark}"'
    hint = (
        "Take them out of all its commits, and give out new ones; of a false alarm a"
        f" maintainer adds {entry} to review.secrets_allowed in coordinator.toml."
    )
    return said, hint


def links_leave(found: Sequence[str]) -> tuple[str, str]:
    """Say which links lead out of the tree."""
    said = f"Links that the branch adds lead out of its tree: {listed(found)}."
    return said, (
        "Link to what is in the repository; else a maintainer adds the path to"
        " review.links_allowed in coordinator.toml."
    )


_DID = {
    "review.approved": "approved",
    "review.requested": "asks for changes of",
    "review.revoked": "takes back an earlier word on",
    "review.agreed": "agrees to its paths in",
    "review.commented": "commented on",
    "review.published": "commented on",
}


def did(kind: str, actor: str, number: int) -> str:
    """Return who did what to which patchset, without an end: for lists and subjects."""
    return f"{name_of(actor)} {_DID[kind]} patchset {number}"


def commented(comment: ReviewComment) -> str:
    """Return who commented on what, without an end."""
    return f"{name_of(comment.actor)} commented on {place(comment)}"


def submitted_again(item: ReviewedItem, patchset: Patchset) -> str:
    """Return that an author answered with a new patchset, without an end."""
    who = item.agent or name_of(patchset.by)
    return f"{who} proposed patchset {patchset.number} ({patchset.head[:_SHORT]})"


def message(
    item: ReviewedItem, kind: str, by: Said, comments: Sequence[ReviewComment]
) -> ReviewMessage:
    """Return what the author is told, or of the author's own words the maintainers.

    What others wrote stands in quotes, under the name of who wrote it: it is data.
    """
    is_comment = kind == "review.commented"
    number = comments[0].patchset if is_comment else item.newest.number
    what = did(kind, by.actor, number)
    subject = f"{what} of {item.id}"
    parts = [f"{what} of {item.id} ({display(item.title)}).", *_quoted(by.text)]
    for x in comments:
        parts += ["", f"{place(x)}:", *_code(x), *_quoted(x.text)]
    if item.agent and by.actor != item.agent:
        parts += ["", _NEXT.get(kind, _LOOK).format(id=item.id, branch=item.branch)]
    data = {
        "item": item.id,
        "patchset": number,
        "kind": kind,
        "by": name_of(by.actor),
        "text": by.text,
        "comments": [
            {"file": x.file, "line": x.line, "quoted": x.quoted, "text": x.text}
            for x in comments
        ],
    }
    to = "" if by.actor == item.agent else item.agent
    return ReviewMessage(to, subject, "\n".join(parts) + "\n", data)


def voided(item: ReviewedItem, head: str) -> str:
    """Say whose approval a new commit voids, with both ids; nothing: nobody's."""
    given = [x for x in item.standing if x.kind is WordKind.APPROVED]
    if not given:
        return ""
    who, old = listed(name_of(x.actor) for x in given), item.newest.head
    return f"the approval of {old[:_SHORT]} by {who} does not hold for {head[:_SHORT]}"


def renewed(item: ReviewedItem, voided: str) -> ReviewMessage | None:
    """Return what maintainers are told of a new patchset that they waited for."""
    newest, asked = item.newest, requests_before(item)
    if not voided and not asked:
        return None
    number = newest.number
    subject = f"{item.id} has patchset {number}"
    why = [f"{name_of(x.actor)} asked for changes of {x.patchset}." for x in asked]
    why += [f"{voided[0].upper()}{voided[1:]}."] if voided else []
    look = f"Look at what changed: {show(item, number - 1)}"
    body = f"{subject} of {display(item.branch)}, {newest.head[:_SHORT]}.\n"
    text = "\n".join([body, *why, look]) + "\n"
    data = {"item": item.id, "patchset": number, "kind": "patchset", "by": item.agent}
    return ReviewMessage("", subject, text, {**data, "text": "", "comments": []})


def requests_before(item: ReviewedItem) -> list[ReviewWord]:
    """Return who asked for changes of the patchset before the newest."""
    number = item.newest.number - 1
    asked = (x for x in item.words if x.kind is WordKind.REQUESTED)
    return [x for x in asked if x.patchset == number]


_LOOK = "Look at it: coordinator pending show {id}"
_NEXT = {
    "review.requested": "Commit to {branch} again; each new commit is a new patchset."
    " Look at it: coordinator pending show {id}",
}


def place(comment: ReviewComment) -> str:
    """Return where a comment stands: `src/a.py:3`, a file, or the patchset."""
    if not comment.file:
        return f"Patchset {comment.patchset}"
    line = f":{comment.line}" if comment.line else ""
    return f"{display(comment.file)}{line} (patchset {comment.patchset})"


def _quoted(text: str) -> list[str]:
    lines = text.rstrip().split("\n") if text.strip() else []
    return ["", *(f"> {display_line(x)}".rstrip() for x in lines)] if lines else []


def _code(comment: ReviewComment) -> list[str]:
    return ["", f"    {display_line(comment.quoted)}"] if comment.line else []


def submitted(item: ReviewedItem, turn: Turn) -> Requirement:
    """Say that nothing of a branch was taken yet."""
    said = f"No commit of {display(item.branch) or 'a branch'} was submitted yet."
    if item.state is ItemState.DRAFT and item.patchsets:
        said = "It is a draft."
    return Requirement("submitted", said, _submit(item), turn)


def current(item: ReviewedItem, git: GitView) -> Requirement:
    """Say whether the newest patchset is what the branch stands at."""
    head, branch = item.newest.head[:_SHORT], display(item.branch)
    number, moved, trouble = item.newest.number, git.moved, git.trouble
    if git.is_gone and not trouble:
        said = f"{branch} is gone; patchset {number} ({head}) is kept."
        return Requirement("current", said, met=True)
    if not moved and not trouble:
        said = f"Patchset {number} is what {branch} stands at, {head}."
        return Requirement("current", said, met=True)
    where = f"stands at {moved[:_SHORT]} by now" if moved else "cannot be taken"
    why = f": {trouble}" if trouble else "."
    said = f"{branch} {where}, not at patchset {number} ({head}){why}"
    return Requirement("current", said, _submit(item), Turn.AUTHOR)


def examined(item: ReviewedItem, trouble: str) -> Requirement:
    """Say that nobody knows yet what a patchset changes."""
    why = f": {trouble}" if trouble else "."
    said = f"Patchset {item.newest.number} was not examined yet{why}"
    command = f"coordinator pending show {item.id}"
    return Requirement("examined", said, command, Turn.AUTHOR)


def answered(item: ReviewedItem, requests: Sequence[ReviewWord]) -> Requirement:
    """Say whether somebody's wish for changes is unanswered."""
    if not requests:
        return Requirement("answered", "Nobody waits for changes.", met=True)
    who = listed(name_of(x.actor) for x in requests)
    said = f"{who} asked for changes of patchset {item.newest.number}."
    return Requirement("answered", said, _submit(item), Turn.AUTHOR)


def merges(item: ReviewedItem, conflicts: Sequence[str]) -> Requirement:
    """Say whether it merges with the branch that it is to land on."""
    if not conflicts:
        return Requirement("merges", "It merges with the target.", met=True)
    said = f"It does not merge with the target in {listed(conflicts)}."
    return Requirement("merges", said, _submit(item), Turn.AUTHOR)


def approved(
    item: ReviewedItem, given: Sequence[ReviewWord], wanted: int
) -> Requirement:
    """Say how many have approved the newest patchset, and who."""
    number = item.newest.number
    who = f" ({listed(name_of(x.actor) for x in given)})" if given else ""
    said = f"Patchset {number} has {len(given)} of {wanted} approvals{who}."
    if len(given) >= wanted:
        return _agreed("approved", said)
    return _for_maintainers("approved", said, _approve(item))


def labelled(
    item: ReviewedItem, label: str, touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say whether a label that some paths ask for was given."""
    said = f"{listed(touched)} asks for an approval with the label {label}."
    if met:
        return _agreed(f"label {label}", said)
    return _for_maintainers(f"label {label}", said, _approve(item, label))


def owned(
    item: ReviewedItem, names: Sequence[str], touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say whether one of the maintainers that the settings name for paths approved."""
    said = f"{listed(touched)} asks for the approval of {' or '.join(names)}."
    if met:
        return _agreed("owner", said)
    return _for_maintainers("owner", said, _approve(item))


def own_paths(
    item: ReviewedItem, left: Mapping[str, Sequence[str]], *, met: bool
) -> Requirement:
    """Say which paths are not the author's, and whose word they need."""
    if met:
        said = "A maintainer or their owner agreed to paths that are not its author's."
        return _agreed("own paths", said)
    owners = tuple(dict.fromkeys(y for x in left.values() for y in x))
    ack = f"{' or '.join(owners)} (coordinator pending ack {item.id}) or "
    word = f"{ack if owners else ''}a maintainer"
    said = f"{listed(left)}: not {item.agent}'s own, so it needs the word of {word}."
    return _for_maintainers("own paths", said, _approve(item))


def maintainers_word(
    item: ReviewedItem, name: str, touched: Sequence[str], *, met: bool
) -> Requirement:
    """Say that something always needs a maintainer's approval."""
    said = f"{listed(touched)} {_MEANS[name]}: a maintainer must approve."
    if met:
        return _agreed(name, said)
    return _for_maintainers(name, said, _approve(item))


def _for_maintainers(name: str, said: str, command: str) -> Requirement:
    return Requirement(name, said, command, Turn.MAINTAINERS, by_review=True)


def _agreed(name: str, said: str) -> Requirement:
    return Requirement(name, said, met=True, by_review=True)
