"""Showcase Bench: benchmark and evaluation harness for personalized showcases.

The public face for model and metric authors is re-exported here and loaded on first use, so that
importing the package costs nothing and configures nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.models import Model, OracleModel, Writer
    from showcase_bench.types import (
        Example,
        Gold,
        ImageStore,
        Interval,
        NoProgress,
        Progress,
        Query,
        Review,
        Score,
        Showcase,
        Split,
    )

__version__ = "0.1.0"

_HOMES = {
    "Model": "models",
    "OracleModel": "models",
    "Writer": "models",
    **dict.fromkeys(
        (
            "Example",
            "Gold",
            "ImageStore",
            "Interval",
            "NoProgress",
            "Progress",
            "Query",
            "Review",
            "Score",
            "Showcase",
            "Split",
        ),
        "types",
    ),
}

__all__ = [
    "Example",
    "Gold",
    "ImageStore",
    "Interval",
    "Model",
    "NoProgress",
    "OracleModel",
    "Progress",
    "Query",
    "Review",
    "Score",
    "Showcase",
    "Split",
    "Writer",
    "__version__",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
