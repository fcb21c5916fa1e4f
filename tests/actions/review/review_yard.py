"""A workspace in which agents propose branches and several maintainers review them."""

from pathlib import Path
from typing import Any

import pytest

from coordinator.daemon.dispatcher import Request
from coordinator.workspace import tokens
from tests.support import FakeAgent, OpenWorkspace

ITEM = "backend-login"


class Maintainer:
    """A person with a token and a name."""

    def __init__(
        self,
        opened: OpenWorkspace,
        monkeypatch: pytest.MonkeyPatch,
        home: Path,
        name: str,
    ) -> None:
        self._opened = opened
        with monkeypatch.context() as patch:
            patch.setenv("XDG_CONFIG_HOME", str(home / name))
            tokens.admit_maintainer(opened.layout, name)
            self.token = tokens.own()
        self.actor = f"(maintainer {name})"

    def perform(self, action: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Perform an action with this maintainer's token."""
        request = Request(action, arguments, "/", "", self.token, "")
        return self._opened.dispatcher.perform(request).value

    def notes(self, action: str, **arguments: Any) -> list[str]:  # noqa: ANN401 - JSON
        """Perform an action; return what is said beside its answer."""
        request = Request(action, arguments, "/", "", self.token, "")
        return self._opened.dispatcher.perform(request).notes

    def look(self, patchset: str = "") -> Any:  # noqa: ANN401 - JSON
        """Be shown the diff of an item, or of patchsets."""
        return self.perform("pending show", id=ITEM, diff=True, patchset=patchset)

    def approve(self, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Approve the item."""
        return self.perform("review approve", id=ITEM, **arguments)

    def ask(self, text: str) -> Any:  # noqa: ANN401 - JSON
        """Ask for changes."""
        return self.perform("review request-changes", id=ITEM, body=text)


def propose(agent: FakeAgent, opened: OpenWorkspace) -> dict[str, Any]:
    """Propose the agent's branch by a file; return the item."""
    branch = f"{agent.name}/login"
    agent.pending("login", f"# Login\n\nBranch: {branch}\n")
    return item(opened)


def item(opened: OpenWorkspace, wanted: str = ITEM) -> dict[str, Any]:
    """Return a pending item, as everybody sees it."""
    found: list[dict[str, Any]] = opened.perform("pending list")
    return next(x for x in found if x["id"] == wanted)


def lacking(found: dict[str, Any]) -> list[str]:
    """Return the names of what an item still lacks."""
    return [x["name"] for x in found["requirements"] if not x["met"]]


def settings(opened: OpenWorkspace, table: str, *lines: str) -> None:
    """Set something in a table of the settings, as a person does."""
    path = opened.layout.settings
    head = f"[{table}]\n"
    text = path.read_text()
    assert head in text
    path.write_text(text.replace(head, head + "".join(f"{x}\n" for x in lines)))
