"""The last act of the demo: a maintainer reads what the agents propose.

One change is asked for, made, looked at again by what differs, and approved; the others
are approved as they are. It runs the commands that any maintainer would.
"""

import json
from pathlib import Path

from coordinator.cli import record_log
from coordinator.cli.demo.stage import DemoStage
from coordinator.kernel import clock
from coordinator.kernel.errors import External

_ASKED = "backend"  # whose work has something to mend
_FILE = "server/greeting.py"
_WISH = "Say in a line what it is for."
_SECONDS = 60.0


def review(stage: DemoStage, tree: Path, agent: str) -> None:
    """Look at an agent's greeting, and approve it, mended where that is asked for."""
    item = f"{agent}-greeting"
    _say(f"looks at {item}")
    record_log.say(stage.coordinator("pending", "show", item, "--diff").text)
    if agent == _ASKED:
        _say("comments on a line, and asks for a change")
        place = ("--file", _FILE, "--line", "1")
        stage.coordinator("review", "draft", item, *place, stdin="Greet whom?")
        stage.coordinator("review", "request-changes", item, stdin=_WISH)
        _mend(stage, tree, item)
        _say("looks at what changed since")
        span = ("--patchset", "1..2")
        record_log.say(stage.coordinator("pending", "show", item, *span).text)
    done = stage.coordinator("review", "approve", item)
    _say(f"approves: {done.text}")


def _mend(stage: DemoStage, tree: Path, item: str) -> None:
    told = stage.coordinator("inbox", where=tree).text
    record_log.say(f"         {_ASKED:<12} reads:\n{told}")
    path = tree / _FILE
    path.write_text(f"# Greets whoever is named.\n{path.read_text('utf-8')}", "utf-8")
    stage.git(tree, "commit", "-q", "-a", "-m", "Say what the greeting is for")
    deadline = clock.monotonic() + _SECONDS
    while _patchset(stage, item) == 1:
        if clock.monotonic() > deadline:
            raise External("The new commit was not taken.", hint="See above.")
        clock.sleep(0.05)


def _patchset(stage: DemoStage, item: str) -> int:
    shown = json.loads(stage.coordinator("pending", "show", item, "--json").text)
    return int(shown["patchset"])


def _say(text: str) -> None:
    record_log.say(f"         {'maintainer':<12} {text}".rstrip())
