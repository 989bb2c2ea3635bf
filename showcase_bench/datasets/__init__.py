"""Data sets: reading GEST-shaped files, examples, pools, photos and the data card.

Names are loaded on first use, so that importing one module does not import Arrow and Pillow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from showcase_bench.datasets.card.build import card_markdown, data_card
    from showcase_bench.datasets.dataset import Dataset, DatasetSplit, load_dataset
    from showcase_bench.datasets.images.folder import FolderImages
    from showcase_bench.datasets.policy import PoolPolicy, SplitPolicy

__all__ = [
    "Dataset",
    "DatasetSplit",
    "FolderImages",
    "PoolPolicy",
    "SplitPolicy",
    "card_markdown",
    "data_card",
    "load_dataset",
]

_HOME = {
    "Dataset": "dataset",
    "DatasetSplit": "dataset",
    "FolderImages": "images.folder",
    "PoolPolicy": "policy",
    "SplitPolicy": "policy",
    "card_markdown": "card.build",
    "data_card": "card.build",
    "load_dataset": "dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
