"""A tree of phrases that grows phrase by phrase; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.text.jit import kernel

__all__ = ["MOST_WORDS", "Tree", "add_phrases", "empty_tree"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

MOST_WORDS = 1 << 31
"""Numbers of words are smaller."""

_EMPTY = 0
_SPREAD = -7046029254386353131
"""An odd constant near 2**64 over the golden ratio, as a signed number."""


class Tree(NamedTuple):
    """Nodes by number; node 0 is the root, and edge e leads to node e + 1."""

    keys: Longs
    """Open hash table of edges: parent * MOST_WORDS + word + 1; 0 where there is none."""
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
    return Tree(np.zeros(places, np.int64), np.zeros(places, np.int32), edge_key, 1)


def add_phrases(tree: Tree, words: Ints, is_last: NDArray[np.bool_]) -> tuple[Tree, Ints]:
    """Add phrases, given word after word; the grown tree and the node of each phrase.

    The tree that went in is no longer valid.
    """
    keys, nodes, edge_key, size, ends = _add(*tree, words, is_last)
    return Tree(keys, nodes, edge_key, size), ends


@kernel
def _place(keys: Longs, key: int) -> int:
    """Where the key is, or where it would go."""
    mask = len(keys) - 1
    place = ((key * _SPREAD) >> 20) & mask
    while keys[place] not in (_EMPTY, key):
        place = (place + 1) & mask
    return place


@kernel
def _doubled(keys: Longs, nodes: Ints) -> tuple[Longs, Ints]:
    larger, larger_nodes = np.zeros(2 * len(keys), np.int64), np.zeros(2 * len(keys), np.int32)
    for old in range(len(keys)):
        if keys[old] != _EMPTY:
            place = _place(larger, keys[old])
            larger[place], larger_nodes[place] = keys[old], nodes[old]
    return larger, larger_nodes


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
        key = np.int64(node) * MOST_WORDS + words[at] + 1
        place = _place(keys, key)
        if keys[place] == _EMPTY:
            keys[place], nodes[place] = key, size
            edge_key[size - 1] = key - 1
            size += 1
        node = int(nodes[place])
        if size > len(edge_key):
            keys, nodes = _doubled(keys, nodes)
            longer = np.empty(len(keys) // 2, np.int64)
            for edge in range(len(edge_key)):
                longer[edge] = edge_key[edge]
            edge_key = longer
        if is_last[at]:
            ends[n_ends] = node
            n_ends += 1
            node = 0
    return keys, nodes, edge_key, size, ends
