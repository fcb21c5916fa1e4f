"""Runs and their steps as lines for people: short, the important first.

Everything else is in `--json`. It escapes what agents wrote.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from coordinator.cli.text.terminal_text import moment, safe
from coordinator.kernel.text.names import display
from coordinator.results.agents import ShownMessage
from coordinator.results.runs import (
    ItemOfRun,
    JudgedItem,
    ListedRunItem,
    NextThing,
    ShownRun,
    TickedItem,
    WaitingThing,
)
from coordinator.results.steps import (
    AttemptBudget,
    EscalationHead,
    ShownAttempt,
    ShownEscalation,
    ShownStep,
    StepOfRun,
    SubmittedStep,
    TakenStep,
)

_BOXES = {"open": "[ ]", "done": "[x]", "skipped": "[-]", "in-progress": "[~]"}
_SIGNS = {"met": "met        ", "unmet": "UNMET      ", "attested": "a person   "}
_LATEST = 3
_MOST_PROSE = 160  # characters; all of it is in `--json`


def run(value: ShownRun | StepOfRun | ItemOfRun) -> list[str]:
    """Return one run: where it stands, what waits, then its items or steps.

    Or one of its steps with its attempts, or one of its items.
    """
    if "steps" in value:
        return list(_run(cast("ShownRun", value)))
    if "attempts" in value:
        return list(_one_step(cast("StepOfRun", value)))
    return list(_one_item(value))


def waiting(values: list[WaitingThing]) -> list[str]:
    """Return why runs do not go on beyond what may be done, and who brings them on."""
    return [
        line
        for x in values
        for line in (
            f"{_of(x)} waits for {safe(x['who'])} ({x['why']}): {safe(x['text'])}",
            f"    {safe(x['command'])}",
        )
    ]


def lacking(values: list[NextThing]) -> list[str]:
    """Return what the last attempt at a step lacked that is to be tried again."""
    pairs = ((safe(x["id"]), y) for x in values for y in x.get("unmet", ()))
    return [
        f"{name} lacks {_called(x)}: {safe(x['criterion'])}: {safe(x['found'])}"
        for name, x in pairs
    ]


def _of(value: WaitingThing) -> str:
    return " ".join(filter(None, (safe(value["run"]), safe(value["item"]))))


def _one_item(value: ItemOfRun) -> Iterator[str]:
    optional = ", optional" if value["optional"] else ""
    what = f"{value['state']}{optional}"
    yield f"Item {safe(value['id'])} of {safe(value['run'])}: {what}"
    yield f"text:  {safe(value['text'])}"
    above = (safe(value["phase"]), safe(value["group"]))
    yield f"stage: {' / '.join(x for x in above if x) or 'none'}"
    if value["role"] not in {"work", "decision"}:
        yield f"asks:  {value['role']}"
    if value["by"]:
        who = f"{safe(value['by']).strip('()')}, {moment(value['at'])}"
        yield f"last:  {who}: {safe(value['comment']) or 'no words'}"
    yield from (safe(x) for x in value["below"].splitlines())


def _one_step(value: StepOfRun) -> Iterator[str]:
    who = f" by {safe(value['holder'])}" if value["holder"] else ""
    yield f"{safe(value['id'])} of {safe(value['run'])}: {value['state']}{who}"
    yield f"stage: {safe(value['stage'])}"
    yield f"command: {safe(value['command'])}"
    yield from (f"waits for: {safe(x)}" for x in value["waits_for"])
    yield from (f"  {_called(x)}: {safe(x['text'])}" for x in value["criteria"])
    yield from (line for x in value["attempts"] for line in _attempt(x))


def _attempt(value: ShownAttempt) -> Iterator[str]:
    yield (
        f"attempt {value['number']} by {safe(value['agent'])},"
        f" {moment(value['at'])}: {value['outcome']}"
    )
    for x in value["verdicts"]:
        what = f"{_called(x)}: {safe(x['criterion'])}"
        yield f"  {x['verdict']}: {what}: {safe(x['found'])}"
    for name in ("stdout", "stderr"):
        lines = value["evidence"].get(name, "").splitlines()[-_LATEST:]
        yield from (f"  {name}: {safe(x)}" for x in lines)
    if value["comment"]:
        yield f"  {safe(value['decided_by']).strip('()')}: {safe(value['comment'])}"


def _run(value: ShownRun) -> Iterator[str]:
    whose = f" of {safe(value['agent'])}" if value["agent"] else ""
    source = f"{safe(value['template'])}, version {value['version']}"
    yield f"{safe(value['id'])}{whose}: {value['state']} ({source})"
    yield f"{value['done']} of {value['total']} done; {safe(value['path'])}"
    for gate in value["gates"]:
        since = moment(gate["since"])
        yield f"waits since {since} for {safe(gate['item'])}: {safe(gate['text'])}"
    for found in value["escalations"]:
        what = f"{safe(found['id'])} ({found['state']})"
        yield f"escalation {what}: {safe(found['reason'])}"
        yield from (f"  {x}" for x in _comments(found))
    if value["uncovered"]:
        yield f"stages without a phase: {safe('; '.join(value['uncovered']))}"
    if value["unfilled"]:
        yield f"to be filled: {safe('; '.join(value['unfilled']))}"
    for wrong in value["problems"]:
        if wrong["code"] == "conflict-marker":
            said = f"{safe(wrong['message'])} {safe(wrong['hint'])}"
            yield f"line {wrong['line']}: {said}"
    yield from _told(value)
    for title, said in value["prose"].items():
        yield f"{safe(title).lower()}: {_short(said)}"
    yield from _items(value["items"])
    yield from _steps(value["steps"])


def _short(said: str) -> str:
    text = safe(said)
    return f"{text[: _MOST_PROSE - 1]}…" if len(text) > _MOST_PROSE else text


def _told(value: ShownRun) -> Iterator[str]:
    """Yield what people said of a run, and what was put back; the latest only."""
    for name, word in value["passed"].items():
        who = f"{safe(word['by']).strip('()')}, {moment(word['at'])}"
        yield f"passed {safe(name)} ({who}): {safe(word['comment'])}"
    for note in value["notes"][-_LATEST:]:
        who = f"{safe(note['agent']).strip('()')}, {moment(note['at'])}"
        yield f"note ({who}): {safe(note['text'])}"
    now = [x for x in value["refused"] if x["open"]][-_LATEST:]
    for found in now:
        yield f"put back, line {found['line']}: {safe(found['reason'])}"
    earlier = {
        "notes": len(value["notes"]) - _LATEST,
        "changes put back": len(value["refused"]) - len(now),
    }
    if said := [f"{x} {count}" for x, count in earlier.items() if count > 0]:
        yield f"earlier (--json): {', '.join(said)}"


def _items(items: list[ListedRunItem]) -> Iterator[str]:
    phase = ""
    parents = {x["id"]: x["parent"] for x in items}
    for item in items:
        if item["phase"] != phase:
            phase = item["phase"]
            yield from ("", safe(phase))
        depth, above = 0, item["parent"]
        while above:
            depth, above = depth + 1, parents[above]
        why = f": {_short(item['comment'])}" if item["comment"] else ""
        who = f"  ({safe(item['by']).strip('()')}{why})" if item["by"] else ""
        box = _BOXES[item["state"]]
        yield f"{item['id']:>5} {'  ' * depth}{box} {safe(item['text'])}{who}"


def _steps(steps: list[ShownStep]) -> Iterator[str]:
    subtask = ""
    for step in steps:
        if step["subtask"] != subtask:
            subtask = step["subtask"]
            yield from ("", f"{safe(subtask)}: {safe(step['stage'])}")
        who = f"  ({safe(step['holder']).strip('()')})" if step["holder"] else ""
        name = safe(step["id"])
        yield f"  {name:<16} {step['state']:<10} {safe(step['command'])}{who}"


def step(value: TakenStep) -> list[str]:
    """Return a step that was taken: what is to be done, and what will be judged."""
    what = f"{safe(value['id'])} of {safe(value['run'])}"
    return [
        f"{what} is yours until {moment(value['expires'])}.",
        f"task:      {safe(value['task'])} / {safe(value['subtask'])}",
        f"command:   {safe(value['text'])}",
        f"tool:      {safe(value['tool'])}",
        f"what:      {safe(value['description'])}",
        *(f"document:  {safe(x)}" for x in value["links"]),
        *(f"{safe(x).lower()}: {safe(said)}" for x, said in _around(value)),
        "criteria:",
        *(f"  {_called(x)}: {safe(x['text'])}" for x in value["criteria"]),
        f"attempts:  {_tried(value['attempts'])}",
        *([f"then:      {safe(value['submit'])}"] if "submit" in value else []),
    ]


def _around(value: TakenStep) -> list[tuple[str, str]]:
    """Return what stands around the steps; it is told with the first one only."""
    note = [("note", value["note"])] if "note" in value else []
    return [*value.get("context", {}).items(), *note]


def _tried(attempts: AttemptBudget) -> str:
    of = f" of {attempts['of']}" if attempts["of"] else ""
    return f"{attempts['used']}{of} used"


def _called(criterion: Mapping[str, Any]) -> str:
    return safe(criterion.get("label") or criterion["kind"])


def verdicts(value: SubmittedStep | JudgedItem) -> list[str]:
    """Return what became of a submission."""
    if "verdict" in value:
        return _judged(cast("JudgedItem", value))
    return _submitted(value)


def _judged(value: JudgedItem) -> list[str]:
    return [f"{safe(value['text'])}: {value['verdict']}. {safe(value['found'])}"]


def _submitted(value: SubmittedStep) -> list[str]:
    tried = _tried(value["attempts"])
    lines = [f"{safe(value['id'])} is {value['state']} (attempts: {tried})."]
    for x in value["verdicts"]:
        sign = _SIGNS.get(x["verdict"], f"{x['verdict']:<11}")
        lines.append(f"  {sign}{_called(x)}: {safe(x['criterion'])}")
        lines.append(f"            {safe(x['found'])}")
        if x.get("near_miss"):
            lines.append(f"            {safe(x['near_miss'])}")
    return [*lines, *([safe(value["note"])] if value["note"] else [])]


def ticked(value: TickedItem) -> list[str]:
    """Return what became of an item."""
    lines = [
        f"Item {value['item']} is {value['state']}: {safe(value['text'])}",
        f"{value['done']} of {value['total']} done in {safe(value['run'])}.",
    ]
    return [*lines, *([safe(value["told"])] if value.get("told") else [])]


def escalation(value: ShownEscalation) -> list[str]:
    """Return an escalation with its attempts and the playbooks."""
    lines = [
        f"{safe(value['id'])} ({value['state']}): {safe(value['reason'])}",
        f"decision: {value['decision'] or 'none yet'}",
    ]
    if value["addressed"]:
        is_known = value["agent"] or "not on the roster: a maintainer's matter"
        lines.append(f"addressed: {safe(value['addressed'])} ({safe(is_known)})")
    lines += _comments(value)
    lines += [line for x in value["attempts"] for line in _attempt(x)]
    playbooks = value["playbooks"]
    return [
        *lines,
        *(f"playbook {safe(x['name'])}: {safe(x['text'])}" for x in playbooks),
    ]


def _comments(value: EscalationHead) -> list[str]:
    return [
        f"{safe(x['by']).strip('()')}, {moment(x['at'])}: {safe(x['comment'])}"
        for x in value["comments"]
    ]


def escalations(value: list[ShownEscalation]) -> list[str]:
    """Return escalations, one below the other."""
    found = [line for x in value for line in [*escalation(x), ""]]
    return found or ["None."]


def inbox(value: list[ShownMessage]) -> list[str]:
    """Return messages, each with its text below it."""
    lines: list[str] = []
    for x in value:
        lines.append(f"{x['id']}  {moment(x['sent'])}  {safe(x['subject'])}")
        lines += [f"    {display(line)}" for line in x["body"].split("\n") if line]
    return lines or ["No messages."]


SHOWN: dict[str, Callable[[Any], list[str]]] = {
    "workflow show": run,
    "workflow take": step,
    "workflow submit": verdicts,
    "workflow tick": ticked,
    "workflow comment": escalation,
    "workflow resolve": escalation,
    "workflow escalations": escalations,
    "inbox": inbox,
}
