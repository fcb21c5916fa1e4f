"""Reports as Markdown: pure text from collected values."""

from coordinator.actions.documents.markdown_text import (
    NOTICE,
    cell,
    code,
    moment,
    more,
    place,
    problems,
    section,
    table,
    text,
)
from coordinator.actions.reports import run_parts
from coordinator.results.agents import AgentStatus
from coordinator.results.knowledge import ShownDecision
from coordinator.results.record_words import WORDS
from coordinator.results.reports import DailyReport, DoneByActor, FinalReport
from coordinator.results.review import ReportedReview
from coordinator.results.runs import ShownGate

_MOST_FILES = 100


def final(report: FinalReport) -> str:
    """Return the final status report of one feature."""
    name = report["feature"] or report["title"]
    lines = [NOTICE, "", f"# Final status: {cell(report['agent'])}, {cell(name)}"]
    written = [(x["name"], x["value"]) for x in report["written"]]
    written += [(name, "not reported") for name in report["missing"]]
    source = f"From {code(report['path'])}, record {report['record']}."
    lines += section(
        "What the agent reports", [source, "", *_fields(written)], otherwise=""
    )
    lines += section(
        "What git shows", _git(report), otherwise="No branch of this feature was found."
    )
    lines += section(
        "Decisions", [_decision(x) for x in report["decisions"]], otherwise="None."
    )
    if report["runs"]:
        lines += section("Workflows", run_parts.lines(report["runs"]), otherwise="")
    if report["reviews"]:
        lines += section("Review", _reviews(report["reviews"]), otherwise="")
    if missing := report["missing_headings"]:
        asked = [f"- {cell(x)}" for x in missing]
        lines += section("Headings that the report lacks", asked, otherwise="")
    lines += section("Open problems", problems(report["problems"]), otherwise="None.")
    return text(lines)


def _fields(written: list[tuple[str, str]]) -> list[str]:
    return [f"- {cell(name)}: {cell(value, longest=400)}" for name, value in written]


def _git(report: FinalReport) -> list[str]:
    facts = report["git"]
    if facts is None:
        return []
    lines = [
        f"- Branch: {code(report['branch'])} at `{facts['head'][:12]}`",
        f"- Commits: {facts['commits']}",
        f"- Files: {len(facts['files'])}",
        f"- Lines: +{facts['added']} -{facts['removed']}",
        f"- Authors: {cell(', '.join(facts['authors'])) or 'none'}",
        f"- Time span: {facts['first'] or 'none'} to {facts['last'] or 'none'}",
        "",
    ]
    files = [
        (x["path"], f"+{x['added']}", f"-{x['removed']}")
        for x in facts["files"][:_MOST_FILES]
    ]
    left = more(len(facts["files"]) - _MOST_FILES)
    return [*lines, *table(("File", "Added", "Removed"), files), *left]


def daily(report: DailyReport) -> str:
    """Return the report of a time span."""
    lines = [NOTICE, "", f"# Daily report since {moment(report['since'])}"]
    lines += section("Who did what", _done(report["done"]), otherwise="Nothing.")
    lines += section("Agents", _agents(report["agents"]), otherwise="No agent yet.")
    lines += section("Waiting", _waiting(report), otherwise="Nothing waits.")
    if report["reviews"]:
        lines += section("Reviews", _reviews(report["reviews"]), otherwise="")
    if report["runs"]:
        lines += section("Workflows", run_parts.lines(report["runs"]), otherwise="")
    if report["gates"]:
        lines += section("Gates that wait", _gates(report["gates"]), otherwise="")
    lines += section(
        "New decisions", [_decision(x) for x in report["decisions"]], otherwise="None."
    )
    wrong = problems(report["problems"])
    wrong += more(
        report["problems_in_all"] - sum(x["times"] for x in report["problems"])
    )
    lines += section("Problems", wrong, otherwise="None.")
    return text(lines)


def _reviews(rows: list[ReportedReview]) -> list[str]:
    heads = ("When", "Item", "What", "Words")
    return table(
        heads, [(moment(x["at"]), x["item"], x["what"], x["text"]) for x in rows]
    )


def _gates(rows: list[ShownGate]) -> list[str]:
    heads = ("Run", "Item", "What", "Waits since")
    found = [(x["run"], x["item"], x["text"], moment(x["since"])) for x in rows]
    return table(heads, found)


def _done(rows: list[DoneByActor]) -> list[str]:
    return table(
        ("Who", "What", "Things", "Times", "Last"),
        [
            (
                x["actor"].strip("()") or "unknown",
                WORDS.get(x["kind"], x["kind"]),
                str(x["subjects"]),
                str(x["times"]),
                moment(x["last"]),
            )
            for x in rows
        ],
    )


def _agents(rows: list[AgentStatus]) -> list[str]:
    return table(
        ("Agent", "State", "Task", "Branch", "Blocked by", "Last seen"),
        [
            (
                x["name"],
                f"{x['state']} (stale)" if x["stale"] else x["state"],
                x["task"],
                x["branch"],
                "; ".join(x["blockers"]),
                moment(x["last_seen"]),
            )
            for x in rows
        ],
    )


def _waiting(report: DailyReport) -> list[str]:
    rows = report["waiting"]
    lines = table(
        ("Id", "Kind", "State", "From", "Waits for", "Since", "Title"),
        [
            (
                x["id"],
                x["kind"],
                x["state"],
                x["agent"],
                x["turn"],
                moment(x["since"]),
                x["title"],
            )
            for x in rows
        ],
    )
    return lines + more(report["waiting_in_all"] - len(rows))


def _decision(row: ShownDecision) -> str:
    return (
        f"- **{cell(row['id'])}** {cell(row['title'], longest=300)} ({row['status']})"
    )


def decisions(rows: list[ShownDecision]) -> str:
    """Return the decision log, the oldest first."""
    lines = [NOTICE, "", "# Decisions"]
    for row in rows:
        facts = [
            row["status"],
            row["date"] or row["at"][:10],
            row["agent"] or "unknown",
        ]
        lines += ["", f"## {cell(row['id'])}: {cell(row['title'], longest=300)}", ""]
        lines += [f"{' · '.join(cell(x) for x in facts)} · {place(row)}"]
        lines += _links("Supersedes", row["supersedes"])
        lines += _links("Superseded by", row["superseded_by"])
        if row["text"]:
            lines += ["", f"> {cell(row['text'], longest=2_000)}"]
    return text(lines if rows else [*lines, "", "None yet."])


def _links(word: str, ids: list[str]) -> list[str]:
    return ["", f"{word}: {cell(', '.join(ids))}"] if ids else []
