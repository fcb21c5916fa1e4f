import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_contexts.format import apply, parse, render
from active_contexts.model import Context, ContextState
from tests.support import within_cpu_seconds

PATH = "agent-system/active-contexts/docs-status.md"


def read(text: str) -> Context:
    """Parse a text that must hold no problem."""
    context, problems = parse(text, PATH)
    assert problems == ()
    return context


def codes(text: str) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in parse(text, PATH)[1]]


@pytest.mark.parametrize(
    ("line", "state", "said"),
    [
        (
            "Docs Writer Active: Tue Mar  3 08:15:00 UTC 2026",
            ContextState.WORKING,
            "Active",
        ),
        (
            "Docs Writer Active: Di 3. Mär 08:15:00 CET 2026",
            ContextState.WORKING,
            "Active",
        ),
        ("   Docs Writer Active: $(date)", ContextState.WORKING, "Active"),
        ("**Docs Writer Active**: 2026-03-03", ContextState.WORKING, "Active"),
        ("Docs Writer Active - Tue Mar 3 08:15", ContextState.WORKING, "Active"),
        ("Docs Writer Active (2026-03-03)", ContextState.WORKING, "Active"),
        (
            "Docs Writer Active Tue Mar 3 08:15:00 UTC 2026",
            ContextState.WORKING,
            "Active",
        ),
        ("Active: Tue Mar 3 08:15:00 UTC 2026", ContextState.WORKING, "Active"),
        ("[2026-03-03 08:15] Manual complete", ContextState.DONE, "complete"),
        ("2026-03-03T08:15:00Z: manual complete", ContextState.DONE, "complete"),
        ("✅ Manual complete", ContextState.DONE, "complete"),
        ("Planning Agent Done", ContextState.DONE, "Done"),
        ("Review Agent Active: 2026-03-03", ContextState.WORKING, "Active"),
        ("Docs Writer is waiting for backend", ContextState.WAITING, "waiting for"),
        ("Blocked by the schema", ContextState.BLOCKED, "Blocked by"),
        ("Paused: 2026-03-03", ContextState.WAITING, "Paused"),
        ("Manual 80%", ContextState.UNKNOWN, ""),
        ("80%", ContextState.WORKING, "80%"),
        ("Writing (slowly)", ContextState.WORKING, "Writing"),
    ],
)
def test_a_bare_line_says_a_state(line: str, state: ContextState, said: str) -> None:
    """A shell line with `echo` is enough, in any language of `date`."""
    context = read(f"{line}\n")
    assert (context.state, context.said) == (state, said)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("State: working\nBranch: docs/a\n", 2),
        ("---\nstate: working\ntask: x\nbranch: docs/a\n---\n", 4),
        ("State: working\n", 0),
    ],
)
def test_the_line_of_the_branch_is_known(text: str, line: int) -> None:
    """A claim that git contradicts is shown where it stands; 0: there is none."""
    assert read(text).branch_line == line


def test_the_name_in_a_bare_line_is_data() -> None:
    """The words before the state are kept, and decide nothing."""
    assert read("Docs Writer Active: 2026-03-03\n").agent == "Docs Writer"


def test_what_follows_the_state_of_a_named_agent_is_a_note() -> None:
    """`Docs Writer Blocked: why` gives the reason."""
    context = read("Docs Writer Blocked: the glossary is missing\n")
    assert (context.state, context.note) == (
        ContextState.BLOCKED,
        "the glossary is missing",
    )


@pytest.mark.parametrize(
    "line",
    [
        "This file tracks work in progress.",
        "Tests failed: 3",
        "Completed: chapters one to four",
        "Started: 2026-03-03",
        "> Status: done",
        "[active | blocked | done]",
        "The failed build of yesterday taught us a lot about the cache",
        "x" * 400 + " done",
        "- [x] glossary done",
        "- Chapter\n  - Status: done",
        "## Log\n\nManual complete\n\nThat is what happened then, in short.",
        "## Blocked",
        f"## {'Blocked ' * 400}\n- done",
        "| Status",
        "| Status | Task |\n|---|---|\n| done | x |",
        "| Status | Count |\n|---|---|\n| done | 4 |",
        "| Agent | Status | Since |\n|---|---|---|\n| docs | done | 9:00 |",
        "<!-- Status: done -->",
        "<!--\nStatus: done\n-->",
        "```\nStatus: done\n```",
        "~~~\nDocs Writer Active: 2026-03-03\n~~~",
    ],
)
def test_what_does_not_speak_for_the_agent_is_no_state(line: str) -> None:
    """Prose, lists of results, examples and comments say no state."""
    assert read(f"{line}\n").state is ContextState.UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "State: in review",
        "status: in review",
        "**Status**: in review",
        "**Status:** in review",
        "- Status: in review",
        "- **Status:** `in review`",
        "* __Current status__: **in review**",
        "1. Status: in review",
        "🎯 **Status**: in review  ",
        "| Status | in review |",
        "| **Status** | in review |\n",
        "|Status|in review|\n|---|---|\n| Task | |",
        "# Status: in review",
        "## Status\n\nin review",
        "## Status\n- in review",
        "# Docs Writer Status\nin review",
        "**Status**\nin review",
        "Status:\n- in review",
        "---\nstatus: in review\n---\n",
        "---\nstate: in review\n---\nDocs complete\n",
        "\ufeffStatus: in review",
        "Status: in review\r\nUpdated: today\r\n",
    ],
)
def test_a_state_is_found_in_every_form(text: str) -> None:
    """Front matter, pairs, bullets, rows and headings are all read."""
    context = read(text)
    assert (context.state, context.said) == (ContextState.WAITING, "in review")


def test_the_last_state_in_the_body_counts() -> None:
    """An agent that only appends is heard."""
    lines = ["Docs Writer Active: 2026-03-03", "", "Manual complete"]
    assert read("\n".join(lines)).state is ContextState.DONE
    assert read("Status: done\nStatus: blocked\n").state is ContextState.BLOCKED


def test_a_line_appended_below_any_section_is_heard() -> None:
    """`echo … >>` does not care for headings."""
    text = (
        "Status: working\n\n## Next steps\n- index\n\n## Log\n\nfirst\n\nManual done\n"
    )
    assert read(text).state is ContextState.DONE
    text = "Status: working\n\n## Next steps\n- index\nManual done\n"
    assert (read(text).state, read(text).next) == (ContextState.DONE, "index")


@pytest.mark.parametrize(
    "below",
    [
        "*Report written by Ada - Clever Agent for Rope Building*\n",
        "Generated by the Docs Agent: working\n",
        "\n### 1. Old knots\n\n**Current State**: Two knots\n**Wanted**: one\n",
        "\n## Parts\n\n- Parser\n- Status: in progress\n",
        "\n### Parser\n\n- **Status**: blocked\n",
    ],
)
def test_the_head_decides_and_what_is_said_of_a_part_does_not(below: str) -> None:
    """Nor does a footer."""
    found, problems = parse(f"# Ropes\n\n**Status**: ✅ Complete\n{below}", PATH)
    assert (found.state, problems) == (ContextState.DONE, ())


@pytest.mark.parametrize(
    "below",
    [
        "---\n*Status: complete by footer*\n",
        "---\n\n**Status**: Ready for Execution\n",
        "## Endpoints\n\n**Status**: blocked\n",
        "## Endpoints\n\nStatus: blocked\n\nWords.\n",
    ],
)
def test_another_pair_below_the_head_is_about_a_part(below: str) -> None:
    """A footer's, one behind a rule, or one of a section of its own."""
    found, problems = parse(f"# Ropes\n\n**Status**: In progress\n\n{below}", PATH)
    assert (found.state, found.said, problems) == (
        ContextState.WORKING,
        "In progress",
        (),
    )
    said = "# Ropes\n\n## Current Status\n\nIn progress\n\n"
    assert read(f"{said}{below}").state is ContextState.WORKING


def test_a_section_named_so_goes_before_the_head() -> None:
    """It is the newer word of the two."""
    text = "# Ropes\n\n**Status**: In progress\n\n## Current Status\n\nDone\n"
    assert read(text).state is ContextState.DONE


def test_a_state_that_was_appended_is_heard_though_it_is_not_understood() -> None:
    """It is a problem, and the earlier one does not stand in for it."""
    found, [problem] = parse("State: done\n\n## Notes\n\nState: quux\n", PATH)
    assert (found.state, problem.code) == (ContextState.UNKNOWN, "unknown-state")


def test_a_dated_line_is_heard_wherever_it_stands() -> None:
    """A log of states with their times ends in the newest."""
    text = (
        "## Log\nDocs Writer Active: 2026-03-03\nDocs Writer Done: 2026-03-04\n\nBye.\n"
    )
    assert read(text).state is ContextState.DONE


def test_front_matter_goes_before_the_body() -> None:
    """An explicit state is not overruled by prose."""
    context = read("---\nstatus: blocked\ntask: index\n---\nTask: old\n\nAll done\n")
    assert (context.state, context.task) == (ContextState.BLOCKED, "index")


@pytest.mark.parametrize(
    "text",
    [
        "Task: write the index",
        "**Current task:** write the index",
        "- Working on: write the index",
        "| Current Task | write the index |",
        "## Current task\nwrite the index",
        "## 🎯 Current Task\n\nwrite the\nindex\n\nBecause of the release.",
        "## In progress\n- [ ] write the index\n- [x] glossary\n  - detail\n",
        "**Working on**\n\nwrite the index\n\nMore words.",
        "---\ncurrent_task: write the index\n---\n",
        "Goal: write the index",
        "Goal: a book\nTask: write the index\nFocus: speed",
        "Task: none\nObjective: write the index",
    ],
)
def test_a_task_is_found_in_every_form(text: str) -> None:
    """The nearest word for the task goes before goals and features."""
    assert read(text).task == "write the index"


@pytest.mark.parametrize(
    ("text", "blockers"),
    [
        ("Blockers: schema", ("schema",)),
        ("Blocked by: schema; token", ("schema", "token")),
        ("**Blockers**:\n- schema\n- token\n", ("schema", "token")),
        ("**Blockers**:\n\n- schema\n\nBye.\n", ("schema",)),
        ("## Blockers\n* schema\n* [x] token\n* [ ] key\n", ("schema", "key")),
        ("## Blockers\nThe schema\nis missing.\n", ("The schema is missing.",)),
        ("## Blockers\n```\nschema\n```\n", ()),
        ("Blockers: No database access", ("No database access",)),
        ("---\nblockers:\n  - schema\n  - token\n---\n", ("schema", "token")),
        ("---\nblocked_by: schema\n---\n", ("schema",)),
        ("---\nblockers: []\n---\n", ()),
        ("---\nblockers: {a: b}\n---\n", ()),
        ("Blockers: none", ()),
        ("Blockers: None at the moment", ()),
        ("Blockers: no", ()),
        ("Blockers: n/a", ()),
        ("Blockers: -", ()),
        ("Blockers: no known blockers", ()),
        ("Blockers: nothing right now", ()),
        ("Blocked: not blocked", ()),
        ("## Blockers\n- None 🎉\n", ()),
        ("## Blockers\nNo issues.\n", ()),
        ("## Blockers\n\n## Next\n", ()),
    ],
)
def test_blockers_are_counted_only_where_there_are_some(
    text: str, blockers: tuple[str, ...]
) -> None:
    """The word none, in all its spellings, is no blocker."""
    context = read(text)
    assert context.blockers == blockers
    assert context.state is (ContextState.BLOCKED if blockers else ContextState.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Waiting for: the design", ContextState.WAITING),
        ("Waiting for: nothing", ContextState.UNKNOWN),
        ("Working on: the index", ContextState.WORKING),
        ("Task: the index", ContextState.UNKNOWN),
        ("Progress: 40%", ContextState.WORKING),
        ("Progress: 100%", ContextState.DONE),
        ("Status: done\nBlockers: schema", ContextState.DONE),
    ],
)
def test_the_rest_tells_the_state_where_none_is_said(
    text: str, state: ContextState
) -> None:
    """A state that is said always goes before one that is guessed."""
    assert read(text).state is state


@pytest.mark.parametrize(
    "text",
    [
        "Next: index; glossary",
        "## Next steps\n1. index\n2. glossary\n   - detail\n",
        "**Next steps:**\n- index\n- [x] cover\n- glossary\n",
        "## ⏭ Next Steps\nThen:\n- index\n- glossary",
        "---\nnext_steps: [index, glossary]\n---\n",
    ],
)
def test_next_steps_are_told_in_one_line(text: str) -> None:
    """What comes next is the open items, in their order."""
    assert read(text).next == "index; glossary"


@pytest.mark.parametrize(
    ("text", "branch", "worktree"),
    [
        ("Branch: docs/index", "docs/index", ""),
        ("- **Branch**: `docs/index` (pull request 7)", "docs/index", ""),
        ("Git branch: docs/index, rebased", "docs/index", ""),
        ("Branch: none\nWorktree: `../shop docs` (home)", "", "../shop docs"),
        ("| Worktree | ../shop docs |", "", "../shop docs"),
    ],
)
def test_branch_and_worktree_are_kept_as_claimed(
    text: str, branch: str, worktree: str
) -> None:
    """Remarks behind a name are not part of it."""
    context = read(text)
    assert (context.branch, context.worktree) == (branch, worktree)


def test_a_full_document_is_read_whole() -> None:
    """Every field of a careful agent's file is found."""
    text = (
        "# Docs\n\n**Agent**: Docs Writer\n**Status**: In Progress 🚧\n"
        "**Task**: index\n\n## Blockers\n- none\n\n## Notes\nSlow day.\n\nReally.\n"
    )
    assert read(text) == Context(
        PATH,
        ContextState.WORKING,
        said="In Progress 🚧",
        task="index",
        note="Slow day.",
        agent="Docs Writer",
    )


def test_a_conflict_is_a_problem_and_the_rest_is_read() -> None:
    """A merge that nobody resolved is told with its line."""
    text = "Task: a\n<<<<<<< HEAD\nStatus: done\n=======\nStatus: done\n>>>>>>> x\n"
    assert codes(text) == [(2, "conflict-marker")]
    assert parse(text, PATH)[0].task == "a"
    assert codes(f"---\n{text}---\n")[-1] == (3, "conflict-marker")
    assert codes(f"```\n{text}```\n") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Task: a\nStatus: purple\n", 2),
        ("---\ntask: a\nstatus: purple\n---\n", 3),
        ("---\ntask: a\n'state' : [purple]\n---\n", 3),
        ("| Status | purple |", 1),
        ("Status:\n- purple", 1),
    ],
)
def test_a_state_that_is_not_understood_is_a_problem(text: str, line: int) -> None:
    """The author is told where, and which words are understood."""
    context, (problem,) = parse(text, PATH)
    assert (context.state, context.said) == (ContextState.UNKNOWN, "purple")
    assert (problem.path, problem.line, problem.code) == (PATH, line, "unknown-state")
    assert "waiting" in problem.hint


@pytest.mark.parametrize("text", ["", "\n", " \t\r\n\n", "\ufeff"])
def test_an_empty_file_is_a_problem(text: str) -> None:
    """A file that says nothing is said to say nothing."""
    assert codes(text) == [(0, "empty")]


def test_broken_front_matter_is_a_problem_and_is_read_as_far_as_possible() -> None:
    """A colon in a value hides nothing."""
    text = "---\nstatus: blocked\ntask: index: part two\n---\n"
    context, (problem,) = parse(text, PATH)
    assert (context.state, context.task) == (ContextState.BLOCKED, "index: part two")
    assert problem.code == "bad-front-matter"
    assert codes("---\nstatus: done\n") == [(1, "bad-front-matter")]


WORDS = st.text(max_size=60).map(
    lambda x: "".join(c for c in " ".join(x.split()) if c.isprintable())
)


@given(st.sampled_from(["working", "on hold", "done"]), st.sampled_from(["", "index"]))
def test_what_is_rendered_reads_back(state: str, task: str) -> None:
    """`context set` writes what `context list` shows."""
    context = read(render(state, task, "slow\nday", "2026-03-03T08:15:00.000Z"))
    assert (context.said, context.task, context.note) == (state, task, "slow day")


def test_a_line_appended_to_what_is_rendered_is_heard() -> None:
    """The agent may go on with `echo` where the command began."""
    text = render("working", "index", "", "2026-03-03T08:15:00.000Z")
    assert read(f"{text}Manual complete\n").state is ContextState.DONE
    assert "Note" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Status: active\n", "Status: blocked\n"),
        ("Status: active", "Status: blocked"),
        ("a\r\n- **Status:** active  \r\nb", "a\r\n- **Status:** blocked  \r\nb"),
        ("| Status | active |\n| Task | x |\n", "| Status | blocked |\n| Task | x |\n"),
        ("<!-- x -->| Status | a |", "<!-- x -->| Status | blocked |"),
        ("Status: done\nStatus: active\n", "Status: done\nStatus: blocked\n"),
        ("Docs Writer Active: 9:00\n", "Docs Writer Active: 9:00\nState: blocked\n"),
        ("Status: a\nManual done\n", "Status: a\nManual done\nState: blocked\n"),
        ("## Status\r\nactive", "## Status\r\nactive\r\nState: blocked\r\n"),
        ("", "State: blocked\n"),
        ("---\nstatus: active\nx: 1\n---\nb", "---\nstatus: blocked\nx: 1\n---\nb"),
        ("---\r\nx: 1\r\n---\r\nb", "---\r\nx: 1\r\nstate: blocked\r\n---\r\nb"),
        ("---\nx: 1\n---\nStatus: a\n", "---\nx: 1\n---\nStatus: blocked\n"),
        (
            "---\nstatus: >\n  on\n\n  and on\nx: 1\n---\n",
            "---\nstatus: blocked\nx: 1\n---\n",
        ),
        ("```\nopen\n", "---\nstate: blocked\n---\n```\nopen\n"),
        ("\ufeff```\r\n", "\ufeff---\r\nstate: blocked\r\n---\r\n```\r\n"),
    ],
)
def test_a_new_state_changes_one_line(before: str, after: str) -> None:
    """The line that holds the value, or one more; every other byte stays."""
    assert apply(before, state="blocked") == after
    assert parse(after, PATH)[0].state is ContextState.BLOCKED


def test_only_the_given_values_change() -> None:
    """None leaves a value, and an empty one takes it back."""
    text = "Status: done\nTask: index\nNote: slow\n"
    assert apply(text) == text
    assert apply(text, task="glos\nsary") == text.replace("index", "glos sary")
    assert read(apply(text, note="")).note == ""
    assert apply("Status: done\n", note="") == "Status: done\n"


@pytest.mark.parametrize(
    "value", ["a: b", "yes", "- x", 'say "x"', "x # y", "a | b", "<!-- x -->", "a\\b"]
)
@pytest.mark.parametrize(
    "text", ["---\ntask: x\n---\n", "Task: x\n", "| Task | x |\n", "# Docs\n"]
)
def test_words_that_mean_something_to_a_format_survive_it(
    text: str, value: str
) -> None:
    """Quoting is the writer's business."""
    assert parse(apply(text, task=value), PATH)[0].task == value


LINES = st.lists(
    st.sampled_from(
        [
            "Status: active",
            "- Task: x",
            "| Note | y |",
            "## Blockers",
            "- schema",
            "Manual complete",
            "---",
            "status: done",
            "```",
            "",
            "free words",
            "<!-- c -->",
        ]
    ),
    max_size=12,
)


def test_only_lines_of_the_value_go_with_it() -> None:
    """A list goes on where nothing stands behind the key; else lines are others'."""
    broken = "---\nStatus: active\n- Task: x\n---\n"
    assert apply(broken, state="done") == broken.replace("active", "done")
    whole = "---\nStatus:\n- active\n- slow\nTask: x\n---\n"
    assert apply(whole, state="done") == "---\nStatus: done\nTask: x\n---\n"


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["done", "on hold"]))
def test_a_value_that_was_set_is_read_and_other_lines_stay(
    lines: list[str], end: str, state: str
) -> None:
    """Whatever the file looks like, at most one line of it is lost, by its key."""
    text = end.join(lines)
    after = apply(text, state=state)
    assert parse(after, PATH)[0].said == state
    lost = {x for x in lines if x and x not in after}
    assert len({x.partition(":")[0].lower() for x in lost}) <= 1


@given(st.text())
def test_any_text_can_be_read_and_changed(text: str) -> None:
    """No text raises; a document is never lost for its form."""
    parse(text, PATH)
    assert apply(text) == text
    assert parse(apply(text, state="done", task="index"), PATH)[0]


@given(WORDS)
def test_any_words_can_be_a_note_of_an_existing_file(words: str) -> None:
    """What was set never changes the state beside it."""
    after = apply("Status: active\nTask: index\n", note=words)
    context = parse(after, PATH)[0]
    assert (context.state, context.task) == (ContextState.WORKING, "index")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "a: " + " " * 1_000_000 + "b",
        "| " + "-" * 1_000_000 + "x",
        "| a | b |\n|" + "-" * 1_000_000 + "x",
        "# " + " " * 1_000_000 + "x",
        "Status: active\n" * 16_000,
        "## Blockers\n" + "- x\n" * 60_000,
        "## Task\n" + "words of a long tale\n" * 47_000,
        "<!--" * 250_000,
        "* " * 500_000 + "x",
        "<<<<<<< a\n" * 25_000,
    ],
    ids=lambda x: x[:8],
)
def test_much_of_anything_is_read(text: str) -> None:
    """Reading takes time in proportion; a square of it would hang here for long."""
    with within_cpu_seconds(60):
        context, problems = parse(text, PATH)
    assert len(problems) <= 20
    assert len(context.task) <= 2_000
    assert len(context.blockers) <= 50
