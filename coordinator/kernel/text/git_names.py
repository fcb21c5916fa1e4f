"""What git admits as the name of a branch: one rule for whoever reads or makes one.

It runs no git; what a team allows beyond that is not its business.
"""

import re

# git-check-ref-format(1), and no leading `-`, which git itself refuses for branches.
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|\Z)))"
    r"(?![-/.])(?!(?:HEAD|@|refs/.*)\Z)"
    r"[^\x00-\x20\x7f~^:?*\[\\]{1,200}(?<![./])\Z"
)


def is_branch_name(text: str) -> bool:
    """Tell whether git admits this short name (`backend/login`) for a branch."""
    return _BRANCH.match(text) is not None
