import os
import re
import time
from collections.abc import Iterator

import pytest

from tests.support import CommandLine

CLOCK = re.compile(r"\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?!\d|:)(?: ?(?:UTC|Z\b))?")
CHECKLIST = "# Bake\n\n- [ ] Knead\n- [ ] PAUSE: taste\n- [ ] Sell\n"
SHOWING = [
    ["status"],
    ["agent", "list"],
    ["context", "list"],
    ["history"],
    ["decision", "list"],
    ["learning", "list"],
    ["search", "knead"],
    ["workflow", "show"],
    ["workflow", "show", "bake-1"],
    ["workflow", "next"],
    ["inbox"],
    ["report", "daily"],
    ["report", "decisions"],
]


@pytest.fixture(params=["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def _far_away(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A machine whose days are others than those of UTC for most of the day."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def _work(line: CommandLine) -> None:
    (line.folder / "bake.md").write_text(CHECKLIST)
    for argv in (
        ["workflow", "import", "bake.md"],
        ["--as", "docs", "workflow", "start", "bake"],
        ["--as", "docs", "context", "set", "--task", "Bread"],
        ["--as", "docs", "decision", "add", "Use rye"],
    ):
        assert line(*argv).code == 0, argv


@pytest.mark.usefixtures("_far_away")
def test_every_time_that_is_shown_carries_its_zone(line: CommandLine) -> None:
    """Whoever reads it elsewhere, or at night, knows which moment is meant."""
    _work(line)
    shown = 0
    for argv in SHOWING:
        found = CLOCK.findall(line(*argv).stdout)
        assert all(x.endswith(("UTC", "Z")) for x in found), (argv, found)
        shown += len(found)
    for name in ("BOARD.md", "runs/bake-1/record.json"):
        path = line.folder / "agent-system/active-contexts" / name
        found = CLOCK.findall(path.read_text())
        assert all(x.endswith(("UTC", "Z")) for x in found), (name, found)
    assert shown > len(SHOWING)


@pytest.mark.usefixtures("_far_away")
def test_a_time_is_asked_for_as_it_is_shown(line: CommandLine) -> None:
    """The day, and the moment, that history prints are those that `--since` takes."""
    _work(line)
    whole = line("history").stdout.splitlines()
    day, clock, zone = whole[-1].split()[1:4]
    assert line("history", "--since", day).stdout.splitlines() == whole
    asked = line("history", "--since", f"{day} {clock} {zone}").stdout.splitlines()
    assert asked == [x for x in whole if f"{day} {clock}" in x]
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400))
    assert line("history", "--since", tomorrow).stdout == "Nothing.\n"
    assert os.environ["TZ"].startswith("Pacific/")
