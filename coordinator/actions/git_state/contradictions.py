"""Contradictions: what documents say that git, the roster or the rules deny.

Derived at each look and never recorded; it asks git nothing by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from agent_identities.model import EVERYBODY, MAINTAINERS
from coordinator.actions import knowledge
from coordinator.actions.pending import submissions
from coordinator.actions.runs import loading
from coordinator.actions.templates import references
from coordinator.index import document_queries, queries
from coordinator.kernel.problems import Problem
from coordinator.kernel.text.names import slug
from coordinator.workspace.workspace import Workspace
from pending_commits.item_states import FINISHED

_MANY = 2_000


def find(workspace: Workspace, branches: Mapping[str, str]) -> list[Problem]:
    """Return all of them; `branches` are those that git shows, by worktree."""
    return [
        *_copies(workspace),
        *_branches_elsewhere(workspace, branches),
        *_stuck_proposals(workspace),
        *_unknown_recipients(workspace),
        *_unknown_decisions(workspace),
        *_shared_ids(workspace),
        *_floods(workspace),
        *_put_back(workspace),
        *references.dangling(workspace),
    ]


def _copies(workspace: Workspace) -> Iterator[Problem]:
    """Copies beside a status file, which say nothing for their agent."""
    for path, original in queries.copies(workspace.index).items():
        message = f"It is a copy of {original} by its name, and only that one counts."
        hint = "Bring over what only the copy has, then delete it; or rename it."
        yield Problem(path, 0, "copy", message, hint)


def _branches_elsewhere(
    workspace: Workspace, branches: Mapping[str, str]
) -> Iterator[Problem]:
    """What agents claim of their branch, where git shows another one."""
    shown: dict[str, set[str]] = {}
    for row in queries.worktrees(workspace.index):
        shown.setdefault(row["agent"], set()).add(branches.get(row["path"], ""))
    for row in queries.contexts(workspace.index):
        claimed, agent = row["branch"], row["agent"]
        if claimed and agent in shown and claimed not in shown[agent]:
            really = ", ".join(sorted(x for x in shown[agent] if x)) or "no branch"
            message = f"It says branch {claimed}; git shows {really} for {agent}."
            hint = "Correct the file, or switch to the branch that it names."
            line = row["branch_line"]
            yield Problem(row["path"], line, "contradicts-git", message, hint)


def _stuck_proposals(workspace: Workspace) -> Iterator[Problem]:
    """Pending commits whose branch cannot be taken: it is missing, or another's."""
    git_state, known = workspace.git_state, workspace.settings.repositories.keys()
    for row in queries.pending_of_kind(workspace.index, "commit"):
        path, line, branch = row["path"], row["branch_line"], row["branch"]
        if row["head"] and row["named"] not in {"", branch}:
            message = f"It names {row['named']}, and {branch} was submitted."
            hint = "Propose another branch in a file of its own."
            yield Problem(path, line, "branch-other", message, hint)
        owner = workspace.roster.owner_of_branch(branch)
        is_strange = owner != (row["agent"] or None)
        if branch and is_strange and (row["agent"] or not row["head"]):
            whose = f"{owner}'s" if owner else "nobody's"
            message = (
                f"The branch {branch} is {whose}, not {row['agent'] or 'a person'}'s."
            )
            hint = f"Propose a branch named {row['agent']}/…"
            if not row["agent"]:
                hint = f"Propose it in a file whose name begins with {owner}-"
            yield Problem(path, line, "branch-not-own", message, hint)
        elif row["draft"] or row["state"] in FINISHED:
            continue
        elif not row["head"] and (wrong := submissions.misnamed(workspace, branch)):
            yield replace(wrong, path=path, line=line)
        elif submissions.repository_of(workspace, row):
            # Where nothing failed it is fetched just now.
            yield from [x for x in [git_state.failures.get(path)] if x]
        elif len(found := submissions.repositories_with(workspace, branch)) > 1:
            message = f"Several repositories have the branch {branch}."
            hint = f"Name one in the front matter: repository: {found[0]}"
            yield Problem(path, line, "branch-ambiguous", message, hint)
        elif row["state"] == "draft":
            some = "" if git_state.looks.keys() >= known else " that can be looked at"
            message = f"No repository{some} has the branch {branch or '(none named)'}."
            hint = "Commit to it, or correct the name; it is submitted then."
            yield Problem(path, line, "branch-missing", message, hint)


def _unknown_recipients(workspace: Workspace) -> Iterator[Problem]:
    """Requests to somebody who is not on the roster, which nobody would answer."""
    known = EVERYBODY | MAINTAINERS
    for row in queries.pending_of_kind(workspace.index, "request"):
        if row["state"] in FINISHED:
            continue
        names = (x for x in row["recipients"] if slug(x) not in known)
        for name in (x for x in names if not workspace.roster.attribute(slug(x))):
            message = f"It is addressed to {name!r}, who is not on the roster."
            hint = "Name an agent that `coordinator agent list` shows, or `all`."
            line = row["to_line"]
            yield Problem(row["path"], line, "unknown-recipient", message, hint)


def _unknown_decisions(workspace: Workspace) -> Iterator[Problem]:
    """Decisions that supersede, or give way to, one that is not in the log."""
    for row in queries.dangling_decisions(workspace.index):
        message = f"The decision {row['id']} names {row['name']!r}, which is unknown."
        hint = "Name an id that `coordinator decision list` shows."
        yield Problem(row["path"], row["line"], "unknown-decision", message, hint)


def _shared_ids(workspace: Workspace) -> Iterator[Problem]:
    """Decisions that have the id of another one, so that no word for it is clear."""
    for _, group in groupby(queries.namesakes(workspace.index), itemgetter("id")):
        rows = list(group)
        if knowledge.are_one(rows):
            continue
        places = [knowledge.place_of(x) for x in rows]
        for row, place in zip(rows, places, strict=True):
            others = knowledge.in_short([x for x in places if x != place])
            message = f"The id {row['id']} is also that of {others}."
            line, hint = row["line"], knowledge.DISTINGUISH
            yield Problem(row["path"], line, "duplicate-decision", message, hint)


def _floods(workspace: Workspace) -> Iterator[Problem]:
    """Agents with more documents in one place than anybody reads."""
    for row in document_queries.crowds(workspace.index, _MANY):
        message = f"{row['agent'] or 'Nobody'} has {row['times']} files in here."
        hint = "Remove what is done; the history keeps every version."
        folder = row["path"].rpartition("/")[0]
        yield Problem(folder, 0, "many-files", message, hint)


def _put_back(workspace: Workspace) -> Iterator[Problem]:
    """Changes of living copies that did not hold, until something else does."""
    for loaded in loading.unfinished(workspace):
        for x in loaded.run.open_refusals:
            hint = "Nothing of it was lost: coordinator workflow show " + loaded.run.id
            yield Problem(loaded.path, x.line, x.code, x.reason, hint)
