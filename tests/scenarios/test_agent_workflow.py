"""The shell lines of an agent workflow document, run as they stand."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import git, make_template, run_coordinator, user_environment

OWN = Path(__file__).with_name("agent-workflow.md")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SKIPPED = ("npm ",)  # package managers and databases are not part of the product


def _documents() -> Iterator[Any]:
    yield pytest.param(OWN, "orchard", id="own")
    seeds = os.environ.get("COORDINATOR_SEEDS", "")
    skip = pytest.mark.skipif(not seeds, reason="COORDINATOR_SEEDS is not set")
    original = Path(seeds) / "003-backend-agent-workflow.md"
    yield pytest.param(original, "tuvens", id="original", marks=skip)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each fenced block, without its indent."""
    for language, body in _FENCE.findall(text):
        lines = body.splitlines()
        indent = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
        yield language, "\n".join(x[indent:] for x in lines)


def _script(text: str) -> str:
    """Turn a document into one script: its bash lines, and the files it spells out."""
    parts = ["set -e"]
    for language, body in _blocks(text):
        first = body.split("\n", 1)[0]
        if language == "bash" and "npm run dev " not in body:
            kept = [x for x in body.split("\n") if not x.startswith(_SKIPPED)]
            parts += kept
        elif language == "markdown" and first.startswith("# ../"):
            path = first.removeprefix("# ").strip()
            parts += [f"cat > {path} <<'END'", body, "END"]
    return "\n".join(parts) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(("document", "name"), list(_documents()))
def test_the_shell_lines_work_as_they_stand(
    document: Path, name: str, tmp_path: Path
) -> None:
    """An agent that follows the document's lines is seen, checked and reported."""
    home = tmp_path / "home"
    workspace = home / "code" / name / "worktrees"
    repository = make_template(home / "code" / name / name)
    made = run_coordinator(
        tmp_path, "init", str(workspace), "--repo", f"{name}={repository}"
    )
    assert made.code == 0, made.stderr

    done = subprocess.run(
        ["bash", "-c", _script(document.read_text())],
        cwd=home,
        env=user_environment({"HOME": str(home)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    def ask(*words: str) -> Any:  # noqa: ANN401 - a JSON value
        return run_coordinator(workspace, *words, "--json").value

    worktree = workspace / f"{name}-backend"
    assert git(worktree, "branch", "--show-current") == "backend/feature-name"
    [backend] = [x for x in ask("status")["agents"] if x["name"] == "backend"]
    assert backend["state"] == "working"
    assert backend["branch"] == "backend/feature-name"
    assert backend["worktree"] == str(worktree)
    assert not backend["stale"]
    kinds = {x["id"]: (x["kind"], x["agent"]) for x in ask("pending", "list")}
    assert kinds == {
        "backend-api-guide": ("contract", "backend"),
        "backend-final-status": ("final-status", "backend"),
    }
    decisions = ask("decision", "list")
    assert len(decisions) == 4
    assert {x["agent"] for x in decisions} == {"backend"}
    codes = {(x["path"], x["code"]) for x in ask("check")}
    assert codes == {("pending-commits/backend-final-status.md", "placeholder")}
    report = ask("report", "final", "backend")
    assert [x["name"] for x in report["written"]] == [
        "Feature",
        "Endpoints",
        "Database migrations",
        "Tests",
        "Performance",
        "Status",
    ]
    assert not report["complete"]
    board = workspace / "agent-system" / "active-contexts" / "BOARD.md"
    assert "| backend | working |" in board.read_text()
    log = workspace / "agent-system" / "learnings" / "DECISIONS.md"
    assert log.read_text().count("\n## ") == 4
