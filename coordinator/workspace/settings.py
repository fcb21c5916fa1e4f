"""The settings: `coordinator.toml`, which a person edits and nobody else.

`render` writes every setting, commented out, with its default and what it does.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    field_validator,
)

from active_contexts.worktree_state.model import DISPOSABLE
from coordinator.kernel.disk import small_files
from coordinator.kernel.disk.refusals import reason
from coordinator.kernel.errors import UsageProblem
from coordinator.kernel.text import names
from coordinator.kernel.text.markdown import BOM
from coordinator.kernel.text.names import display
from coordinator.workflows.judging import requests
from coordinator.workspace.review_settings import (
    STRICT,
    Branch,
    Landing,
    OneRepository,
    RepositoryEntry,
    Review,
)
from pending_commits.review.model import Allowances, Policy

_TABLE = r"^[ \t]*\[[ \t]*%s[ \t]*\].*$"
_OWN_TABLE = [
    "# One with settings of its own is a table [repositories.NAME] with its path and",
    "# any of target, check, approvals, labels, owners; they go before those for all.",
]
_AT_LINE = re.compile(r"\(at line (\d+),")


Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]


class Contexts(BaseModel):
    """How long what an agent says about itself holds."""

    model_config = STRICT
    stale_after_minutes: Seconds = Field(
        30.0, description="an agent not seen for so long is shown as stale"
    )


class Worktrees(BaseModel):
    """How worktrees are kept."""

    model_config = STRICT
    pool: int = Field(1, ge=0, le=16, description="worktrees kept ready per repository")
    trash_days: float = Field(
        7.0,
        ge=0,
        le=3_650,
        description="removed worktrees stay in the trash for so long",
    )
    disposable: list[str] = Field(
        list(DISPOSABLE),
        description="ignored files, and folders/, that can be made again: no trash",
    )
    submodules: bool = Field(
        default=True,
        description="set up the submodules that the repository itself has",
    )


class Watch(BaseModel):
    """How files are picked up."""

    model_config = STRICT
    quiet_milliseconds: int = Field(
        300, ge=0, le=10_000, description="an unclosed file is taken after this rest"
    )
    look_seconds: Seconds = Field(
        5.0, description="the shortest time between two looks at everything"
    )
    conflicts_seconds: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="the shortest time between two looks for conflicts between agents;"
        " 0: only `conflicts` looks",
    )
    use_events: bool = Field(
        default=True,
        description="false: look often instead of asking the system for events",
    )


class Workflows(BaseModel):
    """How runs are worked through."""

    model_config = STRICT
    lease_minutes: Seconds = Field(
        30.0, description="a taken step is free again after so long without a sign"
    )
    http_hosts: list[str] = Field(
        ["localhost", "127.0.0.1", "[::1]"],
        description="hosts that HTTP criteria may GET and HEAD: NAME or NAME:PORT",
    )
    http_methods: list[str] = Field(
        [],
        description="other requests that HTTP criteria may make: METHOD NAME:PORT",
    )
    commands: list[str] = Field(
        [], description="commands that `submit --run-command` may begin with"
    )
    command_seconds: Seconds = Field(
        600.0, description="the longest that such a command may run"
    )

    @field_validator("http_methods")
    @classmethod
    def _names_all(cls, value: list[str]) -> list[str]:
        if not all(map(requests.is_entry, value)):
            message = "each entry is a method, a host and a port"
            raise ValueError(message)
        return value


class Daemon(BaseModel):
    """How long a daemon stays that nobody started by `up`."""

    model_config = STRICT
    stay_minutes: float = Field(
        10.0,
        ge=0,
        le=10_080,
        description="a daemon that an agent's command leaves behind ends when nobody"
        " asked for so long; 0: none is left",
    )


class Settings(BaseModel):
    """All settings of a workspace."""

    model_config = STRICT
    target: Branch = Field("main", description="the branch that work lands on")
    check: str = Field(
        "",
        max_length=2_000,
        description="the command that landing will run, split like a shell does",
    )
    repositories: dict[str, RepositoryEntry] = Field(
        default_factory=dict, description="name and path of each repository"
    )
    targets: dict[str, Branch] = Field(
        default_factory=dict,
        description="repositories whose work lands on another branch than `target`",
    )
    contexts: Contexts = Contexts()
    worktrees: Worktrees = Worktrees()
    watch: Watch = Watch()
    workflows: Workflows = Workflows()
    daemon: Daemon = Daemon()
    landing: Landing = Landing()
    review: Review = Review()

    @property
    def paths(self) -> dict[str, str]:
        """The path of each repository, by name, as it is written."""
        return {k: v.path for k, v in self.repositories.items()}

    def _own(self, repository: str) -> OneRepository:
        return self.repositories.get(repository) or OneRepository(path="")

    def target_of(self, repository: str) -> str:
        """Return the branch that work of a repository lands on."""
        own = self._own(repository).target
        return own or self.targets.get(repository, self.target)

    def check_of(self, repository: str) -> str:
        """Return the command that landing will run in a repository."""
        own = self._own(repository).check
        return self.check if own is None else own

    def policy_of(self, repository: str) -> Policy:
        """Return what review asks of a pending commit in a repository."""
        own, common = self._own(repository), self.review
        labels = common.labels if own.labels is None else own.labels
        owners = common.owners if own.owners is None else own.owners
        approvals = own.approvals
        return Policy(
            self.landing.approvals if approvals is None else approvals,
            {k: tuple(v) for k, v in labels.items()},
            {k: tuple(v) for k, v in owners.items()},
        )

    @property
    def allowances(self) -> Allowances:
        """What the search for secrets and links lets pass."""
        review = self.review
        return Allowances(tuple(review.secrets_allowed), tuple(review.links_allowed))

    @field_validator("repositories")
    @classmethod
    def _can_be_used(cls, value: dict[str, OneRepository]) -> dict[str, OneRepository]:
        for name, entry in value.items():
            path = entry.path
            if not names.MADE.match(name) or ".." in name or not path.isprintable():
                message = (
                    f"{display(name)!r} cannot be a repository's name, or its path"
                )
                raise ValueError(message)
        return value


class BadSettings(UsageProblem):
    """The settings file cannot be used."""

    def __init__(self, path: Path, reason: str, line: int = 0) -> None:
        super().__init__(f"{path}: {reason}.", hint=f"Edit {path} and try again.")
        self.line = line


def load(path: Path) -> Settings:
    """Read the settings; a missing file gives the defaults.

    Raises:
        BadSettings: It is not TOML, or a setting is unknown or of the wrong type.
    """
    try:
        text = small_files.read(str(path)).decode()
    except FileNotFoundError:
        if not path.is_symlink():
            return Settings()
        raise BadSettings(path, "it is a link that leads nowhere") from None
    except OSError as error:
        raise BadSettings(path, f"it cannot be read: {reason(error)}") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        said = f"it is not UTF-8: its byte {error.start + 1} is 0x{byte:02x}"
        raise BadSettings(path, said) from None
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """Read the settings from text; `path` is for messages.

    Raises:
        BadSettings: As for `load`.
    """
    try:
        return Settings.model_validate(tomllib.loads(text.removeprefix(BOM)))
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(x) for x in first["loc"]]
        said = f"{'.'.join(place)}: {first['msg'].lower()}"
        raise BadSettings(path, said, _line_of(text, place[-1:])) from None
    except RecursionError:
        raise BadSettings(path, "it is nested too deeply") from None
    except ValueError as error:  # TOML's own errors, and numbers of 5,000 digits
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else 0
        raise BadSettings(path, str(error).rstrip("."), line) from None


def _line_of(text: str, key: list[str]) -> int:
    """Return the line that a key stands at; 0 where none is found."""
    lines = enumerate(text.splitlines(), 1)
    starts = ((n, re.split(r"[=.\]]", x.lstrip(" \t["), maxsplit=1)) for n, x in lines)
    names = ((n, x[0].strip(" \t\"'")) for n, x in starts)
    return next((n for n, name in names if [name] == key), 0)


def render(
    repositories: dict[str, str],
    *,
    target: str,
    check: str,
    targets: dict[str, str] | None = None,
) -> str:
    """Write a settings file: what is given is set, all else stands as a comment."""
    given: dict[str, Any] = {"target": target, "check": check}
    lines = ["# Settings of this workspace. Lines without a # are in force.", ""]
    for name, field in Settings.model_fields.items():
        if name in given:
            value = given[name]
            mark = "" if value != field.default else "# "
            lines += [f"# {field.description}", f"{mark}{name} = {_toml(value)}", ""]
    lines += ["# name and path of each repository", "[repositories]"]
    lines += [f"{_toml(k)} = {_toml(v)}" for k, v in repositories.items()]
    lines += _OWN_TABLE
    lines += ["", f"# {Settings.model_fields['targets'].description}", "[targets]"]
    lines += [f"{_toml(k)} = {_toml(v)}" for k, v in (targets or {}).items()]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            lines += ["", f"[{name}]", *_section(field.default)]
    return "\n".join(lines) + "\n"


def _section(model: BaseModel) -> list[str]:
    lines: list[str] = []
    for name, field in type(model).model_fields.items():
        value = field.get_default(call_default_factory=True)
        lines += [f"# {field.description}", f"# {name} = {_toml(value)}"]
    return lines


def add(text: str, table_name: str, name: str, value: str) -> str:
    """Add to a table (`repositories` or `targets`), a person's own words kept.

    Below a heading it is the first line: a library would put it behind the comments
    that belong to the next table. However else the table is written, or where there is
    none, the library knows.
    """
    if table := re.search(_TABLE % table_name, text, re.MULTILINE):
        line = f"{_toml(name)} = {_toml(value)}"
        return f"{text[: table.end()]}\n{line}{text[table.end() :]}"
    import tomlkit  # noqa: PLC0415 - it loads slowly, and few commands need it

    bom = text[: text.startswith("\ufeff")]
    document = tomlkit.parse(text.removeprefix(bom))
    document.setdefault(table_name, tomlkit.table())[name] = value
    return bom + tomlkit.dumps(document)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # TOML's basic strings escape as JSON's do, and DEL as well (TOML 1.0).
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)
