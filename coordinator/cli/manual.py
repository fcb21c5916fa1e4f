"""The manual of the commands: the command tree as Markdown, the same bytes every time.

It says nothing of its own: summaries, options and examples are the commands'.
"""

from collections.abc import Iterator

import click

_GLOBAL = {"--workspace", "--as", "--json", "--help"}


def render(tree: click.Group) -> str:
    """Return a section for each command, by name; global options are left out."""
    parts = ["\n".join(_section(x)) for x in _commands(click.Context(tree), tree)]
    return "\n\n".join(parts) + "\n"


def _commands(context: click.Context, group: click.Group) -> Iterator[click.Context]:
    for name in sorted(group.commands):
        command = group.commands[name]
        path = f"{context.info_name or ''} {name}".strip()
        inner = click.Context(command, info_name=path)
        yield inner
        if isinstance(command, click.Group):
            yield from _commands(inner, command)


def _section(context: click.Context) -> Iterator[str]:
    """Yield the lines of one command, or the heading of a group."""
    command, name = context.command, f"coordinator {context.info_name}"
    summary, example = _split(command.help or "")
    is_group = isinstance(command, click.Group)
    yield f"{'##' if is_group or ' ' not in str(context.info_name) else '###'} {name}"
    yield f"\n{summary}"
    if is_group:
        return
    yield f"\n```text\n{name} {' '.join(_usage(context))}".rstrip() + "\n```"
    options = list(_options(context))
    if options:
        yield "\n| Argument or option | Meaning |\n| --- | --- |"
        yield from options
    if example:
        yield f"\nExample: `{example}`"


def _split(text: str) -> tuple[str, str]:
    summary, _, rest = text.partition("\n\n")
    return " ".join(summary.split()), rest.partition("Example:")[2].strip()


def _usage(context: click.Context) -> Iterator[str]:
    own = [x for x in context.command.params if not _is_global(x)]
    for parameter in own:
        if isinstance(parameter, click.Option):
            written = _written(parameter, context)
            yield written if parameter.required else f"[{written}]"
    for parameter in own:
        if isinstance(parameter, click.Argument):
            yield parameter.make_metavar(context)


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.params:
        if isinstance(parameter, click.Option) and not _is_global(parameter):
            again = " May be repeated." if parameter.multiple else ""
            yield _row(_written(parameter, context), f"{parameter.help or ''}{again}")


def _row(name: str, meaning: str) -> str:
    return f"| `{name}` | {meaning} |".replace("[", "\\[").replace("|", "|")


def _written(option: click.Option, context: click.Context) -> str:
    name = option.opts[0]
    return name if option.is_flag else f"{name} {option.make_metavar(context)}"


def _is_global(parameter: click.Parameter) -> bool:
    return bool(_GLOBAL & set(parameter.opts))
