"""The command face inside the daemon: a command line in, what it prints out."""

from pathlib import Path
from typing import Any

from loguru import logger

from coordinator.cli import app
from coordinator.cli.app import Session
from coordinator.daemon.desk import Desk, Request


def answer(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a command line that a thin client handed over."""

    def perform(name: str, arguments: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
        shown = (asked["folder"], str(asked.get("agent", "")))
        token = str(asked.get("token", ""))
        return desk.perform(Request(name, arguments, *shown, token, key))

    try:
        session = Session(
            perform,
            Path(asked["folder"]),
            stdin=str(asked.get("stdin", "")),
            width=int(asked.get("width", 88)),
            color=bool(asked.get("color")),
        )
        reply = app.answer([str(x) for x in asked["argv"]], session)
    except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
        logger.exception("bug in {}", asked.get("argv"))
        log = desk.workspace.layout.logs
        text = f"Error: The daemon met a bug; its log is in {log}.\n"
        return {"stdout": "", "stderr": text, "code": 3}
    return reply.as_json()
