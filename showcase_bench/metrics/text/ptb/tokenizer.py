"""PTB tokens of texts, each text on its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from showcase_bench.metrics.text.ptb.automaton import Automaton, load_automaton
from showcase_bench.metrics.text.ptb.lowering import lowered
from showcase_bench.metrics.text.ptb.scanner import Scanner, TextRunsOutError

__all__ = ["tokenize_ptb"]

_DROPPED = frozenset(
    {"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-"}
    | {".", "?", "!", ",", ":", "-", "--", "...", ";"}
)
_LINE_SHIFTING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BEYOND_16_BITS = re.compile("[\U00010000-\U0010ffff]")
_AFTER_TEXT = "\nx\n"
_BLANKS = " \u00a0\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space that the lexer skips together with the space before it."""
_MOST_WORDS = 8
"""Words that a token may look at before the rest of the text is scanned as a whole."""
_LONGEST_KEPT = 64
_MOST_KEPT = 200_000


def tokenize_ptb(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Lower-cased PTB tokens of each text without punctuation, as pycocoevalcap's wrapper gives.

    Equal to the Java tokeniser (Stanford CoreNLP 3.4.1, ``-preserveLines -lowerCase``) followed by
    the wrapper's removal of punctuation, when a line with the word ``x`` follows each text: the
    wrapper lets the first word of a text change the tokens of the text before it (``No.`` before
    ``555``), so the same neutral line is assumed after every text here. Control characters, line
    and paragraph separators and lone surrogates count as spaces. A blank text has no tokens. A
    token may hold a no-break space (``1 1/2``), but no space. The time is linear in the length of
    the texts, also of one long word.

    Raises
    ------
    MissingDependencyError
        pycocoevalcap, which carries the lexer's tables, is missing or damaged.
    """
    words = _Words(load_automaton())
    return [words.tokens(text) for text in texts]


class _Words(dict[str, tuple[str, ...]]):
    """The tokens of words that were met, by the word; one that ends its text has a line end.

    A token never depends on what stands before it, and a space outside tokens is skipped, so the
    tokens of a word are the same everywhere unless a scan wants to see more than the one space
    behind the word. Such a word is *open*: its tokens are remembered together with the next word,
    the next three or the next seven, as many as the scan wants to see.
    """

    def __init__(self, automaton: Automaton) -> None:
        super().__init__()
        self._automaton = automaton
        self._open: set[str] = set()
        self._spans: dict[str, tuple[tuple[str, ...], int]] = {}

    def tokens(self, text: str) -> tuple[str, ...]:
        """Tokens of one text."""
        if len(self) + len(self._open) + len(self._spans) > _MOST_KEPT:
            self.clear()
            self._open.clear()
            self._spans.clear()
        if not (text.isascii() and text.isprintable()):
            text = _BEYOND_16_BITS.sub(_halves, _LINE_SHIFTING.sub(" ", text))
        words = f"{text.strip()}\n".split(" ")
        pieces = list(map(self.__getitem__, words))
        if not self._open.isdisjoint(words):
            self._close(words, pieces)
        return tuple(chain.from_iterable(pieces))

    def __missing__(self, word: str) -> tuple[str, ...]:
        span = _span(self._automaton, word, len(word))
        if span is None:
            self._open.add(word)
        tokens = () if span is None else span[0]
        if len(word) <= _LONGEST_KEPT:
            self[word] = tokens
        return tokens

    def _close(self, words: list[str], pieces: list[tuple[str, ...]]) -> None:
        """Put the tokens of open words, and of those that they run into, in their place."""
        reached = 0
        for position in [k for k, word in enumerate(words) if word in self._open]:
            if position >= reached:
                tokens, count = self._span(words, position)
                reached = position + count
                pieces[position:reached] = [tokens, *[()] * (count - 1)]

    def _span(self, words: list[str], position: int) -> tuple[tuple[str, ...], int]:
        """Tokens of an open word up to a space that one ends at, and how many words they span."""
        count = 2
        while count <= _MOST_WORDS:
            key = " ".join(words[position : position + count])
            span = self._spans.get(key) or _span(self._automaton, key, len(words[position]))
            if span is not None:
                if len(key) <= _LONGEST_KEPT:
                    self._spans[key] = span
                return span
            count *= 2
        return _complete(self._automaton, " ".join(words[position:]))


def _span(automaton: Automaton, words: str, least: int) -> tuple[tuple[str, ...], int] | None:
    """Tokens up to the first space, from ``least`` on, that a token ends at, and the words there.

    None if they depend on what follows the words; up to the end if the words end a text.
    """
    if words.endswith("\n"):
        return _complete(automaton, words)
    body = words.lstrip(_BLANKS)
    least -= len(words) - len(body)
    scanner = Scanner(automaton, f"{body} ", complete=False)
    tokens: list[str] = []
    start = 0
    try:
        while start < least or body[start : start + 1] not in ("", " "):
            token, start = scanner.token(start)
            if token is not None:
                tokens.append(token)
    except TextRunsOutError:
        return None
    return _kept(tokens), body.count(" ", 0, start) + 1


def _complete(automaton: Automaton, words: str) -> tuple[tuple[str, ...], int]:
    """Tokens of words that end a text, and how many words they are."""
    body = words[:-1].lstrip(_BLANKS)
    scanner = Scanner(automaton, body + _AFTER_TEXT, complete=True)
    tokens: list[str] = []
    start = 0
    while start < len(body):
        token, start = scanner.token(start)
        if token is not None:
            tokens.append(token)
    return _kept(tokens), words.count(" ") + 1


def _kept(tokens: list[str]) -> tuple[str, ...]:
    """Lower-cased, cut at spaces, without punctuation and white space."""
    words = [word for token in tokens for word in lowered(_whole(token)).split(" ")]
    return tuple(word for word in words if word not in _DROPPED and word.strip())


def _halves(match: re.Match[str]) -> str:
    above = ord(match.group()) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def _whole(token: str) -> str:
    if token.isascii():
        return token
    return token.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
