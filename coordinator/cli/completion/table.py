"""The table that completion reads: made from the command tree, kept as a file.

It says for every argument what kind of name stands there. It completes nothing.
"""

from collections.abc import Iterator

import click

from coordinator.cli.completion.offers import FLAG, MANY

Row = tuple[str, str, str, str]
_MOST_HELP = 70  # characters
# What the names of arguments and options mean, wherever they stand.
_KINDS = {
    "agent": "agent",
    "as": "agent",
    "branch": "branch",
    "feature": "feature",
    "item": "place",
    "one": "template",
    "other": "template",
    "output": "file",
    "path": "file",
    "paths": "file",
    "repo": "file",
    "repository": "repository",
    "run": "run",
    "step": "place",
    "subject": "subject",
    "template": "template",
    "workspace": "dir",
}
_REVIEWS = ["approve", "comment", "draft", "publish", "request-changes", "revoke"]
_OF_COMMANDS = {
    "agent launch argv": "file",
    "decision show id": "decision",
    "decision supersede id": "decision",
    "init agent": "",  # a new one
    "pending ack id": "pending",
    "pending close id": "pending",
    "pending show id": "pending",
    "pending withdraw id": "pending",
    **{f"review {x} id": "pending" for x in _REVIEWS},
    "workflow comment id": "escalation",
    "workflow export run": "any-run",
    "workflow resolve id": "escalation",
    "workflow show run": "any-run",
}


def render(tree: click.Group) -> str:
    """Return the table: command, argument or option, its value, what it means."""
    everywhere = {x for option in _options(tree) for x in option.opts}
    rows = list(_of_command("", tree, frozenset()))
    rows += _below("", tree, frozenset(everywhere))
    return "".join("\t".join(x) + "\n" for x in rows)


def _below(above: str, group: click.Group, left_out: frozenset[str]) -> Iterator[Row]:
    for name, command in sorted(group.commands.items()):
        path = f"{above} {name}".strip()
        yield from _of_command(path, command, left_out)
        if isinstance(command, click.Group):
            yield from _below(path, command, left_out)


def _of_command(
    path: str, command: click.Command, left_out: frozenset[str]
) -> Iterator[Row]:
    """Yield a command, its arguments in their order, its options but those of all."""
    yield path, "", "", command.get_short_help_str(_MOST_HELP)
    for argument in command.params:
        if isinstance(argument, click.Argument):
            many = MANY if argument.nargs < 0 else ""
            yield path, f"{argument.name}{many}", _value(path, argument), ""
    for option in _options(command):
        value = FLAG if option.is_flag else _value(path, option)
        for name in option.opts:
            if name not in left_out:
                yield path, name, value, (option.help or "").rstrip(".")


def _options(command: click.Command) -> list[click.Option]:
    context = click.Context(command, **command.context_settings)
    params = command.get_params(context)
    return [x for x in params if isinstance(x, click.Option)]


def _value(path: str, parameter: click.Parameter) -> str:
    if isinstance(parameter.type, click.Choice):
        return "|".join(map(str, parameter.type.choices))
    name = str(parameter.name).removeprefix("global_")
    return _OF_COMMANDS.get(f"{path} {name}", _KINDS.get(name, ""))
