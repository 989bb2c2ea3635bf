"""Words, numbers, punctuation marks and emoji as tokens, learned from texts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby, islice
from typing import Any

from baselines.common.arguments import require_at_least
from baselines.neural.characters import EMOJI, JOINER, VARIATION, clean
from baselines.neural.contracts import Codec
from baselines.neural.joining import join
from showcase_bench.errors import StoreError

__all__ = ["Words", "tokens_of"]

_SPECIAL = 4


class Words(Codec):
    """A vocabulary of lower-cased words; what is not in it is the unknown word.

    Parameters
    ----------
    words
        The vocabulary without special tokens; word i is token 4 + i.

    Raises
    ------
    StoreError
        A word comes twice, or is no word.
    """

    pad = 0
    begin = 1
    end = 2
    unknown = 3
    never = frozenset({unknown})
    """Tokens that a decoder does not write."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._numbers = {word: i for i, word in enumerate(self.words, start=_SPECIAL)}
        sound = all(isinstance(word, str) and word for word in self.words)
        if not sound or len(self._numbers) != len(self.words):
            raise StoreError("a vocabulary has a word twice, or one that is no word")

    @classmethod
    def learn(cls, texts: Iterable[str], least: int = 1, most: int = 20_000) -> Words:
        """The words of some texts, the most frequent ones first, equally frequent ones sorted.

        Parameters
        ----------
        texts
            What to learn from; may be empty.
        least
            A word occurs at least as often.
        most
            At most as many words are kept.

        Raises
        ------
        UsageError
            ``least`` is below 1 or ``most`` below 0.
        """
        require_at_least(least, "least", 1)
        require_at_least(most, "most", 0)
        counts = Counter(word for text in texts for word in tokens_of(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls([word for word, count in ranked[:most] if count >= least])

    def __len__(self) -> int:
        return _SPECIAL + len(self.words)

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """Tokens of a text, at most ``most``; the rest of a longer text is not looked at."""
        words = islice(tokens_of(text), most)
        return [self._numbers.get(word, self.unknown) for word in words]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text, spaced and capitalised as usual; special tokens are left out."""
        return join([self.words[token - _SPECIAL] for token in tokens if token >= _SPECIAL])

    def facts(self) -> dict[str, Any]:
        """The words, as JSON."""
        return {"kind": "words", "words": list(self.words)}


def tokens_of(text: str) -> Iterator[str]:
    """Lower-cased words, numbers, marks and emoji of a text, one after the other.

    A word holds its apostrophes and hyphens (``wasn't``, ``kid-friendly``), a number its points and
    colons (``7:30``). A repeated mark (``...``, ``!!``) is one token. Characters that cannot be
    seen are left out (:func:`~baselines.neural.characters.clean`).
    """
    return (match[0] for match in _pattern().finditer(clean(text).lower()))


@cache
def _pattern() -> re.Pattern[str]:
    letter = "[^\\W_]"
    rest = f"(?:{letter}|[{_marks()}]|(?<=[{_marks()}]){JOINER})"
    part = f"{letter}{rest}*"
    selector = f"[{VARIATION}\U0001f3fb-\U0001f3ff\u20e3]"
    picture = f"[{EMOJI}\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u3030\u303d\u3297\u3299]"
    return re.compile(
        rf"""
        [\U0001f1e6-\U0001f1ff]{{2}}                                  # flags
        | [0-9\#*]\ufe0f?\u20e3                                       # keycaps
        | {picture}{selector}*(?:{JOINER}{picture}{selector}*)*       # emoji
        | (?<!\w)[:;=]-?(?:[()\[\]|/\\*]+|[dpo3](?!\w)) | <3(?!\w)    # emoticons
        | (?:(?<!\w){letter}\.){{2,}}                                 # a.m.
        | \d+(?:[.,:/-]\d+)*{rest}*(?:['’&-]{part})*                  # numbers, 24/7, 5-star
        | {part}(?:['’&-]{part})*(?:(?<=s)['’](?!\w))?                # words
        | ([^\w\s{_marks()}{JOINER}{VARIATION}])\1*                   # marks
        | _+
        """,
        re.VERBOSE,
    )


def _marks() -> str:
    """Ranges of the combining marks of all scripts, but for variation selectors."""
    marks = [
        number
        for number in range(0x300, 0x1F000)
        if unicodedata.category(chr(number)).startswith("M") and not 0xFE00 <= number <= 0xFE0F
    ]
    runs = groupby(enumerate(marks), key=lambda pair: pair[1] - pair[0])
    spans = [[number for _, number in run] for _, run in runs]
    return "".join(f"{chr(span[0])}-{chr(span[-1])}" for span in spans)
