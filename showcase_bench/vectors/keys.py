"""Keys of vectors: one made from any text, and many of them as few bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = ["pack_keys", "text_key", "unpack_keys"]

_LENGTH = np.dtype("<u4")


def text_key(text: str) -> str:
    """Name a text by its content: the first 32 hex digits of the SHA-256 of its UTF-8 bytes.

    Lone surrogates are encoded as they are, so every text has a key.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def pack_keys(keys: Sequence[str]) -> bytes:
    """Length of every key in bytes as little-endian uint32, then the UTF-8 bytes of all."""
    encoded = [key.encode("utf-8", "surrogatepass") for key in keys]
    lengths = np.array([len(one) for one in encoded], dtype=_LENGTH)
    return lengths.tobytes() + b"".join(encoded)


def unpack_keys(packed: bytes, n: int) -> list[str]:
    """Inverse of :func:`pack_keys` for ``n`` keys.

    Raises
    ------
    ValueError
        ``packed`` is not what ``n`` keys were packed into.
    """
    lengths = np.frombuffer(packed, dtype=_LENGTH, count=n)
    first = n * _LENGTH.itemsize
    ends = [first, *(first + np.cumsum(lengths, dtype=np.int64)).tolist()]
    if ends[-1] != len(packed):
        raise ValueError(f"{len(packed)} bytes where {n} keys take {ends[-1]}")
    return [packed[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends)]
