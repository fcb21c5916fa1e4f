"""Where templates and runs lie."""

import pytest

from coordinator.workflows import store


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("agent-system/workflows/rye/1.md", True),
        ("agent-system/workflows/rye/2.MARKDOWN", True),
        ("agent-system/workflows/rye.txt", True),
        ("agent-system/workflows/rye/1.json", False),
        ("agent-system/workflows/rye/old/1.md", False),
        ("agent-system/workflows/.rye/1.md", False),
        ("agent-system/workflows/rye/.1.md", False),
        ("agent-system/workflows//1.md", False),
        ("agent-system/workflows/", False),
        ("agent-system/workflows", False),
        ("docs/agent-system/workflows/rye/1.md", False),
        ("agent-system/learnings/rye.md", False),
    ],
)
def test_templates(path: str, *, is_one: bool) -> None:
    """A visible text file in the template's folder."""
    assert store.is_template(path) is is_one


@pytest.mark.parametrize(
    ("path", "run"),
    [
        ("agent-system/active-contexts/runs/rye-1/workflow.md", "rye-1"),
        ("agent-system/active-contexts/runs/rye-1/record.json", ""),
        ("agent-system/active-contexts/runs/rye-1/evidence/workflow.md", ""),
        ("agent-system/active-contexts/runs/workflow.md", ""),
        ("agent-system/active-contexts/runs/.rye/workflow.md", ""),
        ("x/agent-system/active-contexts/runs/rye-1/workflow.md", ""),
        ("agent-system/active-contexts/rye-status.md", ""),
    ],
)
def test_living_copies(path: str, run: str) -> None:
    """Only `workflow.md` in a run's own folder is its living copy."""
    assert store.run_of(path) == run
    assert store.is_living_copy(path) is bool(run)


def test_paths_are_found_again() -> None:
    """What is made here is told here."""
    assert store.is_template(store.template("rye", 3))
    assert store.run_of(store.living_copy("rye-1")) == "rye-1"
    folder = "agent-system/active-contexts/runs/rye-1"
    assert store.record("rye-1") == f"{folder}/record.json"
    assert store.evidence("rye-1", "S01", 2) == f"{folder}/evidence/S01-2.json"
