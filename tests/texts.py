"""Texts that hurt: a deterministic corpus of predictions and references for the oracle tests."""

from __future__ import annotations

import random

_LINES = (
    "the a and of is was I we they it food place great service good nice friendly staff pizza",
    "burger sushi ramen tacos coffee soup fries chicken steak best ever really very so not",
    "don't isn't can't cannot gonna wanna I'm we'll they've o'clock Mr. Mrs. Dr. U.S. e.g. i.e.",
    "a.m. St. No. 5 10 3.50 $12 12.99 1,000 1/2 2nd 100% 7pm 10:30 2019-03-05 rock-n-roll",
    "all-you-can-eat café naïve jalapeño crème brûlée Straße ЖИЗНЬ вкусно 寿司 拉麺 美味しい",
    "مطعم שלום नमस्ते ÀÉÎ İstanbul ﬁne 😀 🍕🍕 👍🏽 👨‍👩‍👧 ❤️ :) :-( ;) <3 ... !!! ?! -- — –",
    "- & &amp; * / \\ ( ) [ ] { } \" ' `` '' “ ” ‘ ’ … http://example.com/a?b=c me@example.com",
    "#yum @place can`t O'Brien and/or w/ b4 4ever x² ½ ™ © €20 £5",
)
WORDS = [word for line in _LINES for word in line.split()]
ENDS = (".", "!", "?", "", " .", "...", " !", ",")


def _text(draw: random.Random, common: list[str]) -> str:
    kind = draw.random()
    if kind < 0.02:
        return draw.choice(["", " ", "\t", "  \n ", ".", "!!!", "😀", "寿司"])
    if kind < 0.05:
        return draw.choice(WORDS)
    if kind < 0.08:
        return " ".join(draw.choices(WORDS[:12], k=3) * draw.randint(2, 8))
    if kind < 0.09:
        return " ".join(draw.choices(WORDS, k=draw.randint(80, 250)))
    if kind < 0.11:
        return draw.choice([" ", "\t", "\r", "\x0b", "\u2028", "\x85", " ||| ", "\n"]).join(
            draw.choices(WORDS, k=draw.randint(2, 12))
        )
    size = draw.randint(1, 28)
    words = [draw.choice(common if draw.random() < 0.7 else WORDS) for _ in range(size)]
    if draw.random() < 0.5:
        words[0] = words[0].capitalize()
    return " ".join(words) + draw.choice(ENDS)


def hard_corpus(size: int, seed: int = 0) -> list[tuple[str, list[str]]]:
    """Pairs of a predicted text and its one to five references; many resemble each other."""
    draw = random.Random(seed)
    rows = []
    for _ in range(size):
        common = draw.sample(WORDS, 14)
        references = [_text(draw, common) for _ in range(draw.randint(1, 5))]
        text = _text(draw, common)
        if draw.random() < 0.3:
            words = draw.choice(references).split(" ")
            for _ in range(draw.randint(0, 4)):
                words[draw.randrange(len(words))] = draw.choice(common)
            if draw.random() < 0.3:
                draw.shuffle(words)
            text = " ".join(words)
        rows.append((text, references))
    return rows
