"""Questions about documents as they stand: which there are, and what is wrong in them.

Each returns plain dictionaries or values in a stated order; none changes anything.
"""

from typing import cast

from coordinator.index import segments
from coordinator.index.database import Index
from coordinator.index.queries import Row
from coordinator.kernel.problems import Problem
from coordinator.results.knowledge import ShownLearning
from coordinator.results.problems import ProblemGroup, ShownProblem
from coordinator.results.workspaces import FoundDocument

_WORDS, _CHARACTERS = 12, 40  # in an excerpt
_REFUSED = "SELECT path FROM problems WHERE source = 'refused'"
_BY_NAME = "('bad-name', 'folder-linked', 'folder-missing')"


def documents(index: Index, paths: list[str]) -> dict[str, Row]:
    """Return path, owner, agent and blob of those documents that are known."""
    marks = ", ".join("?" for _ in paths)
    question = "SELECT path, owner, agent, blob FROM documents WHERE path IN"
    rows = index.rows(f"{question} ({marks})", paths)
    return {row["path"]: row for row in rows}


def refused(index: Index, paths: list[str]) -> set[str]:
    """Return those of the paths whose file could not be read when last looked at."""
    marks = ", ".join("?" for _ in paths)
    rows = index.rows(f"{_REFUSED} AND path IN ({marks})", paths)
    return {row["path"] for row in rows}


def known_paths(index: Index) -> set[str]:
    """Return the paths of all documents, and of files that could not be read."""
    rows = index.rows(f"SELECT path FROM documents UNION {_REFUSED}")
    return {row["path"] for row in rows}


def is_known(index: Index, path: str) -> bool:
    """Tell whether a document, or a file that could not be read, has this path."""
    question = f"SELECT 1 FROM documents WHERE path = ?1 UNION {_REFUSED} AND path = ?1"
    return index.row(question, (path,)) is not None


def is_refused_so(index: Index, problem: Problem) -> bool:
    """Tell whether just this was said already of a file that cannot be read."""
    question = f"{_REFUSED} AND path = ? AND code = ? AND message = ?"
    values = (problem.path, problem.code, problem.message)
    return index.row(question, values) is not None


def refused_by_name(index: Index) -> set[str]:
    """Return the paths that a scan complained of without reading anything."""
    rows = index.rows(f"SELECT path FROM problems WHERE code IN {_BY_NAME}")
    return {row["path"] for row in rows}


def attributed(index: Index) -> list[Row]:
    """Return path and agent of every document that belongs to one by its name."""
    return index.rows("SELECT path, agent FROM documents WHERE owner <> 'identities'")


def written_after(index: Index, blob: str, after: int) -> str:
    """Return where a text was accepted after a record, or nothing; 0: nothing."""
    row = index.row(
        "SELECT path FROM documents WHERE blob = ?1 AND seq > ?2 AND ?2 > 0",
        (blob, after),
    )
    return str(row["path"]) if row else ""


def is_newer(index: Index, path: str, after: int) -> bool:
    """Tell whether a document's version was accepted after a record."""
    question = "SELECT 1 FROM documents WHERE path = ? AND seq > ?"
    return index.row(question, (path, after)) is not None


def search(index: Index, words: list[str], most: int) -> list[FoundDocument]:
    """Return the documents in which all words occur, the best match first.

    A word counts whole, but with a `*` at its end; nothing else is an operator.
    """
    rows = index.rows(
        "SELECT d.path, d.owner AS kind, d.agent, d.title, d.at,"
        " snippet(search, 1, '', '', ' … ', ?) AS excerpt"
        " FROM search JOIN documents d ON d.number = search.rowid"
        " WHERE search MATCH ? ORDER BY rank, d.path LIMIT ?",
        (_longest(words), " ".join(map(_quoted, words)), most),
    )
    for row in rows:
        row["excerpt"] = segments.join(row["excerpt"])
    return cast("list[FoundDocument]", rows)


def _longest(words: list[str]) -> int:
    """Return how many words an excerpt has; where each is a character, more."""
    return _CHARACTERS if any(segments.cut(x) != x for x in words) else _WORDS


def _quoted(word: str) -> str:
    """Return an FTS5 string: nothing that is typed counts as an operator."""
    stem, star, _ = word.partition("*") if word.endswith("*") else (word, "", "")
    return '"' + segments.cut(stem).replace('"', '""') + '"' + star


def crowds(index: Index, most: int) -> list[Row]:
    """Return agents with more documents of one kind: how many, and one path."""
    return index.rows(
        "SELECT agent, count(*) AS times, min(path) AS path"
        " FROM documents GROUP BY agent, owner"
        " HAVING count(*) > ? ORDER BY path",
        (most,),
    )


def learnings(index: Index) -> list[ShownLearning]:
    """Return all learnings with the number of their decisions, by path."""
    rows = index.rows(
        "SELECT l.title, l.agent, l.path, l.line, l.at, (SELECT count(*)"
        " FROM decisions d WHERE d.path = l.path) AS decisions"
        " FROM learnings l ORDER BY l.path"
    )
    return cast("list[ShownLearning]", rows)


def problems(index: Index, most: int = -1) -> list[ShownProblem]:
    """Return the first problems by path and line; -1: all."""
    rows = index.rows(
        "SELECT path, line, code, message, hint FROM open_problems"
        " ORDER BY path, line, code, message LIMIT ?",
        (most,),
    )
    return cast("list[ShownProblem]", rows)


def problems_in_short(index: Index, folder: str, most: int) -> list[ProblemGroup]:
    """Return the first problems, those of a document below `folder` as one.

    `times` is how many stand for each.
    """
    below = f"{folder}/%"
    rows = index.rows(
        "SELECT path, line, code, message, hint, 1 AS times FROM open_problems"
        " WHERE path NOT LIKE ?1 UNION ALL"
        " SELECT path, min(line), code, CASE count(*) WHEN 1 THEN message"
        " ELSE message || ' (and ' || (count(*) - 1) || ' more)' END, hint,"
        " count(*) FROM open_problems WHERE path LIKE ?1 GROUP BY path"
        " ORDER BY path, line, code, message LIMIT ?2",
        (below, most),
    )
    return cast("list[ProblemGroup]", rows)


def problems_of(index: Index, path: str) -> list[ShownProblem]:
    """Return the problems of one document, by line."""
    rows = index.rows(
        "SELECT path, line, code, message, hint FROM open_problems WHERE path = ?"
        " ORDER BY line, code, message",
        (path,),
    )
    return cast("list[ShownProblem]", rows)


def count_problems(index: Index) -> int:
    """Return how many problems there are."""
    row = index.row("SELECT count(*) AS n FROM open_problems")
    return int(row["n"]) if row else 0


def problems_of_agent(index: Index, agent: str) -> list[ShownProblem]:
    """Return the problems of an agent's documents, by path and line."""
    rows = index.rows(
        "SELECT p.path, p.line, p.code, p.message, p.hint FROM open_problems p"
        " JOIN documents d ON d.path = p.path WHERE d.agent = ?"
        " ORDER BY p.path, p.line, p.code",
        (agent,),
    )
    return cast("list[ShownProblem]", rows)
