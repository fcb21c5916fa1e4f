"""Versions of one document are told from other documents of its name."""

import pytest
from hypothesis import given

from coordinator.workflows.documents import kinship, read
from coordinator.workflows.model import Document
from tests.workflows.any_documents import ANY

CRANE = "# Crane\n\n- [ ] Order the rope\n- [x] Oil the wheel\n- [ ] Lift a crate\n"
MENU = "# Menu\n\n- [ ] Choose a tea\n- [ ] Print the card\n- [ ] Hang it up\n"


def parse(text: str) -> Document:
    """Read a text, whatever its problems."""
    return read.parse(text, "tasks.md")[0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (CRANE, CRANE.replace("[ ]", "[x]"), True),
        (CRANE, CRANE + "- [ ] Put it down\n" * 9, True),
        (CRANE, CRANE.replace("Order", "Buy").replace("Lift", "Hoist"), True),
        (CRANE, MENU, False),
        (CRANE, MENU.replace("Hang it up", "Lift a crate"), True),
        (CRANE, MENU.replace("# Menu", "# Crane"), False),
        ("# Crane\n- [ ] Oil it\n", "# Crane\n- [ ] Oil it well\n", True),
        ("# Crane\n- [ ] Oil it\n", "# Menu\n- [ ] Drink it\n", False),
        ("# Crane\n", "# Menu\n", False),
    ],
)
def test_a_third_in_common_makes_a_version(
    one: str, other: str, expected: object
) -> None:
    """Marks and order do not count; of very few items the title tells."""
    assert kinship.is_same(parse(one), parse(other)) == expected
    assert kinship.is_same(parse(other), parse(one)) == expected


@given(ANY)
def test_every_document_is_a_version_of_itself(text: str) -> None:
    """Whatever it is."""
    assert kinship.share(parse(text), parse(text)) == 1.0
