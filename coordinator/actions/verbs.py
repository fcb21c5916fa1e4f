# ruff: noqa: F401 - importing registers
"""Every module that registers actions, imported once."""

from coordinator.actions import knowledge
from coordinator.actions.admin import doctor, init, search, status
from coordinator.actions.agents import agents, contexts, messages
from coordinator.actions.pending import items
from coordinator.actions.reports import actions
from coordinator.actions.runs import (
    escalations,
    export,
    gates,
    next_steps,
    show,
    start,
    submit,
    take,
    tick,
    upgrade,
)
from coordinator.actions.templates import compare, inspect, library
from coordinator.actions.worktrees import hooks, removal, worktrees
