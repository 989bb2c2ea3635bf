"""Names as numbers, and texts one after another, in arrays that processes can share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Digests",
    "Groups",
    "PackedNames",
    "Rows",
    "digests_of",
    "grouped",
    "number_of",
    "numbers_of",
]

Digests: TypeAlias = NDArray[np.bytes_]
"""SHA-256 of names, dtype ``S32``; compared as a whole, while a single one loses its last zeros."""
Rows: TypeAlias = NDArray[np.int32]


def digests_of(names: Iterable[str], digest: Callable[[str], bytes]) -> Digests:
    """What ``digest`` makes of each name, 32 bytes each; ``S32`` of shape [n]."""
    joined = bytearray()
    for name in names:
        joined += digest(name)
    return np.frombuffer(joined, dtype="S32")


def numbers_of(wanted: Digests, known: Digests) -> NDArray[np.int64]:
    """Place of each digest among the ``known``, which ascend; -1 where it is not there."""
    places = np.searchsorted(known, wanted)
    found = np.zeros(len(wanted), dtype=bool)
    inside = places < len(known)
    found[inside] = known[places[inside]] == wanted[inside]
    return np.where(found, places, -1).astype(np.int64)


def number_of(wanted: bytes, known: Digests) -> int:
    """The same for one digest, which is faster than an array of one."""
    digest = np.frombuffer(wanted, dtype="S32")
    place = int(known.searchsorted(digest)[0])
    found = place < len(known) and known[place : place + 1] == digest
    return place if found else -1


class Groups(NamedTuple):
    """Rows by a number that each has: those of number i are ``rows[starts[i] : starts[i + 1]]``."""

    rows: Rows
    starts: NDArray[np.int64]

    def of(self, number: int) -> Rows:
        """The rows of one number; none of a negative one."""
        if number < 0:
            return self.rows[:0]
        return self.rows[self.starts[number] : self.starts[number + 1]]


def grouped(numbers: NDArray[np.int32], rows: Rows, count: int) -> Groups:
    """Group ``rows``, which ascend, by the number at each of them, out of ``count`` numbers."""
    here = numbers[rows]
    starts = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=count))])
    return Groups(rows[np.argsort(here, kind="stable")], starts.astype(np.int64))


class PackedNames(NamedTuple):
    """Texts one behind the other, in UTF-8; lone surrogates pass."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str]) -> PackedNames:
        """Pack them in their order."""
        packed, ends = bytearray(), np.zeros(len(names) + 1, dtype=np.int64)
        for number, name in enumerate(names):
            packed += name.encode("utf-8", "surrogatepass")
            ends[number + 1] = len(packed)
        return cls(np.frombuffer(packed, dtype=np.uint8), ends)

    def name(self, number: int) -> str:
        """The text of this number, from 0 on."""
        some = self.data[self.ends[number] : self.ends[number + 1]]
        return some.tobytes().decode("utf-8", "surrogatepass")
