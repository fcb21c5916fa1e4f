import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_contexts import states
from active_contexts.model import ContextState
from active_contexts.states import find, normalise

TABLE = {
    ContextState.WORKING: """
        Active | active | ACTIVE | *Active* | **active** | `active` | [active] |
        🟢 Active | 🟢 Fully operational | in_progress | in-progress | In Progress
        | IN PROGRESS | InProgress | inProgress | inprogress | In Progress 🚧 | 🚧
        in progress | 🔄 WIP | wip | WIP: | Work in progress | work-in-progress |
        Working | working on cart | Busy | doing | ongoing | on-going | underway
        | under way | under development | in development | in dev | developing |
        coding | implementing | building it | testing | in testing | debugging
        the queue | fixing bugs | refactoring | investigating | researching |
        planning | designing | drafting | documenting | writing tests | started
        | just started | has begun | resumed | picked up | claimed | taken |
        running | executing | processing | on track | partial | partially done |
        partly finished | half complete | nearly done | almost finished | mostly
        complete | incomplete | unfinished | not done | not yet done | isn't
        done | not complete | not yet merged | not fully implemented | never
        finished | not blocked | no longer blocked | unblocked | no blockers |
        not waiting | 10% | 50 % | 99.5% | 80% complete | 80 % done | 3/5 | 3/5
        done | 3 of 5 tasks complete | Step 2 of 6 | Complete (80%) | done - 40%
        | API complete, tests in progress | changes requested | needs work |
        reworking | reopened | re-opened | pending -> active | ~~done~~ active |
        Active, no blockers | 🚧 | 🔄 | en cours | in Bearbeitung | 进行中 | в
        процессе | finalizing | wrapping up | draft | up
        """,
    ContextState.WAITING: """
        Waiting | waiting for frontend | WAITING_FOR_REVIEW | waiting-on-api |
        awaiting review | ⏳ Awaiting decision | on hold | on-hold | ON_HOLD |
        onhold | hold | ⏸️ Paused | paused | suspended | halted | deferred |
        postponed | delayed | parked | in review | In Review 👀 | in_review |
        under review | code review | needs review | review requested | ready for
        review | Ready For QA | ready for testing | pending review | pending
        approval | pending merge | approval pending | needs approval | needs
        input | needs clarification | submitted | submitted for review | PR open
        | PR submitted | review | QA | complete, waiting for review | in
        progress - waiting for the token | In progress (on hold) | not started:
        awaiting design | queued for merge | ⏳ | ⏸ | wartet | en attente | 等待中
        """,
    ContextState.BLOCKED: """
        Blocked | BLOCKED | 🔴 blocked | ❌ Failed | blocked by schema |
        blocked-by-api | blocked on #12 | is blocked | currently blocked | still
        blocked | Blocker: schema | stuck | stuck on types | stalled | failed |
        FAILED | failing tests | failure | error | errored | ERROR: no database
        | crashed | broken | aborted | rejected | cannot continue | can't
        proceed | couldn't build | unable to run | depends on schema | missing
        dependency | needs help | needs attention | escalated | merge conflict |
        in conflict | timed out | deadlocked | conflict | in progress, blocked
        by the schema | In progress (blocked) | red | ❌ | 🛑 | ⛔ | blockiert |
        bloqué | заблокировано
        """,
    ContextState.DONE: """
        Done | done. | DONE! | ✅ Done | ✅ Complete | complete | Completed |
        COMPLETED | [x] done | development complete | Frontend development
        complete | Task completed | finished | all finished | merged | shipped |
        deployed | released | delivered | landed | published | launched |
        resolved | ✓ solved | fixed | closed | won't fix | wontfix | cancelled |
        canceled | abandoned | archived | obsolete | superseded | implemented |
        verified | validated | approved | accepted | signed off | passed |
        pre-merge-passed | succeeded | success | successfully set up | handed
        off | handed over | ready for deployment | Ready for deploy | ready to
        merge | ready for merge | ready to ship | ready for release | ready for
        production | production ready | production-ready | code complete |
        feature-complete | 100% | 100 % | 5/5 | 100% complete | complete (100%)
        | phase_2_review_complete | open -> done | todo → in progress → done |
        Proposed => Accepted | live | ok | ✅ | ☑️ | 🎉 | erledigt | fertig |
        terminé | готово | 完了 | is done | all set
        """,
    ContextState.IDLE: """
        Idle | idle | todo | TODO | To Do | to-do | ToDo | planned | pending |
        PENDING | pending pickup | Pending pickup (anyone) | ready | Ready |
        ready to start | Ready for execution | backlog | in backlog | queued |
        scheduled | upcoming | next up | not started | Not Started | NOT_STARTED
        | not_started | not-started | notStarted | notstarted | not yet started
        | hasn't started | isn't active | not active | inactive | unstarted |
        unassigned | assigned | to be done | to be started | yet to start |
        about to start | tbd | proposed | available | standby | standing by |
        stopped | offline | away | sleeping | no active task | nothing to do |
        no tasks | open | new | 0% | 0/4 | 0% complete | not ready | 💤 | 📋 | ⬜ |
        geplant | pendiente | 未着手
        """,
    ContextState.UNKNOWN: """
        | - | … | purple | 🦄 | 42 | n/a | [status] | {state} | a brown fox | 12:30
        | backend | 2026-01-31 | ? | Sat Jan 31
        """,
}
ROWS = [
    (" ".join(words.split()), state)
    for state, text in TABLE.items()
    for words in text.split(" | " if state is not ContextState.UNKNOWN else "|")
]


@pytest.mark.parametrize(("words", "state"), ROWS)
def test_a_state_is_heard_however_it_is_spelled(
    words: str, state: ContextState
) -> None:
    """Case, emoji, decoration and negation are all understood."""
    assert normalise(words) is state


def test_the_table_is_as_wide_as_what_is_met_in_real_files() -> None:
    """More than 152 distinct spellings, the number seen in 224 real files."""
    known = {
        words.lower() for words, state in ROWS if state is not ContextState.UNKNOWN
    }
    assert len(known) > 280


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("isn\u2019t finished", ContextState.WORKING),
        ("can\u2019t start", ContextState.BLOCKED),
        ("\U0001d5d7\U0001d5fc\U0001d5fb\U0001d5f2", ContextState.DONE),
        ("Waiting\u2014for the schema", ContextState.WAITING),
    ],
)
def test_typographic_letters_count_as_plain_ones(
    words: str, state: ContextState
) -> None:
    """Curly apostrophes and bold letters come from editors, not from people."""
    assert normalise(words) is state


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Backend Developer Active", "Active"),
        ("the work is not yet done", "not yet done"),
        ("in progress, blocked by the schema", "blocked by"),
        ("80% complete", "80% complete"),
        ("🎉", "🎉"),
    ],
)
def test_the_words_that_say_the_state_are_told(words: str, said: str) -> None:
    """The author's own words are kept, without the rest of the line."""
    found = find(words)
    assert found is not None
    assert found.said == said


@pytest.mark.parametrize(
    ("words", "starts", "ends"),
    [
        ("done", True, True),
        ("we are still waiting", True, True),
        ("blocked by the schema", True, False),
        ("cart page complete", False, True),
        ("those failed tests of yesterday", False, False),
        ("🎉", False, False),
        ("live", True, True),
        ("cart: live", False, False),
    ],
)
def test_it_is_told_whether_the_state_opens_or_closes_the_words(
    words: str, *, starts: bool, ends: bool
) -> None:
    """A bare line is only trusted where the state opens or closes it."""
    found = find(words)
    assert found is not None
    assert (found.starts, found.ends) == (starts, ends)


PIECES = [
    *("not", "80 %", "80%", "3/4", "3 of 4", "->", "InProgress", "isn't", "the", "x"),
    *("rule 3 of the part was looked at", "— done", "HTTP", "a/b", "wip2", "~~done~~"),
    *(x for text, _ in ROWS for x in text.split()),
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_words_that_are_passed_over_say_no_state(words: str) -> None:
    """The cheap look leaves out only what the whole one would find nothing in."""
    if not states._may_say(words):
        assert states._find(words) is None


@given(st.text(max_size=600))
def test_any_text_has_a_state(words: str) -> None:
    """No text raises, and a state is always one of the six."""
    assert normalise(words) in ContextState


@given(st.sampled_from([x for x in ROWS if x[0].isascii()]))
def test_case_does_not_count(row: tuple[str, ContextState]) -> None:
    """Capitals are how people shout, not another state."""
    words, state = row
    assert normalise(words.lower()) is state


@pytest.mark.parametrize("mark", ["**", "__", "`", "*", "~", '"'])
@pytest.mark.parametrize(
    "state", [x for x in ContextState if x is not ContextState.UNKNOWN]
)
def test_each_state_names_itself(state: ContextState, mark: str) -> None:
    """What `context set --state` takes is always understood, decorated or not."""
    assert normalise(f"{mark}{state.value}{mark}") is state
