"""Numbers of different items in the sets that random swaps of two systems' outputs make.

Set metrics count the different items over all outputs, so that sums of rows cannot tell their
value after a swap: the items are counted anew for each trial.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError

__all__ = ["ItemLists", "SwapCounter", "require_lists"]

Ints = NDArray[np.int64]


class ItemLists(NamedTuple):
    """Items of n examples: example i has ``items[bounds[i] : bounds[i + 1]]``."""

    bounds: Ints
    """int64 of shape [n + 1], from 0 to m, never falling."""
    items: Ints
    """int64 of shape [m]; repeats of an item count once."""


class _Unsure(NamedTuple):
    """Items that some trial may leave out of a set; see :func:`set_kernels.count_present`."""

    starts: Ints
    holders: NDArray[np.int32]
    levels: Ints


class SwapCounter:
    """Counts the different items of two systems after each of many random swaps.

    A trial gives some examples the items of the other system, and counts the different items over
    all examples. Where to swap is up to the caller, who tests the difference of the values by
    approximate randomization (Noreen 1989, Riezler and Maxwell 2005).

    Parameters
    ----------
    first, second
        Items of both systems on the same n examples, from 0 to below ``n_items``.
    n_items
        How many items there are. Those in no list do not count.

    Raises
    ------
    UsageError
        The lists do not have the same number of examples, the bounds do not fit the items, an item
        is out of range, or an array is of another shape or type.
    """

    def __init__(self, first: ItemLists, second: ItemLists, n_items: int) -> None:
        self._examples = len(first.bounds) - 1
        for lists in (first, second):
            require_lists(lists, self._examples, n_items)
        self._sure, self._unsure = _sort_out(first, second, n_items)

    def counts(self, masks: NDArray[np.uint64]) -> tuple[Ints, Ints]:
        """Number of different items of both systems in each trial.

        Takes memory for the lists and one block of trials, however many trials there are.

        Parameters
        ----------
        masks
            uint64 of shape [n, words]: trial t is bit ``t % 64`` of word ``t // 64``.

        Returns
        -------
        first, second
            int64 of shape [64 words], a number for each bit; zeros where there are no examples.

        Raises
        ------
        UsageError
            The masks are of another number of examples, shape or type.
        """
        from showcase_bench.stats.set_kernels import count_present

        if masks.ndim != 2 or masks.dtype != np.uint64:
            raise UsageError(
                f"masks are uint64 of shape [n, words], not {masks.dtype} of {masks.shape}"
            )
        if len(masks) != self._examples:
            raise UsageError(f"{len(masks)} masks do not fit the lists of {self._examples}")
        counts = self._sure + count_present(np.ascontiguousarray(masks), *self._unsure)
        return counts[0], counts[1]


def _sort_out(first: ItemLists, second: ItemLists, n_items: int) -> tuple[int, _Unsure]:
    """Number of items that are in both sets in every trial, and the others with their lists.

    An item in both lists of an example is sure. Of the items that no other list holds, one in
    either list of an example make a pair of which each set always has one; those that are left
    are as many copies of one item, which is counted by the powers of two of their number.
    """
    from showcase_bench.stats.set_kernels import count_holders, list_holders

    n = len(first.bounds) - 1
    bounds = np.concatenate([first.bounds, len(first.items) + second.bounds[1:]])
    items = np.concatenate([first.items, second.items])
    counts, both = count_holders(bounds, items, n_items)
    open_items = np.flatnonzero((counts > 0) & ~both)
    # By number of lists: those of one come first, and loops of one length follow each other.
    length = np.minimum(counts[open_items], 255).astype(np.uint8)
    open_items = open_items[np.argsort(length, kind="stable")]
    place = np.full(n_items, -1, dtype=np.int64)
    place[open_items] = np.arange(len(open_items))
    sizes = counts[open_items].astype(np.int64)
    holders = list_holders(bounds, items, place, _ends(sizes))

    lonely = int((sizes == 1).sum())
    alone = np.bincount(holders[:lonely], minlength=2 * n)
    pairs = np.minimum(alone[:n], alone[n:])
    copies = alone - np.tile(pairs, 2)
    powers = range(max(int(copies.max(initial=0)).bit_length(), 1))
    copied = [np.flatnonzero(copies >> power & 1).astype(np.int32) for power in powers]
    shared = sizes[lonely:]
    levels = len(shared) + np.cumsum([len(one) for one in copied])
    unsure = _Unsure(
        _ends(np.append(shared, np.ones(levels[-1] - len(shared), dtype=np.int64))),
        np.concatenate([holders[lonely:], *copied]),
        np.append(0, levels),
    )
    return int(both.sum() + pairs.sum()), unsure


def _ends(sizes: Ints) -> Ints:
    """Where each of some lists begins when they follow each other, and the last ends."""
    return np.append(0, np.cumsum(sizes)).astype(np.int64)


def require_lists(lists: ItemLists, n: int, n_items: int) -> None:
    """Raise a :class:`UsageError` unless these are lists of n examples, as ItemLists says."""
    bounds, items = lists
    if any(one.ndim != 1 or one.dtype != np.int64 for one in lists):
        raise UsageError("the bounds and the items of lists are int64 of one dimension")
    if len(bounds) != n + 1:
        raise UsageError(f"lists of {n} examples have {n + 1} bounds, not {len(bounds)}")
    if bounds[0] != 0 or bounds[-1] != len(items) or (np.diff(bounds) < 0).any():
        raise UsageError(f"the bounds of lists do not run from 0 to the {len(items)} items")
    if len(items) and not 0 <= items.min() <= items.max() < n_items:
        raise UsageError(f"items are from 0 to below {n_items}; there is one out of range")
