"""Rules of the house that no linter knows, and the linters themselves."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from coordinator import entry
from coordinator.actions import verbs
from coordinator.cli import app
from coordinator.workflows.runs.run import RECORD_KINDS
from coordinator.workspace import registry
from coordinator.workspace.registry import Body

ROOT = Path(__file__).parents[2]
_EFFECTS = (
    "coordinator.actions",
    "coordinator.index",
    "coordinator.kernel.disk",
    "coordinator.kernel.git.",
    "coordinator.kernel.system",
    "coordinator.workspace",
)
_OTHERS_NAMES = {"job_desc", "mcp_tools_to_use", "hook_scripts"}  # files and fields
OWNERS = ("agent_identities", "active_contexts", "pending_commits", "learnings")
PACKAGES = ("coordinator", *OWNERS)
SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "argv",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=["format", "lint", "types", "contracts"],
)
def test_the_tools_find_nothing(argv: list[str]) -> None:
    """Formatter, linter, types and import contracts are part of the tests."""
    tool = Path(sys.executable).with_name(argv[0])
    done = subprocess.run(
        [tool, *argv[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda x: str(x.relative_to(ROOT)))
def test_a_module_is_short_and_says_what_it_owns(path: Path) -> None:
    """A module has at most 400 lines and opens with what it is."""
    text = path.read_text()
    if path.name == "__init__.py":
        assert text == "", "an __init__.py is empty"
        return
    assert text.count("\n") <= 400
    assert path.stem not in DRAWERS
    assert ast.get_docstring(ast.parse(text)), "the module has no docstring"


def test_a_room_has_a_subject() -> None:
    """No folder holds more modules than one remembers: then it is two rooms."""
    rooms = Counter(x.parent for x in SOURCES if x.name != "__init__.py")
    assert not {str(x): n for x, n in rooms.items() if n > 16}


def test_a_class_has_a_name_of_its_own() -> None:
    """One name for one thing: whoever reads `State` must not ask which one."""
    names = Counter(
        node.name
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    assert not {x: n for x, n in names.items() if n > 1}


def test_what_docstrings_name_is_there() -> None:
    """A name in backticks is something's: renamed there, it is renamed here."""
    names, named = set(_OTHERS_NAMES), set()
    for path in SOURCES:
        text = path.read_text()
        names |= {*path.parts, path.stem}
        names |= {y for x in _code(ast.parse(text)) for y in re.findall(r"\w+", x)}
        named |= {(path.name, x) for x in re.findall(r"`([a-z]\w*_\w*)(?=[.`])", text)}
    assert [x for x in sorted(named) if x[1] not in names] == []


def _code(tree: ast.Module) -> Iterator[str]:
    """Yield each statement that is no docstring, without what stands in it."""
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            if isinstance(value, str) and not isinstance(node, ast.Constant):
                yield value
        is_docstring = isinstance(node, ast.Constant) and "`" in str(node.value)
        if isinstance(node, ast.Constant) and not is_docstring:
            yield str(node.value)


def test_nothing_but_decisions_makes_records_of_runs() -> None:
    """Who may do what to a run, and what follows, stands in one place."""
    room = ROOT / "coordinator/workflows/decide"
    makers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if room not in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for word in node.args
        if isinstance(word, ast.Constant) and word.value in RECORD_KINDS
    }
    assert makers == set()


def test_only_the_index_asks_the_database() -> None:
    """Questions stand beside the tables; nobody else knows a column."""
    room = ROOT / "coordinator/index"
    askers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if room not in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE) ", node.value)
    }
    assert askers == set()


@pytest.mark.parametrize("owner", OWNERS)
def test_owners_have_one_shape(owner: str) -> None:
    """Who knows one owner knows four: model, format, store."""
    for name in ("model.py", "format.py", "store.py"):
        assert (ROOT / owner / name).is_file()


PURE = [
    *(ROOT / owner / name for owner in OWNERS for name in ("model.py", "format.py")),
    *(ROOT / "coordinator/workflows/decide").glob("*.py"),
    ROOT / "coordinator/kernel/leases.py",
]


@pytest.mark.parametrize("path", PURE, ids=lambda x: str(x.relative_to(ROOT)))
def test_models_formats_and_decisions_do_no_io(path: Path) -> None:
    """They are pure: they import nothing that touches the world."""
    tree = ast.parse(path.read_text())
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {x.name for x in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{x.name}" for x in node.names}
    forbidden = {"os", "subprocess", "pathlib.Path", "socket", "tempfile", "time"}
    assert not imported & forbidden
    assert not [x for x in imported if x.startswith(_EFFECTS)]


def test_the_thin_client_reads_input_for_just_the_actions_with_a_body() -> None:
    """Standard input is read for exactly the actions that take one."""
    with_body = {
        tuple(action.name.split(" "))
        for action in registry.actions()
        for info in action.arguments.model_fields.values()
        if any(isinstance(x, Body) for x in info.metadata)
    }
    assert with_body == set(entry._BODY)


@pytest.mark.parametrize("action", registry.actions(), ids=lambda x: x.name)
def test_every_action_has_a_summary_an_example_and_described_options(
    action: registry.Action,
) -> None:
    """`--help` explains every action, with an example and every option."""
    assert action.summary.endswith(".")
    assert f"coordinator {action.name}" in action.example
    for info in action.arguments.model_fields.values():
        assert info.description


def test_building_the_command_tree_keeps_every_action() -> None:
    """No action is shadowed by another's name."""
    names = set()
    for name, command in app.root().commands.items():
        inner = getattr(command, "commands", None)
        names |= {f"{name} {x}" for x in inner} if inner else {name}
    assert {x.name for x in registry.actions()} <= names


def test_the_thin_client_imports_nothing_heavy() -> None:
    """A command with the daemon up must not pay for click, pydantic or asyncio."""
    heavy = {"click", "pydantic", "asyncio", "sqlite3", "pathlib"}
    code = f"import sys, coordinator.entry; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


def test_nothing_committed_names_this_workplace_or_a_registry() -> None:
    """The project speaks of itself alone."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    words = ("/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "pythonhosted" + ".org")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            assert not [x for x in words if x in text], name


def test_every_action_is_found_in_the_module_that_is_named() -> None:
    """A command that runs alone loads its own verb; the table names all of them."""
    found: dict[str, set[str]] = {}
    for action in registry.actions():
        home = action.run.__module__.removeprefix("coordinator.actions.")
        found.setdefault(home, set()).add(action.name)
    assert found == {home: set(x.split(", ")) for home, x in verbs.HOMES.items()}
