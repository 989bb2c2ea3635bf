"""Image encoders by name."""

from __future__ import annotations

from typing import Any

from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.registry import Registry

__all__ = ["ENCODERS", "ImageEncoder", "get_encoder"]


def _check(loaded: Any) -> str | None:
    if isinstance(loaded, type) and issubclass(loaded, ImageEncoder):
        return None
    return "it must be a subclass of showcase_bench.encoders.ImageEncoder"


ENCODERS: Registry[type[ImageEncoder]] = Registry("showcase_bench.encoders", "encoder", _check)
"""Every installed image encoder by name."""


def get_encoder(name: str) -> ImageEncoder:
    """Build the encoder registered as ``name``, such as ``color-layout``.

    Raises
    ------
    RegistryError
        The name is unknown (the nearest is offered), registered twice, or cannot be loaded.
    MissingDependencyError
        It needs a package that is not installed.
    """
    return ENCODERS.get(name)()
