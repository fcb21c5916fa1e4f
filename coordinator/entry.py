"""The console script: a thin client of the daemon, and where daemon and faces meet.

With a daemon a command costs one socket call; without one the same action runs here,
under the workspace's lock. Nothing heavy is imported before it is known to be needed.
"""

import io
import os
import sys

from coordinator.cli import exit_codes
from coordinator.kernel.disk import small_files
from coordinator.kernel.system import addresses, program, streams

TYPE_CHECKING = False  # `typing` takes longer to load than the rest
if TYPE_CHECKING:
    from types import ModuleType

_LOCAL = {"completion", "demo", "init", "schema", "up"}
_MOST = (1 << 20) + 1  # more than any of them takes: it says so itself
_BODY = (
    *(("pending", "submit"), ("learning", "add"), ("workflow", "submit")),
    *(("review", x) for x in ("approve", "comment", "draft", "publish")),
    *(("review", x) for x in ("request-changes", "revoke")),
)
_COMPLETES = "_COORDINATOR_COMPLETE"  # set by the shell's script
_NOWHERE = "The present folder does not exist any more."
_UNHEARD = "The answer is lost: standard output is closed, or its disk is full."
_DONE = "What was asked was done all the same; look with: coordinator history"
_LOCALE = "coordinator-locale"  # an option of the interpreter: how the caller prints
_GLOBAL = {"--workspace": "workspace", "--as": "agent"}


def main() -> None:
    """Run the command line of this process."""
    streams.fill()
    _speak_utf8()
    try:
        code = run([_text(os.fsencode(x)) for x in sys.argv[1:]])
    except KeyboardInterrupt:
        code = exit_codes.INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`… | head`): not our failure.
        streams.silence("stdout")
        code = exit_codes.DONE
    if code == exit_codes.INTERRUPTED:
        # Python would wait for threads that do something long for others; whatever was
        # printed is flushed.
        if processes := sys.modules.get("coordinator.kernel.system.processes"):
            processes.end_all()
        os._exit(code)
    sys.exit(code)


def _speak_utf8() -> None:
    """Begin anew with UTF-8 where the locale would read names of files as another.

    Documents are named in UTF-8 for every locale; what is printed stays in its own.
    """
    spoken = sys._xoptions.get(_LOCALE)  # noqa: SLF001 - documented; no other door
    if spoken is not None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding=str(spoken))
    elif sys.getfilesystemencoding() != "utf-8":
        coding = getattr(sys.stdout, "encoding", "ascii")
        anew = [sys.executable, "-X", "utf8", "-X", f"{_LOCALE}={coding}"]
        os.execv(sys.executable, [*anew, *sys.orig_argv[1:]])  # noqa: S606 - no shell


def _text(data: bytes) -> str:
    """Read UTF-8, else what the locale means; bytes of neither stay escapable."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        coding = sys._xoptions.get(_LOCALE, "utf-8")  # noqa: SLF001 - as above
        return data.decode(str(coding), "surrogateescape")


def run(argv: list[str]) -> int:
    """Run a command line; return its exit code."""
    as_json = "--json" in argv
    if not _has_folder():
        said = _error(_NOWHERE, "Run: cd ~", as_json=as_json)
        return show({"stdout": "", "stderr": said, "code": exit_codes.FAILED})
    if _COMPLETES in os.environ or argv[:1] == ["completion"]:
        from coordinator.cli.completion import shells  # noqa: PLC0415 - only when needed

        found = shells.answer(os.environ.get(_COMPLETES, ""), argv)
        if found is not None:
            return show({"stdout": found, "stderr": "", "code": exit_codes.DONE})
    words, given = take_globals(argv)
    root = given["workspace"] or find_workspace()
    asked = _question(words, given, root)
    if _is_local(words):
        return show(_local().run(root, asked), as_json=as_json)
    from coordinator.daemon import client  # noqa: PLC0415 - only when needed

    reply = client.ask(root, asked) if root else None
    if reply is None:
        reply = _local().answer_here(root, asked)
    if reply.get("output"):
        from coordinator.cli import output  # noqa: PLC0415 - only when needed

        reply = output.save(reply, root, as_json=as_json)
    return show(reply, as_json=as_json)


def _local() -> "ModuleType":
    """Load what it takes to do a command here; nothing of that is garbage."""
    import gc  # noqa: PLC0415 - only when needed

    gc.disable()
    from coordinator.cli import local_commands  # noqa: PLC0415 - only when needed

    gc.freeze()
    gc.enable()
    return local_commands


def _has_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - thin
    except FileNotFoundError:
        return False
    return True


def _error(message: str, hint: str, *, as_json: bool) -> str:
    if not as_json:
        return f"Error: {message}\nHint: {hint}\n"
    import json  # noqa: PLC0415 - only when needed

    error = {"kind": "external", "message": message, "hint": hint}
    return json.dumps({"error": error}) + "\n"


def show(reply: dict[str, object], *, as_json: bool = False) -> int:
    """Print what a command line printed, and return its exit code."""
    code = int(str(reply["code"]))
    was_heard = _page(reply) or streams.put("stdout", str(reply["stdout"]))
    streams.put("stderr", str(reply["stderr"]))
    if was_heard or code:
        return code
    streams.put("stderr", _error(_UNHEARD, _DONE, as_json=as_json))
    return exit_codes.FAILED


def _page(reply: dict[str, object]) -> bool:
    """Show a long diff in the user's pager, where it goes to a terminal."""
    if not reply.get("paged") or sys.stdout is None or not sys.stdout.isatty():
        return False
    from coordinator.cli import pager  # noqa: PLC0415 - only when needed

    return pager.show(str(reply["stdout"]))


def take_globals(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    """Take `--workspace PATH` and `--as AGENT` out, wherever they stand before `--`."""
    words: list[str] = []
    given = dict.fromkeys(_GLOBAL.values(), "")
    rest = iter(argv)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            words += [word, *rest]
        elif name in _GLOBAL:
            found = value if equals else next(rest, None)
            if found is None:
                words.append(word)  # the command line says what is missing
            else:
                given[_GLOBAL[name]] = found
        else:
            words.append(word)
    if given["workspace"]:
        given["workspace"] = os.path.realpath(given["workspace"])  # noqa: PTH - thin
    return words, given


def find_workspace() -> str:
    """Return the workspace around the present folder, else the environment's."""
    found = addresses.find_root(".")
    given = os.environ.get("COORDINATOR_WORKSPACE", "")
    return found or (os.path.realpath(given) if given else "")  # noqa: PTH - thin


def _is_local(words: list[str]) -> bool:
    own = words[: words.index("--")] if "--" in words else words
    asks_help = not words or {"-h", "--help", "--version"} & set(own)
    verb = [x for x in words if not x.startswith("-")][:2]
    local = bool(_LOCAL & set(verb[:1])) or verb in (
        ["agent"],
        ["agent", "launch"],
    )
    return bool(asks_help) or local


def _question(words: list[str], given: dict[str, str], root: str) -> dict[str, object]:
    agent = given["agent"] or os.environ.get("COORDINATOR_AGENT", "")
    token = f"{root}/{addresses.OWN}/tokens/{agent.replace('/', '_')}"
    verb = tuple(x for x in words if not x.startswith("-"))[:2]
    return {
        "argv": words,
        "folder": os.getcwd(),  # noqa: PTH109 - thin
        "agent": agent,
        "token": _read(token if agent else addresses.maintainer_token()),
        "stdin": _body() if verb in _BODY else "",
        "width": _width(),
        "program": program.identity(),
        "color": bool(sys.stdout and sys.stdout.isatty())
        and not os.environ.get("NO_COLOR"),
    }


def _read(path: str) -> str:
    try:
        return small_files.read(path).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _body() -> str:
    is_given = sys.stdin is not None and not sys.stdin.isatty()
    return _text(sys.stdin.buffer.read(4 * _MOST))[:_MOST] if is_given else ""


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return 200  # nobody looks: whoever reads wants whole lines


if __name__ == "__main__":
    main()
