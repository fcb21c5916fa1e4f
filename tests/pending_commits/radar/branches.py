"""Branches of a bare repository, made without a checkout, to compare them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coordinator.kernel.git import Repository
from pending_commits.radar.matrix import compare
from pending_commits.radar.model import OpenWork, Radar
from pending_commits.radar.placing import Memory
from pending_commits.radar.scratch import open_scratch
from tests.support import git, try_git, user_environment

File = bytes | str | tuple[str, str] | None  # a text; with its mode; None: to be gone
Files = Mapping[str, File]
LINES = "".join(f"line {x}\n" for x in range(12))


@dataclass
class Branches:
    """A repository; `main` is the target."""

    path: Path
    commits: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: Files, *parents: str) -> str:
        """Add a commit on a branch, off other branches where it has none."""
        before = [self.commits[x] for x in parents or (branch,) if x in self.commits]
        lines = [f"commit refs/heads/{branch}", "committer A <a@example.org> 0 +0000"]
        lines += ["data 0"]
        lines += [f"{'merge' if n else 'from'} {x}" for n, x in enumerate(before)]
        stream = ("\n".join(lines) + "\n").encode()
        stream += b"".join(_change(*x) for x in files.items())
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force"],
            cwd=self.path,
            env=user_environment(),
            input=stream,
            check=True,
        )
        self.commits[branch] = git(self.path, "rev-parse", f"refs/heads/{branch}")
        return self.commits[branch]

    @property
    def works(self) -> list[OpenWork]:
        """All branches but the target, each somebody else's."""
        found = self.commits.items()
        return [OpenWork(f"of-{k}", k, v) for k, v in found if k != "main"]

    def scratch(self) -> Repository:
        """Open a scratch repository beside this one."""
        return open_scratch(self.path.with_name("radar.git"), [self.path / "objects"])

    def compare(
        self, works: Sequence[OpenWork] | None = None, memory: Memory | None = None
    ) -> Radar:
        """Compare all works with the target and each other."""
        given = self.works if works is None else works
        target = self.commits["main"]
        return compare(self.scratch(), target, given, memory or Memory())

    def merge(self, one: str, other: str) -> str:
        """Merge two commits as anybody would; return the new one, or nothing."""
        done = try_git(self.path, "merge-tree", "--write-tree", one, other)
        assert done.returncode in {0, 1}, done.stderr
        if done.returncode:
            return ""
        words = ("commit-tree", "-p", one, "-p", other, "-m", "Merge")
        return git(self.path, *words, done.stdout.split("\n")[0])


def make_branches(path: Path, files: Files) -> Branches:
    """Make a repository whose target has these files."""
    subprocess.run(
        ["git", "init", "-q", "--bare", "-b", "main", str(path)],
        env=user_environment(),
        check=True,
    )
    made = Branches(path)
    made.commit("main", files)
    return made


def _change(path: str, file: File) -> bytes:
    octal = (b"\\%03o" % x for x in path.encode("utf-8", "surrogateescape"))
    place = b'"%s"' % b"".join(octal)
    if file is None:
        return b"D %s\n" % place
    mode, text = file if isinstance(file, tuple) else ("100644", file)
    if mode == "160000":
        return f"M {mode} {text!s} ".encode() + place + b"\n"
    data = text.encode() if isinstance(text, str) else text
    return b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), place, len(data), data)


def clashing(radar: Radar) -> set[tuple[str, str]]:
    """Return the names of works that do not merge."""
    return {(x.first, x.second) for x in radar.pairs}


def changed(text: str, *lines: int, to: str = "changed") -> str:
    """Return a text in which some lines are others."""
    found = text.splitlines(keepends=True)
    for number in lines:
        found[number] = f"{to} {number}\n"
    return "".join(found)
