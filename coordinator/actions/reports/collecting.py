"""Reports: the final status of a feature, the day, the decision log.

Each is collected as values first, then written; the same state gives the same bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pending_commits.format
from coordinator.actions.agents import agent_status
from coordinator.actions.knowledge import decisions_in_force
from coordinator.actions.pending import submissions
from coordinator.actions.pending.fetching import Proposal
from coordinator.actions.reports import report_text, run_parts, waiting_items
from coordinator.actions.runs import gates, loading
from coordinator.index import document_queries, queries, record_queries
from coordinator.kernel import clock
from coordinator.kernel.errors import CoordinatorError, NotFound
from coordinator.kernel.system.start_errors import ProgramMissing
from coordinator.kernel.text import markdown
from coordinator.kernel.text.markdown import LineKind
from coordinator.kernel.text.names import slug
from coordinator.results.reports import (
    DailyReport,
    FinalReport,
    ReportedRun,
    ShownGit,
)
from coordinator.results.runs import gate
from coordinator.workflows import store
from coordinator.workspace.workspace import Workspace
from pending_commits.model import FinalStatus

Row = dict[str, Any]
_MOST = 200


@dataclass(frozen=True, slots=True)
class Final:
    """A final status but for what git shows, and the branch that it is about."""

    values: FinalReport
    store: Path
    fetch: Callable[[], Proposal] | None

    def read(self) -> FinalReport:
        """Return it whole; on any thread, for to fetch a branch may take its time.

        `git` is None where there is no branch, or it cannot be fetched.
        """
        if self.fetch is None:
            return self.values
        from pending_commits import changes  # noqa: PLC0415 - gitpython loads slowly

        try:
            found = self.fetch()
        except ProgramMissing:
            raise
        except CoordinatorError:
            return self.values
        facts = asdict(changes.facts(self.store, found.target, found.head))
        shown = {"head": found.head, "target": found.target, **facts}
        return {**self.values, "git": cast("ShownGit", shown)}


def final(workspace: Workspace, agent: str, feature: str = "") -> Final:
    """Collect the final status of an agent's feature: its words, to be beside git's.

    Without a feature the newest report counts.

    Raises:
        NotFound: The agent has written no such report.
    """
    found = _find_written(workspace, agent, feature)
    row, written = found.row, found.written
    fields = [(x.name, x.value, x.line) for x in written.fields]
    name = feature or next((v for n, v, _ in fields if n.casefold() == "feature"), "")
    branch = _branch_of(workspace, agent, name)
    if not branch and found.is_newest:
        branch = _present_branch(workspace, agent)
    runs = [x for x in loading.every(workspace) if x.run.agent == agent]
    reported = [run_parts.report(workspace, x) for x in runs]
    values: FinalReport = {
        "agent": agent,
        "feature": name,
        "title": written.title,
        "path": row["path"],
        "record": found.seq,
        "written": [{"name": n, "value": v, "line": line} for n, v, line in fields],
        "missing": list(written.absent),
        "complete": written.complete,
        "branch": branch,
        "git": None,
        "problems": document_queries.problems_of_agent(workspace.index, agent),
        "decisions": [x for x in decisions_in_force(workspace) if x["agent"] == agent],
        "runs": reported,
        "missing_headings": _missing(workspace, row["path"], reported),
        "reviews": waiting_items.reviews(workspace, agent=agent),
    }
    has_it = branch and submissions.has_branch(workspace, branch)
    fetch = submissions.planned(workspace, branch) if has_it else None
    return Final(values, workspace.layout.store, fetch)


def _missing(
    workspace: Workspace, path: str, reported: Sequence[ReportedRun]
) -> list[str]:
    """Return the headings that an agent's catalogues ask for and the report lacks."""
    known = document_queries.documents(workspace.index, [path])[path]
    lines = markdown.scan(workspace.read_text(known["blob"]))
    titles = {slug(x.content) for x in lines if x.kind is LineKind.HEADING}
    wanted = dict.fromkeys(y for x in reported for y in x["required_headings"])
    return [x for x in wanted if slug(x) not in titles]


@dataclass(frozen=True, slots=True)
class _Written:
    """One version of a final status: its item, words and record."""

    row: Row
    written: FinalStatus
    seq: int
    is_newest: bool


def _find_written(workspace: Workspace, agent: str, feature: str) -> _Written:
    for count, (row, version) in enumerate(_all_versions(workspace, agent)):
        text = workspace.read_text(version["blob"])
        item, _ = pending_commits.format.parse(text, row["path"])
        if item.final and _is_about(item.final, row["path"], feature):
            return _Written(row, item.final, version["seq"], is_newest=count == 0)
    about = f" about {feature!r}" if feature else ""
    raise NotFound(
        f"{agent} has written no final status{about}.",
        hint=f"It belongs into pending-commits/{agent}-final-status.md",
    )


def _all_versions(workspace: Workspace, agent: str) -> Iterator[tuple[Row, Row]]:
    """Yield an agent's reports, each with its versions, the newest first."""
    rows = queries.pending_of_kind(workspace.index, "final-status")
    own = [x for x in rows if x["agent"] == agent]
    for row in sorted(own, key=lambda x: x["at"], reverse=True):
        for version in record_queries.versions(workspace.index, row["path"]):
            yield row, version


def _is_about(written: FinalStatus, path: str, feature: str) -> bool:
    if not feature:
        return True
    said = [x.value for x in written.fields if x.name.casefold() == "feature"]
    wanted = slug(feature)
    if not wanted:  # nothing in it can stand in a name: in the same words, or not
        return feature in said
    return wanted in map(slug, said) or wanted in slug(path)


def _branch_of(workspace: Workspace, agent: str, feature: str) -> str:
    """Return the branch that is named after a feature, or nothing."""
    identity = workspace.roster.find(agent)
    prefix = identity.prefix if identity else agent
    wanted = f"{prefix}/{slug(feature)}" if feature else ""
    return wanted if wanted and submissions.has_branch(workspace, wanted) else ""


def _present_branch(workspace: Workspace, agent: str) -> str:
    present = [
        x["branch"]
        for x in agent_status.agent_statuses(workspace)
        if x["name"] == agent
    ]
    return present[0] if present else ""


def finals(workspace: Workspace) -> dict[str, Final]:
    """Return the final status of every agent that has written one, by its view."""
    agents = {
        x["agent"]
        for x in queries.pending_of_kind(workspace.index, "final-status")
        if x["agent"]
    }
    return {
        f"reports/final-{agent}.md": final(workspace, agent) for agent in sorted(agents)
    }


def daily(workspace: Workspace, since: timedelta) -> DailyReport:
    """Collect who did what since then, what waits for whom, and what is wrong."""
    start = workspace.now() - since
    return {
        "since": clock.render(_minute(start)),
        "done": record_queries.done_since(workspace.index, clock.render(start)),
        "agents": agent_status.agent_statuses(workspace),
        "waiting": waiting_items.waiting(workspace, _MOST),
        "reviews": waiting_items.reviews(workspace, clock.render(start)),
        "decisions": [
            x for x in decisions_in_force(workspace) if x["at"] >= clock.render(start)
        ],
        "waiting_in_all": queries.count_waiting(workspace.index),
        "runs": [
            run_parts.report(workspace, x)
            for x in loading.every(workspace)
            if x.run.changed >= clock.render(start)
        ],
        "gates": [*map(gate, gates.waiting(workspace))],
        "problems": document_queries.problems_in_short(
            workspace.index, store.FOLDER, _MOST
        ),
        "problems_in_all": document_queries.count_problems(workspace.index),
    }


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def daily_text(workspace: Workspace) -> str:
    """Return the report of the day so far, from its midnight (UTC)."""
    now = workspace.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return report_text.daily(daily(workspace, now - midnight))


def decisions_text(workspace: Workspace) -> str:
    """Return the decision log."""
    return report_text.decisions(decisions_in_force(workspace))
