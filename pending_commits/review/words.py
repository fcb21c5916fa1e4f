"""The sentences about review that a person or agent reads.

What an item lacks is said in `requirement_words`. It decides nothing: each function is
given what is so, and says it.
"""

from collections.abc import Iterable, Sequence

from coordinator.kernel.text.names import display, display_line
from pending_commits.review.model import (
    FoundSecret,
    Patchset,
    ReviewComment,
    ReviewedItem,
    ReviewMessage,
    ReviewWord,
    Said,
    WordKind,
)

_MOST = 5
_SHORT = 12
_NAMED = "(maintainer "


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


def was_cut(item: ReviewedItem) -> tuple[str, str]:
    """Say that a diff was too large to be shown whole."""
    newest = item.newest
    said = f"The diff of patchset {newest.number} was cut off: it is very large."
    return said, (
        f"Look at the rest with git ({newest.base[:_SHORT]}..{newest.head[:_SHORT]}),"
        f" then: coordinator review approve {item.id} --patchset {newest.number}"
    )


def no_patchset(item: ReviewedItem, wanted: int) -> tuple[str, str]:
    """Say which patchsets there are."""
    if not item.patchsets:
        said = f"No commit of {item.id} was submitted yet."
        return said, f"Run: coordinator pending show {item.id}"
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
    said = f"{item.id} touches no path that is for {agent} alone to agree to."
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
NO_CHANGE = "It changes no file.\n"
CUT_OFF = "[The diff is cut off here"


def compared_whole(paths: Sequence[str]) -> str:
    """Say which files could not be carried to the later base; none: nothing."""
    if not paths:
        return ""
    return f"[Compared as they were, since both sides changed them: {listed(paths)}]\n"


def secrets_found(found: Sequence[FoundSecret]) -> tuple[str, str]:
    """Say where secrets stand, never what they are."""
    places = (f"{x.path}:{x.line} ({x.kind})" for x in found)
    said = f"Lines that the branch adds hold what looks like secrets: {listed(places)}."
    marks = dict.fromkeys(f'"mark:{x.mark}"' for x in found)
    hint = (
        "Take them out of all its commits, and give out new ones; of false alarms a"
        f" maintainer adds {', '.join([*marks][:_MOST])} to review.secrets_allowed in"
        " coordinator.toml."
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
        where = place(x)
        parts += [
            "",
            f"{where[0].upper() if not x.file else where[0]}{where[1:]}:",
            *_code(x),
            *_quoted(x.text),
        ]
    if item.agent and by.actor != item.agent:
        way = _MEND if kind == "review.requested" else _LOOK
        parts += ["", way.format(id=item.id, branch=item.branch)]
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
_MEND = f"Commit to {{branch}} again; each new commit is a new patchset. {_LOOK}"


def place(comment: ReviewComment) -> str:
    """Return where a comment stands: `src/a.py:3`, a file, or the patchset."""
    if not comment.file:
        return f"patchset {comment.patchset}"
    line = f":{comment.line}" if comment.line else ""
    return f"{display(comment.file)}{line} (patchset {comment.patchset})"


def _quoted(text: str) -> list[str]:
    lines = text.rstrip().split("\n") if text.strip() else []
    return ["", *(f"> {display_line(x)}".rstrip() for x in lines)] if lines else []


def _code(comment: ReviewComment) -> list[str]:
    return ["", f"    {display_line(comment.quoted)}"] if comment.line else []
