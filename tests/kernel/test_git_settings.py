"""The user's harmless settings are taken over, programs never are."""

from pathlib import Path

import pytest

from coordinator.kernel import git_settings
from coordinator.kernel.git import Repository
from tests.support import git


def taken(repository: Path) -> dict[str, str]:
    """Return what is taken over, but for the files that git looks for by itself."""
    seen = git_settings.seen_by_its_user(Repository(repository))
    files = {"core.attributesfile", "core.excludesfile"}
    return {k: v for k, v in seen.repository.settings.items() if k not in files}


def test_what_changes_how_files_look_is_taken_over(
    repository: Path, users: Path
) -> None:
    """Line ends and modes, but neither programs nor what is only for display."""
    for key, value in (
        ("core.autocrlf", "input"), ("core.eol", "lf"), ("core.symlinks", "false"),
        ("core.trustctime", "false"), ("core.pager", "evil"), ("core.hooksPath", "/x"),
        ("core.sshCommand", "evil"), ("core.fsmonitor", "evil"), ("user.name", "Ann"),
    ):  # fmt: skip
        git(repository, "config", "--file", str(users), key, value)
    assert taken(repository) == {
        "core.autocrlf": "input",
        "core.eol": "lf",
        "core.symlinks": "false",
        "core.trustctime": "false",
    }


def test_what_the_repository_says_itself_goes_first(
    repository: Path, users: Path
) -> None:
    """Git reads that without us; of several the last one counts."""
    users.write_text("[core]\n\tautocrlf = true\n\teol = crlf\n\teol = lf\n")
    git(repository, "config", "core.autocrlf", "false")
    assert taken(repository) == {"core.eol": "lf"}


def test_files_of_the_users_home_are_found(
    repository: Path, users: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where git looks for them if nothing is set; `~` is the user's home."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    seen = git_settings.seen_by_its_user(Repository(repository)).repository.settings
    assert seen["core.excludesfile"] == str(tmp_path / "xdg" / "git" / "ignore")
    users.write_text("[core]\n\texcludesFile = ~/mine\n")
    seen = git_settings.seen_by_its_user(Repository(repository)).repository.settings
    assert seen["core.excludesfile"] == str(tmp_path / "home" / "mine")
    assert seen["core.attributesfile"] == str(tmp_path / "xdg" / "git" / "attributes")


def test_filters_are_named_and_switched_off(repository: Path, users: Path) -> None:
    """The user's as well as the repository's; drivers of merges and diffs too."""
    users.write_text('[filter "lfs"]\n\tprocess = evil\n\trequired\n')
    git(repository, "config", "filter.a.b.clean", "evil")
    git(repository, "config", "filter.only.smudge", "evil")
    git(repository, "config", "merge.m.driver", "evil")
    git(repository, "config", "diff.algorithm", "patience")
    seen = git_settings.seen_by_its_user(Repository(repository))
    assert seen.filters == {"lfs", "a.b"}
    assert taken(repository) == {
        "filter.lfs.process": "",
        "filter.lfs.required": "false",
        "filter.a.b.clean": "",
        "filter.only.smudge": "",
        "merge.m.driver": "",
    }
