"""Which works are built on commits of each other that have not landed.

It only reads, and compares no file.
"""

from collections.abc import Sequence

from coordinator.kernel.git import Repository

_WORDS = ("rev-list", "--parents", "--topo-order", "--stdin")


def sharing(
    scratch: Repository, target: str, heads: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Return by head the others that have commits in common which the target lacks.

    Raises:
        GitFailed: A commit cannot be read.
    """
    if not heads:
        return {}
    wanted = "".join(f"{x}\n" for x in (*heads, f"^{target}")).encode("ascii")
    said = scratch.run(*_WORDS, stdin=wanted)
    groups = _groups([x.split(" ") for x in said.split("\n") if x], heads)
    found: dict[str, set[str]] = {x: set() for x in heads}
    for members in (_members(x, heads) for x in groups):
        for head in members:
            found[head].update(members)
    return {k: frozenset(v - {k}) for k, v in found.items()}


def _groups(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> set[int]:
    """Return the sets of heads, as bits, that lead to one commit each.

    The rows are commits and their parents, children first.
    """
    leading = {x: 1 << n for n, x in enumerate(heads)}
    for commit, *parents in rows:
        for parent in parents:
            leading[parent] = leading.get(parent, 0) | leading[commit]
    return {leading[x[0]] for x in rows}


def _members(group: int, heads: Sequence[str]) -> list[str]:
    return [x for n, x in enumerate(heads) if group >> n & 1]
