"""Lists whose entries name a thing in bold and say something of it.

It reads list entries only, and knows no section.
"""

import re
from collections.abc import Iterator, Sequence

from coordinator.kernel.text import bullets
from coordinator.kernel.text.bullets import Node
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.model import NamedEntry

_BOLD = re.compile(r"\*\*(.+?)\*\*:?[ \t]*:?[ \t]*(.*)\Z")


def bold(lines: Sequence[Line]) -> Iterator[NamedEntry]:
    """Yield list entries of the form `**Name**: text`; one without bold is all name."""
    for line in lines:
        if line.kind is LineKind.BULLET:
            match = _BOLD.match(line.content)
            name, text = (match[1], match[2]) if match else (line.content, "")
            yield NamedEntry(name.rstrip(": "), text.strip(), line.number)


def of_node(node: Node) -> NamedEntry:
    """Read `**Name**: text`, `Name: text` or a bare name."""
    text = node.text
    bold = text.startswith("**") and text.find("**", 2)
    if bold and bold > 0:
        name, rest = text[2:bold], text[bold + 2 :]
    else:
        name, _, rest = text.partition(": ")
    return NamedEntry(bullets.plain(name).rstrip(":"), rest.lstrip(" :-"), node.line)
