"""The schema command: what actions take and what comes out, as JSON Schema.

Made from the registry; see json-schema.org, draft 2020-12.
"""

from typing import Any

import click
from pydantic import TypeAdapter

from coordinator.cli.sessions import Session
from coordinator.cli.text import show
from coordinator.kernel.errors import NotFound
from coordinator.workspace import registry
from coordinator.workspace.registry import Action

_WORDS = {word for x in registry.actions() for word in x.name.split(" ")}


def of(name: str) -> dict[str, Any]:
    """Return an action's schema; all of them by name, where none is named.

    Raises:
        NotFound: There is no action of that name.
    """
    if not name:
        return {x.name: _of(x) for x in registry.actions()}
    action = registry.find(name)
    if action is None:
        hint = "All of them: coordinator schema"
        raise NotFound(f"There is no action named {name!r}.", hint=hint)
    return _of(action)


def _of(action: Action) -> dict[str, Any]:
    printed = show.model_of(action.name, action.result)
    return {
        "name": action.name,
        "summary": action.summary,
        "who": action.who.value,
        "changes": action.changes,
        "example": action.example,
        "arguments": action.arguments.model_json_schema(),
        "result": TypeAdapter(printed).json_schema(mode="serialization"),
    }


@click.command(
    "schema",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
)
@click.argument(
    "action", nargs=-1, metavar="[ACTION]...", type=click.Choice(sorted(_WORDS))
)
@click.pass_obj
def command(session: Session, action: tuple[str, ...]) -> None:
    r"""Print what an action takes and what comes out, as JSON Schema; none: of all.

    \b
    Example:
      coordinator schema workflow take
    """
    session.out.append(show.block(of(" ".join(action))))
