"""Texts in parts that an encoder sees whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from showcase_bench.sentences import sentences

__all__ = ["windows"]


def windows(
    texts: Sequence[str], too_long: Callable[[list[str]], NDArray[np.bool_]]
) -> tuple[list[str], NDArray[np.int64]]:
    """Sentences of each text; those that are too long are halved until none is.

    A text without letter or digit is its own only sentence, as the empty text is.

    They are halved at the space nearest before the middle, else at the first behind it, else in
    the middle of the word; a single character is left as it is.

    Parameters
    ----------
    too_long
        Tells which of some texts are, bool of shape [len(texts)].

    Returns
    -------
    tuple
        The windows, and the index of the text that each is of, int64. Each text has at least one;
        their order has no meaning.
    """
    fitting: list[str] = []
    owners: list[int] = []
    waiting = [
        (owner, one) for owner, text in enumerate(texts) for one in sentences(text) or [text]
    ]
    while waiting:
        halves = []
        long = too_long([one for _, one in waiting])
        for (owner, one), split in zip(waiting, long.tolist(), strict=True):
            if split and len(one) > 1:
                halves += [(owner, half) for half in _halves(one)]
            else:
                fitting.append(one)
                owners.append(owner)
        waiting = halves
    return fitting, np.array(owners, dtype=np.int64)


def _halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    cut = text.rfind(" ", 1, middle + 1)
    if cut < 0:
        cut = text.find(" ", middle, len(text) - 1)
    if cut < 0:
        return text[:middle], text[middle:]
    return text[:cut], text[cut + 1 :]
