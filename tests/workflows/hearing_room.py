"""A tree in memory, and short ways to put criteria before the judges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coordinator.kernel.disk.files import MAX_BYTES
from coordinator.workflows.judging.evidence import Evidence
from coordinator.workflows.judging.judging import judge
from coordinator.workflows.judging.verdicts import (
    MISSING,
    Ask,
    Sources,
    Verdict,
    ask_nobody,
)
from coordinator.workflows.model import Criteria, Criterion


@dataclass
class FakeTree:
    """Files by path; `locked` ones are there and cannot be read."""

    files: Mapping[str, str | bytes] = field(default_factory=dict)
    locked: Sequence[str] = ()
    reads: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes | str:
        self.reads.append(path)
        found = self.files.get(path, b"")
        data = found.encode() if isinstance(found, str) else found
        if path in self.locked or self.is_folder(path) or len(data) > MAX_BYTES:
            return "cannot be read (It is large)"
        return data if path in self.files else MISSING

    def exists(self, path: str) -> bool:
        return path in self.files or path in self.locked or self.is_folder(path)

    def is_folder(self, path: str) -> bool:
        return any(x.startswith(f"{path}/") for x in self.files)

    def listing(self) -> Iterable[str]:
        return sorted(self.files)


def criterion(kind: Criteria, *values: str, **more: Any) -> Criterion:  # noqa: ANN401
    """Make a criterion with these alternatives."""
    return Criterion(kind, more.pop("text", " or ".join(values)), 1, "", values, **more)


def pattern(*values: str, files: tuple[str, ...] = ()) -> Criterion:
    """Make a criterion of content that is to match."""
    return criterion(Criteria.FILE_MATCHES, *values, files=files, is_pattern=True)


def verdict(
    asked: Criterion | Sequence[Criterion],
    files: Mapping[str, str | bytes] | None = None,
    evidence: Evidence | None = None,
    sources: Sources | None = None,
    ask: Ask = ask_nobody,
) -> Verdict:
    """Judge a criterion, or the first of several, and return its verdict."""
    criteria = [asked] if isinstance(asked, Criterion) else asked
    tree = FakeTree(files or {})
    proof = evidence or Evidence()
    return judge(criteria, proof, tree, sources or Sources(), ask=ask)[0]
