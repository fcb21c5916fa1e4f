"""Alternatives that are judged as wholes: exit codes and requests."""

import json
from pathlib import Path

import pytest

from coordinator.workflows.criteria import criteria
from coordinator.workflows.judging import evidence, judging
from coordinator.workflows.judging.file_trees import DiskTree
from coordinator.workflows.judging.verdicts import Outcome, Sources

ASKED = "HTTP Response: `GET /q returns HTTP 404` or `GET /q returns HTTP 200 OK`"


def verdict(tmp_path: Path, text: str, **shown: object) -> Outcome:
    """Return what becomes of a criterion by this evidence."""
    found = evidence.parse(json.dumps(shown))
    criterion = criteria.parse(text, 1)
    [judged] = judging.judge([criterion], found, DiskTree(tmp_path), Sources())
    return judged.outcome


@pytest.mark.parametrize(("code", "outcome"), [(0, "met"), (1, "met"), (2, "unmet")])
def test_any_of_several_exit_codes_will_do(
    tmp_path: Path, code: int, outcome: str
) -> None:
    """An `or` stands between values of every kind."""
    assert verdict(tmp_path, "Exit Code: `0` or `1`", exit_code=code) == outcome


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ({"exit_code": 3}, "met"),
        ({"exit_code": 1, "stdout": "done"}, "met"),
        ({"exit_code": 1}, "unmet"),
    ],
)
def test_alternatives_of_several_kinds(
    tmp_path: Path, shown: dict[str, object], outcome: str
) -> None:
    """Each with its label."""
    text = 'Exit Code: 3 or Output Contains: "done"'
    assert verdict(tmp_path, text, **shown) == outcome


@pytest.mark.parametrize(
    ("status", "outcome"), [(404, "met"), (200, "met"), (500, "unmet")]
)
def test_any_of_several_answers_will_do(
    tmp_path: Path, status: int, outcome: str
) -> None:
    """Each request has a status of its own."""
    shown = [{"method": "GET", "url": "http://localhost/q", "status": status}]
    assert verdict(tmp_path, ASKED, http=shown) == outcome


def test_an_equivalent_is_a_persons_matter(tmp_path: Path) -> None:
    """What is not there may have something else in its place."""
    text = "File Exists: `bread.md` or equivalent"
    assert verdict(tmp_path, text) == Outcome.ATTESTED
