import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.kernel.text.git_names import is_branch_name
from coordinator.workspace import settings
from coordinator.workspace.settings import BadSettings, Settings

PATH = Path("/w/coordinator.toml")
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True)
PATHS = st.text(max_size=30).filter(str.isprintable)
BRANCHES = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters="~^:?*[\\", codec="utf-8"
    ),
    min_size=1,
).filter(is_branch_name)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "colour: extra inputs"),
        ("[watch]\ncolour = 1", "watch.colour: extra inputs"),
        ('[worktrees]\npool = "2"', "worktrees.pool: input should be a valid integer"),
        ("[worktrees]\npool = true", "worktrees.pool: input should be a valid integer"),
        ("[worktrees]\npool = 17", "worktrees.pool: .* less than or equal to 16"),
        ("[worktrees]\npool = -1", "worktrees.pool: .* greater than or equal to 0"),
        ("[watch]\nlook_seconds = 0", "watch.look_seconds: .* greater than 0"),
        ("[watch]\nlook_seconds = nan", "watch.look_seconds: "),
        ("[watch]\nlook_seconds = inf", "watch.look_seconds: "),
        ("[watch]\nuse_events = 1", "watch.use_events: .* valid boolean"),
        ('[workflows]\nhttp_methods = ["POST a"]', "http_methods: .* host and a port"),
        ("target = 3", "target: .* valid string"),
        (f'target = "{"x" * 201}"', "target: .* git admits no branch named x"),
        ('target = "-x"', "target: .* git admits no branch named -x"),
        ('target = "a..b"', "target: .* git admits no branch named"),
        ('[targets]\nshop = "x.lock"', "targets.shop: .* git admits no branch named"),
        ("[repositories]\nshop = 3", "repositories.shop: .* valid dictionary"),
        ("repositories = 3", "repositories: .* valid dictionary"),
        ("[repositories\n", "line 1, column 14"),
        ("# One\n\nday = 2026-13-45\n", "at line 3, "),
        ('target = "a"\ntarget = "b"', "Cannot overwrite a value"),
    ],
)
def test_what_cannot_be_in_force_is_named(text: str, said: str) -> None:
    """Unknown, of another type, out of range, no TOML: file, place and reason."""
    with pytest.raises(BadSettings, match=said) as raised:
        settings.parse(text, PATH)
    assert raised.value.message.startswith(f"{PATH}: ")
    assert raised.value.kind == "usage"
    assert str(PATH) in raised.value.hint


def test_an_error_does_not_repeat_a_value() -> None:
    """A secret pasted into the wrong place is not spread by the message."""
    with pytest.raises(BadSettings) as raised:
        settings.parse('[worktrees]\npool = "s3cret"', PATH)
    assert "s3cret" not in f"{raised.value.message}{raised.value.hint}"


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    """So does an empty one."""
    assert settings.load(tmp_path / "coordinator.toml") == Settings()
    assert settings.parse("", PATH) == Settings()


@pytest.mark.parametrize("kind", ["folder", "bytes"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, kind: str) -> None:
    """A folder in its place, or bytes that are no text."""
    path = tmp_path / "coordinator.toml"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b'target = "\xff"\n')
    with pytest.raises(
        BadSettings, match=r"it cannot be read|it is not UTF-8: its byte 11 is 0xff"
    ):
        settings.load(path)


def test_what_stands_there_is_in_force() -> None:
    """Every section is read; a whole number will do for seconds."""
    text = (
        'target = "trunk"\ncheck = "make test"\n[repositories]\nshop = "../shop"\n'
        "[contexts]\nstale_after_minutes = 5\n[worktrees]\npool = 0\n"
        "[watch]\nquiet_milliseconds = 0\nlook_seconds = 1.5\nuse_events = false\n"
    )
    found = settings.parse(text, PATH)
    assert (found.target, found.check) == ("trunk", "make test")
    assert found.paths == {"shop": "../shop"}
    assert (found.contexts.stale_after_minutes, found.worktrees.pool) == (5.0, 0)
    watch = found.watch
    assert (watch.quiet_milliseconds, watch.look_seconds) == (0, 1.5)
    assert watch.use_events is False


def test_a_new_file_has_every_setting_with_its_default_as_a_comment() -> None:
    """Whoever takes a `#` away changes nothing but that they may edit it now."""
    text = settings.render({}, target="main", check="")
    assert settings.parse(text, PATH) == Settings()
    lines = text.splitlines()
    opened = [x.removeprefix("# ") if " = " in x else x for x in lines]
    assert settings.parse("\n".join(opened), PATH) == Settings()
    values = tomllib.loads("\n".join(opened))
    for name in Settings.model_fields:
        assert name in values
    for name in ("contexts", "worktrees", "watch"):
        section = getattr(Settings(), name)
        assert values[name] == section.model_dump()


@given(st.dictionaries(NAMES, PATHS, max_size=3), BRANCHES, TEXTS)
def test_what_is_given_comes_back(
    repositories: dict[str, str], target: str, check: str
) -> None:
    """Quotes, backslashes, line ends and DEL in a value break nothing."""
    text = settings.render(repositories, target=target, check=check)
    found = settings.parse(text, PATH)
    assert found.paths == repositories
    assert (found.target, found.check) == (target, check)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("target = 1", 1),
        ("\n[watch]\nlook_second = 3\n", 3),
        ("check = 'x'\ntarget =\n", 2),
        ('target = "a\\u0000"', 1),
        ('target = ""', 1),
        ('[repositories]\n"../evil" = "/x"', 1),
        ('[repositories]\n"" = "/x"', 1),
        ('[repositories]\nx = "/x\\u0000"', 1),
        ("x = " + "[" * 5_000, 0),
        ("x = " + "9" * 5_000, 0),
    ],
)
def test_what_nothing_can_work_with_is_refused_at_its_line(
    text: str, line: int
) -> None:
    """No name leads out of the workspace; no text ends the program; 0: no line."""
    with pytest.raises(BadSettings) as raised:
        settings.parse(text, PATH)
    assert raised.value.line == line


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# only words",
        'target = "trunk"\n',
        "[repositories]",
        '  [ repositories ]  # mine\r\n"till" = "/t"\r\n[worktrees]\r\npool = 2\r\n',
        '# [repositories] stand below\n[repositories]\n"till" = "/t"\n\n# mine\n',
        "[worktrees]\npool = 2",
        '\ufeff# mine\ntarget = "trunk"\n',
        'repositories.till = "/t" # mine\r\ntarget = "trunk"\r\n',
    ],
)
def test_a_repository_is_added_and_every_other_byte_kept(before: str) -> None:
    """The line goes into the table, which is made where there is none."""
    after = settings.add(before, "repositories", "shop", '/a "b"')
    old, new = settings.parse(before, PATH), settings.parse(after, PATH)
    assert new.paths == {**old.paths, "shop": '/a "b"'}
    assert new.model_copy(update={"repositories": old.repositories}) == old
    rest = after
    for line in before.splitlines(keepends=True):
        found, rest = line in rest, rest.partition(line)[2]
        assert found


def test_a_repository_is_added_to_a_table_in_one_line() -> None:
    """The line changes, and what stands around it does not."""
    before = '# mine\nrepositories = { till = "/t" } # two\ntarget = "trunk"\n'
    after = settings.add(before, "repositories", "shop", "/s")
    found = settings.parse(after, PATH)
    assert found.paths == {"till": "/t", "shop": "/s"}
    assert after.startswith("# mine\n")
    assert after.endswith(' # two\ntarget = "trunk"\n')
