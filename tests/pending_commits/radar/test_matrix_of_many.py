"""Whatever branches do to files, the radar says just what git says of each pair."""

import os
import random
from itertools import combinations
from pathlib import Path

import pytest

from tests.pending_commits.radar.branches import Branches, clashing, make_branches

SEEDS = range(int(os.environ.get("RADAR_SEEDS", "6")))
NAMES = ("a", "b", "a/x", "a/y", "b/x", "b/a/x", "c/x", "c/y", "c/d/z", "d")
Tree = dict[str, str]


def text(chance: random.Random) -> str:
    """Return a few lines, some of which are the same."""
    return "".join(f"{chance.randrange(40)}\n" for _ in range(chance.randrange(2, 24)))


def put(tree: Tree, path: str, data: str) -> None:
    """Put a file into a tree; what is in its way goes."""
    above = {path[:n] for n, x in enumerate(path) if x == "/"}
    for other in list(tree):
        if other in above or other.startswith(f"{path}/"):
            del tree[other]
    tree[path] = data


def edit(chance: random.Random, tree: Tree) -> None:
    """Change, add or take away a line of a file."""
    path = chance.choice(sorted(tree))
    lines = tree[path].splitlines(keepends=True)
    at = chance.randrange(len(lines) + 1)
    new = [] if chance.random() < 0.3 else [f"{chance.randrange(40)}\n"]
    lines[at : at + chance.randrange(3)] = new
    tree[path] = "".join(lines)


def move(chance: random.Random, tree: Tree) -> None:
    """Rename a file or all files of a folder."""
    path = chance.choice(sorted(tree))
    folder = path.rpartition("/")[0]
    if folder and chance.random() < 0.6:
        to = chance.choice(["e", "b", "c/d", "e/f"])
        moved = [x for x in tree if x.startswith(f"{folder}/")]
        for old in moved:
            put(tree, to + old.removeprefix(folder), tree.pop(old))
    else:
        put(tree, chance.choice([*NAMES, "e/x"]), tree.pop(path))


def act(chance: random.Random, tree: Tree) -> None:
    """Do something to a tree."""
    what = chance.random()
    if len(tree) < 2 or what < 0.15:
        put(tree, chance.choice([*NAMES, "e/new", "c/new"]), text(chance))
    elif what < 0.65:
        edit(chance, tree)
    elif what < 0.75:
        del tree[chance.choice(sorted(tree))]
    else:
        move(chance, tree)


def grow(
    made: Branches, chance: random.Random, branch: str, tree: Tree, *parents: str
) -> Tree:
    """Add a commit with a few acts; return its tree."""
    after = dict(tree)
    for _ in range(chance.randrange(1, 4)):
        act(chance, after)
    gone = dict.fromkeys(set(tree) - set(after))
    made.commit(branch, {**gone, **after}, *parents)
    return after


def plant(path: Path, seed: int) -> Branches:
    """Make a target, and branches off it, off what it was, and off each other."""
    chance = random.Random(seed)  # noqa: S311 - the same at every run
    tree: Tree = {}
    for name in ("a/x", "a/y", "b/x", "c/x", "c/d/z", "d"):
        put(tree, name, text(chance))
    made = make_branches(path, tree)
    trees = {"main": tree}
    for number in range(3):
        name = f"old-{number}"
        trees[name] = grow(made, chance, name, tree, "main")
    trees["main"] = grow(made, chance, "main", tree)
    for number in range(3):
        name = f"new-{number}"
        trees[name] = grow(made, chance, name, trees["main"], "main")
    for number in range(2):
        base = chance.choice(sorted({*trees} - {"main"}))
        name = f"on-{number}"
        trees[name] = grow(made, chance, name, trees[base], base)
        trees[base] = grow(made, chance, base, trees[base])
    return made


def as_git_says(made: Branches) -> tuple[set[str], set[tuple[str, str]]]:
    """Return who does not merge with the target, and which others with each other."""
    on_target = {x.name: made.merge(x.commit, made.commits["main"]) for x in made.works}
    pairs = combinations([x for x, commit in on_target.items() if commit], 2)
    apart = {x for x in pairs if not made.merge(on_target[x[0]], on_target[x[1]])}
    return {x for x, commit in on_target.items() if not commit}, apart


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_missed_and_nothing_invented(tmp_path: Path, seed: int) -> None:
    """Edits, renames of files and folders, files for folders, branches off branches."""
    made = plant(tmp_path / "shop.git", seed)
    found = made.compare()
    unclean, apart = as_git_says(made)
    assert set(found.with_target) == unclean
    readable = {x for x in clashing(found) if unclean.isdisjoint(x)}
    assert readable == apart
    assert found.unreadable == ()
