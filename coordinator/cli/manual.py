"""The manual of the commands: the command tree as Markdown, the same bytes every time.

It says nothing of its own: summaries, options and examples are the commands'.
"""

from collections.abc import Iterator

import click

from coordinator.workspace import registry
from coordinator.workspace.registry import Body, Who

_GLOBAL = {"--workspace", "--as", "--json", "--help"}
_WHO = {
    Who.ANYONE: "anybody",
    Who.MEMBER: "agents and maintainers",
    Who.MAINTAINER: "maintainers",
}


def render(tree: click.Group) -> str:
    """Return a section for each command, by name; global options are left out."""
    sections = (_section(x) for x in _commands(click.Context(tree), tree))
    return "\n\n".join("\n\n".join(x) for x in sections) + "\n"


def _commands(context: click.Context, group: click.Group) -> Iterator[click.Context]:
    for name in sorted(group.commands):
        command = group.commands[name]
        path = f"{context.info_name or ''} {name}".strip()
        inner = click.Context(command, info_name=path)
        yield inner
        if isinstance(command, click.Group):
            yield from _commands(inner, command)


def _section(context: click.Context) -> Iterator[str]:
    """Yield the parts of one command, or the heading of a group."""
    command, name = context.command, f"coordinator {context.info_name}"
    summary, example = _split(command.help or "")
    is_inner = " " in str(context.info_name)
    yield f"{'###' if is_inner else '##'} {name}"
    yield summary
    if isinstance(command, click.Group):
        return
    yield f"```text\n{' '.join([name, *_usage(context)])}\n```"
    if lines := "\n".join(_meanings(context)):
        yield lines
    yield f"Example: `{example}`"


def _split(text: str) -> tuple[str, str]:
    summary, _, rest = text.partition("\n\n")
    return " ".join(summary.split()), rest.partition("Example:")[2].strip()


def _usage(context: click.Context) -> Iterator[str]:
    own = [x for x in context.command.params if not _GLOBAL & set(x.opts)]
    for parameter in own:
        if isinstance(parameter, click.Option):
            written = _written(parameter, context)
            yield written if parameter.required else f"[{written}]"
    for parameter in own:
        if isinstance(parameter, click.Argument):
            yield parameter.make_metavar(context)


def _meanings(context: click.Context) -> Iterator[str]:
    """Yield what each argument and option means, what is read, and who may call."""
    action = registry.find(str(context.info_name))
    fields = action.arguments.model_fields if action else {}
    for parameter in context.command.params:
        name = str(parameter.name)
        if isinstance(parameter, click.Argument) and name in fields:
            meaning = fields[name].description
            yield f"- `{parameter.make_metavar(context)}`: {_text(str(meaning))}"
    for parameter in context.command.params:
        own = not (_GLOBAL | {"--key"}) & set(parameter.opts)
        if isinstance(parameter, click.Option) and own:
            meaning = str(parameter.help).rstrip(".")
            yield f"- `{_written(parameter, context)}`: {_text(meaning)}"
    for info in fields.values():
        if any(isinstance(x, Body) for x in info.metadata):
            yield f"- standard input: {info.description}"
    if action:
        yield f"- for {_WHO[action.who]}"


def _text(text: str) -> str:
    """Return a description as it stands in a list, safe in Markdown."""
    lowered = text if text[1:2].isupper() else text[:1].lower() + text[1:]
    return lowered.replace("<", "\\<")


def _written(option: click.Option, context: click.Context) -> str:
    name = option.opts[0]
    return name if option.is_flag else f"{name} {option.make_metavar(context)}"
