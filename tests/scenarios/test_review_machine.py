"""Items, patchsets and reviews against a model; the workspace closes at any time."""

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coordinator.kernel.errors import CoordinatorError
from tests.actions.review.review_yard import ITEM, Maintainer
from tests.support import FakeAgent, ManualClock, OpenWorkspace, git, open_workspace

pytestmark = pytest.mark.slow
NAMES = ("Ann", "Bob")
WHO = st.sampled_from(NAMES)


@dataclass
class Model:
    """What an item should be: said in a few lines, without a table."""

    patchset: int = 1
    withdrawn: bool = False
    wanted: int = 1
    seen: set[tuple[str, int]] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    @property
    def state(self) -> str:
        """Where it stands by what was said of the newest patchset."""
        if self.withdrawn:
            return "withdrawn"
        if self.asked:
            return "changes-requested"
        return "approved" if len(self.approved) >= self.wanted else "submitted"

    def forget(self) -> None:
        """Let nothing stand that was said."""
        self.approved.clear()
        self.asked.clear()


class Reviews(RuleBasedStateMachine):
    """An agent, two maintainers, and a person who edits the settings."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.stack = ExitStack()
        self.model = Model()
        self.made = 0

    @initialize()
    def begin(self) -> None:
        """Propose a branch."""
        repository = self.folder / "repository"
        repository.mkdir()
        git(repository, "init", "-q", "-b", "main")
        git(repository, "commit", "-q", "--allow-empty", "-m", "Begin")
        self.open({"shop": repository})
        self.agent = FakeAgent(self.opened.root, "backend")
        self.agent.branch("login")
        self.commit_file()
        self.agent.pending("login", "# Login\n\nBranch: backend/login\n")
        self.people = {x: self.maintainer(x) for x in NAMES}

    def open(self, repositories: dict[str, Path] | None) -> None:
        """Open the workspace, as a process that begins."""
        where = self.folder / "w"
        context = open_workspace(where, ManualClock(), repositories, ["backend"])
        self.opened: OpenWorkspace = self.stack.enter_context(context)

    def maintainer(self, name: str) -> Maintainer:
        """Return a maintainer of that name, let in once."""
        with pytest.MonkeyPatch.context() as patch:
            return Maintainer(self.opened, patch, self.folder, name)

    def commit_file(self) -> None:
        """Commit another version of the one file."""
        self.made += 1
        self.agent.commit("server/a.py", f"version {self.made}\n")

    def item(self) -> dict[str, Any]:
        """Return the item as it is listed."""
        [found] = self.opened.perform("pending list")
        return dict(found)

    @rule()
    def close_and_open_again(self) -> None:
        """A process ends, and another one goes on from the journal."""
        self.stack.close()
        self.open(None)
        self.people = {x: self.maintainer(x) for x in NAMES}

    @rule()
    def lose_the_index(self) -> None:
        """A cache is deleted while nobody looks."""
        self.stack.close()
        (self.folder / "w" / ".coordinator" / "index.sqlite").unlink()
        self.open(None)
        self.people = {x: self.maintainer(x) for x in NAMES}

    @precondition(lambda self: not self.model.withdrawn)
    @rule()
    def new_commit(self) -> None:
        """The author goes on."""
        self.commit_file()
        self.model.patchset += 1
        self.model.forget()

    @precondition(lambda self: not self.model.withdrawn)
    @rule()
    def new_text(self) -> None:
        """The author says more, which answers nothing."""
        self.made += 1
        text = f"# Login\n\nBranch: backend/login\n\nNo {self.made}\n"
        self.agent.pending("login", text)

    @precondition(lambda self: not self.model.withdrawn)
    @rule()
    def withdraw(self) -> None:
        """The author takes it back."""
        self.opened.call("pending withdraw", {"id": ITEM}, agent="backend")
        self.model.withdrawn = True
        self.model.approved.clear()

    @precondition(lambda self: self.model.withdrawn)
    @rule()
    def submit(self) -> None:
        """And proposes it again."""
        self.opened.call("pending submit", {"branch": "backend/login"}, agent="backend")
        self.model.withdrawn = False

    @rule(who=WHO)
    def look(self, who: str) -> None:
        """A maintainer is shown the newest patchset."""
        self.people[who].look()
        self.model.seen.add((who, self.model.patchset))

    @rule(who=WHO)
    def approve(self, who: str) -> None:
        """Only what was seen, and is not withdrawn, can be approved."""
        can = (who, self.model.patchset) in self.model.seen
        if self.said(who, "review approve", can=can and not self.model.withdrawn):
            self.model.approved.add(who)
            self.model.asked.discard(who)

    @rule(who=WHO)
    def ask(self, who: str) -> None:
        """A maintainer asks for changes: of what was shown last, if anything was."""
        saw = {number for name, number in self.model.seen if name == who}
        can = not self.model.withdrawn and (not saw or self.model.patchset in saw)
        if self.said(who, "review request-changes", can=can, body="Mend."):
            self.model.asked.add(who)
            self.model.approved.discard(who)

    @rule(who=WHO)
    def revoke(self, who: str) -> None:
        """A maintainer takes a word back, if there is one."""
        words = self.model.approved | self.model.asked
        can = who in words and not self.model.withdrawn
        if self.said(who, "review revoke", can=can):
            self.model.approved.discard(who)
            self.model.asked.discard(who)

    @rule(wanted=st.integers(1, 2))
    def ask_for(self, wanted: int) -> None:
        """A person edits the settings."""
        path = self.opened.layout.settings
        lines = path.read_text().splitlines()
        kept = [x for x in lines if not x.startswith("approvals = ")]
        place = kept.index("[landing]") + 1
        kept.insert(place, f"approvals = {wanted}")
        path.write_text("\n".join(kept) + "\n")
        self.model.wanted = wanted

    def said(self, who: str, action: str, *, can: bool, **more: str) -> bool:
        """Say something; it must be refused just where the model says so."""
        try:
            self.people[who].perform(action, id=ITEM, **more)
        except CoordinatorError:
            assert not can, action
            return False
        assert can, action
        return True

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        """State, patchset and turn."""
        if not hasattr(self, "people"):
            return
        found = self.item()
        expected = (self.model.state, self.model.patchset)
        assert (found["state"], found["patchset"]) == expected
        turns = {"approved": "landing", "changes-requested": "backend"}
        turn = "" if self.model.withdrawn else turns.get(found["state"], "maintainers")
        assert found["turn"] == turn

    def teardown(self) -> None:
        """Leave nothing."""
        self.stack.close()
        shutil.rmtree(self.folder)


@pytest.mark.slow(12)
def test_items_and_reviews_follow_the_model() -> None:
    """Whatever is done in whatever order, and whenever the process ends."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Reviews,
        settings=settings(
            max_examples=20,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=checks,
        ),
    )
