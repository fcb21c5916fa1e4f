"""Which edits merge for certain: only those that git merges whatever else there is."""

import random
from pathlib import Path

import pytest

from pending_commits.radar.edits import (
    Key,
    Spans,
    can_tell,
    key,
    merge_for_certain,
    spans,
)
from pending_commits.radar.merges import MergedTree, merge_all
from pending_commits.radar.overlap import TouchedFile, touched
from tests.pending_commits.radar.branches import LINES, File, changed, make_branches
from tests.support import git

ONE, OTHER = (
    TouchedFile(b"100644", b"100644", b"0" * 40, x * 40) for x in (b"1", b"2")
)
GONE = ONE._replace(new_mode=b"000000")


def tell(one: Spans, other: Spans) -> bool:
    """Tell of two edits of these lines."""
    known: dict[Key, Spans] = {key(ONE): one, key(OTHER): other}
    return merge_for_certain(ONE, OTHER, known)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (((0, 2),), ((3, 5),), True),
        (((0, 2),), ((2, 4),), False),
        (((0, 2), (8, 9)), ((4, 6),), True),
        (((0, 2), (8, 9)), ((4, 8),), False),
        (((0, 9),), ((4, 5),), False),
        (((0, 0),), ((0, 0),), False),  # both fill an empty file
        ((), ((0, 1),), False),  # nothing is known
    ],
)
def test_lines_must_be_apart(one: Spans, other: Spans, expected: bool) -> None:  # noqa: FBT001 - what is told
    """Either way round."""
    assert tell(one, other) is expected
    assert tell(other, one) is expected


def test_only_edits_of_plain_files_are_told_of() -> None:
    """A file that is gone may be renamed; the same edit is none twice."""
    assert merge_for_certain(ONE, ONE, {})
    assert not merge_for_certain(GONE, GONE, {})
    link = TouchedFile(b"120000", b"120000", b"0" * 40, b"1" * 40)
    assert not merge_for_certain(link, link, {})


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (b"", True),
        (b"CHANGES merge=union\n*.png binary\n*.sh text eol=lf\n", True),
        (b"*.lock -merge\n", False),
        (b"*.lock merge=binary\n", False),
    ],
)
def test_nothing_is_told_where_files_never_merge(
    attributes: bytes,
    expected: bool,  # noqa: FBT001 - what is told
) -> None:
    """A binary file has no lines in the first place."""
    assert can_tell(attributes) is expected


@pytest.mark.slow
def test_spans_have_a_line_around_them(tmp_path: Path) -> None:
    """At the ends of a file there is none; what is no text has no spans."""
    made = make_branches(
        tmp_path / "shop.git", {"a": LINES, "b\udcff\n": LINES, "c": ""}
    )
    target = made.commits["main"]
    edits = {
        "a": changed(LINES, 0, 5),
        "b\udcff\n": LINES + "more\n",
        "c": "first\n",
        "d": "-- new\n@@ -1 +1 @@\n",
    }
    one = made.commit("one", edits, "main")
    two = made.commit("two", {"a": b"\0"}, "main")
    found = spans(made.scratch(), target, [one, two], {b"a", b"b\xff\n", b"c"})
    assert sorted(found.values()) == [((0, 0),), ((0, 2), (4, 7)), ((11, 12),)]
    assert spans(made.scratch(), target, [one], {b"%d" % x for x in range(1000)})
    blob = git(made.path, "rev-parse", "one:a")
    (made.path / "objects" / blob[:2] / blob[2:]).unlink()
    assert spans(made.scratch(), target, [one], {b"a"}) == {}


def mutated(chance: random.Random, lines: list[str]) -> list[str]:
    """Return lines with a few others in some place, or less of them."""
    found = list(lines)
    for _ in range(chance.randrange(1, 3)):
        at = chance.randrange(len(found) + 1)
        found[at : at + chance.randrange(3)] = some(chance, chance.randrange(3))
    return found


def some(chance: random.Random, count: int) -> list[str]:
    """Return lines that are mostly the same: where they differ is hard to say."""
    return chance.choices(["a\n", "b\n", "}\n", "\n", "    x\n"], k=count)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_git_merges_whatever_is_told_to_merge(tmp_path: Path, seed: int) -> None:
    """Three hundred files, each with two edits; a good part of them is told of."""
    chance = random.Random(seed)  # noqa: S311 - the same at every run
    base = {f"f{x}": some(chance, chance.randrange(20)) for x in range(300)}
    made = make_branches(tmp_path / "shop.git", _joined(base))
    sides = [{k: mutated(chance, v) for k, v in base.items()} for _ in range(2)]
    commits = [
        made.commit(name, _joined(x), "main")
        for name, x in zip(("one", "two"), sides, strict=True)
    ]
    scratch, target = made.scratch(), made.commits["main"]
    one, two = (x.files for x in touched(scratch, target, commits).values())
    known = spans(scratch, target, commits, {*one, *two})
    (merged,) = merge_all(scratch, [(commits[0], commits[1])])
    assert isinstance(merged, MergedTree)
    both = {x for x in one if x in two}
    told = {x for x in both if merge_for_certain(one[x], two[x], known)}
    assert told.isdisjoint(merged.paths)
    assert len(told) > len(both - set(merged.paths)) / 3


def _joined(texts: dict[str, list[str]]) -> dict[str, File]:
    return {k: "".join(v) for k, v in texts.items()}
