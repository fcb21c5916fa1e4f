"""Fixtures of reviews: an agent with a branch, and two maintainers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.review.review_yard import Maintainer, propose
from tests.support import FakeAgent, ManualClock, OpenWorkspace, open_workspace

CODE = "".join(f"line {x}\n" for x in range(1, 21))


@pytest.fixture
def shop(
    tmp_path: Path, clock: ManualClock, repository: Path
) -> Iterator[OpenWorkspace]:
    """A workspace with a repository and three agents."""
    agents = ["backend", "frontend", "docs"]
    where = tmp_path / "w"
    with open_workspace(where, clock, {"shop": repository}, agents) as made:
        yield made


@pytest.fixture
def agent(shop: OpenWorkspace) -> FakeAgent:
    """An agent that has proposed a branch with one commit."""
    made = FakeAgent(shop.root, "backend")
    made.branch("login")
    made.commit("server/a.py", CODE)
    propose(made, shop)
    return made


@pytest.fixture
def ann(
    shop: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Maintainer:
    """A maintainer."""
    return Maintainer(shop, monkeypatch, tmp_path, "Ann")


@pytest.fixture
def bob(
    shop: OpenWorkspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Maintainer:
    """Another one."""
    return Maintainer(shop, monkeypatch, tmp_path, "Bob")
