"""Encoders of sentences and photos into one space, by name.

A name is ``NAME`` or ``NAME:ARGUMENT``, such as ``open_clip:ViT-B-32/openai``. Ours are built in;
others come in through the entry-point group ``showcase_bench.pair_encoders``.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import RegistryError, did_you_mean
from showcase_bench.registry import Registry

__all__ = ["PAIR_ENCODERS", "PairEncoder", "get_pair_encoder"]


class PairEncoder(abc.ABC):
    """Turns sentences and photos into vectors whose cosine tells how well they go together.

    Parameters
    ----------
    argument
        What follows the colon in the name; empty where there is none.
    """

    @abc.abstractmethod
    def __init__(self, argument: str) -> None: ...

    @property
    @abc.abstractmethod
    def signature(self) -> str:
        """Everything that defines the vectors, weights included, as ``name|key:value|...|v:1``."""

    @abc.abstractmethod
    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(texts), d]."""

    @abc.abstractmethod
    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(pixels), d]; pixels are RGB [height, width, 3]."""


def _check(loaded: Any) -> str | None:
    if isinstance(loaded, type) and issubclass(loaded, PairEncoder):
        return None
    return "it must be a subclass of showcase_bench.encoders.pairs.PairEncoder"


PAIR_ENCODERS: Registry[type[PairEncoder]] = Registry(
    "showcase_bench.pair_encoders", "pair encoder", _check
)
"""Every pair encoder of other packages by name."""

_OURS = {"open_clip": ("showcase_bench.encoders.open_clip", "OpenClip")}


def get_pair_encoder(name: str) -> PairEncoder:
    """Build the encoder that ``name`` stands for.

    Raises
    ------
    RegistryError
        The name is unknown (the nearest is offered), one of ours and another's, registered twice,
        or cannot be loaded.
    MissingDependencyError
        It needs a package that is not installed.
    UsageError
        Its argument cannot work.
    """
    kind, _, argument = name.partition(":")
    others = PAIR_ENCODERS.origins(kind)
    if kind in _OURS:
        if others:
            raise RegistryError(
                f"pair encoder {kind!r} is built in and registered by {others[0].origin} too. "
                "Uninstall or rename the latter."
            )
        module, attribute = _OURS[kind]
        ours: type[PairEncoder] = getattr(import_module(module), attribute)
        return ours(argument)
    if not others:
        known = {*_OURS, *PAIR_ENCODERS}
        raise RegistryError(f"unknown pair encoder {kind!r}. {did_you_mean(kind, known)}")
    return PAIR_ENCODERS.get(kind)(argument)
