"""The task on the embedded world."""

from __future__ import annotations

from showcase_bench.datasets.dataset import Dataset, load_dataset
from showcase_bench.datasets.mini import (
    MiniConfig,
    MiniImages,
    check_fingerprint,
    stored_fingerprint,
    write_mini,
)
from showcase_bench.datasets.prepared import file_sha256
from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.datasets.usable import usable_cache
from showcase_bench.types import Progress

__all__ = ["mini"]


def _open(places: Places, progress: Progress) -> Dataset:
    config = MiniConfig()
    revision = stored_fingerprint()["rows_sha256"]
    path = places.cache / "mini" / f"{revision}.json"
    if not path.exists() or file_sha256(path) != revision:
        check_fingerprint()
        with usable_cache(places.cache):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_mini(path, config)
    return load_dataset(
        path, cache_dir=places.cache, images=MiniImages(config), name="mini", progress=progress
    )


mini = Task(
    name="mini",
    version=1,
    summary="the embedded synthetic world: 2,000 / 250 / 500 reviews with drawn photos",
    open=_open,
)
