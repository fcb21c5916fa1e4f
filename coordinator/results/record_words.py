"""The words for each kind of record, in one table: reports and the live log say them.

Behind the name of who did it, before what it is about. It decides nothing.
"""

WORDS = {
    "document.accepted": "wrote",
    "document.removed": "removed",
    "document.refused": "left unreadable",
    "document.attributed": "gave to its agent",
    "message.sent": "sent a message",
    "pending.moved": "moved on",
    "worktree.added": "got a worktree",
    "worktree.removed": "gave a worktree back",
    "worktree.refused": "was refused a worktree",
    "lock.removed": "removed a lock that was left",
    "journal.cut": "cut a torn end off the journal",
    "disk.healed": "could write again",
    "agent.retired": "retired",
    "agent.seen": "is alive",
    "workspace.created": "set up",
    "template.imported": "imported a workflow",
    "outcome.begun": "began a call with a key",
    "outcome.kept": "ended a call with a key",
    "run.started": "started a run",
    "run.edited": "ticked or edited",
    "run.refused": "was put back",
    "run.passed": "let through a gate",
    "run.taken": "took a step",
    "run.submitted": "submitted evidence",
    "run.moved": "moved a step on",
    "run.escalated": "escalated a step",
    "run.commented": "commented on an escalation",
    "run.resolved": "resolved an escalation",
    "run.upgraded": "upgraded a run",
    "run.finished": "finished a run",
}
