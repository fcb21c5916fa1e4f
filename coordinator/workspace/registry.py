"""The registry: every action once, with its arguments, result, caller and example.

Command line, socket and later faces are made from it, so that a verb has one name and
one meaning everywhere. It runs nothing by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    field_validator,
)

from coordinator.kernel.errors import Conflict, UsageProblem
from coordinator.kernel.journal import Record
from coordinator.workspace.workspace import Call


class Who(StrEnum):
    """Who may call an action: anybody, an agent or maintainer, a maintainer only."""

    ANYONE = "anyone"
    MEMBER = "member"
    MAINTAINER = "maintainer"


class Refresh(StrEnum):
    """What is taken in before an action.

    Nothing; what is at hand; that, and surely what git shows; everything.
    """

    NO = "no"
    QUICK = "quick"
    WITH_GIT = "with git"
    FULL = "full"


class Arguments(BaseModel):
    """The arguments of an action; unknown ones are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_max_length=100_000
    )

    @field_validator("*")
    @classmethod
    def _can_be_written(cls, value: object) -> object:
        if isinstance(value, str) and ("\0" in value or not _is_utf8(value)):
            message = "it holds a NUL byte or is no UTF-8"
            raise ValueError(message)
        return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Nothing(Arguments):
    """An action without arguments."""


# What a person is to say; blanks say nothing.
NonBlank = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)
]


@dataclass(frozen=True, slots=True)
class Positional:
    """Marks a field that stands on the command line without a name."""


@dataclass(frozen=True, slots=True)
class Body:
    """Marks a field that is read from standard input."""


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Deferred(Generic[Result]):
    """A result that takes its time: `work` is done beside the one writer.

    It touches nothing of the workspace; `finish` gets what it returned, in a turn of
    its own, and looks again at all that may have changed. It may say `Deferred` again.
    Work that is `optional` need not be done: `finish` gets None then. Where other work
    cannot be begun, `drop` is called in a turn instead.
    """

    work: Callable[[], Any]
    finish: Callable[[Any], "Result | Deferred[Result]"]
    optional: bool = False
    drop: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Wait(Generic[Result]):
    """A result that is not there yet: looked for again whenever records come.

    `look` is called in a turn of its own, and returns None while there is nothing;
    `concerns` tells, at once and on any thread, whether records are worth a look.
    After so many `seconds` `end` is the result. It holds no thread meanwhile.
    """

    look: Callable[[], "Result | None"]
    end: Callable[[], Result]
    seconds: float
    concerns: Callable[[Sequence[Record]], bool] = bool


class Busy(Conflict):
    """What was left for later cannot be begun now."""


@dataclass(frozen=True, slots=True)
class Action:
    """One verb of the product."""

    name: str
    arguments: type[Arguments]
    run: Callable[[Call, Any], Any]
    who: Who
    summary: str
    example: str
    refresh: Refresh = Refresh.NO

    @property
    def result(self) -> Any:  # noqa: ANN401 - a type
        """The type of what comes out: a model, a list of one, or one of several."""
        found = get_type_hints(self.run)["return"]
        parts = get_args(found) if get_origin(found) in {Union, UnionType} else [found]
        return Union[tuple(map(_settled, parts))]  # noqa: UP007 - of what is found

    @property
    def changes(self) -> bool:
        """Tell whether the action writes, and so takes a `--key`."""
        return self.who is not Who.ANYONE


def _settled(found: Any) -> Any:  # noqa: ANN401 - a type
    return get_args(found)[0] if get_origin(found) in {Deferred, Wait} else found


_ACTIONS: dict[str, Action] = {}
_LOADERS: list[Callable[[str], None]] = []
_Function = TypeVar("_Function", bound=Callable[[Call, Any], Any])


def action(
    name: str, *, who: Who, example: str, refresh: Refresh = Refresh.NO
) -> Callable[[_Function], _Function]:
    """Register a function `(call, arguments) -> result` as the action `name`.

    Its docstring's first line is the summary; the annotation of its second parameter
    is the argument model.
    """

    def register(function: _Function) -> _Function:
        model = function.__annotations__["arguments"]
        summary = (function.__doc__ or "").strip().split("\n")[0]
        _ACTIONS[name] = Action(name, model, function, who, summary, example, refresh)
        return function

    return register


def load_by(load: Callable[[str], None]) -> None:
    """Have actions registered when one is asked for; by no name: all of them."""
    _LOADERS.append(load)


def find(name: str) -> Action | None:
    """Return the action of that name, or None."""
    if name not in _ACTIONS and name:
        for load in _LOADERS:
            load(name)
    return _ACTIONS.get(name)


def actions() -> list[Action]:
    """Return all actions, sorted by name."""
    for load in _LOADERS:
        load("")
    return [_ACTIONS[name] for name in sorted(_ACTIONS)]


_IN_WORDS = {
    "string_too_short": "It is empty",
    "string_unicode": "It is no UTF-8 text",
}


def validate(action: Action, values: dict[str, Any]) -> Arguments:
    """Return an action's arguments out of plain values.

    Raises:
        UsageProblem: One is missing, unknown, or no good.
    """
    try:
        return action.arguments.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(x) for x in first["loc"]) or "the arguments"
        said = _IN_WORDS.get(first["type"], first["msg"])
        raise UsageProblem(
            f"{action.name}: {place}: {said}.",
            hint=f"Run: coordinator {action.name} --help",
        ) from None
