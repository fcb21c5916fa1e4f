"""Identities out of other programs' agent files, whatever form those have.

It only reads, and takes no authority over: a unix user named there is not believed.
"""

from dataclasses import replace

from agent_identities import format as identity_format
from agent_identities import importing_modes, importing_prose
from agent_identities.format import Parsed
from agent_identities.model import Identity, without_duplicates
from coordinator.kernel.problems import Problem

_YAML = (".yaml", ".yml", ".roomodes")


def read(text: str, path: str) -> Parsed:
    """Read the agents of a file: Markdown, JSON or YAML, told apart by its look.

    Accepted are Claude Code's and Copilot's agent files
    (code.claude.com/docs/en/sub-agents, docs.github.com custom agents), Roo's custom
    modes (docs.roocode.com/features/custom-modes), YAML job descriptions, and this
    house's own identity documents.
    """
    identities, problems = _read(text.removeprefix("\ufeff"), path)
    kept, doubles = without_duplicates(replace(x, user="") for x in identities)
    users = [_user_left_out(x) for x in identities if x.user]
    expected = [x for x in problems if x.code != "bad-user"]
    return kept, tuple(dict.fromkeys([*expected, *doubles, *users]))


def _read(text: str, path: str) -> Parsed:
    if _is_json(text, path):
        return importing_modes.read_json(text, path)
    if path.lower().endswith(_YAML):
        return importing_modes.read_yaml(text, path)
    identities, problems = identity_format.parse(text, path)
    if identities:
        return tuple(map(importing_prose.described, identities)), problems
    guessed, remarks = importing_prose.read(text, path)
    if not guessed:
        return (), problems
    known = (x for x in problems if x.code not in {"no-identity", "no-name"})
    return guessed, (*known, *remarks)


def _is_json(text: str, path: str) -> bool:
    start = text.lstrip()[:1]
    return path.lower().endswith(".json") or (
        start == "{" and not path.lower().endswith(".md")
    )


def _user_left_out(identity: Identity) -> Problem:
    message = f"The unix user of {identity.name!r} is not taken over from this file."
    hint = "Write `user:` into the identity by hand, if it is right."
    line = identity.line
    return Problem(identity.path, line, "user-not-imported", message, hint)
