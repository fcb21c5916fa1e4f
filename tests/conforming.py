"""Whether a JSON value is of the shape that an action's model says, and why not."""

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from coordinator.workspace import registry


def faults_of(action: str, value: object) -> list[str]:
    """Return how an action's result differs from its model; nothing: not at all."""
    found = registry.find(action)
    assert found is not None, action
    return list(faults(value, _result(action), action))


@cache
def _result(action: str) -> Any:  # noqa: ANN401 - a type
    found = registry.find(action)
    return found.result if found else None


def faults(value: object, wanted: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - a type
    """Yield the places where a value is of another shape than a type."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return
    if origin in {Union, UnionType}:
        each = [list(faults(value, x, at)) for x in inner]
        yield from min(each, key=len)
    elif is_typeddict(wanted):
        yield from _of_model(value, wanted, at)
    elif origin in {list, tuple}:
        yield from _of_list(value, inner, at)
    elif origin is dict:
        yield from _of_dict(value, inner, at)
    elif not _is_plain(value, wanted):
        yield f"{at}: {value!r} is no {wanted}"


def _is_plain(value: object, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is (type(None) if wanted is None else wanted)


def _of_list(value: object, inner: tuple[Any, ...], at: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at}: {value!r} is no list"
        return
    types = inner if inner[1:] and inner[1] is not ... else [inner[0]] * len(value)
    for number, (x, kind) in enumerate(zip(value, types, strict=True)):
        yield from faults(x, kind, f"{at}[{number}]")


def _of_dict(value: object, inner: tuple[Any, ...], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no mapping"
        return
    for key, x in value.items():
        yield from faults(x, inner[1], f"{at}.{key}")


def _of_model(value: object, wanted: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - a type
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no {wanted.__name__}"
        return
    hints = _hints(wanted)
    yield from (
        f"{at}: {wanted.__name__} lacks {x}"
        for x in wanted.__required_keys__ - value.keys()
    )
    for key, x in value.items():
        if key not in hints:
            yield f"{at}: {wanted.__name__} has no {key}"
        else:
            yield from faults(x, hints[key], f"{at}.{key}")


@cache
def _hints(model: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    found = get_type_hints(model)
    return {k: get_args(x)[0] if _is_optional(x) else x for k, x in found.items()}


def _is_optional(hint: Any) -> bool:  # noqa: ANN401 - a type
    return get_origin(hint) is NotRequired
