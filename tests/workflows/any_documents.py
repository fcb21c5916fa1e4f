"""Any text, and texts put together from what the readers look for."""

from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        *("# Step 1: a\n", "## Agent Identity\n", "### Subtask-01: b\n", "#### c\n"),
        *("## Example Task Workflows\n", "# Development Process Framework\n"),
        *("- [ ] [Name] PAUSE\n", "\t- [x] d\r\n", "  1. [~] e\r", "[ ] f\n"),
        *("- Notes: [ ]\n", "**Actions**:\n", "1. g\n   - h\n", "Key decisions\n"),
        *("```\n", "~~~~\n", "---\n", "task_id: P01-T01\n", "---\na: [\n", "\ufeff"),
        *("    - Step ID: P01-T01-S01-01\n", "      - Success Criteria:\n"),
        *("          - File Content Matches: `a`\n", "- ID: P01-T01-S01\n"),
        *("<<<<<<< HEAD\n", "[l](m.md#n)\n", "- Next Step: o.md\n", "<!--\n", "-->"),
        *("- Agent Assignment: `@p`\n", "## Success Criteria\n", "`", "**q**: "),
    ]
)
ANY = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.lists(
        st.one_of(PIECES, st.text(st.characters(codec="utf-8"), max_size=6)),
        max_size=25,
    ).map("".join),
)
