"""Reproducible random order out of hashes, and putting a showcase together from such orders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from showcase_bench import Query

__all__ = ["draw", "first_of_pool", "hash_order", "photos_in_hash_order"]


def hash_order(items: Iterable[str], *key: str | int) -> list[str]:
    """``items`` in a random order that depends on ``key`` and on each item alone.

    Every item is placed by the SHA-256 of (key, item), so the order of two items does not depend
    on what else is there, on the order of the input, or on the platform. Equal items stay
    neighbours.
    """
    prefix = hashlib.sha256(json.dumps(key).encode())

    def place(item: str) -> tuple[bytes, str]:
        digest = prefix.copy()
        digest.update(json.dumps(item).encode())
        return digest.digest(), item

    return sorted(items, key=place)


def photos_in_hash_order(query: Query, seed: int) -> list[str]:
    """Return the query's pool in an order given by the seed, the query's id and each image id."""
    return hash_order(query.pool, "photos", seed, query.id)


def first_of_pool(query: Query, *orders: Sequence[str]) -> tuple[str, ...]:
    """First ``query.k`` distinct ids of the chained ``orders`` that are in the query's pool."""
    pool = set(query.pool)
    chained = (image_id for order in orders for image_id in order if image_id in pool)
    return tuple(dict.fromkeys(chained))[: query.k]


def draw(n: int, *key: str | int) -> int:
    """Return a number from 0 to n - 1 that depends on ``key`` alone; 0 for n = 0."""
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    return int.from_bytes(digest) % max(n, 1)
