"""Why a program was not started, or did not end in its time.

The errors alone; who starts programs is `processes`.
"""

from collections.abc import Sequence

from coordinator.kernel.errors import External

_MOST_PATH = 500  # characters


class ProgramMissing(External):
    """A program is in none of the folders in which it is looked for."""

    def __init__(self, program: str, path: str) -> None:
        super().__init__(
            f"The program {program} is not installed, or not in PATH"
            f" (PATH={path[:_MOST_PATH]}).",
            hint=f"Install {program}, or put its folder into PATH where this ran:"
            " cron, services and editors have a PATH of their own.",
        )


class NotStarted(External):
    """A program is there and cannot be started."""

    def __init__(self, program: str, error: OSError) -> None:
        super().__init__(
            f"The program {program} cannot be started: {error.strerror}.",
            hint="Look at the file, or at how long its arguments are.",
        )


class TimedOut(External):
    """A program did not finish in its time and was ended."""

    def __init__(self, argv: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"{' '.join(argv[:4])} … did not finish in {seconds:g} s and was ended.",
            hint="Look at what it waits for, then try again.",
        )
