"""Work on the caller's own side: commands without a daemon, and starting one.

It composes; every rule stands below.
"""

import os
import sys
import traceback
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import click

from coordinator.actions.admin import init
from coordinator.cli import app, exit_codes, sessions
from coordinator.cli.in_process import InProcess
from coordinator.cli.sessions import Reply, Session
from coordinator.daemon import client
from coordinator.index.database import refusals
from coordinator.kernel import clock
from coordinator.kernel.disk.locks import LockTaken
from coordinator.kernel.errors import CoordinatorError, NotFound
from coordinator.kernel.system import addresses, processes
from coordinator.workspace import file_kinds, settings, tokens
from coordinator.workspace.layout import Layout

_PATIENCE_SECONDS = 10.0
Question = dict[str, Any]


class NoWorkspace(NotFound):
    """A command needs a workspace, and there is none around the folder."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder} lies in no workspace.",
            hint="Run: coordinator init WORKSPACE --repo NAME=PATH, or add --workspace",
        )


def answer_here(root: str, asked: Question) -> dict[str, object]:
    """Run a command line without a daemon; one that starts meanwhile is asked."""
    deadline = clock.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return _guarded(lambda: _answer(root, asked), asked)
        except LockTaken as error:
            reply = client.ask(root, asked)
            if reply is not None:
                return reply
            if clock.monotonic() > deadline:
                return _failure(asked, error)


def _answer(root: str, asked: Question) -> Reply:
    with InProcess(Path(root), asked) as here:

        def perform(name: str, arguments: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
            _check_workspace(root, asked)
            answer = here.perform(name, arguments, key)
            session.notes.extend(answer.notes)
            return answer.value

        session = session_of(asked, perform, root)
        reply = app.answer(asked["argv"], session)
    return sessions.with_notes(reply, session, here.notes)


def _check_workspace(root: str, asked: Question) -> None:
    """Make nothing where there is nothing: only `init` makes a workspace."""
    if not root or addresses.find_root(root) != root:
        raise NoWorkspace(root or asked["folder"])


def session_of(asked: Question, perform: sessions.Perform, root: str = "") -> Session:
    """Return the session that a question asks for."""
    return Session(
        perform,
        Path(asked["folder"]),
        Path(root) if root else None,
        stdin=asked.get("stdin", ""),
        width=asked.get("width", 88),
        color=asked.get("color", False),
    )


def _guarded(work: Callable[[], Reply], asked: Question) -> dict[str, object]:
    """Turn what nobody foresaw into exit code 3 and a traceback in a file."""
    try:
        with refusals():
            reply = work()
    except (LockTaken, KeyboardInterrupt):
        raise
    except CoordinatorError as error:
        return _failure(asked, error)
    except Exception:  # noqa: BLE001 - the outer boundary of the program
        return {"stdout": "", "stderr": _bug(), "code": exit_codes.BUG}
    return reply.as_json()


def _failure(asked: Question, error: CoordinatorError) -> dict[str, object]:
    as_json = "--json" in asked["argv"]
    return sessions.failure(
        error.kind, error.message, error.hint, as_json=as_json
    ).as_json()


def _bug() -> str:
    folder = Path(
        os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    )
    path = folder / "agent-coordinator" / f"bug-{os.getpid()}.txt"
    text = f"{sys.version}\n{traceback.format_exc()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError:
        return text
    return f"Error: This is a bug; what is known of it stands in {path}.\n"


def run(root: str, asked: Question) -> dict[str, object]:
    """Run a command that belongs to the caller's side, or show help."""
    session = session_of(asked, _no_action)
    tree = app.root(_commands(root, asked))
    try:
        return _guarded(lambda: app.answer(asked["argv"], session, tree), asked)
    except LockTaken as error:
        return _failure(asked, error)


def tree() -> click.Group:
    """Return the whole command tree, as the manual shows it; it runs nothing."""
    return app.root(_commands("", {}))


def _no_action(name: str, arguments: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
    message = f"{name} was meant for the daemon: {arguments}, {key}"
    raise RuntimeError(message)


def _commands(root: str, asked: Question) -> list[tuple[str, click.Command]]:
    from coordinator.cli import record_log, schema, starting  # noqa: PLC0415 - not light
    from coordinator.cli.completion import shells  # noqa: PLC0415 - as above
    from coordinator.cli.demo import command as demo  # noqa: PLC0415 - as above

    def need_root() -> Path:
        _check_workspace(root, asked)
        return Path(root)

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--detach", is_flag=True, help="Run in the background.")
    @click.option("--quiet", is_flag=True, help="Show no live log.")
    @click.option("--until-idle", is_flag=True, help="End when nobody asks any more.")
    @click.pass_obj
    def up(session: Session, /, **flags: bool) -> None:
        r"""Start the daemon, with a live log until Ctrl-C.

        \b
        Example:
          coordinator up --detach
        """
        layout = Layout(need_root())
        init.check_version(layout)
        if flags["detach"]:
            value = starting.detached(layout)
        elif flags["until_idle"]:
            show = record_log.show_nothing
            value = starting.foreground(layout, show=show, until_idle=True)
        elif flags["quiet"]:
            value = starting.foreground(layout, show=record_log.show_nothing)
        else:
            value = starting.foreground(layout, show=record_log.show)
        # In the foreground all was said while it ran, perhaps to nobody.
        if flags["detach"] or session.json:
            session.out.append(app.shown(session, "up", value))

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.argument("shell", type=click.Choice(shells.SHELLS))
    @click.pass_obj
    def completion(session: Session, shell: str) -> None:
        r"""Print the completion script of a shell.

        \b
        Example:
          eval "$(coordinator completion bash)"
        """
        session.out.append(shells.script(shell))

    @click.command(
        context_settings={
            "help_option_names": ["-h", "--help"],
            "ignore_unknown_options": True,
        }
    )
    @click.argument("agent")
    @click.option("--repository", default="", help="The repository, if several.")
    @click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED)
    def launch(agent: str, repository: str, argv: tuple[str, ...]) -> None:
        r"""Start a program in an agent's home worktree, as that agent.

        \b
        Example:
          coordinator agent launch backend -- claude
        """
        folder = _home(need_root(), asked, agent, repository)
        environment = {
            **os.environ,
            "COORDINATOR_WORKSPACE": str(need_root()),
            "COORDINATOR_AGENT": agent,
        }
        processes.replace(argv, cwd=folder, environment=environment)

    return [
        ("", up),
        ("", completion),
        ("", demo.command),
        ("", schema.command),
        ("", _init(asked)),
        ("agent", launch),
    ]


def _home(root: Path, asked: Question, agent: str, repository: str) -> Path:
    trees = call(root, asked, "worktree list", {})
    for tree in trees:
        wanted = (agent, "", repository or tree["repository"])
        if (tree["agent"], tree["feature"], tree["repository"]) == wanted:
            if not Path(tree["path"]).is_dir():
                break
            return Path(tree["path"])
    raise NotFound(
        f"{agent} has no home worktree.", hint="Run: coordinator worktree repair"
    )


def call(
    root: Path, asked: Question, action: str, arguments: dict[str, Any], key: str = ""
) -> Any:  # noqa: ANN401 - JSON
    """Perform one action, by the daemon or here, and return its result.

    Raises:
        CoordinatorError: It cannot be done.
    """
    request = {k: asked[k] for k in ("folder", "agent", "token")}
    request |= {"action": action, "arguments": arguments}
    request["key"] = key
    deadline = clock.monotonic() + _PATIENCE_SECONDS
    while True:
        reply: Any = client.ask(str(root), request)
        if reply is not None:
            break
        try:
            with InProcess(root, asked) as here:
                return here.perform(action, arguments, key).value
        except LockTaken:
            if clock.monotonic() > deadline:
                raise
    if "error" in reply:
        raise app.error_of(reply["error"])
    return reply["result"]


def _init(asked: Question) -> click.Command:
    """Init first makes the folders: before them there is nothing to lock."""
    command = copy(app.root().commands["init"])
    forward = command.callback

    @click.pass_context
    def run_init(context: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
        folder = Path(asked["folder"])
        given = os.path.expanduser(values["workspace"])  # noqa: PTH111 - `~nobody` stays
        root = file_kinds.root_at(folder / given)
        present = settings.load(Layout(root).settings)
        init.check(folder, app.arguments_of("init", values), present)
        init.prepare(root, values["maintainer"] or "")
        asked["token"] = tokens.own()
        session: Session = context.obj

        def perform(name: str, arguments: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
            return call(root, asked, name, arguments, key)

        session.perform = perform
        if forward is not None:
            context.invoke(forward, **values)

    command.callback = run_init
    return command
