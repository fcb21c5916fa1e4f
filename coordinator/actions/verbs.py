"""Which module registers which action; one is imported when it is first asked for.

A command that runs alone loads its own verb and no other.
"""

from importlib import import_module

from coordinator.workspace import registry

HOMES = {
    "admin.doctor": "doctor",
    "admin.init": "init",
    "admin.search": "history, search",
    "admin.status": "check, down, health, status",
    "agents.agents": "agent import, agent list, agent retire, agent show",
    "agents.contexts": "context list, context set",
    "agents.messages": "inbox",
    "knowledge": "decision add, decision list, decision show, decision supersede,"
    " learning add, learning list",
    "pending.items": "pending ack, pending close, pending list, pending submit,"
    " pending withdraw",
    "pending.showing": "pending show",
    "radar.conflicts": "conflicts",
    "reports.actions": "report daily, report decisions, report final",
    "review.comments": "review comment, review draft, review publish",
    "review.verdicts": "review approve, review request-changes, review revoke",
    "runs.escalations": "workflow comment, workflow escalations, workflow resolve",
    "runs.export": "workflow export",
    "runs.gates": "workflow gate",
    "runs.next_steps": "workflow next",
    "runs.show": "workflow show",
    "runs.start": "workflow start",
    "runs.submit": "workflow submit",
    "runs.take": "workflow take",
    "runs.tick": "workflow tick",
    "runs.upgrade": "workflow upgrade",
    "templates.compare": "workflow compare",
    "templates.inspect": "workflow inspect, workflow lint",
    "templates.library": "workflow import, workflow list, workflow search",
    "worktrees.hooks": "hooks install, hooks uninstall",
    "worktrees.removal": "worktree remove, worktree restore",
    "worktrees.worktrees": "worktree add, worktree list, worktree repair",
}
_HOME_OF = {name: home for home, names in HOMES.items() for name in names.split(", ")}


def name_in(words: list[str]) -> str:
    """Return the action that a command line's words begin with, or nothing."""
    found = (" ".join(words[:x]) for x in (2, 1))
    return next((x for x in found if x in _HOME_OF), "")


def _load(name: str) -> None:
    """Import the module that registers an action; empty: all of them."""
    homes = [_HOME_OF[name]] if name in _HOME_OF else [] if name else HOMES
    for home in homes:
        import_module(f"coordinator.actions.{home}")


registry.load_by(_load)
