"""The words that people and agents use for a state, and the state that each means.

It judges words only; where in a document they stand is not its business.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from active_contexts.model import ContextState

MOST_CHARACTERS = 400

# Found anywhere among the words; the longest phrase at one place wins.
_PHRASES = {
    ContextState.WORKING: """
        active, actively, wip, work in progress, in progress, inprogress, progressing,
        making progress, in work, working, working on, busy, doing, ongoing, on going,
        underway, under way, in flight, in motion, in play, at work, on it, on track,
        running, executing, in execution, processing, operational, started, begun,
        starting, resumed, resuming, continuing, continued, picked up, claimed, taken,
        kicked off, developing, in development, in dev, under development, under
        construction, building, in build, implementing, in implementation, coding,
        programming, writing, drafting, in draft, designing, in design, planning,
        researching, investigating, under investigation, analyzing, analysing,
        exploring, debugging, fixing, refactoring, migrating, testing, in testing,
        under test, reviewing, documenting, integrating, deploying, optimizing,
        optimising, verifying, validating, polishing, cleaning up, wrapping up,
        finishing, finalizing, finalising, iterating, reworking, rework, needs work,
        needs changes, needs revision, changes requested, reopened, re opened,
        unblocked, incomplete, unfinished, partial, partially, half done, to complete,
        nearing completion, in bearbeitung, in arbeit, en cours, en progreso, en curso,
        em andamento, в процессе, в работе, 进行中, 進行中, 作業中
    """,
    ContextState.WAITING: """
        waiting, waiting for, waiting on, waits, waits for, awaiting, awaits, on hold,
        onhold, holding, paused, pausing, pause, suspended, halted, interrupted,
        deferred, postponed, delayed, parked, snoozed, shelved, in review, under review,
        code review, in code review, needs review, need review, review needed, review
        requested, review pending, out for review, up for review, ready for review,
        ready for qa, ready for testing, ready for test, ready for approval, ready for
        feedback, pending review, pending approval, pending merge, pending decision,
        pending feedback, pending input, pending response, pending confirmation,
        pending verification, pending validation, pending on, pending reply, approval
        pending, merge pending, needs approval, needs input, needs info, needs feedback,
        needs decision, needs clarification, need input, need feedback, in qa, qa
        review, submitted, submitted for review, pr open, pr opened, pr submitted, pr
        created, pull request open, pull request opened, queued for merge, queued for
        landing, in merge queue, wartet, wartend, en attente, en espera, aguardando,
        ожидает, ожидание, 等待中, 待機中
    """,
    ContextState.BLOCKED: """
        blocked, blocked by, blocked on, blocking, blocker, blockers, stuck, stuck on,
        stalled, jammed, impeded, obstructed, failed, failing, failure, failures, fails,
        error, errors, errored, crashed, crashing, broken, aborted, rejected, cannot,
        can't, couldn't, can not, unable to, depends on, dependent on, missing
        dependency, needs help, need help, needs assistance, needs attention, needs
        intervention, help needed, help wanted, escalated, in trouble, merge conflict,
        merge conflicts, in conflict, conflicted, deadlocked, timed out, out of memory,
        dead end, at an impasse, blockiert, fehlgeschlagen, bloqué, bloquée, bloqueado,
        bloqueada, заблокирован, заблокировано, 阻塞, ブロック中
    """,
    ContextState.DONE: """
        done, complete, completed, completion, finished, finalized, finalised, ended,
        concluded, merged, shipped, landed, deployed, released, delivered, published,
        launched, resolved, solved, fixed, closed, closed out, accomplished, achieved,
        fulfilled, implemented, verified, validated, approved, accepted, signed off,
        passed, succeeded, success, successful, successfully, wrapped up, handed off,
        handed over, code complete, feature complete, ready for deployment, ready for
        deploy, ready for merge, ready for merging, ready for release, ready for
        production, ready for prod, ready for commit, ready for launch, ready for
        handoff, ready for handover, ready to deploy, ready to merge, ready to ship,
        ready to release, ready to land, ready to commit, deployment ready, production
        ready, prod ready, release ready, merge ready, all set, all green, cancelled,
        canceled, abandoned, dropped, archived, retired, obsolete, superseded, skipped,
        wontfix, won't fix, won't do, no longer needed, erledigt, fertig, abgeschlossen,
        terminé, terminée, hecho, completado, completada, terminado, concluído,
        выполнено, готово, завершено, 已完成, 完成, 完了
    """,
    ContextState.IDLE: """
        idle, idling, todo, to do, to be done, to be started, to start, tbd, planned,
        pending, ready, ready to start, ready for execution, ready for pickup, backlog,
        backlogged, queued, queue, scheduled, upcoming, up next, next up, unassigned,
        unstarted, notstarted, not started, not ready, not planned, not scheduled, not
        assigned, yet to, about to start, proposed, requested, assigned, available, free
        for work, free to take, inactive, offline, away, asleep, sleeping, dormant,
        standby, standing by, stand by, stopped, shut down, signed out, logged off, no
        task, no tasks, no work, no current task, no active task, no active tasks, no
        active work, no open tasks, nothing to do, nothing assigned, nothing in
        progress, off duty, on break, out of office, geplant, offen, nicht begonnen, à
        faire, pendiente, pendente, запланировано, 未着手, 未开始, 待办
    """,
}

# Too common to be found inside a sentence: only where a clause says nothing else.
_WHOLE = {
    ContextState.WORKING: "on, live session, up, in process, draft, started work, go, "
    "current",
    ContextState.WAITING: "review, qa, hold, held, approval, standby for review, in "
    "queue",
    ContextState.BLOCKED: "block, fail, down, red, help, conflict, conflicts, impasse",
    ContextState.DONE: "live, finish, merge, ok, okay, pass, green, complet, closed "
    "off, end",
    ContextState.IDLE: "open, new, next, off, free, none, nothing, not yet, created, "
    "rest",
}

_SIGNS = {
    ContextState.WORKING: "🚧🔄🏃🔨🛠🔧🟢🟡🔵▶⚙✍👷🏗",
    ContextState.WAITING: "⏸⏳⌛👀🟠",
    ContextState.BLOCKED: "❌⛔🚫🛑🔴🚨✖✗✘💥",
    ContextState.DONE: "✅☑✔✓🎉🏁🚀💯",
    ContextState.IDLE: "💤😴⬜☐📋🔜⚪⭕📝",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEGATORS = _words(
    "not no never without almost nearly mostly partly partially half hardly barely "
    "isn't aren't wasn't hasn't haven't weren't zero nor neither approximately "
    "nicht pas"
)
_FILLERS = _words(
    "yet fully quite currently been being is be are was am longer really now still all "
    "more entirely completely totally have has had it i we any also "
    "actually officially at this moment task tasks item items step steps"
)
_NEGATED = {
    ContextState.DONE: ContextState.WORKING,
    ContextState.BLOCKED: ContextState.WORKING,
    ContextState.WAITING: ContextState.WORKING,
    ContextState.IDLE: ContextState.WORKING,
    ContextState.WORKING: ContextState.IDLE,
}
# "In progress (blocked by the schema)": a later clause that says more is believed.
_LIVE = frozenset({ContextState.WAITING, ContextState.BLOCKED})
_YIELDS_TO = {
    ContextState.DONE: _LIVE | {ContextState.WORKING},
    ContextState.WORKING: _LIVE,
    ContextState.IDLE: _LIVE,
}

_STRUCK = re.compile(r"~~[^~]*~~")
_ARROW = re.compile(r"→|⇒|[-=]>")
_TOKEN = re.compile(
    r"(?P<share>\d{1,9}(?:\.\d+)?\s?%|(?<![\d/])\d{1,6}(?:/| of | out of )\d{1,6}"
    r"(?![\d/]))|[^\W\d_]+(?:['\u2019]t\b)?"
)
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BREAK = re.compile(r"[,;:()\[\]|/.!?\u2013\u2014&\n]|\s[-+*]+\s")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WHOLE_SHARE = 100.0


@dataclass(frozen=True, slots=True)
class StateWord:
    """A state and the words that say it.

    `starts` and `ends` tell whether these words open and close all the words given.
    """

    state: ContextState
    said: str
    starts: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int
    clause: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    state: ContextState
    first: int
    last: int
    opens: bool
    negated: bool = False


def _listed(text: str) -> list[str]:
    return [" ".join(x.split()) for x in text.split(",")]


def _index() -> dict[str, list[tuple[tuple[str, ...], ContextState]]]:
    found: dict[str, list[tuple[tuple[str, ...], ContextState]]] = defaultdict(list)
    for state, text in _PHRASES.items():
        for phrase in _listed(text):
            words = tuple(phrase.split())
            found[words[0]].append((words, state))
    for entries in found.values():
        entries.sort(key=lambda x: -len(x[0]))
    return dict(found)


_INDEX = _index()
_CLAUSES = {phrase: s for s, text in _WHOLE.items() for phrase in _listed(text)}
_LETTERS = re.compile(r"[a-z]+")
# The longest word of each phrase, which stands in few others: "impasse", not "at".
_TELLING = frozenset(
    max(_LETTERS.findall(x), key=len, default="")
    for text in (*_PHRASES.values(), *_WHOLE.values())
    for x in _listed(text)
)
_MAY_BE_SHARE = re.compile(r"\d(?:\s?%|(?:/| of | out of )\d)")
_MAY_BE_HUMPS = re.compile(r"[a-z][A-Z]|[A-Z][A-Z][a-z]")
_SIGN_STATES = {sign: s for s, text in _SIGNS.items() for sign in text}


def normalise(words: str) -> ContextState:
    """Return the state that these words mean; `UNKNOWN` where they mean none."""
    found = find(words)
    return found.state if found else ContextState.UNKNOWN


def find(words: str) -> StateWord | None:
    """Return the state that these words mean, and which of them say it.

    Case, decoration and punctuation do not count; "not", "almost" and "80 %" do.
    Of a change (`open -> done`) the last part counts.
    """
    words = _STRUCK.sub("", words[:MOST_CHARACTERS])
    if not _may_say(words):
        return None
    for part in reversed(_ARROW.split(words)):
        if found := _find(part):
            return found
    return None


def _may_say(words: str) -> bool:
    """Tell cheaply whether any word of a state, a share or a sign may be there."""
    if not words.isascii() or _MAY_BE_SHARE.search(words):
        return True
    said = _LETTERS.findall(words.lower())
    return not _TELLING.isdisjoint(said) or bool(_MAY_BE_HUMPS.search(words))


def _find(words: str) -> StateWord | None:
    tokens = _tokens(words)
    match = _decide(tokens, list(_matches(tokens)))
    if match:
        said = words[tokens[match.first].start : tokens[match.last].end]
        ends = match.last == len(tokens) - 1
        return StateWord(match.state, said, match.opens, ends)
    state = _of_clauses(tokens) or _of_share(tokens) or _of_signs(words)
    alone = len(tokens) == 1
    return StateWord(state, words.strip(), alone, alone) if state else None


def _tokens(words: str) -> list[_Token]:
    found: list[_Token] = []
    clause = end = 0
    for match in _TOKEN.finditer(words):
        if found and _BREAK.search(words, end, match.start()):
            clause += 1
        end = match.end()
        if match["share"]:
            share = _share(match["share"])
            found.append(_Token(match[0], match.start(), end, clause, share))
        else:
            found.extend(_split(match[0], match.start(), clause))
    return found


def _share(text: str) -> float:
    numbers = [float(x) for x in _NUMBER.findall(text)]
    if text.endswith("%"):
        return numbers[0]
    return _WHOLE_SHARE * numbers[0] / numbers[1] if numbers[1] else 0.0


def _split(text: str, start: int, clause: int) -> Iterator[_Token]:
    """Yield one token, or the humps of `InProgress`."""
    if not text.isascii():
        word = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
        yield _Token(word, start, start + len(text), clause)
    elif text.islower() or text.isupper() or text.istitle() or "'" in text:
        yield _Token(text.lower(), start, start + len(text), clause)
    else:
        for hump in _HUMP.finditer(text):
            place = start + hump.start(), start + hump.end()
            yield _Token(hump[0].lower(), *place, clause)


def _matches(tokens: list[_Token]) -> Iterator[_Match]:
    at = 0
    while at < len(tokens):
        length, state = _phrase_at(tokens, at)
        if not length:
            at += 1
            continue
        yield _weighed(tokens, at, at + length - 1, state)
        at += length


def _phrase_at(tokens: list[_Token], at: int) -> tuple[int, ContextState]:
    for phrase, state in _INDEX.get(tokens[at].word, ()):
        window = tokens[at : at + len(phrase)]
        if len(window) == len(phrase) and all(
            token.word == word for token, word in zip(window, phrase, strict=True)
        ):
            return len(phrase), state
    return 0, ContextState.UNKNOWN


def _weighed(
    tokens: list[_Token], first: int, last: int, state: ContextState
) -> _Match:
    """Look back over fillers for what turns the phrase round."""
    clause, start = tokens[first].clause, first
    while start and tokens[start - 1].clause == clause:
        start -= 1
        before = tokens[start]
        if before.word in _NEGATORS:
            return _Match(_NEGATED[state], start, last, start == 0, negated=True)
        if before.share is not None and state is ContextState.DONE:
            share = _of_number(before.share)
            return _Match(share, start, last, start == 0, negated=True)
        if before.word not in _FILLERS:
            return _Match(state, first, last, opens=False)
    return _Match(state, first, last, opens=start == 0)


def _decide(tokens: list[_Token], matches: list[_Match]) -> _Match | None:
    if not matches:
        return None
    first = matches[0]
    yields_to = frozenset() if first.negated else _YIELDS_TO.get(first.state, ())
    for later in matches[1:]:
        if later.state in yields_to and not later.negated and _apart(tokens, later):
            return later
    if first.state is ContextState.DONE and (share := _lone_share(tokens)) is not None:
        return replace(first, state=_of_number(share))
    return first


def _apart(tokens: list[_Token], match: _Match) -> bool:
    """Tell whether the match opens or closes a clause that is not the first."""
    clause = tokens[match.first].clause
    opens = tokens[match.first - 1].clause != clause
    closes = match.last + 1 == len(tokens) or tokens[match.last + 1].clause != clause
    return clause > 0 and (opens or closes)


def _lone_share(tokens: list[_Token]) -> float | None:
    """Return the share of "complete (80 %)", where a clause holds nothing else."""
    sizes: dict[int, int] = defaultdict(int)
    for token in tokens:
        sizes[token.clause] += 1
    alone = (x.share for x in tokens if sizes[x.clause] == 1)
    return next((x for x in alone if x is not None), None)


def _of_number(share: float) -> ContextState:
    if share >= _WHOLE_SHARE:
        return ContextState.DONE
    return ContextState.WORKING if share > 0 else ContextState.IDLE


def _of_clauses(tokens: list[_Token]) -> ContextState | None:
    clauses: dict[int, list[str]] = defaultdict(list)
    for token in tokens:
        clauses[token.clause].append(token.word)
    spoken = (_CLAUSES.get(" ".join(words)) for words in clauses.values())
    return next((state for state in spoken if state), None)


def _of_share(tokens: list[_Token]) -> ContextState | None:
    shares = (x.share for x in tokens if x.share is not None)
    return next((_of_number(x) for x in shares), None)


def _of_signs(words: str) -> ContextState | None:
    return next((_SIGN_STATES[x] for x in words if x in _SIGN_STATES), None)
