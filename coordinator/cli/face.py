"""The command face inside the daemon: a command line in, what it prints out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import TypeAdapter, ValidationError

from coordinator.cli import app, exit_codes, sessions
from coordinator.cli.app import Asked
from coordinator.cli.sessions import Session
from coordinator.daemon import program_replaced
from coordinator.daemon.dispatcher import Answer, Request
from coordinator.kernel.errors import CoordinatorError, ErrorKind
from coordinator.workspace.workspace import Workspace


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


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command line that asks for an action, and what is printed of what comes."""

    line: CommandLine
    session: Session
    asked: Asked
    logs: Path

    @property
    def request(self) -> Request:
        """What is to be performed."""
        asked, line = self.asked, self.line
        return Request(
            asked.action.name,
            asked.arguments,
            line.folder,
            line.agent,
            line.token,
            asked.key,
        )

    def answered(self, answer: Answer) -> dict[str, Any]:
        """Return what is printed of an answer."""
        self.session.notes.extend(answer.notes)
        return app.answered(self.session, self.asked, lambda: answer.value).as_json()

    def refused(self, error: CoordinatorError) -> dict[str, Any]:
        """Return what is printed of an error."""
        return sessions.refused(self.session, error).as_json()

    def failed(self) -> dict[str, Any]:
        """Return what is printed of a bug."""
        return _failed(self.line, self.logs)


def begin(workspace: Workspace, asked: dict[str, Any]) -> CommandCall | dict[str, Any]:
    """Read a command line that a thin client handed over; return what it asks for.

    Or what is printed of it, where it asks for no action.
    """
    try:
        line = _LINE.validate_python(asked)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"])
        message = f"The request is malformed: {place}: {first['msg']}."
        return sessions.failure(ErrorKind.USAGE, message, "", as_json=False).as_json()
    session = Session(
        _no_action,
        Path(line.folder),
        workspace.layout.root,
        stdin=line.stdin,
        width=line.width,
        color=line.color,
    )
    if note := program_replaced.note_to(line.program):
        session.notes.append(note)
    try:
        found = app.read(line.argv, session)
    except Exception:  # noqa: BLE001 - the outer boundary: a bug must not end the daemon
        return _failed(line, workspace.layout.logs)
    if isinstance(found, Asked):
        return CommandCall(line, session, found, workspace.layout.logs)
    return found.as_json()


def _no_action(name: str, arguments: dict[str, Any], key: str) -> object:
    message = f"{name} is performed by the daemon: {arguments}, {key}"
    raise RuntimeError(message)


def _failed(line: CommandLine, logs: Path) -> dict[str, Any]:
    if program_replaced.is_replaced():
        new = program_replaced.ProgramReplaced()
        as_json = "--json" in line.argv
        return sessions.failure(
            new.kind, new.message, new.hint, as_json=as_json
        ).as_json()
    logger.exception("bug in {}", line.argv)
    text = f"Error: The daemon met a bug; its log is in {logs}.\n"
    return {"stdout": "", "stderr": text, "code": exit_codes.BUG}
