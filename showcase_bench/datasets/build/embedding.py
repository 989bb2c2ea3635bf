"""Sentences and photos into one space, through an encoder that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import ContractError, ImageError

__all__ = ["TextImageEncoder", "Vectors", "embed_images", "embed_texts"]

Vectors = NDArray[np.float32]
Pixels = NDArray[np.uint8]
T = TypeVar("T")

_TEXTS = 256
_IMAGES = 64
_PIXEL_BYTES = 64 << 20
_NORM_TOLERANCE = 1e-3


class TextImageEncoder(Protocol):
    """Encodes sentences and photos so that their cosine tells how well they go together."""

    @property
    def signature(self) -> str:
        """Everything that defines the vectors, weights included."""
        ...

    def encode_texts(self, texts: Sequence[str], /) -> Vectors:
        """L2-normalised vectors, float32 of shape [len(texts), d]."""
        ...

    def encode_images(self, pixels: Sequence[Pixels], /) -> Vectors:
        """L2-normalised vectors, float32 of shape [len(pixels), d]; pixels are RGB uint8."""
        ...


def embed_texts(encoder: TextImageEncoder, texts: Sequence[str]) -> Vectors:
    """Vectors of all texts, [len(texts), d]; [0, 0] for none.

    Raises
    ------
    ContractError
        The encoder gives vectors of a wrong shape or length, or numbers that are not finite.
    """
    starts = range(0, len(texts), _TEXTS)
    return _stack([_checked(encoder.encode_texts, texts[i : i + _TEXTS]) for i in starts])


def embed_images(
    encoder: TextImageEncoder, ids: Iterable[str], load: Callable[[str], Pixels]
) -> tuple[Vectors, dict[str, int]]:
    """Vectors of the photos that can be read, and the row of each; few are in memory at a time.

    Raises
    ------
    ContractError
        As in :func:`embed_texts`.
    """
    rows: dict[str, int] = {}
    vectors: list[Vectors] = []
    waiting: list[Pixels] = []
    for image_id in ids:
        try:
            waiting.append(load(image_id))
        except ImageError:
            continue
        rows[image_id] = len(rows)
        if len(waiting) == _IMAGES or sum(one.nbytes for one in waiting) >= _PIXEL_BYTES:
            vectors.append(_checked(encoder.encode_images, waiting))
            waiting = []
    if waiting:
        vectors.append(_checked(encoder.encode_images, waiting))
    return _stack(vectors), rows


def _checked(encode: Callable[[Sequence[T]], Vectors], items: Sequence[T]) -> Vectors:
    vectors = np.asarray(encode(items), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(items):
        raise ContractError(
            f"the pair encoder gave an array of shape {list(vectors.shape)} for {len(items)} "
            "items; it must give one row an item"
        )
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1) <= _NORM_TOLERANCE).all():
        raise ContractError("the pair encoder gave vectors that are not of length 1")
    return vectors


def _stack(vectors: Sequence[Vectors]) -> Vectors:
    if not vectors:
        return np.zeros((0, 0), dtype=np.float32)
    if len({one.shape[1] for one in vectors}) > 1:
        raise ContractError("the pair encoder gave vectors of different dimensions")
    return np.concatenate(vectors)
