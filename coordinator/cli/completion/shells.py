"""How each shell asks for completions, and how it reads the answer.

The scripts in `scripts/` are what it loads. What is offered is not its business. Here,
as in all that answers a shell, the lightest of imports: a person waits.
"""

import os

from coordinator.cli.completion import offers
from coordinator.cli.completion.offers import Offer

SHELLS = ("bash", "fish", "zsh")
_SCRIPTS = f"{os.path.dirname(__file__)}/scripts"  # noqa: PTH120 - thin


def answer(asks: str, argv: list[str]) -> str | None:
    """Return what a shell asks for: by the environment, or by `completion SHELL`.

    None: it asks for something else.
    """
    shell, _, what = asks.partition("_")
    if not asks and len(argv) == 2 and argv[1] in SHELLS:  # noqa: PLR2004 - verb, shell
        shell, what = argv[1], "source"
    if shell not in SHELLS or what not in {"source", "complete"}:
        return None
    if what == "source":
        return script(shell)
    words, word = _asked(shell)
    return "".join(_RENDER[shell](x) for x in offers.find(words, word))


def script(shell: str) -> str:
    """Return what the shell loads once."""
    with open(f"{_SCRIPTS}/{shell}", encoding="ascii") as file:  # noqa: PTH123 - thin
        return file.read()


def _asked(shell: str) -> tuple[list[str], str]:
    """Return the words before the cursor, without the program, and the one at it."""
    words = _split(os.environ.get("COMP_WORDS", ""))[1:]
    at = os.environ.get("COMP_CWORD", "")
    if shell == "fish":
        # It tells the word at the cursor twice: behind the others, and by itself.
        word = "".join(_split(at)[:1])
        return words[:-1] if word and words[-1:] == [word] else words, word
    place = int(at) - 1 if at.isdigit() else len(words)
    return _joined(words[:place], "".join(words[place : place + 1]))


def _split(text: str) -> list[str]:
    """Split as a shell does; a quote that is still open ends with the text."""
    if not set(text) & set("'\"\\"):
        return text.split()
    import shlex  # noqa: PLC0415 - seldom needed, and not light

    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words += lexer
    except ValueError:
        words.append(lexer.token)
    return words


def _joined(words: list[str], word: str) -> tuple[list[str], str]:
    """Put together what bash takes apart: `--format`, `=`, `json`."""
    kept: list[str] = []
    for one in words:
        if one != "=" or not kept or not kept[-1].startswith("--"):
            kept.append(one)
    return kept, "" if word == "=" else word


def _for_zsh(offer: Offer) -> str:
    return f"{offer.kind}\n{offer.value or '_'}\n{offer.meaning or '_'}\n"


def _for_fish(offer: Offer) -> str:
    meaning = f"\t{offer.meaning}" if offer.meaning else ""
    return f"{offer.kind},{offer.value}{meaning}\n"


_RENDER = {
    "bash": lambda x: f"{x.kind},{x.value}\n",
    "fish": _for_fish,
    "zsh": _for_zsh,
}
