"""All photos of a task and the businesses that have them."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.names import Digests, PackedNames, digests_of, numbers_of

__all__ = ["Catalogue", "Holding", "Town", "sha256_of", "town_of"]

Holding: TypeAlias = tuple[str, tuple[str, ...]]
"""A business and photos that it has."""
Integers: TypeAlias = NDArray[np.int64]

_BITS = 32
_PAIRS_AT_ONCE = 1 << 20


class Town(NamedTuple):
    """All photos and who has them; a photo is named by its place in the order of SHA-256(id)."""

    photos: PackedNames
    businesses: Digests
    """In ascending order of SHA-256(id)."""
    left: Integers
    """Photos that each business does not have, and last, that one without photos has not."""
    first: Integers
    """Where each business starts in :attr:`gaps`; shape [b + 1]."""
    gaps: Integers
    """For each photo of a business, those before it that it does not have; ascending because each
    business has numbers of its own, ``b * (number of photos + 1)`` up."""

    def find_businesses(self, names: Sequence[str]) -> Integers:
        """Number of each business by name; -1 for those without photos."""
        return numbers_of(digests_of(names, sha256_of), self.businesses)

    def not_of(self, businesses: Integers, ranks: Integers) -> Integers:
        """Places of the ``ranks``-th photos, from 0 on, that the businesses do not have."""
        above = businesses * len(self.photos.ends) + ranks
        own_before = np.searchsorted(self.gaps, above, side="right") - self.first[businesses]
        return ranks + own_before


class Catalogue(Sequence[Holding]):
    """Businesses with photos, in columns that may be read from a file as they are asked for.

    Two are equal if they are the same object.

    Parameters
    ----------
    businesses, pools
        Of equal lengths; a business may come again, with the same photos or with others.
    """

    def __init__(self, businesses: Sequence[str], pools: Sequence[tuple[str, ...]]) -> None:
        self._businesses, self._pools = businesses, pools

    @classmethod
    def of(cls, rows: Sequence[Holding]) -> Catalogue:
        """Businesses that are in memory."""
        businesses, pools = zip(*rows, strict=True) if rows else ((), ())
        return cls(businesses, pools)

    def __len__(self) -> int:
        return len(self._businesses)

    def __iter__(self) -> Iterator[Holding]:
        return zip(self._businesses, self._pools, strict=True)

    @overload
    def __getitem__(self, index: int) -> Holding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Holding, ...]: ...
    def __getitem__(self, index: int | slice) -> Holding | tuple[Holding, ...]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return tuple([(self._businesses[row], self._pools[row]) for row in places])
        return self._businesses[places], self._pools[places]

    @cached_property
    def town(self) -> Town:
        """The photos by business; goes over all rows once."""
        return town_of(self)

    def adopt(self, town: Town) -> None:
        """Take over what was made of the same rows elsewhere."""
        self.__dict__["town"] = town


def town_of(known: Iterable[Holding]) -> Town:
    """Put photos in order, and count those of others before each business's own."""
    names, photos = dict[str, int](), dict[str, int]()
    holders, own = _numbered(known, names, photos)
    catalogue, total = list(photos), len(photos)
    _, order = _sorted(catalogue)
    businesses, ranked = _sorted(list(names))
    pairs = np.sort(np.argsort(ranked)[holders] * (total + 1) + np.argsort(order)[own])
    holders, own = np.divmod(pairs, total + 1)
    many = np.bincount(holders, minlength=len(names))
    first = np.cumsum(many) - many
    return Town(
        PackedNames.of([catalogue[one] for one in order.tolist()]),
        businesses,
        left=np.append(total - many, total),
        first=np.append(first, 0),
        gaps=pairs - (np.arange(len(pairs)) - first[holders]),
    )


def _numbered(
    known: Iterable[Holding], names: dict[str, int], photos: dict[str, int]
) -> tuple[Integers, Integers]:
    """Number businesses and photos as they come; each pair of them once."""
    last: dict[str, tuple[str, ...]] = {}
    chunks: list[Integers] = []
    pairs = array("q")
    for name, pool in known:
        if last.get(name) == pool:
            continue
        last[name] = pool
        here = names.setdefault(name, len(names)) << _BITS
        pairs.extend([here | photos.setdefault(one, len(photos)) for one in pool])
        if len(pairs) >= _PAIRS_AT_ONCE:
            chunks.append(np.unique(np.array(pairs, dtype=np.int64)))
            pairs = array("q")
    every = np.unique(np.concatenate([*chunks, np.array(pairs, dtype=np.int64)]))
    return every >> _BITS, every & ((1 << _BITS) - 1)


def _sorted(names: Sequence[str]) -> tuple[Digests, Integers]:
    """The digests of distinct names, ascending, and which name each is of."""
    digests = digests_of(names, sha256_of)
    order = np.argsort(digests, kind="stable")
    return digests[order], order


def sha256_of(text: str) -> bytes:
    """SHA-256 of a text in UTF-8; lone surrogates pass."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
