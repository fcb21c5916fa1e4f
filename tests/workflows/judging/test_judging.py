from hypothesis import given
from hypothesis import strategies as st

from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.judging import judge
from coordinator.workflows.judging.verdicts import Outcome, Sources
from coordinator.workflows.model import Comparison, Criteria, Criterion
from tests.workflows.hearing_room import FakeTree, criterion, verdict


def test_each_criterion_has_its_verdict_in_order() -> None:
    """Files are read once for all of them."""
    tree = FakeTree({"a.md": "one two"})
    criteria = [
        criterion(Criteria.FILE_EXISTS, "a.md"),
        criterion(Criteria.FILE_MATCHES, "one", is_pattern=True),
        criterion(Criteria.FILE_MATCHES, "three", is_pattern=True),
        criterion(Criteria.EXIT_CODE, "0", expected=0),
    ]
    results = judge(criteria, Evidence(exit_code=0), tree, Sources())
    assert [x.criterion for x in results] == criteria
    assert [x.outcome for x in results] == ["met", "met", "unmet", "met"]
    assert tree.reads == ["a.md"]


def test_a_persons_word_is_never_given_by_a_program() -> None:
    """Neither what nobody can check nor a mere remark passes by itself."""
    for asked in (
        criterion(Criteria.ATTESTED, text="looks good"),
        criterion(Criteria.FILE_MATCHES, remark="has all sections"),
        criterion(Criteria.EXIT_CODE, remark="not zero"),
        criterion(Criteria.HTTP_RESPONSE, expected=200, remark="Production URL"),
    ):
        result = verdict(asked, {"a": "x"}, Evidence(exit_code=0))
        assert result.outcome is Outcome.ATTESTED
        assert result.found == "A person must vouch for it."


def test_a_remark_holds_back_what_is_met() -> None:
    """What was met is said, and a person must see the rest."""
    asked = criterion(Criteria.FILE_EXISTS, "a", remark="with 20 contacts")
    result = verdict(asked, {"a": "x"})
    assert result.outcome is Outcome.ATTESTED
    assert result.found == "a is there. A person must vouch for it."


def test_a_remark_saves_nothing_that_fails() -> None:
    """What a program can check must hold first."""
    asked = criterion(Criteria.FILE_EXISTS, "gone", remark="with 20 contacts")
    assert verdict(asked).outcome is Outcome.UNMET
    asked = criterion(Criteria.EXIT_CODE, expected=0, remark="or so")
    assert verdict(asked).outcome is Outcome.UNMET
    asked = criterion(Criteria.FILE_MATCHES, "x", remark="or so", is_pattern=True)
    assert verdict(asked).outcome is Outcome.UNRESOLVED


def test_every_part_must_be_there() -> None:
    """Parts are all wanted, where alternatives are not."""
    asked = criterion(
        Criteria.FILE_CONTAINS, parts=("one", "two"), files=("a", "b"), text="x"
    )
    result = verdict(asked, {"a": "one", "b": "\ntwo"})
    assert (result.outcome, result.criterion) == (Outcome.MET, asked)
    assert result.found == "a:1 matches. b:2 matches."
    assert (result.files, result.pattern) == (("a", "b"), "one and two")
    assert result.reading == "literal"
    result = verdict(asked, {"a": "one", "b": ""})
    assert (result.outcome, result.criterion) == (Outcome.UNMET, asked)
    assert result.pattern == "two"


def test_parts_that_name_files_are_where_patterns_look() -> None:
    """As alternatives do."""
    both = criterion(Criteria.FILE_EXISTS, parts=("a", "b"), text="a and b")
    bare = criterion(Criteria.FILE_MATCHES, "x", is_pattern=True)
    assert verdict([bare, both], {"a": "", "b": "x"}).found == "b:1 matches."


@given(
    st.builds(
        Criterion,
        kind=st.sampled_from(Criteria),
        text=st.text(max_size=20),
        line=st.just(1),
        values=st.lists(st.text(max_size=20), max_size=2).map(tuple),
        files=st.lists(st.text(max_size=20), max_size=2).map(tuple),
        parts=st.lists(st.text(max_size=20), max_size=2).map(tuple),
        expected=st.none() | st.integers(),
        comparison=st.none()
        | st.builds(Comparison, st.text(), st.sampled_from("<=>"), st.floats()),
        remark=st.sampled_from(["", "or so"]),
        is_pattern=st.booleans(),
    ),
    st.text(max_size=20),
)
def test_any_criterion_is_judged(asked: Criterion, text: str) -> None:
    """Nothing that a document says is a bug, and a remark is never met."""
    tree = {"a": text, "b/c": text}
    proof = Evidence(exit_code=0, stdout="x: 1", metrics={"x": 1})
    result = verdict(asked, tree, proof, Sources(("a",)))
    assert result.outcome is not Outcome.MET or not asked.remark
    assert result.found
