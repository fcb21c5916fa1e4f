"""The one room that asks for the time.

Times are UTC; text form is RFC 3339 with milliseconds and a `Z`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def render(moment: datetime) -> str:
    """Return `2026-01-31T09:30:00.000Z`; sorts as text."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read what `render` wrote.

    Raises:
        ValueError: The text is not such a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def monotonic() -> float:
    """Return seconds on a clock that never goes back."""
    return time.monotonic()


def computed() -> float:
    """Return the seconds that this thread has computed; waiting does not count."""
    return time.thread_time()


def sleep(seconds: float) -> None:
    """Do nothing for so long."""
    time.sleep(seconds)
