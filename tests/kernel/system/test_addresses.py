import os
import pwd
from pathlib import Path

import pytest

from coordinator.kernel.system import addresses


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that looks like a workspace."""
    root = tmp_path / "team"
    (root / ".coordinator").mkdir(parents=True)
    (root / "coordinator.toml").touch()
    return root


def test_the_workspace_is_found_from_inside(workspace: Path, tmp_path: Path) -> None:
    """From any folder below, through links as well; outside there is none."""
    inner = workspace / "shop-docs" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "way").symlink_to(inner)
    for start in (workspace, inner, tmp_path / "way"):
        assert addresses.find_root(str(start)) == str(workspace)
    assert addresses.find_root(str(tmp_path)) == ""
    assert addresses.find_root("/") == ""


def test_settings_alone_make_no_workspace(workspace: Path) -> None:
    """Somebody else's `coordinator.toml` is not ours."""
    (workspace / ".coordinator").rmdir()
    assert addresses.find_root(str(workspace)) == ""


def test_the_socket_lies_in_the_workspace() -> None:
    """Where its path is short enough for a socket."""
    assert addresses.socket_path("/w") == "/w/.coordinator/socket"


def test_a_long_path_has_its_socket_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel allows some hundred bytes; other workspaces never share one.

    A shell's TMPDIR may be long, and another than the daemon's: it is not asked.
    """
    monkeypatch.setenv("TMPDIR", "/t" * 60)
    paths = {addresses.socket_path(f"/{x * 60}") for x in ("é", "è")}
    assert len(paths) == 2
    folder = f"/tmp/agent-coordinator-{os.getuid()}/"  # noqa: S108 - only a name
    assert all(x.startswith(folder) and len(x) < 100 for x in paths)


def test_the_maintainers_token_lies_in_the_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """XDG_CONFIG_HOME goes first; cron has not even HOME."""
    end = "agent-coordinator/maintainer-token"
    monkeypatch.setenv("HOME", "/h")
    assert addresses.maintainer_token() == f"/h/.config/{end}"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x")
    assert addresses.maintainer_token() == f"/x/{end}"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.delenv("HOME")
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert addresses.maintainer_token() == f"{home}/.config/{end}"
