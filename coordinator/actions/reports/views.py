"""Views: the files that show the state to whoever only reads files.

They are caches: written when their bytes change, made again when deleted.
"""

from collections.abc import Mapping

import active_contexts.store
import learnings.store
from coordinator.actions.agents import agent_status, inbox_view
from coordinator.actions.documents import identities_view, markdown_text, view_files
from coordinator.actions.documents.markdown_text import (
    NOTICE,
    cell,
    moment,
    more,
    section,
    table,
)
from coordinator.actions.radar import recorded
from coordinator.actions.reports import (
    collecting,
    report_text,
    run_views,
    waiting_items,
)
from coordinator.actions.reports.collecting import Final
from coordinator.index import document_queries, queries
from coordinator.workflows import store
from coordinator.workspace.workspace import Workspace
from pending_commits.radar import words

_MOST = 50


def refresh(workspace: Workspace) -> None:
    """Write the views whose text changed; it starts no process.

    A view whose folder is gone is left out: the problem list speaks of the folder.
    """
    identities_view.refresh(workspace)
    inbox_view.refresh(workspace)
    decisions = collecting.decisions_text(workspace)
    view_files.write(workspace, active_contexts.store.BOARD, board(workspace))
    view_files.write(workspace, learnings.store.LOG, decisions)
    view_files.write_report(workspace, "reports/decisions.md", decisions)
    day = f"reports/daily-{workspace.now():%Y-%m-%d}.md"
    view_files.write_report(workspace, day, collecting.daily_text(workspace))
    run_views.refresh(workspace)


def refresh_finals(workspace: Workspace) -> None:
    """Write the final status reports whose text changed; git is asked for each."""
    write(workspace, final_texts(collecting.finals(workspace)))


def final_texts(found: Mapping[str, Final]) -> dict[str, str]:
    """Return the reports' texts by path; on any thread, for it may take its time."""
    return {path: report_text.final(x.read()) for path, x in found.items()}


def write(workspace: Workspace, texts: Mapping[str, str]) -> None:
    """Write those of the views whose text changed."""
    for path, text in texts.items():
        view_files.write_report(workspace, path, text)


def board(workspace: Workspace) -> str:
    """Return the board: who is on what, what waits, what is wrong."""
    lines = [NOTICE, "", "# Board"]
    lines += section("Agents", _agents(workspace), otherwise="No agent yet.")
    lines += section("Waiting", _waiting(workspace), otherwise="Nothing waits.")
    if found := _conflicts(workspace):
        lines += section("Conflicts", found, otherwise="")
    lines += section("Runs", run_views.lines(workspace), otherwise="No run goes on.")
    for title, found in (
        ("Gates that wait", run_views.gate_lines(workspace)),
        ("Escalations", run_views.escalation_lines(workspace)),
    ):
        lines += section(title, found, otherwise="None.")
    lines += section("Problems", _problems(workspace), otherwise="None.")
    return markdown_text.text(lines)


def _agents(workspace: Workspace) -> list[str]:
    rows = [
        (
            x["name"],
            f"{x['state']} (stale)" if x["stale"] else x["state"],
            x["task"],
            x["branch"],
            "; ".join(x["blockers"]),
            x["next"],
            moment(x["last_seen"]),
        )
        for x in agent_status.agent_statuses(workspace)
    ]
    heads = ("Agent", "State", "Task", "Branch", "Blocked by", "Next", "Last seen")
    return table(heads, rows)


def _waiting(workspace: Workspace) -> list[str]:
    rows = [
        (
            x["id"],
            x["kind"],
            x["agent"],
            x["state"],
            x["turn"],
            moment(x["since"]),
            x["title"],
        )
        for x in waiting_items.waiting(workspace, _MOST)
    ]
    heads = ("Id", "Kind", "Agent", "State", "Waits for", "Since", "Title")
    lines = table(heads, rows)
    left = queries.count_waiting(workspace.index) - _MOST
    return lines + more(left, "coordinator pending list")


def _conflicts(workspace: Workspace) -> list[str]:
    rows = recorded.known_conflicts(workspace)
    target_of = workspace.settings.target_of
    lines = [f"- {cell(words.line(x, target_of(x.repository)))}" for x in rows[:_MOST]]
    return [*lines, *more(len(rows) - _MOST, "coordinator conflicts")]


def _problems(workspace: Workspace) -> list[str]:
    rows = document_queries.problems_in_short(workspace.index, store.FOLDER, _MOST)
    left = document_queries.count_problems(workspace.index) - sum(
        x["times"] for x in rows
    )
    return markdown_text.problems(rows) + more(left, "coordinator check")
