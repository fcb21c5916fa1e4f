"""The live log: one line a record, for whoever watches the daemon."""

from collections.abc import Sequence

from coordinator.kernel.journal import Record
from coordinator.kernel.system import streams
from coordinator.kernel.text.names import display
from coordinator.results.record_words import WORDS


def show(records: Sequence[Record]) -> None:
    """Print the records, a line each."""
    for x in records:
        actor = x.actor.strip("()") or "unknown"
        note = f" ({display(str(x.data['note']))})" if x.data.get("note") else ""
        about = "" if x.subject in {"", actor} else f": {display(x.subject)}"
        word = WORDS.get(x.kind, x.kind)
        say(f"{x.at[11:19]} UTC {actor:<12} {word}{about}{note}")


def show_nothing(records: Sequence[Record]) -> None:
    """Take the place of `show` where nobody watches."""
    del records


def say(line: str) -> None:
    """Print one line at once; nobody listening is no failure."""
    try:
        streams.put("stdout", f"{line}\n")
    except BrokenPipeError:
        streams.silence("stdout")
