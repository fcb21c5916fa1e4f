"""Who is built on whose commits, as far as these have not landed."""

from pathlib import Path

import pytest

from pending_commits.radar.shared_history import sharing
from tests.pending_commits.radar.branches import make_branches


@pytest.mark.slow
def test_commits_that_have_not_landed_are_shared(tmp_path: Path) -> None:
    """One on the other, two on a third, by a merge; what landed counts for nothing."""
    made = make_branches(tmp_path / "shop.git", {"a": "1"})
    made.commit("landed", {"b": "1"}, "main")
    made.commit("main", {"b": "1"}, "landed")
    made.commit("alone", {"c": "1"}, "landed")
    made.commit("first", {"d": "1"}, "main")
    made.commit("on-it", {"e": "1"}, "first")
    made.commit("beside", {"f": "1"}, "first")
    made.commit("first", {"g": "1"})
    made.commit("both", {"h": "1"}, "beside", "alone")
    heads = {v: k for k, v in made.commits.items()}
    target = made.commits["main"]
    found = sharing(made.scratch(), target, list(heads))
    assert {heads[k]: {heads[x] for x in v} for k, v in found.items()} == {
        "main": set(),
        "landed": set(),
        "alone": {"both"},
        "first": {"on-it", "beside", "both"},
        "on-it": {"first", "beside", "both"},
        "beside": {"first", "on-it", "both"},
        "both": {"alone", "first", "on-it", "beside"},
    }
    assert sharing(made.scratch(), target, []) == {}
