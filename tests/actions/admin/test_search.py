import time
from collections.abc import Iterator
from typing import Any

import pytest

from coordinator.kernel.errors import NotFound, UsageProblem
from tests.support import CommandLine, FakeAgent, ManualClock, OpenWorkspace


def search(opened: OpenWorkspace, *words: str, **more: int) -> list[dict[str, Any]]:
    """Search for words."""
    found: list[dict[str, Any]] = opened.perform("search", words=list(words), **more)
    return found


def test_all_words_must_occur_and_a_star_leaves_the_end_open(
    opened: OpenWorkspace,
) -> None:
    """Several words narrow the answer, in one argument or in several."""
    agent = FakeAgent(opened.root, "docs")
    apples = agent.learning("apples", "# Apples\n\nRound and red.\n")
    pears = agent.learning("pears", "# Pears\n\nRound and green.\n")
    assert {x["path"] for x in search(opened, "round")} == {apples, pears}
    for words in (["round", "red"], ["ROUND red"], ["appl*"]):
        assert [x["path"] for x in search(opened, *words)] == [apples]
    for words in (["round", "blue"], ["appl"], ["round OR red"]):
        assert search(opened, *words) == []


SENTENCES = {
    "認証トークンを毎回更新する。": ["認証", "トークン", "更新", "新", "認証 更新"],
    "每次登录都会刷新令牌": ["登录", "刷新令牌", "令"],
    "로그인할 때마다 토큰을 갱신한다": ["로그인", "토큰", "갱신"],
    "ต่ออายุโทเค็นทุกครั้งที่เข้าสู่ระบบ": ["โทเค็น", "ระบบ"],
    "ဝင်ရောက်တိုင်း တိုကင်ကို": ["ရောက်", "တိုကင်"],
    "JWT認証v2で": ["JWT", "JWT認証", "認証v2", "v2"],
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_words_inside_a_sentence_without_spaces_are_found(
    opened: OpenWorkspace, sentence: str
) -> None:
    """By any part of it, and by no characters that do not stand side by side."""
    agent = FakeAgent(opened.root, "docs")
    path = agent.learning("words", f"# {sentence}\n\nBefore {sentence} behind.\n")
    for words in SENTENCES[sentence]:
        [found] = search(opened, words)
        assert (found["path"], found["title"]) == (path, sentence)
        assert sentence in found["excerpt"]
    backwards = SENTENCES[sentence][1][::-1]
    assert search(opened, backwards) == []


@pytest.mark.parametrize("words", [["*"], ["++", "-"], ["🚀"]])
def test_marks_alone_are_said_to_find_nothing(
    line: CommandLine, words: list[str]
) -> None:
    """They are in no index, which an empty list would not tell."""
    FakeAgent(line.folder, "docs").learning("words", "# C++ *\n\nStart 🚀 - now\n")
    found = line("search", "--json", "--", *words)
    assert (found.code, found.value) == (0, [])
    assert "Nothing is found by marks alone" in found.stderr
    assert len(line("search", "--json", "--", "now", *words).value) == 1


def test_a_result_says_where_it_stands(
    opened: OpenWorkspace, clock: ManualClock
) -> None:
    """Path, kind, agent, title, time, and the words around the match."""
    path = FakeAgent(opened.root, "docs", clock=clock).learning(
        "carts", "# Carts\n\nThe total is kept in cents.\n"
    )
    [found] = search(opened, "cents")
    assert "total is kept in cents" in found.pop("excerpt")
    assert found.pop("at").startswith("2026-01-31T09:00:00")
    assert found == {
        "path": path,
        "kind": "learnings",
        "agent": "docs",
        "title": "Carts",
    }


def test_only_the_present_version_is_found(opened: OpenWorkspace) -> None:
    """A changed or removed document answers to its old words no more."""
    agent = FakeAgent(opened.root, "docs")
    path = agent.learning("fruit", "# Fruit\n\nApples.\n")
    assert len(search(opened, "apples")) == 1
    agent.learning("fruit", "# Fruit\n\nPears.\n")
    assert search(opened, "apples") == []
    assert [x["path"] for x in search(opened, "pears")] == [path]
    (opened.root / path).unlink()
    assert search(opened, "pears") == []


def test_the_number_of_results_is_bounded(opened: OpenWorkspace) -> None:
    """The most results that were asked for, and never none or without end."""
    agent = FakeAgent(opened.root, "docs")
    for number in range(3):
        agent.learning(f"n{number}", "# Same\n\nApples.\n")
    assert len(search(opened, "apples")) == 3
    assert len(search(opened, "apples", limit=2)) == 2
    for limit in (0, -1, 1_001):
        with pytest.raises(UsageProblem, match="limit"):
            search(opened, "apples", limit=limit)


@pytest.mark.parametrize("words", [[""], [" ", "\t"], ["\0"]])
def test_nothing_to_search_for_is_a_usage_error(
    opened: OpenWorkspace, words: list[str]
) -> None:
    """It is no question for everything."""
    with pytest.raises(UsageProblem, match="No word"):
        search(opened, *words)
    with pytest.raises(UsageProblem):
        search(opened)


def test_a_nul_does_not_cut_the_question_off(opened: OpenWorkspace) -> None:
    """What stands behind it counts as well."""
    FakeAgent(opened.root, "docs").learning("x", "# Apples\n")
    assert search(opened, "apples\0pears") == []


def versions(opened: OpenWorkspace, path: str) -> list[int]:
    """Return the records that accepted a version of a document."""
    return [x["seq"] for x in opened.perform("history", subject=path)]


def test_any_version_of_a_document_can_be_read_back(opened: OpenWorkspace) -> None:
    """Byte for byte, also after it was removed."""
    agent = FakeAgent(opened.root, "docs")
    texts = ["# One\r\n\n  two  \n", "# Two"]
    for text in texts:
        path = agent.learning("x", text)
        opened.perform("status")
    first, second = versions(opened, path)
    (opened.root / path).unlink()
    for number, text in zip((first, second), texts, strict=True):
        shown = opened.perform("history", show=number)
        assert (shown["seq"], shown["subject"]) == (number, path)
        assert (shown["actor"], shown["text"]) == ("docs", text)
    [created] = opened.records("workspace.created")
    for number in (created.seq, 10**6):
        with pytest.raises(NotFound, match=f"Record {number} ") as raised:
            opened.perform("history", show=number)
        assert "history --subject" in raised.value.hint


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time is far from UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-01-31", 2),
        ("2026-01-31T09:30", 1),
        ("2026-01-31T09:30:00Z", 1),
        ("2026-01-31 09:30:00 UTC", 1),
        ("2026-01-31T11:30+02:00", 1),
        ("2026-01-31T12:30+02:00", 0),
        ("2026-02-01", 0),
    ],
)
def test_since_takes_a_day_or_a_time(
    opened: OpenWorkspace, clock: ManualClock, since: str, found: int
) -> None:
    """Without a zone it is UTC, wherever one is; a record of that moment counts."""
    agent = FakeAgent(opened.root, "docs", clock=clock)
    path = agent.learning("x", "# One\n")
    opened.perform("status")
    clock.advance(hours=1)
    agent.learning("x", "# Two\n")
    opened.perform("status")
    told = opened.perform("history", subject=path, since=since)
    assert len(told) == found


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "0001-01-01T00:00+23:00"])
def test_what_is_no_time_is_a_usage_error(opened: OpenWorkspace, since: str) -> None:
    """The hint shows how one is written."""
    with pytest.raises(UsageProblem, match="is no time") as raised:
        opened.perform("history", since=since)
    assert "2026-01-31" in raised.value.hint


def test_the_newest_so_many_are_told_in_order(opened: OpenWorkspace) -> None:
    """A limit cuts off what is old, and the newest stands last."""
    agent = FakeAgent(opened.root, "docs")
    for number in range(3):
        path = agent.learning("x", f"# {number}\n")
        opened.perform("status")
    every = versions(opened, path)
    told = opened.perform("history", subject=path, limit=2)
    assert [x["seq"] for x in told] == every[1:] == sorted(every)[1:]
