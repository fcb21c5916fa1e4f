"""The workspace, its daemon, its history and its health, as actions show them."""

from typing import NotRequired

from typing_extensions import TypedDict

from coordinator.results.agents import AgentStatus


class MadeHome(TypedDict):
    """An agent's home worktree, or why it has none."""

    agent: str
    path: str
    problem: str


class MadeWorkspace(TypedDict):
    """What `init` made, or found; `problems` keep agents from their branches."""

    id: str
    workspace: str
    repositories: dict[str, str]
    agents: list[str]
    worktrees: list[MadeHome]
    problems: list[str]


class DaemonHealth(TypedDict):
    """A running daemon's own state; ages in seconds, the free disk in bytes."""

    pid: int
    started_at: str
    watcher: str
    scan_age: float
    scan_seconds: float
    queue: int
    overflows: int
    disk_free: int
    read_only: str
    history: str
    outdated: str
    until_idle: NotRequired[bool]


class ShownHealth(TypedDict):
    """As `DaemonHealth`, where a daemon is `running`; else that alone."""

    running: bool
    pid: NotRequired[int]
    started_at: NotRequired[str]
    watcher: NotRequired[str]
    scan_age: NotRequired[float]
    scan_seconds: NotRequired[float]
    queue: NotRequired[int]
    overflows: NotRequired[int]
    disk_free: NotRequired[int]
    read_only: NotRequired[str]
    history: NotRequired[str]
    outdated: NotRequired[str]
    until_idle: NotRequired[bool]


class ShownDaemon(TypedDict):
    """Whether a daemon runs, and as what; `url` is where its pages are."""

    running: bool
    pid: int | None
    url: str | None
    health: DaemonHealth | None


class ShownStatus(TypedDict):
    """The workspace in short; `pending`, `gates` … count what waits for a person."""

    workspace: str
    daemon: ShownDaemon
    agents: list[AgentStatus]
    pending: int
    gates: int
    escalations: int
    problems: int
    records: int


class StoppedDaemon(TypedDict):
    """Whether a daemon ran, and which ends now."""

    stopped: bool
    pid: int | None


class ShownFinding(TypedDict):
    """One thing that was looked at: whether it is well, and what mends it."""

    name: str
    well: bool
    message: str
    hint: str


class FoundDocument(TypedDict):
    """A document with words that were searched for."""

    path: str
    kind: str
    agent: str
    title: str
    at: str
    excerpt: str


class ShownRecord(TypedDict):
    """One record of the journal; `blob` names the text that it accepted."""

    seq: int
    at: str
    kind: str
    actor: str
    subject: str
    blob: str
    note: str


class DocumentVersion(TypedDict):
    """The version of a document that a record accepted."""

    seq: int
    at: str
    actor: str
    subject: str
    blob: str
    text: str
