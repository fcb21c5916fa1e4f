"""Names that a workspace knows, for completion: as its index has them, at once.

The index is read as it stands, whoever writes it meanwhile. A name that a shell would
not take for one plain word is left out, so that nobody types what an agent made up.
"""

import os
from collections.abc import Iterable, Sequence

from coordinator.index import names as index_names
from coordinator.kernel.system import addresses

_MOST = 500
_MARKS = frozenset("._/@+-")


def known(kind: str, root: str, given: Sequence[str], begin: str) -> list[str]:
    """Return the names of a kind that begin so, sorted; `given` are the words before.

    Empty where there is no workspace, no index, or one of another version.
    """
    first = given[0] if given else ""
    found: set[str] = set()
    try:
        found |= set(index_names.asked(kind, root, first, begin))
        if kind in _READ:
            found |= set(_READ[kind](root, first))
    except Exception:  # noqa: BLE001 - a shell wants words, and no reasons
        return []
    fitting = (x for x in sorted(found) if x.startswith(begin) and _is_plain(x))
    return list(fitting)[:_MOST]


def _places(root: str, run: str) -> Iterable[str]:
    """Return the items or steps of a run, as its view has them."""
    import json  # noqa: PLC0415 - as above

    if "/" in run or run.startswith("."):
        return ()
    path = f"{root}/agent-system/active-contexts/runs/{run}/record.json"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - thin
        record = json.load(file)
    return [x["id"] for name in ("items", "steps") for x in record[name]]


def _repositories(root: str, given: str) -> dict[str, str]:
    del given
    import tomllib  # noqa: PLC0415 - as above

    with open(f"{root}/{addresses.SETTINGS}", encoding="utf-8-sig") as file:  # noqa: PTH123 - thin
        found: dict[str, str] = tomllib.loads(file.read()).get("repositories", {})
    return found


def _branches(root: str, given: str) -> Iterable[str]:
    from pathlib import Path  # noqa: PLC0415 - as above

    from coordinator.kernel import git  # noqa: PLC0415 - as above

    for path in _repositories(root, given).values():
        repository = git.Repository(Path(root) / os.path.expanduser(path))  # noqa: PTH111 - as above
        for ref in git.refs(repository, "refs/heads"):
            yield ref.removeprefix("refs/heads/")


_READ = {"branch": _branches, "place": _places, "repository": _repositories}


def _is_plain(name: str) -> bool:
    """Tell whether a shell takes the name for a word, whatever it is."""
    plain = all(x.isalnum() or x in _MARKS for x in name)
    return plain and name[:1] not in {"", "-"}
