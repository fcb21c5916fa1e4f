"""Settings about review and landing, for all repositories and for one of them.

`settings` reads and writes the file; what they ask of a change is review's to judge.
"""

from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from coordinator.kernel.text import names
from coordinator.kernel.text.git_names import is_branch_name
from coordinator.kernel.text.names import display

STRICT = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


def check_branch(value: str) -> str:
    """Return a branch's short name where git admits it.

    Raises:
        ValueError: It does not.
    """
    if not is_branch_name(value):
        message = f"git admits no branch named {display(value)}"
        raise ValueError(message)
    return value


Branch = Annotated[str, AfterValidator(check_branch)]
Globs = Annotated[list[str], Field(max_length=1_000)]
Approvals = Annotated[int, Field(ge=0, le=20)]


class Landing(BaseModel):
    """What it takes to land."""

    model_config = STRICT
    approvals: Approvals = Field(
        1, description="approvals of a pending commit, each by another maintainer"
    )


class Review(BaseModel):
    """What review asks for beyond approvals, and what submission lets pass."""

    model_config = STRICT
    labels: dict[str, Globs] = Field(
        default_factory=dict,
        description="labels that an approval must name, each with the globs of paths"
        " that ask for it",
    )
    owners: dict[str, list[str]] = Field(
        default_factory=dict,
        description="globs of paths, each with the names of maintainers of whom one"
        " must approve",
    )
    secrets_allowed: list[str] = Field(
        [],
        description="false alarms of the search for secrets: GLOB, GLOB:KIND or"
        " mark:MARK",
    )
    links_allowed: Globs = Field(
        [], description="globs of links that may lead out of the repository"
    )

    @field_validator("labels")
    @classmethod
    def _can_be_named(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for label in value:
            if not names.MADE.match(label):
                message = f"{display(label)!r} cannot be a label"
                raise ValueError(message)
        return value

    @field_validator("secrets_allowed")
    @classmethod
    def _are_entries(cls, value: list[str]) -> list[str]:
        if not value:
            return value
        from pending_commits.review import secrets  # noqa: PLC0415 - it loads slowly

        if not all(map(secrets.is_entry, value)):
            message = "each entry is a glob, a glob and a kind, or a mark"
            raise ValueError(message)
        return value


class OneRepository(BaseModel):
    """A repository with settings of its own, which go before those for all."""

    model_config = STRICT
    path: str
    target: Branch | None = None
    check: str | None = Field(None, max_length=2_000)
    approvals: Approvals | None = None
    labels: dict[str, Globs] | None = None
    owners: dict[str, list[str]] | None = None


def _as_table(value: object) -> object:
    """Return what a repository's entry means; its path alone is the shortest."""
    return {"path": value} if isinstance(value, str) else value


RepositoryEntry = Annotated[OneRepository, BeforeValidator(_as_table)]
