"""The image-encoder contract."""

from __future__ import annotations

import abc
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["ImageEncoder"]


class ImageEncoder(abc.ABC):
    """Turns pixels into vectors, one image at a time or many; the result is the same."""

    @property
    @abc.abstractmethod
    def signature(self) -> str:
        """Everything that defines the vectors, as ``name|key:value|...|v:1``."""

    @property
    @abc.abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @abc.abstractmethod
    def encode(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Vectors of shape [len(pixels), dim], L2-normalised; pixels are RGB [height, width, 3]."""
