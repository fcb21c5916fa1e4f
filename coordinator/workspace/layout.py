"""Where everything lies in a workspace.

It names paths and opens nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from coordinator.kernel.system import addresses

VERSION = "1"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one workspace; `root` is absolute and without links."""

    root: Path

    @property
    def own(self) -> Path:
        """The coordinator's own folder, which agents have no business in."""
        return self.root / addresses.OWN

    @property
    def settings(self) -> Path:
        """The file that a person edits."""
        return self.root / addresses.SETTINGS

    @property
    def version(self) -> Path:
        """The file with the layout's version."""
        return self.own / "version"

    @property
    def lock(self) -> Path:
        """Whoever holds it is the one writer."""
        return self.own / "lock"

    @property
    def socket(self) -> Path:
        """Where the daemon answers; elsewhere if the path is too long for a socket."""
        return Path(addresses.socket_path(str(self.root)))

    @property
    def daemon(self) -> Path:
        """Process id and start of the last daemon, for people."""
        return self.own / "daemon.json"

    @property
    def journal(self) -> Path:
        """The state."""
        return self.own / "journal"

    @property
    def blobs(self) -> Path:
        """The accepted bytes."""
        return self.own / "blobs"

    @property
    def history(self) -> Path:
        """The bare repository that shows every accepted version."""
        return self.own / "history.git"

    @property
    def store(self) -> Path:
        """The bare repository that keeps what was submitted."""
        return self.own / "store.git"

    @property
    def index(self) -> Path:
        """The database for questions; may be deleted at any moment."""
        return self.own / "index.sqlite"

    @property
    def logs(self) -> Path:
        """What the daemon noted of its own work."""
        return self.own / "logs"

    @property
    def tokens(self) -> Path:
        """A file per agent, mode 0600."""
        return self.own / "tokens"

    @property
    def temporary(self) -> Path:
        """Unfinished files, on the same filesystem and unwatched."""
        return self.own / "tmp"

    @property
    def trash(self) -> Path:
        """Removed worktrees, until they are deleted."""
        return self.own / "trash"

    @property
    def quarantine(self) -> Path:
        """What stood where something else belongs."""
        return self.own / "quarantine"

    @property
    def pool(self) -> Path:
        """Worktrees that wait for an agent."""
        return self.own / "pool"
