"""Fixtures that every test may use."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.preloaded import tools
from tests.support import (
    GIT_ENVIRONMENT,
    CommandLine,
    ManualClock,
    OpenWorkspace,
    copy_template,
    make_template,
    open_workspace,
)

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a private folder there
ROOM = 1 << 30
STRIDE = 8

# How long an example takes says how busy the machine is.
settings.register_profile(
    "steady", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def pytest_configure() -> None:
    """Put the tests' files into memory where there is room: no test waits for a disk.

    Where TMPDIR is set, that is where they lie: `TMPDIR=/var/tmp make test`.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("TMPDIR", str(MEMORY))
        tempfile.tempdir = None  # pytest asked for it already


def pytest_xdist_auto_num_workers() -> int:
    """Begin two for each of few processors: a test that waits uses none."""
    processors = os.cpu_count() or 1
    return max(processors, min(2 * processors, 8))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Spread what is slow among the quick where workers share the tests.

    Most of the slow ones wait: there is something to do beside them.
    Those of one file wait alike, and are spread as well; none that is long begins late.
    """
    if hasattr(config, "workerinput"):
        marks = [(x, x.get_closest_marker("slow")) for x in items]
        quick = [x for x, mark in marks if mark is None]
        slow = [x for x, mark in marks if mark and not mark.args]
        longest = [x for x, mark in marks if mark and mark.args]
        slow = [x for first in range(STRIDE) for x in slow[first::STRIDE]]
        items[:] = _spread(_spread(longest, slow), quick)


def _spread(few: list[pytest.Item], many: list[pytest.Item]) -> list[pytest.Item]:
    """Put few tests evenly among the first half of many."""
    between = len(many) // 2 // max(len(few), 1)
    spread: list[pytest.Item] = []
    for number, item in enumerate(few):
        spread += [item, *many[number * between : (number + 1) * between]]
    return spread + many[len(few) * between :]


def pytest_collection_finish() -> None:
    """Spare the garbage collector five thousand tests that stay until the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """End what tests share."""
    tools.end()


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's git configuration or home reaches a test."""
    for name in [x for x in os.environ if x.startswith(("GIT_", "COORDINATOR_"))]:
        if name != "COORDINATOR_SEEDS":
            monkeypatch.delenv(name)
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("CI", "1")  # no command leaves a daemon behind


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository with one commit, made once."""
    return make_template(tmp_path_factory.mktemp("template") / "shop")


@pytest.fixture
def make_repository(template: Path) -> Callable[[Path], Path]:
    """Make a repository by copying the template (10 ms against 56 ms)."""
    return copy_template(template)


@pytest.fixture
def repository(make_repository: Callable[[Path], Path], tmp_path: Path) -> Path:
    """A fresh repository named `shop`."""
    return make_repository(tmp_path / "shop")


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own git configuration, as every git that is started here reads it."""
    path = tmp_path / "gitconfig"
    path.write_text("")
    monkeypatch.setitem(GIT_ENVIRONMENT, "GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    return path


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test moves."""
    return ManualClock()


@pytest.fixture(scope="session")
def made_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for workspaces that were made once, with the home that they were in."""
    return tmp_path_factory.mktemp("made-before")


def _make_or_copy(template: Path, made: Path, make: Callable[[], object]) -> None:
    """Make a workspace beside its home, or copy both; neither names its own path."""
    home = made.with_name("home")
    if template.exists():
        shutil.copytree(template / "home", home, dirs_exist_ok=True)
        shutil.copytree(template / "made", made)
    else:
        make()
        shutil.copytree(home, template / "home")
        shutil.copytree(made, template / "made")


@pytest.fixture
def opened(
    tmp_path: Path, clock: ManualClock, made_before: Path
) -> Iterator[OpenWorkspace]:
    """A workspace without a repository."""

    def make() -> None:
        with open_workspace(tmp_path / "w", clock):
            pass

    _make_or_copy(made_before / "opened", tmp_path / "w", make)
    with open_workspace(tmp_path / "w", clock) as found:
        yield found


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository."""
    with open_workspace(tmp_path / "w", clock, {"shop": repository}) as made:
        yield made


@pytest.fixture
def line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    made_before: Path,
) -> CommandLine:
    """Command lines in a fresh workspace without a repository."""
    made = CommandLine(monkeypatch, capsys, tmp_path)

    def make() -> None:
        assert made("init", "work").code == 0

    _make_or_copy(made_before / "line", tmp_path / "work", make)
    made.folder = tmp_path / "work"
    return made
