"""The command line, made from the registry of actions.

Each action becomes a command; this face holds no rule of its own. Commands that only
make sense on the caller's side (up, demo …) stand in `coordinator.cli.local_commands`.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import metadata
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from coordinator.actions import verbs
from coordinator.cli import exit_codes, sessions
from coordinator.cli.sessions import Reply, Session
from coordinator.cli.text import relative_paths, show
from coordinator.kernel.disk.locks import LockTaken
from coordinator.kernel.errors import CoordinatorError, ErrorKind
from coordinator.workspace import registry
from coordinator.workspace.registry import Action, Body, Positional

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 88}
_PAGED = {"diff", "patchset"}  # what asks for a diff
_GROUPS = {
    "agent": "The team: who is on the roster.",
    "context": "What each agent is doing now.",
    "decision": "What was decided.",
    "hooks": "Git hooks that check branch names.",
    "learning": "What was learned.",
    "pending": "What waits for a person or another agent.",
    "report": "Final status, daily report, decision log.",
    "review": "What is said of proposed branches, patchset by patchset.",
    "workflow": "Workflows: templates, and runs with gates and evidence.",
    "worktree": "The agents' git worktrees.",
}


class Asked(Exception):
    """What a command line asks for: raised out of the tree, to be performed."""

    def __init__(self, action: Action, arguments: dict[str, Any], key: str) -> None:
        super().__init__(action.name)
        self.action = action
        self.arguments = arguments
        self.key = key


def answer(
    argv: list[str], session: Session, tree: click.Command | None = None
) -> Reply:
    """Run a command line to its end; nothing is printed.

    `tree` stands in for the tree of the registry alone.

    Raises:
        LockTaken: The workspace is another process's now; the caller decides.
    """
    found = read(argv, session, tree)
    if isinstance(found, Reply):
        return found
    work = partial(session.perform, found.action.name, found.arguments, found.key)
    return answered(session, found, work)


def read(
    argv: list[str], session: Session, tree: click.Command | None = None
) -> Reply | Asked:
    """Read a command line; return what it asks for, or what is to be printed at once.

    Raises:
        LockTaken: The workspace is another process's now; the caller decides.
    """
    session.json = "--json" in _before_separator(argv)
    argv = _without_json(argv)
    try:
        command = tree or root(only=_verb(argv))
        command.main(argv, "coordinator", standalone_mode=False, obj=session)
    except Asked as asked:
        return asked
    except LockTaken:
        raise  # whoever called decides how long to wait
    except click.exceptions.Exit as ended:
        session.code = ended.exit_code
    except (click.UsageError, click.Abort, CoordinatorError) as error:
        return _not_read(session, error)
    return _printed(session)


def _not_read(
    session: Session, error: click.UsageError | click.Abort | CoordinatorError
) -> Reply:
    as_json = session.json
    match error:
        case CoordinatorError():
            return sessions.refused(session, error)
        case click.Abort():
            return Reply("", "Interrupted.\n", exit_codes.INTERRUPTED)
        case click.exceptions.NoArgsIsHelpError() if not as_json:
            return Reply("", f"{error.format_message()}\n", exit_codes.USAGE)
        case click.exceptions.NoArgsIsHelpError():
            said, hint = "A command is missing.", "Add --help"
        case _:
            said = error.format_message()
            hint = f"Run: {error.ctx.command_path} --help" if error.ctx else ""
    return sessions.failure("usage", said, hint, as_json=as_json)


def answered(session: Session, asked: Asked, work: Callable[[], object]) -> Reply:
    """Return what is printed of what a command line asked for, once `work` is done.

    Raises:
        LockTaken: The workspace is another process's now; the caller decides.
    """
    try:
        _print(session, asked.action, asked.arguments, work())
    except LockTaken:
        raise
    except CoordinatorError as error:
        return sessions.refused(session, error)
    return _printed(session)


def _printed(session: Session) -> Reply:
    session.has_answer = True
    out = "".join(session.out)
    reply = Reply(out, "", session.code, session.output, session.text, session.is_paged)
    return sessions.with_notes(reply, session, ())


def _before_separator(argv: list[str]) -> list[str]:
    return argv[: argv.index("--")] if "--" in argv else argv


def _without_json(argv: list[str]) -> list[str]:
    """Take out `--json`, which is accepted anywhere before a `--`."""
    head = _before_separator(argv)
    return [x for x in head if x != "--json"] + argv[len(head) :]


def _verb(argv: list[str]) -> str:
    """Return the action that a command line is of, so that no other is loaded."""
    asks_help = {"-h", "--help"} & set(argv)
    words = [x for x in argv if not x.startswith("-")]
    return "" if asks_help else verbs.name_in(words)


def root(
    local: Sequence[tuple[str, click.Command]] = (), *, only: str = ""
) -> click.Group:
    """Return the command tree; `local` adds commands below groups (empty: the top).

    With `only` it has the one command, and knows of no other.
    """
    group = click.Group(
        "coordinator",
        help="Coordinates a team of coding agents over plain files and git.",
        context_settings=_SETTINGS,
        params=[*_global_options(), _version_option()],
    )
    one = registry.find(only)
    for action in [one] if one else registry.actions():
        _parent(group, action.name).add_command(_command(action))
    for parent, command in local:
        _parent(group, f"{parent} x" if parent else "x").add_command(command)
    return group


def _global_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--workspace", "global_workspace"],
            metavar="PATH",
            help="The workspace (default: the one around the present folder).",
        ),
        click.Option(
            ["--as", "global_agent"], metavar="AGENT", help="Act as this agent."
        ),
        click.Option(
            ["--json", "global_json"], is_flag=True, help="Print one JSON value."
        ),
    ]


def _version_option() -> click.Option:
    def show_version(context: click.Context, option: click.Option, asked: bool) -> None:  # noqa: ARG001, FBT001 - click's
        if asked:
            session: Session = context.obj
            found = {"version": _version()}
            line = f"coordinator {found['version']}\n"
            session.out.append(show.block(found) if session.json else line)
            context.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show_version,
        help="Print the version of this program.",
    )


def _version() -> str:
    try:
        return metadata.version("agent-coordinator")
    except metadata.PackageNotFoundError:
        return "unknown (not installed)"


def _parent(group: click.Group, name: str) -> click.Group:
    words = name.split(" ")
    if len(words) == 1:
        return group
    found = group.commands.get(words[0])
    if isinstance(found, click.Group):
        return found
    made = click.Group(words[0], help=_GROUPS[words[0]], context_settings=_SETTINGS)
    group.add_command(made)
    return made


@cache  # the daemon answers many command lines, and this is most of what each costs
def _command(action: Action) -> click.Command:
    fields = action.arguments.model_fields
    params = [_parameter(name, x) for name, x in fields.items() if not _is_body(x)]
    if action.changes:
        params.append(
            click.Option(
                ["--key", "idempotency_key"],
                default="",
                metavar="K",
                help="The same key again gives the first outcome and does nothing.",
            )
        )

    @click.pass_obj
    def run(session: Session, /, **values: Any) -> None:  # noqa: ANN401 - click's values
        for name in [x for x in values if x.startswith("global_")]:
            del values[name]
        key = values.pop("idempotency_key", "")
        arguments = {k: v for k, v in values.items() if v is not None}
        for name, x in fields.items():
            if _is_body(x):
                arguments[name] = session.stdin
        raise Asked(action, arguments, key)

    return click.Command(
        action.name.rpartition(" ")[2],
        callback=run,
        params=[*params, *_global_options()],
        help=f"{action.summary}\n\n\b\nExample:\n  {action.example}",
        short_help=action.summary,
        context_settings=_SETTINGS,
    )


def shown(session: Session, name: str, result: object) -> str:
    """Return a result as the session wants to see it."""
    if session.json:
        return show.block(result)
    return show.text_of(name, result, session.width, session.color)


def arguments_of(name: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 - its model
    """Return an action's arguments out of click's values.

    Raises:
        UsageProblem: One is no good.
    """
    action = registry.find(name)
    if action is None:
        raise KeyError(name)
    fields = action.arguments.model_fields
    given = {k: v for k, v in values.items() if k in fields and v is not None}
    return registry.validate(action, given)


def error_of(values: dict[str, str]) -> CoordinatorError:
    """Return the error that a daemon's reply speaks of."""
    error = CoordinatorError(values["message"], hint=values["hint"])
    error.kind = ErrorKind(values["kind"])
    return error


def _print(
    session: Session, action: Action, arguments: dict[str, Any], result: object
) -> None:
    found = relative_paths.in_value(result, session.way)
    wants_json = session.json or arguments.get("format") == "json"
    if wants_json:
        text = show.block(show.json_of(action.name, found))
    else:
        text = show.text_of(action.name, found, session.width, session.color)
        session.is_paged = any(arguments.get(x) for x in _PAGED)
    if output := arguments.get("output"):
        # The caller's side writes it: with the caller's rights, and where it blocks
        # nobody else.
        session.output, session.text = str(session.folder / output), text
        done = {"output": session.output}
        text = show.dumps(done) if session.json else f"Written to {output}.\n"
    session.out.append(text)
    session.code = exit_codes.of_answer(action.name, result)


def _is_body(info: FieldInfo) -> bool:
    return any(isinstance(x, Body) for x in info.metadata)


def _parameter(name: str, info: FieldInfo) -> click.Parameter:
    many = get_origin(info.annotation) is tuple
    kind = _type(info.annotation)
    if any(isinstance(x, Positional) for x in info.metadata):
        required = info.is_required()
        # With any default, even None, nothing is ever missing.
        given = {} if required or many else {"default": info.default}
        nargs = -1 if many else 1
        return click.Argument(
            [name], type=kind, nargs=nargs, required=required, **given
        )
    flag = f"--{name.replace('_', '-')}"
    if info.annotation is bool:
        return click.Option([flag, name], is_flag=True, help=_help(info))
    return click.Option(
        [flag, name],
        type=kind,
        multiple=many,
        required=info.is_required(),
        default=None,
        help=_help(info),
    )


def _help(info: FieldInfo) -> str:
    text = (info.description or "").strip()
    return f"{text[:1].upper()}{text[1:]}."


def _type(annotation: Any) -> Any:  # noqa: ANN401 - type forms
    if get_origin(annotation) in {Union, UnionType}:
        inner = [x for x in get_args(annotation) if x is not type(None)]
        return _type(inner[0])
    if get_origin(annotation) is Literal:
        return click.Choice(list(get_args(annotation)))
    return annotation if annotation in {int, float} else str
