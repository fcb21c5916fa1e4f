"""Workspaces that earlier versions wrote go on working, and mean what they meant."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from coordinator.index.history import History
from tests.support import ManualClock, OpenWorkspace, git, open_workspace

STORED = Path(__file__).parents[1] / "stored"
TOP = b"@TOP@"
# What an answer tells of the moment in which it is given.
MOMENTARY = {"seconds", "last_seen", "stale"}
# After all that was recorded, before any lease ended.
SOON_AFTER = datetime(2026, 11, 30, 9, 25, tzinfo=UTC)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace of layout 1, its repository and its maintainer, unpacked."""
    top = tmp_path / "stored"
    with tarfile.open(STORED / "workspace-1.tar.gz") as packed:
        packed.extractall(top, filter="data")
    for path in [x for x in top.rglob("*") if x.is_file() and not x.is_symlink()]:
        if TOP in (data := path.read_bytes()):
            path.write_bytes(data.replace(TOP, bytes(top)))
    shutil.copytree(top / "maintainer", tmp_path / "config" / "agent-coordinator")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return top


@pytest.fixture
def opened(stored: Path) -> Iterator[OpenWorkspace]:
    """The same, opened with the present program."""
    with open_workspace(stored / "work", ManualClock(SOON_AFTER)) as made:
        yield made


def answers(top: Path) -> dict[str, Any]:
    """Return what the program that wrote the workspace said, by command."""
    found = (top / "answers").glob("*.json")
    return {x.stem: json.loads(x.read_bytes()) for x in found}


def ask(opened: OpenWorkspace, asked: str) -> Any:  # noqa: ANN401 - a JSON value
    """Ask what the stored answer was given to."""
    words = asked.split(" ")
    match words:
        case "workflow", "show", run, *step:
            return opened.perform("workflow show", run=run, step="".join(step))
        case "history", *_:
            return opened.perform("history", limit=1_000)
        case _:
            return opened.perform(asked)


def kept(old: object, new: object) -> object:
    """Return of a new answer what the old one has too: more keys may have come."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = old.keys() - MOMENTARY
        return {x: kept(old[x], new.get(x, "missing")) for x in names}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [kept(x, y) for x, y in zip(old, new, strict=True)]
    return new


def same(old: object, new: object) -> bool:
    """Tell whether a new answer says all that the old one said."""
    return kept(old, old) == kept(old, new)


def test_every_answer_is_as_it_was(stored: Path, opened: OpenWorkspace) -> None:
    """Ids, states, finished runs and taken steps stay what they were."""
    known = answers(stored)
    assert len(known) >= 13
    assert known.pop("check") == []
    # This was no problem then: two files with one number.
    assert {x["code"] for x in ask(opened, "check")} == {"duplicate-decision"}
    for asked, old in known.items():
        if not asked.startswith("history"):
            assert same(old, ask(opened, asked)), asked


def test_every_record_is_as_it_was(stored: Path, opened: OpenWorkspace) -> None:
    """What was recorded stands, and the history has the same commits."""
    old = answers(stored)["history --limit 1000"]
    new = ask(opened, "history --limit 1000")
    new.sort(key=lambda x: x["seq"])
    old.sort(key=lambda x: x["seq"])
    assert same(old, new[: len(old)])
    head = (stored / "answers" / "history").read_text().strip()
    folder = opened.layout.history
    git(folder, "merge-base", "--is-ancestor", head, "main")


def test_what_is_derived_is_made_anew_just_so(stored: Path) -> None:
    """Without index and history the same answers and commits come back."""
    own = stored / "work" / ".coordinator"
    (own / "index.sqlite").unlink()
    shutil.rmtree(own / "history.git")
    head = (stored / "answers" / "history").read_text().strip()
    with open_workspace(stored / "work", ManualClock(SOON_AFTER)) as opened:
        for asked in ("decision list", "workflow show steps-1", "pending list"):
            assert same(answers(stored)[asked], ask(opened, asked)), asked
        history = History(own / "history.git", opened.workspace.blobs.get)
        history.catch_up(opened.workspace.journal)
        history.close()
    git(own / "history.git", "merge-base", "--is-ancestor", head, "main")


def test_the_work_goes_on(stored: Path, opened: OpenWorkspace) -> None:
    """Runs, items and worktrees of the earlier version are worked on with this one."""
    evidence = json.dumps({"files": ["kneaded.txt"]})
    (stored / "work" / "shop-frontend" / "kneaded.txt").write_text("kneaded\n")
    done = opened.perform_as(
        "frontend",
        "workflow submit",
        run="steps-1",
        step="T01-S01-02",
        evidence=evidence,
    )
    assert done["state"] == "SUCCEEDED"
    opened.perform("workflow gate", run="feature-1", item="4", comment="Go on")
    opened.perform("workflow upgrade", run="feature-1")
    assert opened.perform("workflow show", run="feature-1")["version"] == 2
    moved = opened.perform_as("backend", "pending withdraw", id="backend-login")
    assert moved["state"] == "withdrawn"
    links = [(x / ".git").read_text() for x in opened.layout.pool.iterdir()]
    spare = [x.strip().rpartition("/")[2] for x in links]
    made = opened.perform("worktree add", agent="docs", feature="third")
    assert made["path"].endswith("/shop-docs--third")
    added = opened.records("worktree.added")[-1]
    assert added.data["entry"] in spare  # it was handed out, not made


def test_the_same_key_gives_the_outcome_of_then(
    stored: Path, opened: OpenWorkspace
) -> None:
    """An outcome that was kept under a key is given again."""
    del stored
    before = opened.workspace.journal.last
    arguments = {"id": "backend-request"}
    said = opened.call("pending ack", arguments, agent="frontend", key="K1")
    assert said["state"] == "acknowledged"
    assert not [x for x in opened.records("pending.moved") if x.seq > before]


def test_the_hooks_of_then_are_taken_over(stored: Path, opened: OpenWorkspace) -> None:
    """The user's own hook runs on beside ours, and comes back with the uninstall."""
    shop = stored / "shop"
    git(stored, "init", "-q", "--bare", "away.git")
    opened.perform("doctor", fix=True)
    assert all(x["well"] for x in opened.perform("doctor"))
    git(shop, "push", "-q", str(stored / "away.git"), "main")
    assert (shop / ".git" / "earlier").read_text() == "earlier\n"
    opened.perform("hooks uninstall")
    assert "earlier" in (shop / ".git" / "hooks" / "pre-push").read_text()
    assert not (shop / ".git" / "hooks" / "reference-transaction").exists()


def test_what_was_packed_names_no_machine() -> None:
    """The stored workspace holds no path of the machine that it was made on."""
    data = (STORED / "workspace-1.tar.gz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        assert not [x.name for x in packed if x.name.startswith(("/", ".."))]
        found = (packed.extractfile(x) for x in packed if x.isfile())
        assert not any(b"/tmp/" in x.read() for x in found if x is not None)


def test_what_was_submitted_before_reviews_is_reviewed(opened: OpenWorkspace) -> None:
    """It has a patchset, is looked into, and a nameless maintainer approves it."""
    items = [x for x in opened.perform("pending list") if x["state"] == "submitted"]
    assert items
    for item in items:
        assert (item["patchset"], item["turn"]) == (1, "maintainers")
        shown = opened.perform("pending show", id=item["id"], diff=True)
        assert [x["commit"] for x in shown["patchsets"]] == [item["commit"]]
        assert all(x["base"] for x in shown["patchsets"])
        assert shown["diff"]
        approved = opened.perform("review approve", id=item["id"])
        assert (approved["state"], approved["requirements"]) == ("approved", [])
        assert opened.records("review.approved")[-1].actor == "(maintainer)"
