"""The command face inside the daemon: a command line in, what it prints out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import TypeAdapter, ValidationError

from coordinator.cli import app, exit_codes
from coordinator.cli.app import Session
from coordinator.daemon import program_replaced
from coordinator.daemon.dispatcher import Request
from coordinator.daemon.server import Dispatch
from coordinator.kernel.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command line as a thin client hands it over."""

    argv: list[str]
    folder: str
    agent: str = ""
    token: str = ""
    stdin: str = ""
    width: int = 88
    color: bool = False
    program: str = ""


_LINE = TypeAdapter(CommandLine)


def answer(dispatcher: Dispatch, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a command line that a thin client handed over."""
    try:
        line = _LINE.validate_python(asked)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"])
        message = f"The request is malformed: {place}: {first['msg']}."
        return app.failure(ErrorKind.USAGE, message, "", as_json=False).as_json()

    def perform(name: str, arguments: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
        request = Request(name, arguments, line.folder, line.agent, line.token, key)
        answer = dispatcher.perform(request)
        session.notes.extend(answer.notes)
        return answer.value

    session = Session(
        perform,
        Path(line.folder),
        dispatcher.workspace.layout.root,
        stdin=line.stdin,
        width=line.width,
        color=line.color,
    )
    if note := program_replaced.note_to(line.program):
        session.notes.append(note)
    try:
        return app.answer(line.argv, session).as_json()
    except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
        if program_replaced.is_replaced():
            new = program_replaced.ProgramReplaced()
            as_json = "--json" in line.argv
            told = app.failure(new.kind, new.message, new.hint, as_json=as_json)
            return told.as_json()
        logger.exception("bug in {}", line.argv)
        log = dispatcher.workspace.layout.logs
        text = f"Error: The daemon met a bug; its log is in {log}.\n"
        return {"stdout": "", "stderr": text, "code": exit_codes.BUG}
