"""Workflows: 1,000 documents parsed and linted, and 10,000 ticks across 100 runs.

The documents are made here: half of them checklists, half of them steps, of the size
that real ones have. Rival in the same run: the plain Markdown parser (markdown-it-py)
on the same texts, which knows nothing of workflows.

A tick goes over the desk, as one of an agent's does: judged, recorded with fdatasync,
written into the living copy with fsync. Rival: append + fdatasync of a line, and a
synced write of the same file.

Budget: a tick <= 5 times its rival; to lint a document of a megabyte by command takes
at most 0.5 s more than to lint a tiny one.
"""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from benchmarks.stage import (
    Result,
    Stage,
    median,
    parser,
    say,
    stage,
    timed,
    write_atomically,
)
from coordinator.daemon.dispatcher import Dispatcher, Request
from coordinator.kernel.disk import locks
from coordinator.workflows import lint
from coordinator.workspace.workspace import Workspace

_MEGABYTE = 1_000_000


def checklist(number: int, items: int = 60) -> str:
    """Return a checklist of six phases."""
    lines = [f"# Feature {number}", "", "Project Phase: Phase 2", ""]
    for phase in range(6):
        lines += [f"### {phase + 1}. Building Phase", f"- [ ] Part {phase}"]
        lines += [f"    - [ ] Piece {x} of part {phase}" for x in range(items // 6 - 1)]
        lines += ["- Notes: [ Notes ]", ""]
    return "\n".join(lines)


def steps(number: int) -> str:
    """Return a document of 12 steps with three criteria each."""
    lines = [f"# Service {number}", "", "## Workflow Metadata", "- **Version**: 1", ""]
    lines += ["# Phase-01 (Strategic Level) - Build", ""]
    for task in range(1, 4):
        lines += [
            f"## Task-{task:02d} (Tactical Level) - Part",
            f"- ID: P01-T{task:02d}",
        ]
        for part in range(1, 3):
            name = f"P01-T{task:02d}-S{part:02d}"
            lines += [f"### Subtask-{part:02d} (Operational Level) - Piece"]
            lines += [f"- ID: {name}", "- Prerequisites: None", "- Max Retries: 2"]
            lines += ["- On Failure: `ESCALATE_TO_HUMAN (@lead) with logs`", "- Steps:"]
            for step in range(1, 3):
                lines += [f"    - Step ID: {name}-{step:02d}", "      - Command: `Do`"]
                lines += ["      - Success Criteria:"]
                lines += ["          - File Exists: `src/app.py` or `app.py`"]
                lines += ['          - File Content Matches: `"class.*App"`']
                lines += ["          - Exit Code: `0`"]
    return "\n".join(lines)


def reading(result: Result, count: int) -> None:
    """Parse and lint the documents, and parse them as plain Markdown, by turns."""
    texts = [(checklist, steps)[x % 2](x) for x in range(count)]
    plain = MarkdownIt("commonmark")
    ours: list[float] = []
    rival: list[float] = []
    for _ in range(5):
        ours.append(timed(lambda: [lint.check(x, "a.md") for x in texts]))
        rival.append(timed(lambda: [plain.parse(x) for x in texts]))
    what = f"parse and lint {count:,} documents"
    result.beside(what, median(ours), "s", ("parse plain Markdown", median(rival)))


def megabyte() -> str:
    """Return a document of steps of one megabyte, with a finding in each step."""
    lines = ["# Book", "", "# Phase-01 (Strategic Level) - Write", ""]
    lines += ["## Task-01 (Tactical Level) - Log", "- ID: P01-T01"]
    size, subtask = 0, 0
    while size < _MEGABYTE:
        subtask += 1
        name = f"P01-T01-S{subtask:02d}"
        more = ["", f"### Subtask-{subtask:02d} (Operational Level) - Log"]
        more += [f"- ID: {name}", "- Description: Keep it.", "- Prerequisites: None"]
        more += ["- Agent Assignment: `@backend` - Primary capabilities: `writing`."]
        more += ["- Max Retries: 3"]
        more += ["- On Failure: `ESCALATE_TO_HUMAN (@docs) with logs`", "- Steps:"]
        for step in range(1, 11):
            more += [
                f"    - Step ID: {name}-{step:02d}",
                "      - Command: `Keep a log`",
            ]
            more += ["      - Tool: `edit_file`", "      - Description: Keep it."]
            more += ["      - Success Criteria:", "          - Exit Code: `0`"]
            more += ['          - File Content Matches: `"a.*b"`']
        lines += more
        size += sum(map(len, more)) + len(more)
    return "\n".join(lines)[:_MEGABYTE]


def linting(result: Result, rounds: int) -> None:
    """Lint a document of a megabyte and a tiny one by command, by turns."""
    with stage() as made:
        names = ("tiny.md", "big.md")
        whole = megabyte()
        for name, text in zip(names, (whole[:1000], whole), strict=True):
            (made.workspace / name).write_text(text)
        took: dict[str, list[float]] = {}
        for name in names * rounds:
            lint_one = partial(made.run, "workflow", "lint", name, check=False)
            took.setdefault(name, []).append(timed(lint_one))
    more = median(took["big.md"]) - median(took["tiny.md"])
    result.limit("lint of a megabyte by command, over a tiny one", more, "s", 0.5)


def ticking(result: Result, runs: int, ticks: int) -> None:
    """Tick items of many runs in turn; one tick after the other."""
    with stage() as made, locks.hold(made.layout.lock, seconds=5) as held:
        workspace = Workspace(made.layout, held=held)
        dispatcher = Dispatcher(workspace)
        names = list(start(made, dispatcher, runs, ticks // runs))
        say(f"{ticks} ticks over {runs} runs")
        took: list[float] = []
        for number in range(ticks):
            arguments = {"run": names[number % runs], "item": str(number // runs + 1)}
            tick = partial(ask, made, dispatcher, "workflow tick", arguments)
            took.append(timed(tick))
        other = raw(made.folder, checklist(0, ticks // runs), ticks // 10)
        workspace.close()
    rival = ("append and write", other)
    result.against("a tick, p50", median(took) * 1_000, "ms", rival, 5.0)
    result.note("ticks, all", ticks / sum(took), "ticks/s")


def start(made: Stage, dispatcher: Dispatcher, runs: int, items: int) -> Iterator[str]:
    """Import a flat checklist and start runs of it."""
    boxes = "".join(f"- [ ] Piece {x}\n" for x in range(items))
    source = made.folder / "flat.md"
    source.write_text(f"# Flat\n\n### Building Phase\n{boxes}")
    ask(made, dispatcher, "workflow import", {"paths": [str(source)]})
    for _ in range(runs):
        reply = ask(made, dispatcher, "workflow start", {"template": "flat"})
        yield str(reply["id"])


def ask(
    made: Stage, dispatcher: Dispatcher, action: str, arguments: dict[str, Any]
) -> dict[str, object]:
    """Perform an action as the maintainer."""
    token = (
        made.home / ".config" / "agent-coordinator" / "maintainer-token"
    ).read_text()
    request = Request(action, arguments, str(made.workspace), token=token.strip())
    reply: dict[str, object] = dispatcher.perform(request).value
    return reply


def raw(folder: Path, text: str, count: int) -> float:
    """Append a line and replace a file, both synced; return milliseconds."""
    log = os.open(folder / "raw", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    took: list[float] = []
    for number in range(count):
        begin = time.perf_counter()
        os.write(log, f'{{"seq": {number}, "kind": "tick"}}\n'.encode())
        os.fdatasync(log)
        write_atomically(folder / "raw.md", text.encode())
        took.append(time.perf_counter() - begin)
    os.close(log)
    return median(took) * 1_000


def main() -> None:
    """Measure both."""
    wanted = parser(__doc__).parse_args()
    result = Result("workflows", quick=wanted.quick)
    share = 10 if wanted.quick else 1
    say("reading")
    reading(result, 1_000 // share)
    linting(result, 3 if wanted.quick else 15)
    ticking(result, 100 // share, 10_000 // share // share)
    result.show()


if __name__ == "__main__":
    main()
