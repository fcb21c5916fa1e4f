from active_contexts.model import Context, ContextState


def test_a_context_that_says_nothing_is_unknown() -> None:
    """Absence is an empty text and the state unknown."""
    context = Context("agent-system/active-contexts/docs-status.md")
    assert (context.state, context.task, context.blockers) == (
        ContextState.UNKNOWN,
        "",
        (),
    )
