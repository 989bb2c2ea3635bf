"""How a large world is divided, so that its parts can be made apart and in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.rng import Stream
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["SCALES", "TOWN_ROWS", "scaled", "towns"]

TOWN_ROWS = 5000
"""Rows of a town at most, as far as there are businesses to divide."""

SCALES: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "mini": (2000, 250, 500),
        "gest": (87_013, 10_860, 11_015),
        "10x": (870_130, 108_600, 110_150),
    }
)
"""Name of a size to its rows of train, val and test: the embedded task's, those of GEST-s2, and
ten times those."""


def scaled(scale: str) -> tuple[int, int, int]:
    """Rows of train, val and test of a named size.

    Raises
    ------
    UsageError
        There is no size of this name.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}. {did_you_mean(scale, SCALES)}")
    return SCALES[scale]


def towns(config: MiniConfig) -> tuple[MiniConfig, ...]:
    """The towns of a world: small worlds of their own with the same knobs.

    A user visits businesses of one town only, so a town depends on its own settings and on nothing
    else. A world of at most :data:`TOWN_ROWS` rows is one town, with the settings unchanged, and
    so the same world as :func:`showcase_bench.datasets.mini.build_rows` makes. Otherwise rows and
    businesses are spread evenly; each town has at least one of both. The first town has the seed
    of the world, the others have seeds derived from it.
    """
    number = min(-(-config.n_rows // TOWN_ROWS), config.businesses)
    if number == 1:
        return (config,)
    return tuple(
        replace(
            config,
            seed=config.seed if index == 0 else _seed(config.seed, index),
            n_train=_part(config.n_train, index, number),
            n_val=_part(config.n_val, index, number),
            n_test=_part(config.n_test, index, number),
            n_businesses=_part(config.businesses, index, number),
        )
        for index in range(number)
    )


def _seed(seed: int, index: int) -> int:
    return Stream(seed, "town", index).bits() >> 1


def _part(whole: int, index: int, number: int) -> int:
    return whole * (index + 1) // number - whole * index // number
