"""The beam search for the alignment (Denkowski and Lavie 2011, 2014), step for step as the peer's.

The reference is walked from left to right. Partial alignments are ordered by the words that they
cover, then by fewer closed chunks, then by smaller distance, then by age; 40 live. Experiments
with the peer settled what its papers leave open:

- coverage of a match is 2 for equal words, else half of each side's words, rounded down, so that
  a single stem, synonym or paraphrase counts nothing and is taken only where it saves a chunk;
- a match whose words have no other match is always taken;
- a chunk counts when it closes: while it is open, its alignment is ahead of its equals;
- distance grows by |start - reference start| for each usable match that was passed over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.ngram.meteor.matching import EXACT, Matches, grown

__all__ = ["align"]

Ints = NDArray[np.int32]
Row = NDArray[np.int64]
Rows = NDArray[np.int64]
Bits = NDArray[np.uint64]

_BEAM = 40
_SKIP, _INSIDE = -1, -2
_CLOSED = -1


# Columns of a partial alignment.
_COVERED = 0
_CHUNKS = 1
"""Closed ones."""
_DISTANCE = 2
_EXPECTED = 3
"""Word of the hypothesis that would go on with the open chunk; -1 where none is open."""
_FREE = 4
"""First word of the reference after the last match."""
_PARENT = 5
_MATCH = 6
"""Match that was added last, or why there was none."""
_LINK = 7
"""Where the list of its matches starts; -1 where it has none."""


@kernel
def _forced(matches: Matches, words: int, reference_words: int) -> NDArray[np.bool_]:
    """Which words of the reference start the only match of all the words that it covers."""
    count = np.zeros(words, np.int32)
    reference_count = np.zeros(reference_words, np.int32)
    for at in range(reference_words):
        for match in range(matches.begin[at], matches.begin[at + 1]):
            for word in range(matches.at[match], matches.at[match] + matches.length[match]):
                count[word] += 1
            for word in range(at, at + matches.reference_length[match]):
                reference_count[word] += 1
    forced = np.zeros(reference_words, np.bool_)
    for at in range(reference_words):
        match = matches.begin[at]
        if matches.begin[at + 1] == match + 1:
            forced[at] = True
            for word in range(matches.at[match], matches.at[match] + matches.length[match]):
                forced[at] = forced[at] and count[word] == 1
            for word in range(at, at + matches.reference_length[match]):
                forced[at] = forced[at] and reference_count[word] == 1
    return forced


@kernel
def _is_free(used: Bits, start: int, length: int) -> bool:
    for at in range(start, start + length):
        if used[at >> 6] >> np.uint64(at & 63) & np.uint64(1):
            return False
    return True


@kernel
def _offer(paths: Rows, size: int, path: Row) -> int:
    """Put a path where it belongs, after its equals; the new size of the beam."""
    place = size
    while place > 0:
        above = paths[place - 1]
        if above[_COVERED] != path[_COVERED]:
            ahead = path[_COVERED] > above[_COVERED]
        elif above[_CHUNKS] != path[_CHUNKS]:
            ahead = path[_CHUNKS] < above[_CHUNKS]
        else:
            ahead = path[_DISTANCE] < above[_DISTANCE]
        if not ahead:
            break
        place -= 1
    if place == _BEAM:
        return size
    size = min(size + 1, _BEAM)
    for at in range(size - 1, place, -1):
        for column in range(_LINK):
            paths[at, column] = paths[at - 1, column]
    for column in range(_LINK):
        paths[place, column] = path[column]
    return size


@kernel
def _extend(
    old: Rows, old_size: int, used: Bits, new: Rows, matches: Matches, at: int, forced: bool
) -> int:
    """Offer all that can follow at the reference's word ``at``; the size of the new beam."""
    size = int(np.int64(0))
    path = np.zeros(_LINK, np.int64)
    for parent in range(old_size):
        expected = old[parent, _EXPECTED]
        for column in range(_LINK):
            path[column] = old[parent, column]
        path[_PARENT] = parent
        if old[parent, _FREE] > at:
            path[_MATCH] = _INSIDE
            size = _offer(new, size, path)
            continue
        for match in range(matches.begin[at], matches.begin[at + 1]):
            start, length = matches.at[match], matches.length[match]
            if not _is_free(used[parent], start, length):
                continue
            halves = length // 2 + matches.reference_length[match] // 2
            gain = 2 if matches.stage[match] == EXACT else halves
            path[_COVERED] = old[parent, _COVERED] + gain
            closes = expected != _CLOSED and expected != start
            path[_CHUNKS] = old[parent, _CHUNKS] + (1 if closes else 0)
            path[_EXPECTED] = start + length
            path[_FREE] = at + matches.reference_length[match]
            path[_MATCH] = match
            size = _offer(new, size, path)
            path[_DISTANCE] += abs(start - at)
        if not forced:
            path[_COVERED] = old[parent, _COVERED]
            path[_CHUNKS] = old[parent, _CHUNKS] + (1 if expected != _CLOSED else 0)
            path[_EXPECTED] = _CLOSED
            path[_FREE] = at + 1
            path[_MATCH] = _SKIP
            size = _offer(new, size, path)
    return size


@kernel
def align(matches: Matches, words: int, reference_words: int) -> tuple[Ints, int]:
    """Matches of the best alignment, in the order of the reference, and its number of chunks."""
    blocks = (words + 63) // 64
    old, new = np.zeros((_BEAM, _LINK + 1), np.int64), np.zeros((_BEAM, _LINK + 1), np.int64)
    used, new_used = np.zeros((_BEAM, blocks), np.uint64), np.zeros((_BEAM, blocks), np.uint64)
    old[0, _EXPECTED] = _CLOSED
    old[0, _LINK] = -1
    forced = _forced(matches, words, reference_words)
    links = np.empty((64, 2), np.int32)
    n_links = 0
    size = int(np.int64(1))
    for at in range(reference_words):
        size = _extend(old, size, used, new, matches, at, forced[at])
        for path in range(size):
            parent, match = new[path, _PARENT], new[path, _MATCH]
            for block in range(blocks):
                new_used[path, block] = used[parent, block]
            new[path, _LINK] = old[parent, _LINK]
            if match >= 0:
                if n_links == len(links):
                    links = grown(links)
                links[n_links, 0] = match
                links[n_links, 1] = old[parent, _LINK]
                new[path, _LINK] = n_links
                n_links += 1
                start = matches.at[match]
                for word in range(start, start + matches.length[match]):
                    new_used[path, word >> 6] |= np.uint64(1) << np.uint64(word & 63)
        old, new = new, old
        used, new_used = new_used, used
    best, chunks = _best(old, size)
    return _listed(links, old[best, _LINK]), chunks


@kernel
def _best(paths: Rows, size: int) -> tuple[int, int]:
    """First of the best paths after their open chunks are closed, and its chunks."""
    best = 0
    best_chunks = paths[0, _CHUNKS] + (1 if paths[0, _EXPECTED] != _CLOSED else 0)
    for path in range(1, size):
        if paths[path, _COVERED] < paths[best, _COVERED]:
            break
        chunks = paths[path, _CHUNKS] + (1 if paths[path, _EXPECTED] != _CLOSED else 0)
        if chunks < best_chunks or (
            chunks == best_chunks and paths[path, _DISTANCE] < paths[best, _DISTANCE]
        ):
            best, best_chunks = path, chunks
    return best, best_chunks


@kernel
def _listed(links: Ints, last: int) -> Ints:
    """Matches that lead to a link, first to last."""
    count = 0
    link = last
    while link >= 0:
        count += 1
        link = links[link, 1]
    matches = np.empty(count, np.int32)
    while last >= 0:
        count -= 1
        matches[count] = links[last, 0]
        last = links[last, 1]
    return matches
