"""Pending commits and reviews as text for people: requirements, comments, diffs.

What agents wrote is escaped line by line; colours are used where the caller wants them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from coordinator.cli.text.terminal_text import moment, safe
from coordinator.kernel.text.names import display, display_line
from coordinator.results.pending import ListedItem, ShownChanges, ShownItem
from coordinator.results.radar import ShownConflicts
from coordinator.results.review import (
    MadeComment,
    Reviewed,
    ShownRequirement,
    ShownReviewComment,
    ShownWord,
)
from pending_commits.review import words

_SHORT = 12
_MOST_FILES = 200
# As git's own diff has them by default: git-config(1), color.diff.<slot>.
_RESET = "\033[m"
_SLOTS = (
    (("diff --git ", "index ", "--- ", "+++ ", "similarity ", "rename "), "\033[1m"),
    (("new file ", "deleted file ", "old mode ", "new mode "), "\033[1m"),
    (("@@ ",), "\033[36m"),
    (("+",), "\033[32m"),
    (("-",), "\033[31m"),
)


def whole(result: ShownItem, color: bool) -> str | None:  # noqa: FBT001 - a fact of the terminal
    """Return all of a pending commit, its diff at the end; None: it is no commit."""
    if result.get("kind") != "commit":
        return None
    lines = item(result)
    if "diff" in result:
        lines += diff(result, colored if color else plain)
    return "\n".join(lines) + "\n"


def item(result: ShownItem) -> list[str]:
    """Return a pending commit: how far it is, what it lacks, what was said."""
    commit = result["commit"][:_SHORT]
    lines = [
        f"{safe(result['id'])}: {safe(result['title'])}",
        f"  {result['state']}, patchset {result.get('patchset', 0)} of"
        f" {safe(result['branch']) or 'no branch'} {commit}".rstrip(),
        f"  {_turn(result.get('turn', ''))} since {moment(result.get('since', ''))}",
        f"  by {safe(result['agent']) or 'a person'}, {safe(result['path'])}"
        f" {safe(result.get('repository', ''))}".rstrip(),
    ]
    lines += ["", *_requirements(result.get("requirements", []), "  ")]
    lines += _said(result.get("words", []), result.get("comments", []))
    lines += _changes(result["changes"]) if "changes" in result else []
    lines += [f"  problem: {safe(x['message'])}" for x in result["problems"]]
    return [*lines, "", *map(display, result["text"].rstrip("\n").split("\n"))]


def _turn(turn: str) -> str:
    if not turn:
        return "nobody's turn"
    if turn == "landing":
        return "it may land"
    return "the maintainers' turn" if turn == "maintainers" else f"{safe(turn)}'s turn"


def _requirements(found: Sequence[ShownRequirement], indent: str) -> list[str]:
    lines: list[str] = []
    for x in found:
        lines.append(
            f"{indent}{'ok   ' if x['met'] else 'LACKS'} {safe(x['sentence'])}"
        )
        if x["command"]:
            lines.append(f"{indent}      {safe(x['command'])}")
    return lines


def _said(
    said: Sequence[ShownWord], comments: Sequence[ShownReviewComment]
) -> Iterator[str]:
    shown = [x for x in said if x["kind"] != "review.shown"]
    if shown or comments:
        yield ""
    rows = [
        *((x["at"], _word(x)) for x in shown),
        *((x["at"], _at(x)) for x in comments),
    ]
    for _, lines in sorted(rows, key=lambda x: x[0]):
        yield from lines


def _word(x: ShownWord) -> list[str]:
    labels = f" ({', '.join(x['labels'])})" if x["labels"] else ""
    rests = "" if x["stands"] or x["kind"] == "review.revoked" else " (not any more)"
    what = words.did(x["kind"], x["by"], x["patchset"])
    return [f"  {moment(x['at'])}  {safe(what)}{labels}{rests}", *_quoted(x["text"])]


def _at(x: ShownReviewComment) -> list[str]:
    line = f":{x['line']}" if x["line"] else ""
    place = f"{display(x['file'])}{line} of " if x["file"] else ""
    head = f"  {moment(x['at'])}  {x['id']} {safe(x['by'])} on {place}patchset"
    quoted = [f"      | {display_line(x['quoted'])}"] if x["quoted"] else []
    return [f"{head} {x['patchset']}{_now(x)}", *quoted, *_quoted(x["text"])]


def _now(x: ShownReviewComment) -> str:
    if x["draft"]:
        return ", a draft"
    if x["outdated"]:
        return ", outdated: the line went"
    is_same = (x["file"], x["line"]) == (x["file_now"], x["now"])
    return "" if is_same else f", now {safe(x['file_now'])}:{x['now']}"


def _quoted(text: str) -> list[str]:
    return [
        f"      > {display_line(x)}" for x in text.rstrip().split("\n") if text.strip()
    ]


def _changes(found: ShownChanges) -> list[str]:
    counts = (_count(found["commits"], "commit"), _count(len(found["files"]), "file"))
    head = f"{', '.join(counts)}, +{found['added']} -{found['removed']}"
    lines = ["", head]
    lines += [f"  {oid[:_SHORT]} {safe(said)}" for oid, said in found["subjects"]]
    for x in found["files"][:_MOST_FILES]:
        before = f" (was {display(x['before'])})" if x["before"] else ""
        size = "binary" if x["binary"] else f"+{x['added']} -{x['removed']}"
        lines.append(f"  {size:>12}  {display(x['path'])}{before}{_mode(x)}")
    left = len(found["files"]) - _MOST_FILES
    return [*lines, *([f"  and {left} more files"] if left > 0 else [])]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _mode(x: Any) -> str:  # noqa: ANN401 - JSON
    was, now = x["mode_before"], x["mode"]
    is_same = was == now or not {was, now}.isdisjoint({"", "000000"})
    return "" if is_same else f" (mode {was} → {now})"


def diff(result: ShownItem, color: Callable[[str], str]) -> list[str]:
    """Return the diff of what is shown, each line escaped, and then coloured."""
    lines = result.get("diff", "").rstrip("\n").split("\n")
    head = f"{result.get('shown', '')}:"
    return ["", head, "", *(color(_line(x)) for x in lines)]


def _line(text: str) -> str:
    """Return a line of code: tabs stay, a carriage return at its end is `^M`."""
    shown = display_line(text.removesuffix("\r"))
    return f"{shown}^M" if text.endswith("\r") and text[:1] in {"+", "-"} else shown


def plain(line: str) -> str:
    """Return a line of a diff as it is."""
    return line


def colored(line: str) -> str:
    """Return a line of a diff in git's colours."""
    for starts, slot in _SLOTS:
        if line.startswith(starts):
            return f"{slot}{line}{_RESET}"
    return line


def listed(result: ListedItem) -> list[str]:
    """Return an item after something was done with it, and what a commit lacks."""
    names = "id kind agent repository branch commit state title path patchset turn"
    pairs = ((x, result.get(x)) for x in names.split())
    lines = [f"{x}: {safe(value)}" for x, value in pairs if value not in {None, ""}]
    lines += [f"to: {safe('; '.join(result['to']))}"] if result["to"] else []
    lines += [f"problem: {safe(x['message'])}" for x in result["problems"]]
    return [*lines, *_requirements(result.get("requirements", []), "")]


def reviewed(result: Reviewed) -> list[str]:
    """Return where an item stands after something was said of it."""
    head = f"{safe(result['id'])}: {result['state']}, patchset {result['patchset']};"
    turn = _turn(result["turn"])
    return [f"{head} {turn}", *_requirements(result["requirements"], "  ")]


def comment(result: MadeComment) -> list[str]:
    """Return that a comment was made, and how a draft is sent."""
    line = f":{result['line']}" if result["line"] else ""
    place = f"{display(result['file'])}{line} of " if result["file"] else ""
    lines = [f"{result['id']}: on {place}patchset {result['patchset']}."]
    if not result["sent"]:
        item = safe(result["item"])
        lines.append(
            f"It is sent with your next word: coordinator review publish {item}"
        )
    return lines


def conflicts(result: ShownConflicts) -> list[str]:
    """Return what does not merge, a line each, and the plan."""
    lines = [
        f"{' and '.join(map(safe, x['agents']))} in {safe(x['repository'])}:"
        f" {', '.join(map(safe, x['paths']))}"
        for x in result["pairs"]
    ]
    lines += [
        f"{safe(x['agents'][0])} ({safe(x['work'])}) and the target in"
        f" {safe(x['repository'])}: {', '.join(map(safe, x['paths']))}"
        for x in result["with_target"]
    ]
    plan = result.get("plan")
    order = [] if plan is None else [f"land in this order: {', '.join(plan) or 'none'}"]
    if not lines:
        part = "What could be compared merges." if result["not_compared"] else ""
        lines = [part or "All work merges."]
    return [*lines, *order]


SHOWN: dict[str, Callable[[Any], list[str]]] = {
    "conflicts": conflicts,
    "pending ack": listed,
    "pending close": listed,
    "pending submit": listed,
    "pending withdraw": listed,
    "review approve": reviewed,
    "review request-changes": reviewed,
    "review revoke": reviewed,
    "review comment": comment,
    "review draft": comment,
}
