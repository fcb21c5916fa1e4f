"""What a document says of the signs in its boxes: by its front matter or a legend.

Families disagree about `[-]` and `[~]`: nothing but the document itself can tell.
"""

import re
from collections.abc import Iterator, Sequence

from coordinator.kernel.text.frontmatter import FrontMatter
from coordinator.kernel.text.markdown import Line, LineKind
from coordinator.workflows.marks import LATEST, Meaning, Reading, Signs

_LINES = re.compile(r"\s+[|] ")
_FIXED = frozenset(" ✓\u2014")  # so that each mark has a sign in every document
_ABOUT = r"(?:(?:status|task|progress|checkbox|box|symbol|mark)s?[ -])?"
_HEADING = re.compile(
    rf"\W*{_ABOUT}(?:legend|marks|markers|symbols|notation|indicators)\W*\Z"
    r"|\W*(?:status|task|progress|checkbox|box|symbol|mark)s?[ -]key\W*\Z",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"(?:>[ \t]?)*[*_]*{_ABOUT}(?:legend|key|marks)[*_]*:", re.IGNORECASE
)
# In such lines Kiro's task lists name what a task is for; there `[-]` is in progress.
_KIRO = re.compile(r"\s*[-*] _Requirements?: .*_\s*\Z")
_ENTRY = re.compile(
    r"`?\[([^\[\]])\]`?[\s*_]*(?:[:=|\u2013\u2014\u2192>-]+[\s*_]*)?([^\[\]|`]{1,80})"
)
# The first of them that is found tells: "not started" is no start.
_MEANINGS = {
    Meaning.OPEN: """
        not (?:yet )?(?:started|begun|done) | to[ -]?do | open | pending | incomplete
        | unchecked | blocked | waiting | planned""",
    Meaning.SKIPPED: r"""
        skip\w* | cancel\w* | defer\w* | drop(?:ped)? | n/?a | left out | obsolete
        | won'?t .* | not (?:applicable|needed|required) | omit\w* | abandon\w*
        | postpone\w*""",
    Meaning.BEGUN: r"""
        in[ -]progress | started | begun | doing | wip | ongoing | partial\w*
        | under ?way | active""",
    Meaning.DONE: """
        done | completed? | finished | checked | closed | implemented | shipped""",
}
_PATTERNS = {
    meaning: re.compile(
        rf"(?<!\w)(?:{_LINES.sub('|', words.strip())})(?!\w)", re.IGNORECASE
    )
    for meaning, words in _MEANINGS.items()
}


def meaning_of(words: str) -> Meaning | None:
    """Return what is meant by the words that explain a sign, None: they do not tell."""
    found = (x for x, pattern in _PATTERNS.items() if pattern.search(words))
    return next(found, None)


def read(front: FrontMatter, lines: Sequence[Line], reading: Reading = LATEST) -> Signs:
    """Return what the signs of this document mean; its front matter has the last word.

    A sign that is explained by words that nobody knows is that of open work.
    """
    if reading is Reading.FIRST:
        return Signs(reading)
    told: dict[str, Meaning] = {}
    explained: set[int] = set()
    for line in _legend(lines):
        for sign, words in _ENTRY.findall(line.text):
            explained.add(line.number)
            usual = Signs().meaning(sign) or Meaning.OPEN
            told[sign] = meaning_of(words) or usual
    if any(_KIRO.match(x.text) for x in lines):
        told.setdefault("-", Meaning.BEGUN)
    told |= {sign: said for sign, said in _said(front) if said}
    kept = {sign: said for sign, said in told.items() if sign not in _FIXED}
    return Signs(reading, kept, frozenset(explained))


def unknown(front: FrontMatter) -> Iterator[str]:
    """Yield the signs that the front matter explains by no word that we know."""
    yield from (sign for sign, said in _said(front) if said is None)


def _said(front: FrontMatter) -> Iterator[tuple[str, Meaning | None]]:
    """Yield the pairs of the key `marks`, such as `"~": skipped`."""
    found = front.values.get("marks")
    for sign, words in found.items() if isinstance(found, dict) else ():
        meaning = meaning_of(words) if isinstance(words, str) else None
        yield sign.strip("[]") or " ", meaning


def _legend(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines of a section that explains signs, or below such a label."""
    level, is_label, is_list = 0, False, False
    for line in lines:
        if line.kind is LineKind.HEADING and (not level or line.level <= level):
            level = line.level if _HEADING.match(line.content) else 0
        is_blank, is_bullet = line.kind is LineKind.BLANK, line.kind is LineKind.BULLET
        is_list = is_bullet and (is_list or is_label)
        is_prose = is_bullet or line.kind is LineKind.TEXT
        is_told = is_prose and _LABEL.match(line.content) is not None
        # Its entries stand in the line itself, or in the list that comes next.
        is_label = (is_told and "[" not in line.text) or (is_label and is_blank)
        if is_told or is_list or (level and is_prose):
            yield line
