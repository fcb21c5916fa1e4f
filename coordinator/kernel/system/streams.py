"""The standard streams: what is printed, and descriptors 0 to 2 that are surely open.

The thin client loads this on every command. It knows no command, and reads nothing.
"""

import codecs
import os
import sys


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import json  # noqa: PLC0415 - seldom needed, and not light

    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("as-in-json", _escape)


def fill() -> None:
    """Open what was closed of the descriptors 0 to 2, on nothing.

    Else a file that is opened next, such as the journal, gets that number, and whatever
    prints to it writes there. A stream that was closed stays closed for Python.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - stderr's
        os.set_inheritable(spare, True)  # noqa: FBT003 - its only argument
    os.close(spare)


def put(name: str, text: str) -> bool:
    """Print on `stdout` or `stderr`; False where it is closed or its disk full.

    What the stream cannot show, and what was no UTF-8, stands as an escape of JSON's.

    Raises:
        BrokenPipeError: The reader went away.
    """
    stream = getattr(sys, name)  # None where the descriptor is closed
    if stream is None or not text:
        return not text
    coding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(coding, "as-in-json").decode(coding))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError:
        silence(name)  # or Python tries again at its end
        return False
    return True


def silence(name: str) -> None:
    """Print nothing more on this stream."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, getattr(sys, name).fileno())
    os.close(nowhere)
