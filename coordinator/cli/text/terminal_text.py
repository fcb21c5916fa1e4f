"""Single words and moments for a line of a terminal.

It knows no command and no table.
"""

from coordinator.kernel.text.names import display


def safe(text: object) -> str:
    """Return text of unknown origin for one line of a terminal."""
    return display(" ".join(str(text).split()))


def moment(at: str) -> str:
    """Return a time to the second, for people; `history --since` takes it as well."""
    return f"{at[:10]} {at[11:19]} UTC" if at else "never"
