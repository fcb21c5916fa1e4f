"""Where templates and runs lie, and which files are theirs.

It reads and judges nothing in them.
"""

FOLDER = "agent-system/workflows"
RUNS = "agent-system/active-contexts/runs"
_LIVING = "workflow.md"
_ENDINGS = (".md", ".markdown", ".txt")


def is_template(relative: str) -> bool:
    """Tell whether this is a version of a template: a file in the template's folder."""
    folder, _, inside = relative.partition(f"{FOLDER}/")
    parts = inside.split("/")
    if folder or len(parts) > 2 or any(x[:1] in {"", "."} for x in parts):  # noqa: PLR2004 - folder, file
        return False
    return parts[-1].lower().endswith(_ENDINGS)


def run_of(relative: str) -> str:
    """Return the run whose living copy this is, or an empty string."""
    folder, _, inside = relative.partition(f"{RUNS}/")
    run, _, name = inside.partition("/")
    return run if not folder and name == _LIVING and run[:1] != "." else ""


def is_living_copy(relative: str) -> bool:
    """Tell whether this is the living copy of a run."""
    return bool(run_of(relative))


def template(name: str, version: int) -> str:
    """Return where a version of a template lies; versions count from 1."""
    return f"{FOLDER}/{name}/{version}.md"


def living_copy(run: str) -> str:
    """Return where a run's living copy lies."""
    return f"{RUNS}/{run}/{_LIVING}"


def record(run: str) -> str:
    """Return where a run's record lies: a view."""
    return f"{RUNS}/{run}/record.json"


def evidence(run: str, step: str, attempt: int) -> str:
    """Return where the evidence of one attempt lies: a copy for people."""
    return f"{RUNS}/{run}/evidence/{step}-{attempt}.json"
