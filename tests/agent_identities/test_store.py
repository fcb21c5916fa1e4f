from dataclasses import replace
from pathlib import Path

import pytest

from agent_identities import format as identity_format
from agent_identities import store
from agent_identities.model import DEFAULT_ROSTER, Identity, identity_for
from coordinator.kernel.errors import ErrorKind, UsageProblem


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with the folder of identities and one for temporary files."""
    root = tmp_path / "workspace"
    (root / store.FOLDER).mkdir(parents=True)
    (root / "temporary").mkdir()
    return root


@pytest.mark.parametrize(
    "relative",
    [
        "agent-system/agent-identities.md",
        "agent-system/agent-identities/backend.md",
        "agent-system/agent-identities/Backend Developer.MD",
    ],
)
def test_identities_are_documents(relative: str) -> None:
    """The file of all agents and Markdown in the folder are documents."""
    assert store.is_document(relative)


@pytest.mark.parametrize(
    "relative",
    [
        "agent-system/agent-identities/.backend.md",
        "agent-system/agent-identities/.#backend.md",
        "agent-system/agent-identities/backend.md~",
        "agent-system/agent-identities/backend.md.tmp",
        "agent-system/agent-identities/old/backend.md",
        "agent-system/agent-identities-old.md",
        "agent-system/learnings/backend.md",
        "agent-identities.md",
        "",
    ],
)
def test_other_files_are_no_documents(relative: str) -> None:
    """Hidden files, editors' leftovers and other folders are left out."""
    assert not store.is_document(relative)


def test_where_an_agent_is_written_is_a_document() -> None:
    """The path of a name is a document's path."""
    assert store.path_of("docs") == "agent-system/agent-identities/docs.md"
    assert store.is_document(store.path_of("docs"))


@pytest.mark.parametrize("identity", [*DEFAULT_ROSTER, identity_for("qa")])
def test_a_saved_identity_is_read_back(workspace: Path, identity: Identity) -> None:
    """What is saved can be read again, with its own path."""
    path = store.save_new(workspace, identity, temporary=workspace / "temporary")
    text = (workspace / path).read_text()
    assert identity_format.parse(text, path) == ((identity,), ())
    assert list((workspace / "temporary").iterdir()) == []


def test_an_existing_identity_is_never_overwritten(workspace: Path) -> None:
    """A second save is refused and changes nothing."""
    identity = DEFAULT_ROSTER[0]
    temporary = workspace / "temporary"
    path = store.save_new(workspace, identity, temporary=temporary)
    before = (workspace / path).read_bytes()
    other = replace(identity, role="another")
    with pytest.raises(store.IdentityExists) as refused:
        store.save_new(workspace, other, temporary=temporary)
    assert refused.value.kind is ErrorKind.CONFLICT
    assert (refused.value.name, refused.value.path) == ("backend", path)
    assert (workspace / path).read_bytes() == before


def test_a_name_cannot_lead_out_of_the_folder(workspace: Path) -> None:
    """A name with a slash is refused before anything is written."""
    with pytest.raises(UsageProblem):
        store.save_new(workspace, Identity("../x"), temporary=workspace / "temporary")
