"""Encoders of images and texts, by name."""

from showcase_bench.encoders.base import (
    Encoder,
    ImageEncoder,
    PairEncoder,
    TextEncoder,
    TokenEncoder,
)
from showcase_bench.encoders.names import ENCODERS, EncoderShelf, get_encoder

__all__ = [
    "ENCODERS",
    "Encoder",
    "EncoderShelf",
    "ImageEncoder",
    "PairEncoder",
    "TextEncoder",
    "TokenEncoder",
    "get_encoder",
]
