"""A tree of phrases that grows phrase by phrase; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.text.hashing import FREE, doubled, slot_of

__all__ = ["MOST_WORDS", "Tree", "add_phrases", "empty_tree"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

MOST_WORDS = 1 << 31
"""Numbers of words are smaller."""


class Tree(NamedTuple):
    """Nodes by number; node 0 is the root, and edge e leads to node e + 1."""

    keys: Longs
    """Open hash table of edges: parent * MOST_WORDS + word, or :data:`FREE`."""
    nodes: Ints
    """Node of each place of the hash table."""
    edge_key: Longs
    """Parent * MOST_WORDS + word, in the order in which the edges were made; half of ``keys``."""
    size: int
    """Number of nodes, one more than edges."""


def empty_tree() -> Tree:
    """Make a tree that has a root only."""
    places = 1 << 16
    edge_key = np.zeros(places // 2, np.int64)
    return Tree(np.full(places, FREE, np.int64), np.zeros(places, np.int32), edge_key, 1)


def add_phrases(tree: Tree, words: Ints, is_last: NDArray[np.bool_]) -> tuple[Tree, Ints]:
    """Add phrases, given word after word; the grown tree and the node of each phrase.

    The tree that went in is no longer valid.
    """
    keys, nodes, edge_key, size, ends = _add(*tree, words, is_last)
    return Tree(keys, nodes, edge_key, size), ends


@kernel
def _add(
    keys: Longs,
    nodes: Ints,
    edge_key: Longs,
    size: int,
    words: Ints,
    is_last: NDArray[np.bool_],
) -> tuple[Longs, Ints, Longs, int, Ints]:
    ends = np.empty(is_last.sum(), np.int32)
    n_ends, node = 0, 0
    for at in range(len(words)):
        key = np.int64(node) * MOST_WORDS + words[at]
        place = slot_of(keys, len(keys) - 1, key)
        if keys[place] == FREE:
            keys[place], nodes[place] = key, size
            edge_key[size - 1] = key
            size += 1
        node = int(nodes[place])
        if size > len(edge_key):
            keys, nodes = doubled(keys, nodes)
            longer = np.empty(len(keys) // 2, np.int64)
            for edge in range(len(edge_key)):
                longer[edge] = edge_key[edge]
            edge_key = longer
        if is_last[at]:
            ends[n_ends] = node
            n_ends += 1
            node = 0
    return keys, nodes, edge_key, size, ends
