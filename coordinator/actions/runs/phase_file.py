"""Task tracking written back: a run's feature ticked in the phase file it came from.

It changes one line of one file in the agent's worktree, and says what it did.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from coordinator.index import queries
from coordinator.kernel.disk import files
from coordinator.kernel.disk.files import Content
from coordinator.kernel.disk.refusals import reason
from coordinator.kernel.text.markdown import scan
from coordinator.workflows import lint
from coordinator.workflows.lines import boxes
from coordinator.workflows.marks import Mark
from coordinator.workflows.model import Item, Role
from coordinator.workflows.runs import living_copy
from coordinator.workflows.runs.loaded_run import LoadedRun
from coordinator.workspace.workspace import Workspace

_PATH = re.compile(r"[\w./-]+\.md\b")


def write_back(workspace: Workspace, loaded: LoadedRun) -> str:
    """Tick the run's task in its phase file; return what was done, in a sentence."""
    named, found = _phase_file(workspace, loaded)
    if found is None:
        return f"{_missing(named)}, so nothing was written."
    root, text = found
    return _tick(workspace.layout.temporary, root, named, text, loaded)


def untracked(workspace: Workspace, loaded: LoadedRun) -> str:
    """Say of a run that begins that its task will be ticked nowhere, or nothing."""
    items = loaded.copy.boxes.items
    if not any(x.role is Role.TRACKING and x.mark is Mark.OPEN for x in items):
        return ""
    named, found = _phase_file(workspace, loaded)
    return "" if found else f"{_missing(named)}: its task is tracked nowhere so far."


def _missing(named: str) -> str:
    if named:
        return f"The phase file {named} was not found"
    return "No phase file is named (--set phase_file=PATH)"


def _phase_file(
    workspace: Workspace, loaded: LoadedRun
) -> tuple[str, tuple[Path, str] | None]:
    """Return the path that is named, and where it lies with its text, if it does."""
    named = next(_named(loaded), "")
    for root in _roots(workspace, loaded) if named else ():
        content = files.read(root, named)
        if isinstance(content, Content):
            return named, (root, content.text)
    return named, None


def _named(loaded: LoadedRun) -> Iterator[str]:
    """Yield the paths that may be the phase file's, the surest first."""
    if loaded.run.phase_file:
        yield loaded.run.phase_file
    lines = scan(loaded.copy.text)
    tracking = {x.line for x in loaded.copy.boxes.items if x.role is Role.TRACKING}
    yield from (target for number, target in lint.links(lines) if number in tracking)
    yield from _PATH.findall(loaded.document.said("current_task"))


def _roots(workspace: Workspace, loaded: LoadedRun) -> Iterator[Path]:
    root = workspace.layout.root
    for row in queries.worktrees(workspace.index):
        if row["agent"] == loaded.run.agent:
            yield root / row["path"]
    yield root


def _tick(temporary: Path, root: Path, path: str, text: str, loaded: LoadedRun) -> str:
    found = living_copy.read(text)
    item = _task_in(found.items, loaded)
    if item is None:
        return f"{path} has no open item of this run's task, so nothing was written."
    new = boxes.set_marks(text, {item.line: Mark.DONE}, found.signs)
    try:
        files.write(root, path, new.encode(), temporary=temporary)
    except OSError as error:
        return f"{path} cannot be written ({reason(error)}), so it stays as it is."
    return f"{path}, line {item.line}, is ticked."


def _task_in(items: Sequence[Item], loaded: LoadedRun) -> Item | None:
    """Return the one open item that says what the run is about, or None."""
    said = (loaded.document.said(x) for x in ("current_task", "name"))
    wanted = [x.casefold() for x in said if x]
    open_ones = [x for x in items if x.mark is Mark.OPEN and x.text]
    for words in wanted:
        found = [x for x in open_ones if _says(x.text.casefold(), words)]
        if len(found) == 1:
            return found[0]
    return None


def _says(text: str, words: str) -> bool:
    return text in words or words in text
