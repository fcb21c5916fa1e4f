"""The console script: a thin client of the daemon, and where daemon and faces meet.

With a daemon a command costs one socket call; without one the same action runs here,
under the workspace's lock. Nothing heavy is imported before it is known to be needed.
"""

import os
import sys

from coordinator.daemon import client
from coordinator.kernel import addresses

_LOCAL = {"completion", "demo", "init", "up"}
_BODY = (("pending", "submit"), ("learning", "add"))
_NOWHERE = "Error: The present folder does not exist any more.\nHint: Run: cd ~\n"
_GLOBAL = {"--workspace": "workspace", "--as": "agent"}


def main() -> None:
    """Run the command line of this process."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader went away (`… | head`): not our failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def run(argv: list[str]) -> int:
    """Run a command line; return its exit code."""
    if not _has_folder():
        return show({"stdout": "", "stderr": _NOWHERE, "code": 1})
    words, given = take_globals(argv)
    root = given["workspace"] or find_workspace()
    asked = _question(words, given, root)
    if _is_local(words):
        from coordinator.cli import local  # noqa: PLC0415 - only when needed

        return show(local.run(root, asked))
    reply = client.ask(root, asked) if root else None
    if reply is None:
        from coordinator.cli import local  # noqa: PLC0415 - only when needed

        reply = local.answer_here(root, asked)
    if reply.get("output"):
        from coordinator.cli import output  # noqa: PLC0415 - only when needed

        reply = output.save(reply, root, as_json="--json" in words)
    return show(reply)


def _has_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - thin
    except FileNotFoundError:
        return False
    return True


def show(reply: dict[str, object]) -> int:
    """Print what a command line printed, and return its exit code."""
    sys.stdout.write(_writable(reply["stdout"]))
    sys.stderr.write(_writable(reply["stderr"]))
    return int(str(reply["code"]))


def _writable(text: object) -> str:
    """Return text with escapes for what was no UTF-8 on the command line."""
    return str(text).encode("utf-8", "backslashreplace").decode()


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
    asks_help = not words or {"-h", "--help"} & set(words)
    verb = [x for x in words if not x.startswith("-")][:2]
    local = bool(_LOCAL & set(verb[:1])) or verb in (["agent"], ["agent", "launch"])
    return bool(asks_help) or local or "_COORDINATOR_COMPLETE" in os.environ


def _question(words: list[str], given: dict[str, str], root: str) -> dict[str, object]:
    agent = given["agent"] or os.environ.get("COORDINATOR_AGENT", "")
    token = f"{root}/{addresses.OWN}/tokens/{agent.replace('/', '_')}"
    verb = tuple(x for x in words if not x.startswith("-"))[:2]
    return {
        "argv": words,
        "folder": os.getcwd(),  # noqa: PTH109 - thin
        "agent": agent,
        "token": _read(token if agent else addresses.maintainer_token()),
        "stdin": sys.stdin.read() if verb in _BODY and not sys.stdin.isatty() else "",
        "width": _width(),
        "color": sys.stdout.isatty() and not os.environ.get("NO_COLOR"),
    }


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - thin
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 200  # nobody looks: whoever reads wants whole lines


if __name__ == "__main__":
    main()
