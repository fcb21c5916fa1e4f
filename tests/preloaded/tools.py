"""Command lines of ours in processes that begin in milliseconds.

A command without a daemon spends most of its time on imports. Here one process imports
them all, once, and forks for each command: the fork has the caller's folder,
environment, words and streams, and an end of its own. Where the start itself is tested
(imports, encodings, closed streams) Python is started instead; so it is everywhere with
`COLD_STARTS=1`, and where a fork cannot use all libraries (macOS).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import MappingProxyType

_ROOT = Path(__file__).parents[2]
_IS_COLD = sys.platform != "linux" or "COLD_STARTS" in os.environ
COLD = [sys.executable, "-m", "coordinator.entry"]
_STAND_IN = """\
#!{python} -IS
import sys
sys.path.insert(0, {root!r})
from tests.preloaded import stand_in
stand_in.main({address!r}, {python!r})
"""

_ending = ExitStack()


def command(environment: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return how to start `coordinator`; its words are to follow.

    What is set for Python itself holds for its start alone: then Python is started.
    """
    is_about_python = any(x in environment for x in ("PYTHONUTF8", "PYTHONPATH"))
    if _IS_COLD or is_about_python:
        return COLD
    return [str(folder() / "coordinator")]


@cache
def folder() -> Path:
    """Return a folder for PATH with `coordinator` and `python`."""
    if _IS_COLD:
        return Path(sys.executable).parent
    made = Path(tempfile.mkdtemp(prefix="preloaded-"))
    address = str(made / "socket")
    text = _STAND_IN.format(python=sys.executable, root=str(_ROOT), address=address)
    for name in ("coordinator", "python"):
        (made / name).write_text(text)
        (made / name).chmod(0o755)
    _serve(address)
    return made


def _serve(address: str) -> None:
    """Start the server; it ends when its input does, with all that it made."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded.server", address],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is not for it
    )
    _ending.callback(shutil.rmtree, Path(address).parent)
    _ending.callback(server.communicate)
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"


def end() -> None:
    """End the server, if there is one."""
    _ending.close()
