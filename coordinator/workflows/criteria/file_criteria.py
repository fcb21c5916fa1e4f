"""Criteria that files answer: there, changed, holding a text, matching, valid JSON.

It reads what a criterion says after its label, or in a sentence of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from coordinator.kernel.text.bullets import plain
from coordinator.workflows.criteria import assembly, quotations
from coordinator.workflows.criteria.quotations import Listed, Quoted
from coordinator.workflows.model import Criteria, Criterion

_IS = r"(?:(?:is|are|was|were|has been|have been|successfully) ){0,2}"
_HOLDS = re.compile(
    rf"(?:files? |document )?{_IS}(?:exists? and |created and |present and )?(?:also )?"
    r"\b(?:contain(?:s|ing)?|includ(?:es|e|ing)|defines?|mentions?|has|have)\b[ :]*",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"(?:files? |document )?{_IS}"
    r"(?:created|exists?|generated|present|saved|produced|written|delivered)\b"
    r"(?:/updated\b)?",
    re.IGNORECASE,
)
_CHANGED = re.compile(rf"{_IS}(?:updated|modified|changed)\b", re.IGNORECASE)
_KEPT_IN = re.compile(
    r"\b(?:documented|saved|stored|recorded|captured|written|summarized) (?:in|to|at) "
)
_JSON = re.compile(
    r"\bvalid,? (?:\w{1,20} )?json\b(?: (?:documents?|structure|format|files?)\b)?",
    re.IGNORECASE,
)
_ENDING = re.compile(r"(?:\w\.\w{1,8}|/)\Z")
_SPACED = re.compile(r"[\w ./*-]{1,200}(?:\w\.\w{1,8}|\*\.\w{1,8}|/)")
_IN_FILE = re.compile(r"in (?:the file )?(?=\S)")
_OR = re.compile(r"[`\"'] or [`\"']")
_FILLER = re.compile(
    r"\b(?:and|or|for|the|a|an|on|with|dedicated|sections?|headings?|keys?|fields?"
    r"|entries|definitions?|configurations?|values?|all|both)\b|[\s,.;:()]"
)


_ALL = Listed((), any_of=False, rest="")


def in_words(drafted: Criterion, value: str) -> Criterion | None:
    """Read a sentence of one of these kinds; None where it is of none."""
    readers = (_file_holds, _valid_json, _made, _kept)
    return next((x for reader in readers if (x := reader(drafted, value))), None)


def named(kind: Criteria) -> Callable[[Criterion, str], Criterion]:
    """Return the reader of a label whose values are paths."""

    def read(drafted: Criterion, value: str) -> Criterion:
        drafted = replace(drafted, kind=kind)
        found = quotations.listed(value)
        if not all(map(_is_name, found.values)):
            value = assembly.unwrapped(value)
            found = quotations.listed(value)
        if found.values and all(map(_is_name, found.values)):
            return assembly.fill(drafted, _texts(found), _without_verb(found)[0])
        word, _, rest = plain(value).partition(" ")
        if "/" in word or (word and not rest):
            return replace(drafted, values=(word,), remark=assembly.remark(rest))
        return replace(drafted, remark=plain(value))

    return read


def _is_name(piece: Quoted) -> bool:
    """Tell a path from words; one with blanks must end as files and folders do."""
    text = piece.text.strip()
    is_code = piece.mark == "`" and _ENDING.search(text) is not None
    return " " not in text or is_code


def matches(drafted: Criterion, value: str) -> Criterion:
    """Read a pattern, `PATTERN in file`, or `file includes texts`."""
    held = _held(drafted, assembly.unwrapped(value))
    if held:
        return held
    drafted = replace(drafted, kind=Criteria.FILE_MATCHES, is_pattern=True)
    found = quotations.listed(value)
    rest, files = _in_file(found)
    is_list = bool(files) or found.rest[:1] == "(" or not found.rest.strip(".")
    if not is_list or not _is_quoted(found):
        return _bare_pattern(drafted, value)
    patterns = [assembly.raw(x) for x in found.values]
    return replace(assembly.fill(drafted, patterns, rest), files=files)


def _bare_pattern(drafted: Criterion, value: str) -> Criterion:
    """Without backticks, all of it is the pattern; with no quote, plain words."""
    bare = plain(value)
    head, middle, last = bare.rpartition(" in ")
    file = last.rstrip(".") if middle else ""
    is_named = quotations.is_path(file)
    pattern = head if is_named else bare
    return replace(
        drafted,
        values=(pattern,),
        files=(file,) if is_named else (),
        is_pattern=pattern[:1] in {'"', "'", "{"},
    )


def contains(drafted: Criterion, value: str) -> Criterion:
    """Read texts that must all be there; words between commas are texts, too."""
    held = _held(drafted, assembly.unwrapped(value))
    if held:
        return held
    drafted = replace(drafted, kind=Criteria.FILE_CONTAINS)
    found = quotations.listed(value)
    if not _is_quoted(found):
        words = [x for y in plain(value).split(",") if (x := y.strip(" ."))]
        return assembly.fill(drafted, words, _ALL)
    rest, files = _in_file(found)
    return replace(assembly.fill(drafted, _texts(found), rest), files=files)


def json_valid(drafted: Criterion, value: str) -> Criterion | None:
    """Read the names of the JSON files; None where there is none."""
    words = (x.strip(".,;:()*'\"") for x in value.replace("`", " ").split())
    names = (x for x in words if x.lower().endswith(".json") and quotations.is_path(x))
    found = list(dict.fromkeys(names))
    drafted = replace(drafted, kind=Criteria.JSON_VALID)
    match = _JSON.search(value)
    said = replace(_ALL, rest=value[match.end() :] if match else "")
    return assembly.fill(drafted, found, said) if found else None


def _texts(found: Listed) -> list[str]:
    return [assembly.inside(x.text) for x in found.values]


def _is_quoted(found: Listed) -> bool:
    return bool(found.values) and all(x.mark for x in found.values)


def _are_paths(found: Listed) -> bool:
    return bool(found.values) and all(map(_is_path, found.values))


def _is_path(piece: Quoted) -> bool:
    return quotations.is_path(piece.text) or (
        piece.mark == "`" and _SPACED.fullmatch(piece.text.strip()) is not None
    )


def _in_file(found: Listed) -> tuple[Listed, tuple[str, ...]]:
    """Take `in file` off what is said after the values."""
    match = _IN_FILE.match(found.rest)
    place = quotations.listed(found.rest[match.end() :]) if match else _ALL
    if not place.values:
        return found, ()
    files = tuple(x.text for x in place.values)
    return replace(found, rest=place.rest), files


def _holds(drafted: Criterion, value: str) -> Criterion | None:
    """Read `file contains "a" and "b"`, the file's name being there or not."""
    found = quotations.listed(value)
    if found.values and not _are_paths(found):
        return None
    files = tuple(x.text for x in found.values)
    verb = _HOLDS.match(found.rest if files else value)
    if verb is None:
        return None
    said = verb.string[verb.end() :]
    first, _, more = said.partition(". ")
    texts = quotations.quoted(first)
    if not texts:
        return _vouched(drafted, found)
    loose = _FILLER.sub("", _without(first, texts))
    held = Listed(
        texts,
        any_of=_OR.search(first) is not None,
        rest=said if loose else more,
    )
    drafted = replace(drafted, kind=Criteria.FILE_CONTAINS, files=files)
    return assembly.fill(drafted, _texts(held), held)


def _held(drafted: Criterion, value: str) -> Criterion | None:
    """Read what a label that speaks of content says of files.

    Nothing but their names is no content: any file could mention these.
    """
    held = _holds(drafted, value)
    found = quotations.listed(value)
    if held or not _are_paths(found) or _in_file(found)[1]:
        return held
    said = found.rest.strip(".") or "what is in it"
    return _vouched(drafted, replace(found, rest=said))


def _file_holds(drafted: Criterion, value: str) -> Criterion | None:
    return _holds(drafted, value) if quotations.listed(value).values else None


def _without(text: str, pieces: Sequence[Quoted]) -> str:
    kept, place = [], 0
    for piece in pieces:
        kept.append(text[place : piece.start])
        place = piece.end
    return "".join([*kept, text[place:]])


def _vouched(drafted: Criterion, found: Listed) -> Criterion | None:
    """The files must be there; what they hold is in words for a person to check."""
    if not found.values:
        return None
    return assembly.fill(
        replace(drafted, kind=Criteria.FILE_EXISTS), _texts(found), found
    )


def _valid_json(drafted: Criterion, value: str) -> Criterion | None:
    return json_valid(drafted, value) if _JSON.search(value) else None


def _made(drafted: Criterion, value: str) -> Criterion | None:
    """Read a sentence that begins with files and says that they come to be."""
    found = quotations.listed(value)
    said, kind = _without_verb(found)
    if not _are_paths(found) or (said is found and found.rest.strip(".")):
        return None
    return assembly.fill(replace(drafted, kind=kind), _texts(found), said)


def _without_verb(found: Listed) -> tuple[Listed, Criteria]:
    """Take `is created` or `was updated` off what is said of files."""
    changed = _CHANGED.match(found.rest)
    verb = changed or _MADE.match(found.rest)
    kind = Criteria.FILE_CHANGED if changed else Criteria.FILE_EXISTS
    return (replace(found, rest=found.rest[verb.end() :]) if verb else found), kind


def _kept(drafted: Criterion, value: str) -> Criterion | None:
    """Read a sentence that says in which files something is written down."""
    match = _KEPT_IN.search(value)
    found = quotations.listed(value[match.end() :]) if match else _ALL
    if not _are_paths(found):
        return None
    said = replace(found, rest=value)
    return assembly.fill(
        replace(drafted, kind=Criteria.FILE_EXISTS), _texts(found), said
    )
