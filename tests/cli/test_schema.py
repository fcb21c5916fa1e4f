import json
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from typing_extensions import is_typeddict

from coordinator.cli import schema
from coordinator.cli.text import show
from coordinator.kernel.errors import NotFound
from coordinator.workspace import registry
from coordinator.workspace.registry import Action
from tests.support import OpenWorkspace, run_coordinator


def parts(kind: Any) -> list[Any]:  # noqa: ANN401 - a type
    """Return the types that a result is one of, or a list of."""
    if is_typeddict(kind):
        return [kind]
    inner = get_args(kind)
    return [y for x in inner for y in parts(x)] if inner else [kind]


@pytest.mark.parametrize("action", registry.actions(), ids=lambda x: x.name)
def test_every_action_has_a_model_of_its_result(action: Action) -> None:
    """MCP, pages and programs stand on it; other programs' shapes are their own."""
    if action.name != "workflow export":
        assert all(map(is_typeddict, parts(action.result))), action.result
    else:
        assert get_origin(action.result) is dict


@pytest.mark.parametrize("action", registry.actions(), ids=lambda x: x.name)
def test_every_action_has_a_schema(action: Action) -> None:
    """Of what it takes, and of what comes out; both are JSON."""
    found = schema.of(action.name)
    assert json.loads(json.dumps(found)) == found
    assert found["arguments"]["type"] == "object"
    assert set(found["result"]) & {"properties", "items", "anyOf", "type"}
    assert found["name"] == action.name


def test_models_say_what_they_hold() -> None:
    """A required key is told from one that may be left out."""
    result = schema.of("pending show")["result"]
    assert {"text", "moved"} <= set(result["required"])
    assert "diff" not in result["required"]
    assert result["properties"]["diff"] == {"title": "Diff", "type": "string"}


def test_of_a_report_the_schema_is_what_is_printed(opened: OpenWorkspace) -> None:
    """`--json` prints the values, and not the text beside them."""
    printed = show.json_of("report daily", opened.call("report daily", {}))
    result = schema.of("report daily")["result"]
    assert set(result["required"]) <= set(printed) <= set(result["properties"])
    assert schema.of("report decisions")["result"]["type"] == "array"


def test_an_unknown_action_is_not_found() -> None:
    """With the command that lists them."""
    with pytest.raises(NotFound, match="no action named 'fly'"):
        schema.of("fly")


@pytest.mark.slow
def test_schemas_are_printed_anywhere(tmp_path: Path) -> None:
    """No workspace is needed; without a name all of them are."""
    done = run_coordinator(tmp_path, "schema", "workflow", "take")
    assert json.loads(done.stdout)["result"]["title"] == "TakenStep"
    assert set(json.loads(run_coordinator(tmp_path, "schema").stdout)) == {
        x.name for x in registry.actions()
    }
    assert run_coordinator(tmp_path, "schema", "take", "workflow").code == 1
