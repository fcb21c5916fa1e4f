"""Every module that registers actions, imported once."""

from coordinator.actions import (  # noqa: F401 - importing registers
    agents,
    contexts,
    doctor,
    hooks,
    knowledge,
    messages,
    pending,
    report_actions,
    search,
    setup,
    status,
    templates,
    worktrees,
)
