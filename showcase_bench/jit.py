"""Compiling loops with numba, once per machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["kernel", "reordering_kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` on first call; the machine code is kept beside the module, if it can be.

    Modules with kernels are imported where they are needed, never by lists or help texts.
    """
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def reordering_kernel(function: F) -> F:
    """As :func:`kernel`, but additions of floats may be reordered, in one way for one length."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath={"reassoc"})(function))
