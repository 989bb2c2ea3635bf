"""Data sets: reading GEST-shaped files, examples, pools, photos and the data card.

Names are loaded on first use, so that importing one module does not import Arrow and Pillow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

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

__getattr__, __dir__ = lazy_exports(__name__, _HOME)
