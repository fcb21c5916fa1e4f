"""What is wrong with a step document: ids, criteria and fields that nobody can follow.

It looks at what was read, never at text, and mends nothing.
"""

from collections.abc import Iterator, Sequence

from coordinator.kernel.problems import Problem
from coordinator.workflows.criteria import criteria
from coordinator.workflows.documents import step_fields
from coordinator.workflows.model import Criteria, Criterion, Step, Subtask, Task

_SHOWN = 80


def find(tasks: Sequence[Task], path: str) -> Iterator[Problem]:
    """Yield the problems of the tasks, subtasks, steps and criteria."""
    named = list(_named(tasks))
    yield from _duplicates(named, path)
    yield from _dangling(tasks, {x for x, _ in named}, path)
    for subtask in (y for x in tasks for y in x.subtasks):
        yield from _failure(subtask, path)
        if not any(True for _ in _criteria(subtask)):
            message = f"{subtask.id or subtask.title!r} has no criteria."
            hint = "Name some below `Success Criteria:`; else a maintainer must vouch."
            yield Problem(path, subtask.line, "no-criteria", message, hint)
        for criterion in _criteria(subtask):
            yield from _attested(criterion, path)


def _named(tasks: Sequence[Task]) -> Iterator[tuple[str, int]]:
    for task in tasks:
        yield task.id, task.line
        for subtask in task.subtasks:
            yield subtask.id, subtask.line
            yield from ((x.id, x.line) for x in subtask.steps)


def _duplicates(named: Sequence[tuple[str, int]], path: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for name, line in named:
        if name and first.setdefault(name, line) != line:
            message = f"The id {name[:_SHOWN]!r} stands on line {first[name]} already."
            hint = "Give each task, subtask and step an id of its own."
            yield Problem(path, line, "duplicate-id", message, hint)


def _failure(subtask: Subtask, path: str) -> Iterator[Problem]:
    said = subtask.on_failure
    if said.is_default and said.text and not step_fields.is_none(said.text):
        shown = said.text[:_SHOWN]
        message = f"No action is known for {shown!r}; a failure goes to a person."
        hint = "Write ESCALATE_TO_HUMAN (@agent), NOTIFY_AND_CONTINUE or REVERT_STATE."
        yield Problem(path, subtask.line, "unknown-on-failure", message, hint)


def _dangling(tasks: Sequence[Task], known: set[str], path: str) -> Iterator[Problem]:
    """Ids of other files are no problem: only those whose siblings are here."""
    below = [y.id for x in tasks for y in x.subtasks]
    below += [y.id for x in tasks for y in _steps(x)]
    owners = {x.rpartition("-")[0] for x in below}
    for name, line in _wanted(tasks):
        owner = name.rpartition("-")[0]
        if name not in known and owner in owners and "-" in owner:
            message = f"It names {name!r}, which this file does not have."
            hint = "Correct the id, or write what it names."
            yield Problem(path, line, "dangling-next", message, hint)


def _steps(task: Task) -> Iterator[Step]:
    return (y for x in task.subtasks for y in x.steps)


def _wanted(tasks: Sequence[Task]) -> Iterator[tuple[str, int]]:
    for task in tasks:
        yield from ((x.id, x.line) for x in task.prerequisites)
        for subtask in task.subtasks:
            yield from ((x.id, x.line) for x in subtask.prerequisites)
            said = dict(subtask.fields).get("next_subtask", "")
            yield step_fields.first_id(said), subtask.line


def _criteria(subtask: Subtask) -> Iterator[Criterion]:
    for step in subtask.steps:
        yield from step.criteria
    yield from subtask.criteria


def _attested(criterion: Criterion, path: str) -> Iterator[Problem]:
    if criterion.kind is not Criteria.ATTESTED:
        return
    shown = criterion.text[:_SHOWN]
    if len(criterion.text) > criteria.LONGEST:
        message = f"A criterion of over {criteria.LONGEST} characters is not read."
        code = "unknown-kind"
    elif criterion.label:
        message = f"{criterion.label[:_SHOWN]!r} is no kind of criterion that is known."
        code = "unknown-kind"
    else:
        message = f"The criterion {shown!r} has no label, and no kind can be told."
        code = "unlabelled-criterion"
    hint = "Write `File Exists: path` or the like; else a maintainer must vouch for it."
    yield Problem(path, criterion.line, code, message, hint)
