import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator.index import history as module
from coordinator.index.history import History, HistoryStoppedError, place_of
from coordinator.kernel.blobs import Blobs, name_of
from coordinator.kernel.disk.locks import Held
from coordinator.kernel.git import Repository
from coordinator.kernel.journal import Draft, Journal
from tests.support import ManualClock, git

AT = "coordinator.invalid|coordinator|2026-01-31T09:00"
CONTEXT = "agent-system/active-contexts/docs-status.md"


class Desk:
    """Journal, blobs and history of one workspace, with documents to accept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = ManualClock()
        held = Held(root)
        self.journal = Journal(root / "journal", held=held, now=self.clock)
        self.blobs = Blobs(root / "blobs", held=held)
        self.history = self.new_history()

    def new_history(self) -> History:
        """Return a history in the same place, as after a restart."""
        return History(self.root / "history.git", self.blobs.get)

    def draft(self, path: str, data: bytes, actor: str = "docs") -> Draft:
        """Store a version and return what accepts it."""
        [blob] = self.blobs.put([data])
        facts = {"owner": "x", "agent": actor, "blob": blob, "size": len(data)}
        return Draft("document.accepted", actor, path, facts)

    def accept(self, path: str, data: bytes, actor: str = "docs") -> None:
        """Record a version of a document."""
        self.journal.append([self.draft(path, data, actor)])
        self.clock.advance(seconds=1)

    def catch_up(self) -> int:
        """Bring the history up to the journal."""
        return self.history.catch_up(self.journal)

    def restart(self) -> None:
        """End the history's co-process and begin another."""
        self.history.close()
        self.history = self.new_history()

    def log(self, form: str) -> list[str]:
        """Return a line for each commit, oldest first."""
        said = self.git("log", "--reverse", f"--format={form}", "main")
        return said.split("\n") if said else []

    def git(self, *args: str) -> str:
        """Ask the history as anybody could."""
        return git(self.root / "history.git", *args)

    def version(self, commit: str, path: str) -> bytes:
        """Read a version of a document back."""
        repository = Repository(self.root / "history.git")
        return repository.ask("cat-file", "blob", f"{commit}:{place_of(path)}").stdout

    def close(self) -> None:
        """Close everything."""
        self.history.close()
        self.blobs.close()
        self.journal.close()


@pytest.fixture
def dispatcher(tmp_path: Path) -> Iterator[Desk]:
    """A workspace without a history yet."""
    root = tmp_path / "team"
    root.mkdir()
    made = Desk(root)
    yield made
    made.close()


def test_every_record_is_a_commit(dispatcher: Desk) -> None:
    """`git log` says who did what and when, with the record that explains it."""
    dispatcher.accept(CONTEXT, b"one\n", actor="docs")
    dispatcher.journal.append([Draft("document.removed", "(system)", CONTEXT)])
    assert dispatcher.catch_up() == 2
    assert dispatcher.catch_up() == 0
    assert dispatcher.log("%an|%ae|%cn|%aI|%s") == [
        f"docs|docs@{AT}:00+00:00|document.accepted {CONTEXT}",
        f"system|system@{AT}:01+00:00|document.removed {CONTEXT}",
    ]
    [first, _] = list(dispatcher.journal.read())
    assert first.render() in dispatcher.git("log", "-1", "--format=%B", "main~1")


def test_every_version_can_be_read_back(dispatcher: Desk) -> None:
    """Any bytes of any document, at the commit that accepted them."""
    versions = [
        b"",
        b"a\r\nb",
        "é\n".encode(),
        b"\n\nM 100644\ndata 5\n",
        b"x" * 99_999,
    ]
    for data in versions:
        dispatcher.accept(CONTEXT, data)
        dispatcher.accept("pending-commits/other.md", b"other")
    dispatcher.catch_up()
    commits = dispatcher.log("%H")
    assert [dispatcher.version(x, CONTEXT) for x in commits[::2]] == versions
    assert dispatcher.version("main", "pending-commits/other.md") == b"other"


@pytest.mark.parametrize(
    "name",
    [
        *('a "b".md', "a\\b.md", "ü\u202e.md", "a\nb.md", " a .md", "a\tb\rc.md", "-a"),
        *("'", "a\x01.md", '"a"', "\\n", "a:b", "docs-status.md"),
    ],
)
def test_names_are_what_people_call_their_files(dispatcher: Desk, name: str) -> None:
    """Quotes, backslashes, line ends and other letters survive a restart as well."""
    for path in (name, f"learnings/{name}", f"learnings/{name}/{name}"):
        dispatcher.accept(path, path.encode())
        dispatcher.catch_up()
        dispatcher.restart()
        assert dispatcher.version("main", path) == path.encode()


def test_a_removed_document_is_gone_from_the_tip(dispatcher: Desk) -> None:
    """Its versions stay in the commits before."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.journal.append([Draft("document.removed", "docs", CONTEXT)] * 2)
    dispatcher.catch_up()
    assert dispatcher.git("ls-tree", "-r", "--name-only", "main") == ""
    assert dispatcher.version("main~2", CONTEXT) == b"one"


def test_a_rebuild_gives_the_same_commits(dispatcher: Desk) -> None:
    """The history is derived: in one go or record by record, it ends equal."""
    for number in range(20):
        dispatcher.accept(f"learnings/{number % 3}.md", b"%d" % number)
        if number % 5 == 0:
            dispatcher.catch_up()
    dispatcher.catch_up()
    before = dispatcher.log("%H")
    assert len(before) == 20
    shutil.rmtree(dispatcher.root / "history.git")
    assert dispatcher.catch_up() == 20
    assert dispatcher.log("%H") == before
    dispatcher.history.close()
    shutil.rmtree(dispatcher.root / "history.git")
    dispatcher.restart()
    dispatcher.catch_up()
    assert dispatcher.log("%H") == before


def test_a_restart_goes_on(dispatcher: Desk) -> None:
    """What is there is not written again."""
    for number in range(3):
        dispatcher.accept(CONTEXT, b"%d" % number)
        assert dispatcher.catch_up() == 1
        dispatcher.restart()
    assert dispatcher.catch_up() == 0
    assert len(dispatcher.log("%H")) == 3


@pytest.mark.slow
def test_a_killed_co_process_is_replaced(dispatcher: Desk) -> None:
    """A kill at any moment costs a retry, never a commit."""
    for number in range(12):
        dispatcher.accept(CONTEXT, b"%d" % number)
        dispatcher.catch_up()
        child = dispatcher.history._child
        assert child
        os.killpg(child._process.pid, signal.SIGKILL)
        if number % 2:
            child._process.wait()
        dispatcher.journal.append([dispatcher.draft(CONTEXT, b"more")] * number)
        with pytest.raises(HistoryStoppedError, match="fast-import ended"):
            caught_up(dispatcher)
        dispatcher.catch_up()
    assert records_of(dispatcher) == list(range(1, dispatcher.journal.last + 1))


def caught_up(dispatcher: Desk) -> None:
    """Have one more record, and take it in."""
    dispatcher.accept(CONTEXT, b"last")
    dispatcher.catch_up()


def records_of(dispatcher: Desk) -> list[int]:
    """Return the record number of each commit."""
    said = dispatcher.git("log", "--reverse", "--format=%B%x00", "main")
    return [int(x.rpartition("Record: ")[2]) for x in said.split("\0")[:-1]]


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_batch_is_made_good(
    dispatcher: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches before it stay, and the rest is written again."""
    monkeypatch.setattr(module, "_BATCH", 10)
    for number in range(35):
        dispatcher.accept(CONTEXT, b"%d" % number)
    killing = History(dispatcher.root / "history.git", dispatcher.blobs.get)
    victim = name_of(b"25")

    def read(name: str) -> bytes:
        if name == victim and killing._child:
            os.killpg(killing._child._process.pid, signal.SIGKILL)
            killing._child._process.wait()
        return dispatcher.blobs.get(name)

    killing._read_blob = read
    with pytest.raises(HistoryStoppedError):
        killing.catch_up(dispatcher.journal)
    assert len(dispatcher.log("%H")) == 20
    dispatcher.catch_up()
    assert records_of(dispatcher) == list(range(1, 36))


def test_a_missing_blob_stops_the_history_at_its_record(dispatcher: Desk) -> None:
    """Everything before it is there; nothing is skipped; later it goes on."""
    dispatcher.accept(CONTEXT, b"one")
    missing = Draft("document.accepted", "docs", CONTEXT, {"blob": name_of(b"gone")})
    dispatcher.journal.append([missing])
    dispatcher.accept(CONTEXT, b"three")
    for _ in range(2):
        with pytest.raises(HistoryStoppedError, match="before record 2: The blob"):
            dispatcher.catch_up()
        assert records_of(dispatcher) == [1]
    dispatcher.blobs.put([b"gone"])
    assert dispatcher.catch_up() == 2
    assert dispatcher.version("main~1", CONTEXT) == b"gone"


def test_the_history_of_another_journal_is_refused(
    dispatcher: Desk, tmp_path: Path
) -> None:
    """A folder that was copied from elsewhere is never continued."""
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    for made, data in ((dispatcher, b"one"), (other, b"two")):
        made.accept(CONTEXT, data)
        made.catch_up()
        made.restart()
    other.close()
    shutil.rmtree(dispatcher.root / "history.git")
    shutil.copytree(other.root / "history.git", dispatcher.root / "history.git")
    with pytest.raises(HistoryStoppedError, match="not of this journal") as caught:
        dispatcher.catch_up()
    assert "history.git" in caught.value.hint


def test_a_history_longer_than_the_journal_is_refused(dispatcher: Desk) -> None:
    """A journal that lost its end does not go unnoticed."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.accept(CONTEXT, b"two")
    dispatcher.catch_up()
    dispatcher.restart()
    dispatcher.journal.close()
    segment = dispatcher.root / "journal" / "000000000000001.jsonl"
    data = segment.read_bytes()
    segment.write_bytes(data[: data.index(b"\n") + 1])
    dispatcher.journal = Journal(
        dispatcher.root / "journal", held=Held(dispatcher.root), now=dispatcher.clock
    )
    with pytest.raises(HistoryStoppedError, match="before record 3"):
        dispatcher.catch_up()


def test_a_commit_of_somebody_else_is_refused(dispatcher: Desk) -> None:
    """The history is only continued from a commit of ours."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.catch_up()
    dispatcher.history.close()
    tree = dispatcher.git("rev-parse", "main^{tree}")
    odd = dispatcher.git("commit-tree", "-p", "main", "-m", "Mine", tree)
    dispatcher.git("update-ref", "refs/heads/main", odd)
    dispatcher.accept(CONTEXT, b"two")
    with pytest.raises(HistoryStoppedError, match="not of this journal"):
        dispatcher.catch_up()


def test_locks_of_a_killed_git_do_not_block(dispatcher: Desk) -> None:
    """Only a dead git of ours can have left them."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.catch_up()
    dispatcher.restart()
    for name in ("refs/heads/main.lock", "packed-refs.lock", "config.lock"):
        (dispatcher.root / "history.git" / name).touch()
    dispatcher.accept(CONTEXT, b"two")
    assert dispatcher.catch_up() == 1


@pytest.mark.slow
def test_packs_are_merged_and_commits_go_on(
    dispatcher: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of packs stays small, and nothing is lost by it."""
    monkeypatch.setattr(module, "_MOST_PACKS", 5)
    for round_ in range(3):
        for number in range(8):
            dispatcher.accept(CONTEXT, b"%d %d" % (round_, number))
            dispatcher.catch_up()
        dispatcher.restart()
        packs = list(
            (dispatcher.root / "history.git" / "objects" / "pack").glob("*.pack")
        )
        assert len(packs) <= 5
    assert len(dispatcher.log("%H")) == 24
    dispatcher.git("fsck", "--strict")


def test_places_are_spread() -> None:
    """A folder of ten thousand documents stays cheap to change."""
    assert place_of("a.md") == "fe/a.md"
    places = {place_of(f"x/{y}.md").split("/")[1] for y in range(2_000)}
    assert len(places) > 250


@pytest.mark.slow
def test_packs_are_merged_while_the_daemon_runs(
    dispatcher: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is a pack; their number stays small without a restart."""
    monkeypatch.setattr(module, "_MOST_PACKS", 5)
    for number in range(30):
        dispatcher.accept(CONTEXT, b"%d" % number)
        assert dispatcher.catch_up() == 1
        packs = list(
            (dispatcher.root / "history.git" / "objects" / "pack").glob("*.pack")
        )
        assert len(packs) <= 12
    assert len(dispatcher.log("%H")) == 30


def test_lost_packs_and_an_empty_ref_are_made_good(dispatcher: Desk) -> None:
    """After power loss git may have lost what nobody else needs: it is derived."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.accept(CONTEXT, b"two")
    dispatcher.catch_up()
    before = dispatcher.log("%H")
    ref = dispatcher.root / "history.git" / "refs" / "heads" / "main"
    for lose_packs in (False, True):
        dispatcher.restart()
        ref.write_text("")
        for pack in (dispatcher.root / "history.git" / "objects" / "pack").iterdir():
            if lose_packs:
                pack.unlink()
        assert dispatcher.catch_up() == 2
        assert dispatcher.log("%H") == before


def test_a_damaged_pack_stops_the_history(dispatcher: Desk) -> None:
    """Nothing is called committed that git cannot read back."""
    dispatcher.accept(CONTEXT, b"one")
    dispatcher.catch_up()
    dispatcher.restart()
    [pack] = (dispatcher.root / "history.git" / "objects" / "pack").glob("*.pack")
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-40])
    for _ in range(2):
        with pytest.raises(HistoryStoppedError, match="damaged"):
            dispatcher.catch_up()


def test_odd_actors_and_bytes_survive_a_restart(dispatcher: Desk) -> None:
    """No name of an actor or a file can break the stream or the way back."""
    for actor, path in (("we<ird\n>", "a.md"), ("docs", "learnings/\udcff.md")):
        dispatcher.accept(path, b"x", actor=actor)
        assert dispatcher.catch_up() == 1
        dispatcher.restart()
    assert dispatcher.catch_up() == 0
    assert dispatcher.version("main", "learnings/\udcff.md") == b"x"
