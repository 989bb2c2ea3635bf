"""The photos that a query offers, in an order that carries no information."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["distractors", "shuffled"]

_DRAW_BYTES = 8


def shuffled(example_id: str, image_ids: Iterable[str]) -> tuple[str, ...]:
    """Order ``image_ids`` by SHA-256 of (example id, image id).

    The order depends on the two ids only: not on who posted a photo, nor on the file's order, nor
    on the other photos.
    """
    prefix = f"{example_id}\0".encode()
    sha256 = hashlib.sha256
    keyed = [(sha256(prefix + one.encode()).digest(), one) for one in image_ids]
    keyed.sort()
    return tuple([one for _, one in keyed])


def distractors(
    example_id: str, own: Sequence[str], catalogue: Sequence[str], number: int
) -> list[str]:
    """Choose photos of other businesses, by hash of the example id.

    Parameters
    ----------
    example_id
        The only source of the choice besides the catalogue.
    own
        Photos that are not to be chosen.
    catalogue
        All photos of the data set, distinct and sorted.
    number
        How many to choose; fewer come back when the catalogue has fewer others.

    Returns
    -------
    list of str
        Distinct; in an order without meaning.
    """
    taken = set(own)
    if len(catalogue) - len(taken) <= 4 * number:
        others = [one for one in catalogue if one not in taken]
        return list(shuffled(example_id, others)[:number])
    chosen: list[str] = []
    for draw in _draws(example_id):
        if len(chosen) == number:
            break
        one = catalogue[draw % len(catalogue)]
        if one not in taken:
            taken.add(one)
            chosen.append(one)
    return chosen


def _draws(example_id: str) -> Iterator[int]:
    """64-bit numbers out of the example id, without end."""
    block = 0
    while True:
        digest = hashlib.sha256(f"{example_id}\0distractors\0{block}".encode()).digest()
        for start in range(0, len(digest), _DRAW_BYTES):
            yield int.from_bytes(digest[start : start + _DRAW_BYTES], "big")
        block += 1
