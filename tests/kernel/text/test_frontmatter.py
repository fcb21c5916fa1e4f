import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text import frontmatter
from coordinator.kernel.text.frontmatter import FrontMatter, read_block, split
from coordinator.kernel.text.markdown import split_lines

PATH = "a.md"


def faults(text: str) -> list[tuple[int, str]]:
    """Return line and code of each problem."""
    return [(x.line, x.code) for x in split(text, PATH).problems]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("close", ["---", "...", "---  "])
def test_a_block_is_read(end: str, mark: str, close: str) -> None:
    """Line ends, a byte order mark and both closing lines make no difference."""
    lines = ["---", "Task Name: login", "tags: [a, b]", close, "", "# Body", ""]
    found = split(mark + end.join(lines), PATH)
    assert found == FrontMatter(
        {"task_name": "login", "tags": ["a", "b"]},
        f"{end}# Body{end}",
        5,
        lines={"task_name": 2, "tags": 3},
    )


@pytest.mark.parametrize(
    "text", ["", "# Title\n", " ---\na: b\n---\n", "----\na: b\n---\n", "text\n---\n"]
)
def test_a_file_without_a_block_is_all_body(text: str) -> None:
    """Only a first line of three dashes opens a block."""
    assert split(text, PATH) == FrontMatter(body=text)


def test_an_empty_block_has_no_values() -> None:
    """A block may hold nothing, or comments only."""
    assert split("---\n---\nx", PATH) == FrontMatter({}, "x", 3)
    assert split("---\n# none\n---", PATH) == FrontMatter({}, "", 4)


def test_a_block_that_never_closes_is_body() -> None:
    """It is a problem where a key follows, else the dashes are a rule."""
    assert faults("---\nkey: value\n") == [(1, "bad-front-matter")]
    assert split("---\nkey: value\n", PATH).body == "---\nkey: value\n"
    assert faults("---\n\nSome prose.\n") == []
    assert faults("---") == []


def test_a_block_has_a_longest_length() -> None:
    """A closing line far below is a rule of the body."""
    text = "---\na: b\n" + "x\n" * frontmatter.MAX_LINES + "---\n"
    assert split(text, PATH).body == text


@pytest.mark.parametrize(
    "said", ["no", "yes", "null", "2026-01-31", "007", "1.0", "0x1f", "1e3", "~", "!x"]
)
def test_values_stay_the_text_that_was_written(said: str) -> None:
    """No word turns into a truth, a date or a number."""
    quoted = f"'{said}'" if said == "!x" else said
    assert split(f"---\na: {quoted}\n---\n", PATH).values == {"a": said}


def test_values_may_be_nested() -> None:
    """Lists and mappings hold text at their ends."""
    text = "---\na:\n  b: [1, {c: no}]\n  d: |\n    x\n    y\nOn Call: \n---\n"
    values = {"a": {"b": ["1", {"c": "no"}], "d": "x\ny\n"}, "on_call": ""}
    assert split(text, PATH).values == values


def test_the_last_of_equal_keys_counts() -> None:
    """Keys are equal whatever their case and separators."""
    assert split("---\nA b: 1\na-b: 2\n---\n", PATH).values == {"a_b": "2"}


@pytest.mark.parametrize(
    ("block", "line", "values"),
    [
        ("a: 1\nb: c: d\n", 3, {"a": "1", "b": "c: d"}),
        ("a: [1\nb: 2\n", 3, {"a": "[1", "b": "2"}),
        ("a: 1\nb: @x\n", 3, {"a": "1", "b": "@x"}),
        ("a: 1\n\tb: x\n", 3, {"a": "1 b: x"}),
        ("a: é\nb: \x07\n", 3, {"a": "é", "b": "\x07"}),
        ("- a\n- b\n", 2, {}),
        ("just text\n", 2, {}),
        ("a: b\nc: 'x: y' z\nd:\n- 'e'\n- \"f\"\n", 3, None),
        ("? [a]\n: b\n", 2, {}),
    ],
)
def test_broken_yaml_is_read_by_line(
    block: str, line: int, values: dict[str, str] | None
) -> None:
    """What can be read is kept, and the problem names the line of the fault."""
    text = f"---\n{block}---\nbody\n"
    assert faults(text) == [(line, "bad-front-matter")]
    found = split(text, PATH)
    assert found.body == "body\n"
    broken: dict[str, object] = {"a": "b", "c": "'x: y' z", "d": ["e", "f"]}
    assert found.values == (broken if values is None else values)


def test_a_problem_is_one_line() -> None:
    """A message is a sentence, whatever the parser's own looks like."""
    for block in ("b: \x07", "a: [1", "a: *x", "a: !<", "a: 'x"):
        [problem] = split(f"---\n{block}\n---\n", PATH).problems
        assert "\n" not in problem.message
        assert problem.message.endswith(".")


def test_aliases_are_refused_where_they_stand() -> None:
    """Nine lines would unfold into a billion words."""
    lines = ["a: &a [lol, lol]"]
    lines += [
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}]"
        for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
    ]
    text = "---\n" + "\n".join(lines) + "\n---\n"
    assert faults(text) == [(3, "bad-front-matter")]
    assert faults("---\na: x*y\nb: '*'\n---\n") == []


@pytest.mark.parametrize(
    "block",
    [
        *("[" * 100_000, "{" * 100_000, "- " * 100_000, "? " * 50_000),
        *("{a: " * 50_000, "a: [" * 900, "[" * 999 + "]" * 999),
        "\n".join(" " * x + "a:" for x in range(490)),
    ],
)
def test_deep_nesting_ends_nothing(block: str) -> None:
    """A document cannot end the process that reads it."""
    found = split(f"---\nok: 1\n{block}\n---\n", PATH)
    assert found.values
    assert read_block(block, PATH)


def test_keys_are_looked_up_in_order() -> None:
    """`text` and `texts` take the first key that holds something."""
    found = split("---\na: [x]\nb: ' '\nc: ' y, z,'\nd: [p, [q]]\n---\n", PATH)
    assert (found.text("a", "b", "c"), found.text("gone")) == ("y, z,", "")
    assert found.texts("b", "c") == ("y", "z")
    assert found.texts("d", "c") == ("p",)
    assert found.texts("gone") == ()


def test_a_whole_file_may_be_a_block() -> None:
    """A YAML file is read like front matter, with its own line numbers."""
    assert read_block("\ufeffa: 1\nb: no\n", PATH) == ({"a": "1", "b": "no"}, ())
    assert [x.line for x in read_block("a: 1\nb: c: d\n", PATH)[1]] == [2]


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["---", "...", "a: b", "- x", "a:", "  b: c", "\t", "&a", "*a", "{[", "''"]
        ),
        st.text(st.characters(codec="utf-8"), max_size=12),
    ),
    max_size=12,
)


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), opened=st.booleans())
def test_no_text_fails_and_the_body_keeps_its_place(
    *, lines: list[str], end: str, opened: bool
) -> None:
    """Any text gives a value; the body is the file's end, from its line on."""
    text = end.join(["---", *lines] if opened else lines)
    found = split(text, PATH)
    whole = text.removeprefix("\ufeff")
    assert whole.endswith(found.body)
    before = whole[: len(whole) - len(found.body)]
    assert len(split_lines(before)) == found.body_line - 1 or not found.body
    count = len(split_lines(text)) + 1
    assert all(1 <= x.line <= count for x in found.problems)
    assert read_block(text, PATH)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *("a", " ", "\n", "a: b\n", "- ", "*", "&a ", "'", "---\n", "a: ", "\t", "[\n"),
        *(":", "a:\n", "-\n", "  x\n", "a ", "%", "!", '"\\'),
    ],
)
def test_a_mebibyte_takes_a_time_that_grows_with_the_size(unit: str) -> None:
    """No text of allowed size keeps the daemon busy."""
    text = unit * ((1 << 20) // len(unit))
    for whole in (f"---\n{text}\n---\n", f"---\na{text}", f"---\na: {text}\n---\n"):
        split(whole, PATH)
    assert read_block(text, PATH)
