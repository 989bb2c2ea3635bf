"""Features of the training reviews: what users write about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from showcase_bench.metrics.personalization.phrases import noun_phrases
from showcase_bench.types import Progress

__all__ = ["MOST", "PhraseCounts", "count_phrases", "frequent"]

MOST = (1, 5)
"""A phrase in more than this share of the reviews tells too little of a user to be a feature."""
_SEEN = 2
"""A plural is one where so many reviews have the singular; fewer may be a slip of the pen."""

Phrase: TypeAlias = tuple[str, ...]
PhraseCounts: TypeAlias = Sequence[tuple[frozenset[Phrase], int]]
"""The noun phrases of each distinct review, and how many reviews are equal to it."""


def count_phrases(reviews: Iterable[str], progress: Progress) -> PhraseCounts:
    """Find the noun phrases of all reviews that are not blank.

    Raises
    ------
    MissingDependencyError
        TextBlob is not installed.
    """
    copies = Counter(text for text in reviews if text.strip())
    shown = progress.track(copies.items(), label="Finding noun phrases", total=len(copies))
    return [(frozenset(noun_phrases(text)), count) for text, count in shown]


def frequent(counts: PhraseCounts, least: int) -> dict[str, tuple[str, ...]]:
    """The phrases in at least ``least`` reviews and at most a fifth of all, by name.

    A phrase with a plural at its end counts as its singular, where the reviews have that as a
    noun too. Phrases without a letter, and of a single character, are left out.

    Returns
    -------
    dict
        The name of each feature, such as ``pork taco``, in order, to its forms in the reviews:
        ``("pork taco", "pork tacos")``.
    """
    seen: Counter[Phrase] = Counter()
    for phrases, copies in counts:
        seen.update(dict.fromkeys(phrases, copies))
    singular = _singulars(seen)
    base = {phrase: (*phrase[:-1], singular.get(phrase[-1], phrase[-1])) for phrase in seen}
    forms: dict[Phrase, set[Phrase]] = {}
    for phrase, name in base.items():
        forms.setdefault(name, {name}).add(phrase)
    reviews: Counter[Phrase] = Counter()
    for phrases, copies in counts:
        reviews.update(dict.fromkeys({base[phrase] for phrase in phrases}, copies))
    total = sum(copies for _, copies in counts)
    numerator, denominator = MOST
    return {
        " ".join(name): tuple(sorted(" ".join(form) for form in forms[name]))
        for name in sorted(reviews)
        if reviews[name] >= least
        and denominator * reviews[name] <= numerator * total
        and _is_telling(name)
    }


def _singulars(seen: Mapping[Phrase, int]) -> dict[str, str]:
    """The singular of each noun that is a plural by its ending and by the other nouns."""
    nouns = {phrase[0] for phrase, count in seen.items() if len(phrase) == 1 and count >= _SEEN}
    found = {}
    for phrase in seen:
        if len(phrase) == 1:
            singular = next((one for one in _without_ending(phrase[0]) if one in nouns), None)
            if singular is not None:
                found[phrase[0]] = singular
    return found


def _without_ending(noun: str) -> list[str]:
    """What a noun may be the plural of, the most likely first; empty for none."""
    if len(noun) < 4 or not noun.endswith("s") or noun.endswith("ss"):
        return []
    shorter = [noun[:-1]]
    if noun.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        shorter.append(noun[:-2])
    if noun.endswith("ies"):
        shorter.append(f"{noun[:-3]}y")
    return shorter


def _is_telling(name: Phrase) -> bool:
    joined = "".join(name)
    return len(joined) > 1 and any(character.isalpha() for character in joined)
