"""The photos of the kits' world, and what was done to the arrays that were handed out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import ImageError
from showcase_bench.testing.embeddings import unit_vector

__all__ = ["BROKEN", "KitImages"]

BROKEN = "broken"
"""Ids that begin so are of photos that cannot be read."""
_SIZE = 32
_DIM = 16


class KitImages:
    """Small photos and their features by id, for any encoder; no files behind them.

    The id of a photo begins with a dish, such as ``ramen-7``: photos of a dish look alike, and
    their features are near to those of texts that name it. One whose id begins with ``broken``
    cannot be read. As a store may, it hands out the same array whenever the same is asked for.
    """

    key = "kit-photos-v1"

    def __init__(self) -> None:
        self._handed: dict[tuple[str, ...], NDArray[np.generic]] = {}
        self._digests: dict[tuple[str, ...], str] = {}

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [32, 32, 3].

        Raises
        ------
        ImageError
            The id begins with ``broken``.
        """
        if image_id.startswith(BROKEN):
            raise ImageError(image_id, "cannot be read, on purpose: the kit has such photos")
        return self._hand(("pixels", image_id), lambda: _pixels(image_id))  # type: ignore[return-value]

    def features(self, image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """Float32 of shape [len(image_ids), 16]; zeros for a photo that cannot be read."""
        key = ("features", encoder, *image_ids)
        return self._hand(key, lambda: _rows([_photo_vector(one) for one in image_ids]))  # type: ignore[return-value]

    def text_features(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """Float32 of shape [len(texts), 16]."""
        key = ("texts", encoder, *texts)
        return self._hand(key, lambda: _rows([_text_vector(one) for one in texts]))  # type: ignore[return-value]

    def changed(self) -> list[tuple[str, str]]:
        """What was written into since it was handed out: kind, and the id of the first photo."""
        return [
            (key[0], key[1] if key[0] == "pixels" else ", ".join(key[2:4]))
            for key, array in self._handed.items()
            if _digest(array) != self._digests[key]
        ]

    def _hand(
        self, key: tuple[str, ...], make: Callable[[], NDArray[np.generic]]
    ) -> NDArray[np.generic]:
        if key not in self._handed:
            self._handed[key] = make()
            self._digests[key] = _digest(self._handed[key])
        return self._handed[key]


def _digest(array: NDArray[np.generic]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _pixels(image_id: str) -> NDArray[np.uint8]:
    """A ground in the colour of the dish, with a block of the photo's own."""
    dish = image_id.partition("-")[0]
    ground = 128 + 100 * unit_vector(f"colour {dish}", 3)
    pixels = np.tile(ground, (_SIZE, _SIZE, 1))
    left, top = (int(abs(one) * 20) for one in unit_vector(f"place {image_id}", 2))
    pixels[top : top + 10, left : left + 10] = 255 - ground
    return pixels.clip(0, 255).astype(np.uint8)


def _photo_vector(image_id: str) -> NDArray[np.float32]:
    if image_id.startswith(BROKEN):
        return np.zeros(_DIM, dtype=np.float32)
    dish = image_id.partition("-")[0]
    return unit_vector(f"dish {dish}", _DIM) + np.float32(0.3) * unit_vector(image_id, _DIM)


def _text_vector(text: str) -> NDArray[np.float32]:
    vector = np.float32(0.3) * unit_vector(f"text {text[:2000]}", _DIM)
    for word in sorted(set(text.lower().split())):
        vector = vector + unit_vector(f"dish {word.strip('.,!')}", _DIM)
    return vector


def _rows(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    rows = np.array(vectors, dtype=np.float32).reshape(len(vectors), _DIM)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    normal: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return normal
