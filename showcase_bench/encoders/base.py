"""The encoder contracts: pixels and texts into vectors.

An encoder is light to make: it finds and hashes its weights, and loads them when it is first asked
to encode, so that what is known already costs no start-up.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.types import Precision, TokenVectors

__all__ = ["Dtype", "Encoder", "ImageEncoder", "PairEncoder", "TextEncoder", "TokenEncoder"]

Dtype = Literal["float32", "float16"]


class Encoder(abc.ABC):
    """What all encoders share.

    Parameters
    ----------
    argument
        What follows the colon in the name, as ``ViT-B-32/openai`` in ``open_clip:ViT-B-32/openai``;
        empty where there is none.

    Raises
    ------
    UsageError
        The argument cannot work.
    MissingDependencyError
        A package or a file of weights that the encoder needs is not there.
    """

    summary: ClassVar[str] = ""
    """One line for lists."""
    form: ClassVar[str] = ""
    """How the name is written where it takes an argument, as ``open_clip:ARCH/TAG``."""
    stored_as: ClassVar[Dtype] = "float32"
    """How vectors are kept on disk."""

    def __init__(self, argument: str = "") -> None:
        if argument:
            raise UsageError(f"this encoder takes nothing after a colon, and got {argument!r}")

    @property
    @abc.abstractmethod
    def signature(self) -> str:
        """Everything that defines the vectors, weights included, as ``name|key:value|...|v:1``."""

    @property
    @abc.abstractmethod
    def identity(self) -> str:
        """Name for signatures of metrics, with the first eight digits of the weights' SHA-256.

        As ``minilm@53aa5117``; a local path is not part of it. Without weights, the name alone.
        """


class ImageEncoder(Encoder):
    """Turns pixels into vectors, one image at a time or many; the result is the same."""

    @property
    @abc.abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @abc.abstractmethod
    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Vectors of shape [len(pixels), dim], L2-normalised; pixels are RGB [height, width, 3]."""


class TextEncoder(Encoder):
    """Turns texts into vectors, one text at a time or many; the result is the same."""

    @abc.abstractmethod
    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(texts), d]; the empty text has one too."""

    @abc.abstractmethod
    def token_counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each text before any cut, special tokens included; int64 of shape [n]."""

    @property
    @abc.abstractmethod
    def most_tokens(self) -> int:
        """Tokens of a text that are looked at, special tokens included; the rest is cut off."""


class PairEncoder(ImageEncoder, TextEncoder):
    """Texts and images in one space: their cosine tells how well they go together."""


class TokenEncoder(TextEncoder):
    """Gives contextual vectors of single tokens too."""

    @property
    @abc.abstractmethod
    def default_layer(self) -> int:
        """Layer to use where none is named; 1 is the first transformer layer."""

    @abc.abstractmethod
    def token_ids(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token numbers after the cut, special tokens included, and offsets [n + 1]."""

    @abc.abstractmethod
    def encode_tokens(
        self, texts: Sequence[str], layer: int, precision: Precision = "fp32"
    ) -> TokenVectors:
        """L2-normalised vectors of every token at ``layer``, special tokens included.

        Raises
        ------
        UsageError
            The encoder has no such layer.
        """
