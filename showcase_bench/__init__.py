"""Showcase Bench: benchmark and evaluation harness for personalized showcases.

The public face for model and metric authors is re-exported here and loaded on first use, so that
importing the package costs nothing and configures nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from showcase_bench.models import Model, OracleModel
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
    "Model": "showcase_bench.models",
    "OracleModel": "showcase_bench.models",
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
        "showcase_bench.types",
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
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
