"""A daemon that an agent's command leaves behind, so that the next ones are quick.

It ends by itself once nobody has asked for a while. Cron, CI and services leave none:
they ask once, and whoever looks after them expects nothing to stay.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from coordinator.kernel.disk import small_files
from coordinator.kernel.system import processes
from coordinator.workspace.layout import Layout

_TIMERS = {"anacron", "atd", "cron", "crond", "fcron"}
_MOST_ANCESTORS = 30


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether whoever runs this process may ask again soon."""
    if environment.get("CI") or not shutil.which("git", path=environment.get("PATH")):
        return False  # it would serve others without git, too
    if os.getpriority(os.PRIO_PROCESS, 0) > 0:
        return False  # nor shall they wait for one that gives way to all
    above = list(_ancestors(os.getppid()))
    if not above:  # The system does not tell; cron gives no terminal's name.
        return "TERM" in environment
    # What systemd starts has an id, see systemd.exec(5), but so have desktops.
    is_service = "INVOCATION_ID" in environment and not any(x for _, x in above)
    return not is_service and not any(x in _TIMERS for x, _ in above)


def _ancestors(pid: int) -> Iterator[tuple[str, bool]]:
    """Yield a process and those above it, where /proc tells: name, has a terminal."""
    for _ in range(_MOST_ANCESTORS):
        try:
            said = small_files.read(f"/proc/{pid}/stat").decode("utf-8", "replace")
        except OSError:
            return
        name, _, rest = said.partition("(")[2].rpartition(")")
        fields = rest.split()  # from the third on, see proc_pid_stat(5)
        yield name, fields[4] != "0"
        pid = int(fields[1])


def leave_one(layout: Layout) -> int:
    """Start a daemon that ends when it is idle, and return its process id.

    Nobody waits for it. Where another one is quicker, it ends at once.
    """
    argv = [sys.executable, "-m", "coordinator.entry", "up", "--until-idle"]
    argv += ["--workspace", str(layout.root)]
    log: Path = layout.logs / "start.log"
    return processes.start_detached(argv, log=log, cwd=layout.root)
