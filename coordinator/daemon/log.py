"""The operations log: what the daemon noted of its own work, as JSON lines.

It is no audit record (that is the journal), and holds no text of agents.
"""

from pathlib import Path

from loguru import logger


def begin(folder: Path) -> None:
    """Log into the folder from now on, 10 MB a file, five files."""
    logger.remove()
    logger.add(
        folder / "daemon.jsonl",
        serialize=True,
        diagnose=False,
        backtrace=False,
        rotation="10 MB",
        retention=5,
    )
