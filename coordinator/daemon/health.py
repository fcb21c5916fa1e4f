"""The daemon's own state, as `status` and `health` show it.

It measures nothing by itself; the service writes here.
"""

from dataclasses import dataclass, field

from coordinator.kernel import clock
from coordinator.results.workspaces import DaemonHealth


@dataclass(slots=True)
class Health:
    """What a person needs to know of a running daemon; times are monotonic seconds."""

    pid: int
    started_at: str
    watcher: str = "starting"
    looked: float = field(default_factory=clock.monotonic)
    look_seconds: float = 0.0
    queued: int = 0
    overflows: int = 0
    disk_free: int = 0
    read_only: str = ""
    history: str = ""
    outdated: str = ""
    until_idle: bool = False

    def as_json(self) -> DaemonHealth:
        """Return the state now; ages in seconds, the free disk in bytes."""
        found: DaemonHealth = {
            "pid": self.pid,
            "started_at": self.started_at,
            "watcher": self.watcher,
            "scan_age": round(clock.monotonic() - self.looked, 3),
            "scan_seconds": round(self.look_seconds, 4),
            "queue": self.queued,
            "overflows": self.overflows,
            "disk_free": self.disk_free,
            "read_only": self.read_only,
            "history": self.history,
            "outdated": self.outdated,
        }
        if self.until_idle:
            found["until_idle"] = True
        return found
