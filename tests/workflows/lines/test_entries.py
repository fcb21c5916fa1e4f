from coordinator.kernel.text.markdown import scan
from coordinator.workflows.lines import entries
from coordinator.workflows.model import NamedEntry


def test_bold_entries() -> None:
    """`**Name**: text` in every spelling; without bold all of it is the name."""
    text = (
        "- **Name**: text\n* **Name:** text\n1. **Name** : text \n- **Name**\n"
        "- plain: text\nno bullet\n- **open: text\n- [ ] **In a box**: too\n"
    )
    assert list(entries.bold(scan(text))) == [
        NamedEntry("Name", "text", 1),
        NamedEntry("Name", "text", 2),
        NamedEntry("Name", "text", 3),
        NamedEntry("Name", "", 4),
        NamedEntry("plain: text", "", 5),
        NamedEntry("**open: text", "", 7),
        NamedEntry("In a box", "too", 8),
    ]
