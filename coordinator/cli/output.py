"""The file that `--output` names, written on the caller's side.

With the caller's rights, so that nobody writes through the daemon what he could not
write himself; it knows nothing of what the text says.
"""

from pathlib import Path

from coordinator.cli import sessions
from coordinator.kernel.disk import files, refusals
from coordinator.kernel.errors import CoordinatorError, External, Refused
from coordinator.kernel.system import addresses


def save(reply: dict[str, object], root: str, *, as_json: bool) -> dict[str, object]:
    """Write the reply's text where the reply says; return what is left to print."""
    try:
        _write(Path(str(reply["output"])), str(reply["text"]), Path(root))
    except CoordinatorError as error:
        return sessions.failure(
            error.kind, error.message, error.hint, as_json=as_json
        ).as_json()
    return reply


def _write(path: Path, text: str, root: Path) -> None:
    try:
        target = path.resolve()
        if target.is_relative_to(root.resolve() / addresses.OWN):
            raise Refused(
                f"{path} is the coordinator's own.", hint="Name another file."
            )
        if target.is_file() or not target.exists():
            folder, name = target.parent, target.name
            files.write(folder, name, text.encode(), temporary=folder)
        else:  # a terminal, a pipe: what stands there is written to
            target.write_text(text, "utf-8")
    except OSError as error:
        said = f"{path} cannot be written: {refusals.reason(error)}."
        hint = refusals.hint(error)
        if isinstance(error, FileNotFoundError):
            said = f"{path} cannot be written: its folder is not there, or takes none."
            hint = "Name a file in a folder that you may write in."
        raise External(said, hint=hint) from None
    except (RuntimeError, ValueError) as error:
        said = f"{path} cannot be written: {error}."
        raise External(said, hint="Name another file.") from None
