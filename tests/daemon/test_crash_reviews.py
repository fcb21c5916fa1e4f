"""A review that is cut off after any effect, and begun again: the same end."""

from pathlib import Path
from typing import Any

import pytest

from coordinator.cli.in_process import InProcess
from coordinator.workspace import tokens
from tests.daemon.test_crash import Scene, stop_after_each
from tests.support import ManualClock, commit, git, open_workspace

pytestmark = pytest.mark.slow
ITEM = "backend-login"
BRANCH = "refs/heads/backend/login"
HIDDEN = ("at", "id", "since")


def prepare(root: Path, clock: ManualClock) -> None:
    """Make a workspace that holds its repository, so that a copy has both."""
    repository = root / "repository"
    repository.mkdir(parents=True)
    git(repository, "init", "-q", "-b", "main")
    commit(repository, "server/a.py", "one\ntwo\n", "Begin")
    git(repository, "checkout", "-q", "-b", "backend/login")
    commit(repository, "server/a.py", "one\n2\n", "Add login")
    git(repository, "checkout", "-q", "-b", "next")
    commit(repository, "server/a.py", "first\none\n2\n", "Say more")
    git(repository, "checkout", "-q", "main")
    with open_workspace(root, clock, {"shop": repository}, ["backend"]) as opened:
        settings = opened.layout.settings
        text = settings.read_text().replace(str(repository), "repository")
        settings.write_text(text)


def work(root: Path) -> None:
    """Propose, ask for changes, mend, look and approve, each under its key."""
    asked = {"folder": "/", "agent": "", "token": tokens.own()}
    with InProcess(root, asked) as here:

        def say(action: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
            key = f"key-{action}"
            return here.perform(action, arguments, key).value

        say("pending submit", branch="backend/login", title="Add login")
        place = {"file": "server/a.py", "line": 2}
        say("review draft", id=ITEM, body="Why?", **place)
        say("review request-changes", id=ITEM, body="Mend it.")
        new = git(root / "repository", "rev-parse", "next")
        git(root / "repository", "update-ref", BRANCH, new)
        here.perform("pending list", {}, "")
        here.perform("pending show", {"id": ITEM, "diff": True}, "")
        say("review approve", id=ITEM, body="Good.")


def end_state(root: Path, clock: ManualClock) -> dict[str, Any]:
    """Return what everybody sees of the review, without times and numbers."""
    with open_workspace(root, clock) as opened:
        found = opened.perform("pending show", id=ITEM)
        heard = opened.call("inbox", {}, agent="backend")
        return {
            "state": found["state"],
            "turn": found["turn"],
            "lacking": [x["name"] for x in found["requirements"] if not x["met"]],
            "patchsets": [(x["number"], x["commit"]) for x in found["patchsets"]],
            "words": [_plain(x) for x in found["words"]],
            "comments": [_plain(x) for x in found["comments"]],
            "heard": [x["subject"] for x in heard],
        }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in HIDDEN}


@pytest.mark.slow(8)
@pytest.mark.parametrize("share", range(4))
def test_a_review_that_was_cut_off_comes_to_the_same_end(
    tmp_path: Path, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said twice, and nothing that was said is lost."""
    scene = Scene(prepare, work, end_state)
    assert stop_after_each(scene, tmp_path, share, 4, monkeypatch) > 20
    expected = end_state(tmp_path / "whole", ManualClock())
    assert (expected["state"], expected["lacking"]) == ("approved", [])
    assert len(expected["comments"]) == 1
