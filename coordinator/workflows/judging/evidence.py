"""Evidence: what an agent submits about a step, checked for its shape only.

It believes nothing and runs nothing: what the evidence is worth is judged elsewhere.
"""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coordinator.kernel.errors import UsageProblem
from coordinator.kernel.text.markdown import BOM
from coordinator.kernel.text.names import display
from coordinator.workflows.criteria import comparisons

MAX_BYTES = 1 << 20
EXAMPLE = '{"argv": ["npm", "test"], "exit_code": 0, "stdout": "…", "duration_s": 2.5}'
_STRICT = ConfigDict(
    strict=True,
    frozen=True,
    extra="forbid",
    hide_input_in_errors=True,
    allow_inf_nan=False,
    str_max_length=MAX_BYTES,
)
_Short = Annotated[str, Field(max_length=4_096)]
_Argv = Annotated[tuple[_Short, ...], Field(max_length=1_000)]
_ExitCode = Annotated[int, Field(ge=-(1 << 31), lt=1 << 32)]
_Seconds = Annotated[float, Field(ge=0, le=1e9)]


class CommandRun(BaseModel):
    """One command and how it ended; `exit_code` is None where it did not end."""

    model_config = _STRICT
    argv: _Argv = ()
    cwd: _Short = ""
    exit_code: _ExitCode | None = None
    stdout: str = ""
    stderr: str = ""
    duration_s: _Seconds | None = None


class Exchange(BaseModel):
    """One HTTP request with its response; `raw` is a response as it was received."""

    model_config = _STRICT
    method: Annotated[str, Field(min_length=1, max_length=20)] = "GET"
    url: _Short
    status: Annotated[int, Field(ge=100, le=999)] | None = None
    body: str = ""
    raw: str = ""


class Evidence(CommandRun):
    """Everything that one submission says; `files` are what it says that it touched.

    `commit` is a git object id, or empty. `junit` holds JUnit XML, `metrics` numbers
    by name, `runs` further commands.
    """

    commit: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{7,64})?$")] = ""
    junit: str | Annotated[tuple[str, ...], Field(max_length=200)] = ()
    http: Annotated[tuple[Exchange, ...], Field(max_length=200)] = ()
    metrics: Annotated[dict[_Short, float], Field(max_length=1_000)] = Field(
        default_factory=dict
    )
    files: Annotated[tuple[_Short, ...], Field(max_length=10_000)] = ()
    note: str = ""
    runs: Annotated[tuple[CommandRun, ...], Field(max_length=200)] = ()

    @property
    def suites(self) -> tuple[str, ...]:
        """The JUnit texts, one or several."""
        return (self.junit,) if isinstance(self.junit, str) else self.junit

    @property
    def commands(self) -> tuple[CommandRun, ...]:
        """Every command, this submission's own first where it names one."""
        is_own = self.argv or self.exit_code is not None or self.stdout or self.stderr
        return (self, *self.runs) if is_own else self.runs

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that was done."""
        said = (self.commands, self.junit, self.http, self.metrics, self.files)
        return not any(said) and not self.note.strip()


class BadEvidence(UsageProblem):
    """The text is no evidence; the sentence names the first key that is wrong."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"The evidence cannot be read: {display(place)}: {reason}.",
            hint=f"Send one JSON object, for example {EXAMPLE}",
        )


def of_number(text: str) -> str:
    """Return evidence for a sentence that asks for a number; `NUMBER` stands for it."""
    asked = comparisons.find(text)
    name = asked.name if asked and asked.name else "NAME"
    return f'{{"metrics": {{{json.dumps(name, ensure_ascii=False)}: NUMBER}}}}'


def parse(text: str) -> Evidence:
    """Read evidence from JSON.

    Raises:
        BadEvidence: It is too large, no JSON, or has other keys or values.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        reason = f"it has {size} bytes and the limit is {MAX_BYTES}"
        raise BadEvidence("the text", reason)
    try:
        return Evidence.model_validate_json(text.removeprefix(BOM))
    except ValidationError as error:
        raise _bad(error) from None


def _bad(error: ValidationError) -> BadEvidence:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(x) for x in first["loc"])[:200] or "the text"
    if first["type"] == "extra_forbidden":
        known = ", ".join(Evidence.model_fields)
        return BadEvidence(place, f"there is no such key (known are {known})")
    if place == "commit":
        return BadEvidence(place, "it must be the id of a commit, 7 to 64 hex digits")
    if place.startswith("junit."):
        return BadEvidence("junit", "it must be text or a list of texts")
    return BadEvidence(place, first["msg"])
