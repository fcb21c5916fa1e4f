"""The one module that runs git: argv lists in a hardened environment.

No hook, filter, fsmonitor, pager, editor or signing program that a repository names is
run. It knows refs and objects, and nothing of agents.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from coordinator.kernel.errors import External
from coordinator.kernel.system import processes
from coordinator.kernel.system.processes import Child, Completed

OLDEST = (2, 38)
ZERO = "0" * 40
NO_FILE = "/dev/null/none"  # git is silent about a file that cannot be there
LOOK_SECONDS = 10.0  # for what only reads refs and settings: longer, and it hangs
FETCHING = {"GIT_ALLOW_PROTOCOL": "file"}  # from another folder of this machine
FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap="),
    *("--no-auto-maintenance", "--no-recurse-submodules"),
)
# Git takes our settings away from the side that serves, and that refuses a folder of
# another owner, and follows its grafts; reading objects runs nothing that it names.
FETCH_HERE = (
    *FETCH,
    f"--upload-pack=GIT_GRAFT_FILE={NO_FILE} git -c 'safe.directory=*' upload-pack",
)
_NAMES_HOOKS = (2, 54)  # from then on settings name hooks too, see git-hook(1)
_LOOKS = {  # these run no hook
    *("cat-file", "check-attr", "config", "diff-files", "for-each-ref", "log"),
    *("ls-files", "ls-tree", "merge-base", "rev-list", "rev-parse", "status"),
}
_REACHING = {"GIT_ALLOW_PROTOCOL": "https:ssh:file", "GIT_TERMINAL_PROMPT": "0"}
_HEADS = "refs/heads/"
_ORIGIN = "refs/remotes/origin/"
_KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_HARD_CONFIG = {
    "advice.detachedHead": "false",
    "commit.gpgSign": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "gc.auto": "0",
    "gc.autoDetach": "false",
    "gpg.program": os.devnull,
    "gpg.ssh.program": os.devnull,
    "gpg.x509.program": os.devnull,
    "log.showSignature": "false",
    "maintenance.auto": "false",
    "merge.verifySignatures": "false",
    "safe.directory": "*",
    "submodule.recurse": "false",
    "tag.gpgSign": "false",
}


class GitFailed(External):
    """A git command ended with an error."""

    def __init__(self, args: Sequence[str], done: Completed) -> None:
        before = ("", *args)  # `-c` has a word of its own
        words = (x for y, x in zip(before, args, strict=False) if y != "-c")
        verb = next((x for x in words if not x.startswith("-")), "git")
        reason = done.complaint or f"exit code {done.code}"
        super().__init__(f"git {verb} failed: {reason}", hint="Run: coordinator doctor")
        self.code = done.code


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of a hardened git: nothing of the caller's leaks.

    System and user configuration are not read (`git_settings` takes over what is
    harmless in them), locks that git only takes to be faster are not taken, and no
    transport is allowed.
    """
    made = {key: os.environ[key] for key in _KEPT if key in os.environ}
    made |= {
        "HOME": os.devnull,
        "LC_ALL": "C",
        # Git before 2.45 fetches what a partial clone lacks whatever it is told, by a
        # program that the repository names. Whoever fetches adds FETCHING.
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": ":",
        "GIT_GRAFT_FILE": NO_FILE,
        # A repository that says it lacks objects names the program that gets them.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return made | configuration(_HARD_CONFIG) | dict(extra or {})


def configuration(values: Mapping[str, str], *, first: int = 0) -> dict[str, str]:
    """Return settings as `GIT_CONFIG_*` variables, the strongest level there is.

    `first` is the number of settings that stand in the environment already.
    """
    made = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, (key, value) in enumerate(values.items(), first):
        made[f"GIT_CONFIG_KEY_{number}"] = key
        made[f"GIT_CONFIG_VALUE_{number}"] = value
    return made


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository or worktree to run git in; `path` is its folder.

    `settings` are extra configuration that overrides the repository's own.
    """

    path: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def ask(
        self,
        *args: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        seconds: float = processes.DEFAULT_SECONDS,
    ) -> Completed:
        """Run git and return how it ended, whatever its exit code."""
        made, settings = environment(extra), self.settings
        if args[0] not in _LOOKS:
            settings = {**settings, **_hooks_off(self.path, made)}
        if settings:
            made |= configuration(settings, first=len(_HARD_CONFIG))
        argv = ["git", "-C", str(self.path), *args]
        return processes.run(argv, environment=made, stdin=stdin, seconds=seconds)

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        seconds: float = processes.DEFAULT_SECONDS,
    ) -> str:
        """Run git and return its standard output without the last line end.

        Raises:
            GitFailed: The exit code is not 0.
        """
        done = self.ask(*args, stdin=stdin, extra=extra, seconds=seconds)
        if done.code:
            raise GitFailed(args, done)
        return done.text.removesuffix("\n")

    def child(self, *args: str) -> Child:
        """Start a long-lived git co-process."""
        argv = ["git", "-C", str(self.path), *args]
        return Child(argv, environment=environment())


def _hooks_off(folder: Path, made: Mapping[str, str]) -> dict[str, str]:
    """Return settings that switch off every hook that a setting names by now.

    No setting does that for all: `hook.<event>.enabled` came only with git 2.55, and
    means nothing where `hook.<event>.command` is set as well.
    """
    if version() < _NAMES_HOOKS:
        return {}
    words = ("config", "--null", "--name-only", "--get-regexp", r"^hook\.")
    argv = ["git", "-C", str(folder), *words]
    done = processes.run(argv, environment=made, seconds=LOOK_SECONDS)
    names = (x.rpartition(".")[0] for x in done.text.split("\0"))
    return {f"{x}.enabled": "false" for x in names if "." in x}


def version() -> tuple[int, int]:
    """Return git's major and minor version, `(0, 0)` where it does not say."""
    program = shutil.which("git") or ""
    return _version(program, Path(program).stat().st_mtime_ns if program else 0)


@cache
def _version(_program: str, _written: int) -> tuple[int, int]:
    # Even for this git reads settings, those of the folder that it stands in too.
    argv = ["git", "-C", "/", "--version"]
    words = processes.run(argv, environment=environment()).text.split()
    numbers = words[2].split(".") if len(words) > 2 else []  # noqa: PLR2004
    if len(numbers) < 2 or not all(x.isdigit() for x in numbers[:2]):  # noqa: PLR2004
        return (0, 0)
    return int(numbers[0]), int(numbers[1])


def resolve(repository: Repository, revision: str) -> str | None:
    """Return the commit id that a full ref or an id stands for, or None."""
    if revision.startswith("^") or "\0" in revision:
        return None  # "everything but this" is no commit
    done = repository.ask(
        *("rev-parse", "--verify", "--quiet", "--end-of-options"),
        f"{revision}^{{commit}}",
        seconds=LOOK_SECONDS,
    )
    return done.text.strip() if done.code == 0 else None


def refs(repository: Repository, *prefixes: str) -> dict[str, str]:
    """Return full ref names and their object ids, below the prefixes."""
    form = "--format=%(refname) %(objectname)"
    # Not `splitlines`: a ref's name may hold U+2028 and other ends of lines.
    said = repository.run("for-each-ref", form, "--", *prefixes, seconds=LOOK_SECONDS)
    lines = said.split("\n")
    pairs = (line.rpartition(" ") for line in lines if line)
    return {name: oid for name, _, oid in pairs}


def update_ref(repository: Repository, ref: str, new: str, old: str) -> None:
    """Move a ref from `old` to `new` or fail; `ZERO` as old: it must not exist.

    Raises:
        GitFailed: The ref is somewhere else by now.
    """
    command = f"update {ref}\0{new}\0{old}\0"
    repository.run("update-ref", "--stdin", "-z", stdin=command.encode())


def remove_locks(folder: Path) -> None:
    """Remove what a killed git left in a bare repository that only we write to.

    Whoever calls holds the lock on all of it.
    """
    for lock in (*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")):
        lock.unlink(missing_ok=True)


def common_folder(repository: Repository) -> Path:
    """Return the absolute path of the git directory that all worktrees share."""
    said = repository.run("rev-parse", "--path-format=absolute", "--git-common-dir")
    return Path(said)


def own_folder(repository: Repository) -> Path:
    """Return the absolute path of this worktree's own git directory."""
    said = repository.run("rev-parse", "--path-format=absolute", "--git-dir")
    return Path(said)


def users_setting(repository: Repository, key: str) -> tuple[str, str] | None:
    """Return the scope and value of a setting as the user's own git sees it."""
    found = users_settings(repository, key)
    return found[-1] if found else None


def users_settings(repository: Repository, key: str) -> list[tuple[str, str]]:
    """Return every scope and value of a setting as the user's own git reads them.

    The last one counts. Every other function reads with the hardened configuration.
    Nothing is started for reading a setting.
    """
    trusted = configuration({"safe.directory": "*"})
    words = ("config", "--null", "--show-scope", "--get-all", key)
    argv = ["git", "-C", str(repository.path), *words]
    made = users_environment() | trusted
    done = processes.run(argv, environment=made, seconds=LOOK_SECONDS)
    parts = done.text.split("\0") if done.code == 0 else []
    return list(zip(parts[::2], parts[1::2], strict=False))


def ask_as_user(
    repository: Repository, *args: str, stdin: bytes, seconds: float
) -> Completed:
    """Run git with the user's own settings and credentials, to reach another machine.

    Hooks and fsmonitor are off; what else the repository names is the caller's care.
    """
    quiet = {x: _HARD_CONFIG[x] for x in ("core.fsmonitor", "core.hooksPath")}
    made = users_environment() | _REACHING
    off = _hooks_off(repository.path, made | configuration({"safe.directory": "*"}))
    made |= configuration({**quiet, **repository.settings, **off})
    argv = ["git", "-C", str(repository.path), *args]
    return processes.run(argv, environment=made, stdin=stdin, seconds=seconds)


def default_branch(repository: Repository) -> str:
    """Return the branch that a repository takes for its main one, or nothing.

    That is the first that is there of: what its origin names, what the user sets as
    `init.defaultBranch`, `main`, `master`, what HEAD is on, the only branch.
    """
    heads = {x.removeprefix(_HEADS) for x in refs(repository, _HEADS)}
    if len(heads) == 1:
        return heads.pop()
    return next((x for x in _main_names(repository) if x in heads), "")


def _main_names(repository: Repository) -> Iterator[str]:
    """Yield what the main branch may be called, the likeliest first."""
    origin = repository.ask("symbolic-ref", "-q", _ORIGIN + "HEAD").text
    yield origin.strip().removeprefix(_ORIGIN)
    _, configured = users_setting(repository, "init.defaultBranch") or ("", "")
    yield from (configured, "main", "master")
    current = repository.ask("symbolic-ref", "-q", "HEAD").text
    yield current.strip().removeprefix(_HEADS)


def is_refused_to_its_user(repository: Repository) -> bool:
    """Tell whether the user's own git refuses the folder because of its owner."""
    argv = ["git", "-C", str(repository.path), "rev-parse", "--git-dir"]
    made = users_environment()
    done = processes.run(argv, environment=made, seconds=LOOK_SECONDS)
    return done.code != 0 and b"dubious ownership" in done.stderr


def users_environment() -> dict[str, str]:
    """Return the environment of the user's own git, whose settings are read."""
    kept = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    made = {k: v for k, v in os.environ.items() if k in kept or k[:4] != "GIT_"}
    return made | {"LC_ALL": "C"}


def top_folder(repository: Repository) -> Path:
    """Return the folder of the worktree, or of a bare repository the git directory."""
    done = repository.ask("rev-parse", "--path-format=absolute", "--show-toplevel")
    return Path(done.text.strip()) if done.code == 0 else common_folder(repository)
