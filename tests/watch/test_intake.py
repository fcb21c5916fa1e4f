import os

import pytest

from coordinator.kernel.errors import CoordinatorError
from coordinator.watch.intake import BATCH, Intake
from coordinator.watch.scan import scan
from tests.support import (
    FakeAgent,
    OpenWorkspace,
    wait_for,
    within_cpu_seconds,
)

LEARNINGS = "agent-system/learnings"


@pytest.fixture
def intake(opened: OpenWorkspace) -> Intake:
    """An intake that has seen the whole disk once."""
    made = Intake(opened.workspace)
    made.compare_now(scan(opened.root))
    made.drain()
    return made


def rest_for(opened: OpenWorkspace, milliseconds: int) -> None:
    """Set how long a file rests that may still be written."""
    settings = opened.workspace.settings
    watch = settings.watch.model_copy(update={"quiet_milliseconds": milliseconds})
    opened.workspace.settings = settings.model_copy(update={"watch": watch})


def test_a_closed_file_is_taken_at_once(opened: OpenWorkspace, intake: Intake) -> None:
    """A hint that a file is complete skips the quiet time."""
    path = FakeAgent(opened.root, "docs").learning("x", "# One\n")
    intake.hint_settled([path, "elsewhere/x.md", f"{LEARNINGS}/.hidden.md"])
    assert (intake.queued, intake.next_due()) == (1, 0.0)
    assert intake.step() == [path]
    assert (intake.queued, intake.next_due()) == (0, None)


def test_an_open_file_rests_first(opened: OpenWorkspace, intake: Intake) -> None:
    """A file that may still be written is taken after the quiet time."""
    path = FakeAgent(opened.root, "docs").learning("x", "# One\n")
    rest_for(opened, 60_000)
    intake.hint_touched([path])
    assert intake.step() == []
    assert 0 < (intake.next_due() or 0) <= 60
    rest_for(opened, 10)
    intake.hint_touched([path])
    wait_for(lambda: intake.step() == [path])


def test_each_touch_begins_the_rest_anew(opened: OpenWorkspace, intake: Intake) -> None:
    """While somebody writes on, no half version is taken."""
    path = FakeAgent(opened.root, "docs").learning("x", "# One\n")
    for milliseconds in (10, 60_000):
        rest_for(opened, milliseconds)
        intake.hint_touched([path])

    def first_rest_is_over() -> bool:
        assert intake.step() == []
        return (intake.next_due() or 0) > 1

    wait_for(first_rest_is_over)
    rest_for(opened, 10)
    intake.hint_touched([path])
    wait_for(lambda: intake.step() == [path])


def test_authors_take_turns(opened: OpenWorkspace, intake: Intake) -> None:
    """One agent's thousand files do not keep another's one waiting."""
    flood = FakeAgent(opened.root, "backend")
    paths = [flood.learning(str(n), "# x\n") for n in range(BATCH * 2)]
    other = FakeAgent(opened.root, "docs").learning("x", "# One\n")
    intake.hint_settled([*paths, other])
    assert other in intake.step()
    assert intake.queued == BATCH + 1
    assert len(intake.drain_some()) == BATCH + 1


def test_names_that_none_can_show_are_not_taken_by_hint(
    opened: OpenWorkspace, intake: Intake
) -> None:
    """The scan complains of them; a hint must not bring them in by the back door."""
    for name in ("docs-a\nb.md", "docs-\udcff.md", "docs-\u202e.md"):
        (opened.root / LEARNINGS / name).write_text("# x\n")
        intake.hint_settled([f"{LEARNINGS}/{name}"])
        intake.hint_touched([f"{LEARNINGS}/{name}"])
    assert (intake.queued, intake.next_due()) == (0, None)
    assert opened.problems() == ["bad-name"] * 3
    assert opened.problems() == ["bad-name"] * 3
    with_restart = Intake(opened.workspace)
    with_restart.compare_now(scan(opened.root))
    with_restart.drain()
    assert opened.problems() == ["bad-name"] * 3
    for path in (opened.root / LEARNINGS).glob("docs-*"):
        path.unlink()
    assert opened.problems() == []


def test_a_scan_takes_what_changed_and_misses_nothing(
    opened: OpenWorkspace, intake: Intake
) -> None:
    """New, changed and removed files are found without any hint."""
    agent = FakeAgent(opened.root, "docs")
    a, b = agent.learning("a", "# A\n"), agent.learning("b", "# B\n")
    intake.compare_now(scan(opened.root))
    assert sorted(intake.drain()) == [a, b]
    agent.learning("a", "# C\n")
    (opened.root / b).unlink()
    intake.compare_now(scan(opened.root))
    assert sorted(intake.drain()) == [a, b]
    intake.compare_now(scan(opened.root))
    assert intake.drain() == []


def test_what_stood_in_a_missing_folder_counts_as_unknown(
    opened: OpenWorkspace, intake: Intake
) -> None:
    """A folder that is moved away removes nothing, also over a restart."""
    path = FakeAgent(opened.root, "docs").learning("a", "# A\n")
    intake.compare_now(scan(opened.root))
    intake.drain()
    folder, away = opened.root / LEARNINGS, opened.root / "away"
    folder.rename(away)
    later = Intake(opened.workspace)
    for one in (intake, later):
        one.compare_now(scan(opened.root))
        assert one.drain() == []
    folder.mkdir()
    later.compare_now(scan(opened.root))
    assert later.drain() == [path]


def test_a_file_swapped_under_its_name_is_read_again(
    opened: OpenWorkspace, intake: Intake
) -> None:
    """Same size, same time of change: the inode tells."""
    path = FakeAgent(opened.root, "docs").learning("a", "# A\n")
    intake.compare_now(scan(opened.root))
    intake.drain()
    status = (opened.root / path).stat()
    other = opened.root / LEARNINGS / ".other"
    other.write_text("# B\n")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(opened.root / path)
    intake.compare_now(scan(opened.root))
    assert intake.drain() == [path]


def test_when_the_disk_refuses_everything_stays_queued(
    opened: OpenWorkspace, intake: Intake
) -> None:
    """What could not be recorded is taken once the disk does again."""
    path = FakeAgent(opened.root, "docs").learning("a", "# A\n")
    intake.hint_settled([path])
    descriptor = opened.workspace.journal._descriptor
    broken = os.open("/dev/full", os.O_WRONLY)
    saved = os.dup(descriptor)
    os.dup2(broken, descriptor)
    try:
        with pytest.raises((CoordinatorError, OSError)):
            intake.step()
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)
        os.close(broken)
    assert intake.queued == 1
    assert intake.step() == [path]


def test_a_long_queue_is_picked_from_its_head_in_linear_time(intake: Intake) -> None:
    """In the order in which the files came, whatever was taken off before."""
    paths = [f"pending-commits/backend-{x:06d}.md" for x in range(100_000)]
    intake.hint_settled(paths)
    picked: list[str] = []
    with within_cpu_seconds(5):
        while intake.queued:
            picked += intake._pick()
    assert picked == paths
