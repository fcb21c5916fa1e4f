"""A pending item's text: reading any Markdown as one, and writing a submission.

It takes no word of a file for a decision: what claims to be approved is a problem,
and stays what it was.
"""

import re
from itertools import islice

import yaml

from coordinator.kernel.problems import Problem
from coordinator.kernel.text.git_names import is_branch_name
from coordinator.kernel.text.markdown import LineKind
from coordinator.kernel.text.names import slug
from pending_commits import addressing, final_status, findings, kinds
from pending_commits.model import FinalStatus, ItemKind, PendingItem
from pending_commits.source import (
    ItemSource,
    KeyLine,
    Names,
    one_line,
    stem,
    take_apart,
)

_MOST_NEEDS = 50
_NOTHING = frozenset({"", "none", "n/a", "na", "tbd", "tba", "todo", "nothing", "-"})
_TRUE = frozenset({"true", "yes", "on", "1"})
# One word, or one word and then a remark: `backend/login` (from main).
_BRANCH_WORD = re.compile(r"[`\"'*]*([^\s`\"'*,;]+)[`\"'*,;.]*(?:\s+[^\w\s].*)?\Z")


def id_of(path: str) -> str:
    """Return the id that a file's name asks for: `backend-api-guide`.

    Equal names in two folders give equal ids; the caller makes them unique.
    """
    return slug(stem(path)) or "item"


def parse(text: str, path: str) -> tuple[PendingItem, tuple[Problem, ...]]:
    """Read a file's text; `path` is relative to the workspace.

    Problems come in the order of their lines.
    """
    source = take_apart(text, path)
    branch = _branch(source)
    kind = _kind(source, branch)
    to = addressing.addressed(source, kind)
    needs = _needs(source)
    title = _title(source)
    final, unfilled = _final(source, kind, title)
    item = PendingItem(
        id=id_of(path),
        kind=kind,
        title=title,
        path=path,
        branch=branch.value if is_branch_name(branch.value) else "",
        repository=one_line(source.matter.text("repository")),
        needs=needs.names,
        to=to.names,
        task=one_line(source.entry("task").value),
        draft=_is_draft(source),
        branch_line=branch.line,
        to_line=to.line,
        final=final,
    )
    found = (*findings.find(source, branch), *unfilled)
    return item, tuple(sorted(found))


def _branch(source: ItemSource) -> KeyLine:
    """Return what is named as the branch, which may be no possible name."""
    written = source.entry("branch")
    value = written.value
    if not source.matter.text("branch"):
        word = _BRANCH_WORD.match(value)
        value = word[1] if word else ""
    if value.casefold() in _NOTHING:
        return KeyLine()
    return KeyLine(value.removeprefix("refs/heads/"), written.line)


def _kind(source: ItemSource, branch: KeyLine) -> ItemKind:
    said = kinds.named(source.matter.text("kind"))
    return said or kinds.recognise(
        stem(source.path), source.heading, source.lines, branch=branch.value
    )


def _title(source: ItemSource) -> str:
    first = next(iter(source.prose), None)
    words = first.content if first and first.kind is not LineKind.HEADING else ""
    return source.title or one_line(words) or stem(source.path)


def _needs(source: ItemSource) -> Names:
    names = source.matter.texts("needs") or source.matter.texts("depends_on")
    if names:
        line = source.matter.line_of("needs", "depends_on")
    else:
        written = source.in_body("needs", "depends_on")
        names, line = tuple(re.split(r"[,;]", written.value)), written.line
    ids = (id_of(x) for x in names if slug(x) and x.strip().casefold() not in _NOTHING)
    kept = tuple(dict.fromkeys(islice(ids, _MOST_NEEDS)))
    return Names(kept, line) if kept else Names()


def _is_draft(source: ItemSource) -> bool:
    state = source.matter.text("status", "state").casefold()
    return source.matter.text("draft").casefold() in _TRUE or state == "draft"


def _final(
    source: ItemSource, kind: ItemKind, title: str
) -> tuple[FinalStatus | None, tuple[Problem, ...]]:
    if kind is not ItemKind.FINAL_STATUS:
        return None, ()
    return final_status.parse(source.lines, source.path, title=title)


def render_submission(item: PendingItem, body: str) -> str:
    """Return the file of a commit proposed by command; what is empty is left out.

    Everything said in it is read back by `parse`; the body stays as it was given.
    """
    values = {
        "kind": str(ItemKind.COMMIT),
        "title": one_line(item.title),
        "branch": item.branch,
        "repository": item.repository,
        "task": one_line(item.task),
    }
    values = {k: v for k, v in values.items() if v}
    head = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=10_000)
    end = "" if not body or body.endswith("\n") else "\n"
    return f"---\n{head}---\n\n{body}{end}"
