"""What a repository's settings are to its user's own git, so that ours sees the same.

What only changes how files look is taken over, and what names a program is switched
off; reading settings starts nothing. See git-config(1) and gitattributes(5).
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coordinator.kernel import git
from coordinator.kernel.git import Repository
from coordinator.kernel.system import processes

# How files lie on the disk and which of them are ignored; no key of these names a
# program. What only concerns display or speed is left out.
HARMLESS = {
    "core.attributesfile",
    "core.autocrlf",
    "core.checkroundtripencoding",
    "core.checkstat",
    "core.eol",
    "core.excludesfile",
    "core.filemode",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.symlinks",
    "core.trustctime",
}
_FILES = {"core.attributesfile": "attributes", "core.excludesfile": "ignore"}
_OUTSIDE = {"system", "global"}  # what our own git does not read by itself
_DRIVERS = ("filter.", "merge.", "diff.")
_PROGRAMS = {"clean", "smudge", "process", "driver", "textconv", "command"}
_FILTERING = {"clean", "process"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, its key as git writes it: section and name in lower case."""

    scope: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class SettingsSeen:
    """A repository whose files look as to its user, with all programs switched off.

    `filters` are the names of those that its user's git puts files through before it
    compares them: what such a file really is, nobody else can tell.
    """

    repository: Repository
    filters: frozenset[str]


def read(repository: Repository) -> tuple[Setting, ...]:
    """Return all settings of its user's git, in their order: the last one counts."""
    trusted = git.configuration({"safe.directory": "*"})
    argv = ["git", "-C", str(repository.path), "config", "--list", "--show-scope", "-z"]
    done = processes.run(
        argv,
        environment=git.users_environment() | trusted,
        seconds=git.LOOK_SECONDS,
    )
    words = done.text.split("\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    parts = ((scope, *pair.partition("\n")) for scope, pair in pairs)
    return tuple(Setting(scope, key, value) for scope, key, _, value in parts)


def seen_by_its_user(repository: Repository) -> SettingsSeen:
    """Return the repository as its user's git would see its files, made harmless."""
    found = read(repository)
    taken = {**_harmless(found), **dict(_switched_off(found))}
    return SettingsSeen(Repository(repository.path, taken), frozenset(_filters(found)))


def _harmless(found: Iterable[Setting]) -> dict[str, str]:
    last = {x.key: x for x in (*_default_files(), *found) if x.key in HARMLESS}
    outside = (x for x in last.values() if x.scope in _OUTSIDE)
    return {x.key: _path(x.value) if x.key in _FILES else x.value for x in outside}


def _default_files() -> Iterator[Setting]:
    """Yield where git looks if nothing is set; ours has no home to look in."""
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    for key, name in _FILES.items():
        yield Setting("global", key, f"{folder}/git/{name}")


def _path(text: str) -> str:
    return os.path.expanduser(text)  # noqa: PTH111 - `~nobody` stays as it is


def _switched_off(found: Iterable[Setting]) -> Iterator[tuple[str, str]]:
    for setting in found:
        name = _driver_setting(setting.key)
        if name in _PROGRAMS:
            yield setting.key, ""
        elif name == "required":
            yield setting.key, "false"


def _filters(found: Iterable[Setting]) -> Iterator[str]:
    for setting in found:
        named = setting.key.startswith("filter.") and setting.value
        if named and _driver_setting(setting.key) in _FILTERING:
            yield setting.key.removeprefix("filter.").rpartition(".")[0]


def _driver_setting(key: str) -> str:
    """Return what a key says of a filter or driver, empty where it says nothing."""
    section, _, last = key.rpartition(".")
    return last if key.startswith(_DRIVERS) and "." in section else ""
