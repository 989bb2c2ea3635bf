"""The global random state of the process: looked at, and set to something else for a while."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["changed_states", "global_states", "other_global_state"]


def global_states() -> dict[str, Any]:
    """State of each global generator that is there, by its name; torch's where it is loaded."""
    states: dict[str, Any] = {
        "random": random.getstate(),
        "numpy.random": np.random.get_state(),  # noqa: NPY002
    }
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        states["torch"] = torch.get_rng_state()
    return states


def changed_states(before: dict[str, Any]) -> list[str]:
    """Names of the generators whose state is no longer that of ``before``."""
    after = global_states()
    return [name for name, state in before.items() if _plain(state) != _plain(after[name])]


@contextmanager
def other_global_state(seed: int) -> Iterator[None]:
    """Seed all global generators; they are as before afterwards."""
    before = global_states()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(before["random"])
        np.random.set_state(before["numpy.random"])  # noqa: NPY002
        if torch is not None:
            torch.set_rng_state(before["torch"])


def _plain(state: Any) -> object:
    """A form that can be compared."""
    if isinstance(state, tuple):
        return tuple(_plain(one) for one in state)
    return state.tolist() if hasattr(state, "tolist") else state
