"""Every module that registers actions, imported once."""

from coordinator.actions import (  # noqa: F401 - importing registers
    agents,
    checklists,
    contexts,
    doctor,
    escalations,
    gates,
    hooks,
    knowledge,
    messages,
    pending,
    report_actions,
    run_show,
    run_start,
    search,
    setup,
    status,
    steps,
    submitting,
    templates,
    worktrees,
)
