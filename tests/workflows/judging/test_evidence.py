import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.errors import ErrorKind
from coordinator.workflows.judging import evidence
from coordinator.workflows.judging.evidence import (
    BadEvidence,
    CommandRun,
    Evidence,
    Exchange,
)


def test_everything_that_may_be_submitted_is_read() -> None:
    """Each key of the contract arrives with its value."""
    text = """{
      "argv": ["npm", "test"], "cwd": "shop", "exit_code": 0, "stdout": "ok",
      "stderr": "", "duration_s": 2, "commit": "0a1b2c3", "junit": ["<a/>"],
      "http": [{"method": "GET", "url": "http://localhost/", "status": 200}],
      "metrics": {"coverage": 91}, "files": ["a.py"], "note": "done",
      "runs": [{"argv": ["ls"], "exit_code": 1}]
    }"""
    assert evidence.parse(text) == Evidence(
        argv=("npm", "test"),
        cwd="shop",
        exit_code=0,
        stdout="ok",
        duration_s=2.0,
        commit="0a1b2c3",
        junit=("<a/>",),
        http=(Exchange(url="http://localhost/", status=200),),
        metrics={"coverage": 91.0},
        files=("a.py",),
        note="done",
        runs=(CommandRun(argv=("ls",), exit_code=1),),
    )


def test_nothing_is_evidence_too() -> None:
    """Steps that are judged from files need no word."""
    assert evidence.parse("{}") == Evidence()
    assert evidence.parse("{}").commands == ()


def test_one_junit_text_stands_alone() -> None:
    """A text and a list of texts mean the same."""
    assert evidence.parse('{"junit": "<a/>"}').suites == ("<a/>",)
    assert evidence.parse('{"junit": ["<a/>", "<b/>"]}').suites == ("<a/>", "<b/>")


def test_commands_are_the_own_one_and_the_further_ones() -> None:
    """A submission that names no command of its own has only the further ones."""
    runs = (CommandRun(exit_code=1),)
    assert Evidence(runs=runs).commands == runs
    own = Evidence(exit_code=0, runs=runs)
    assert own.commands == (own, *runs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no JSON", "the text: Invalid JSON"),
        ("[]", "the text: Input should be an object"),
        ('{"exitcode": 0}', r"exitcode: there is no such key \(known are argv, cwd"),
        ('{"runs": [{"exit": 0}]}', "runs.0.exit: there is no such key"),
        ('{"exit_code": "0"}', "exit_code: Input should be a valid integer"),
        ('{"exit_code": true}', "exit_code: Input should be a valid integer"),
        ('{"duration_s": -1}', "duration_s: Input should be greater"),
        ('{"metrics": {"x": NaN}}', "metrics.x: Input should be a finite number"),
        ('{"metrics": {"x": true}}', "metrics.x: Input should be a valid number"),
        ('{"commit": "main"}', "commit: it must be the id"),
        ('{"junit": 1}', "junit: it must be text or a list of texts"),
        ('{"http": [{"status": 200}]}', "http.0.url: Field required"),
        ('{"stdout": "\\ud800"}', "the text: Invalid JSON"),
        ('{"stdout": "\ud800"}', "the text: Input should be a valid string"),
        ("[" * 10_000, "recursion limit"),
    ],
)
def test_what_is_no_evidence_is_refused_with_its_place(text: str, said: str) -> None:
    """The sentence names the key, and the hint shows how it is done."""
    with pytest.raises(BadEvidence, match=said) as caught:
        evidence.parse(text)
    assert caught.value.kind is ErrorKind.USAGE
    assert '"argv"' in caught.value.hint


def test_a_refusal_does_not_repeat_a_secret() -> None:
    """Values may be passwords; only the keys are named."""
    with pytest.raises(BadEvidence) as caught:
        evidence.parse('{"exit_code": "hunter2"}')
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_evidence_is_bounded() -> None:
    """More than 1 MiB in all is refused."""
    text = json.dumps({"stdout": "x" * evidence.MAX_BYTES})
    with pytest.raises(BadEvidence, match="the limit is 1048576"):
        evidence.parse(text)


@given(
    st.text() | st.dictionaries(st.text(), st.text() | st.integers()).map(json.dumps)
)
def test_any_text_is_evidence_or_refused(text: str) -> None:
    """No text is a bug."""
    try:
        assert isinstance(evidence.parse(text), Evidence)
    except BadEvidence as error:
        error.message.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Test coverage > 90%", '{"metrics": {"Test coverage": NUMBER}}'),
        ("> 90 %", '{"metrics": {"NAME": NUMBER}}'),
        ("Everything is eaten", '{"metrics": {"NAME": NUMBER}}'),
    ],
)
def test_evidence_for_a_number_has_its_name(text: str, expected: str) -> None:
    """As the sentence names it."""
    assert evidence.of_number(text) == expected
