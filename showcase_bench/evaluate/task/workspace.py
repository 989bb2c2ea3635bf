"""A task with its data opened: what predicting and scoring need, in one place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from showcase_bench.datasets.dataset import Dataset, DatasetSplit
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.encoders import EncoderShelf
from showcase_bench.encoders.feature_store import FeatureStore
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.cache_folder import sweep_cache
from showcase_bench.evaluate.stages import StageClock
from showcase_bench.evaluate.task.all_rows import AllRows, visits_of
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics import Metric
from showcase_bench.metrics.groups import expand_metrics
from showcase_bench.metrics.visits import Visits
from showcase_bench.types import NoProgress, Progress, Query

_HELD = 1 << 14
"""Queries that are held in memory."""

__all__ = ["Workspace", "default_cache_dir", "default_data_dir", "default_places"]


def default_cache_dir() -> Path:
    """``$SHOWCASE_BENCH_CACHE``, else ``$XDG_CACHE_HOME/showcase-bench``, else under the home."""
    return _own_folder("SHOWCASE_BENCH_CACHE", "XDG_CACHE_HOME", ".cache")


def default_data_dir() -> Path:
    """``$SHOWCASE_BENCH_DATA``, else ``$XDG_DATA_HOME/showcase-bench``, else under the home."""
    return _own_folder("SHOWCASE_BENCH_DATA", "XDG_DATA_HOME", ".local/share")


def default_places(cache_dir: Path | None = None, data_dir: Path | None = None) -> Places:
    """The given folders, or the defaults."""
    return Places(cache_dir or default_cache_dir(), data_dir or default_data_dir())


def _own_folder(own: str, base: str, below_home: str) -> Path:
    if folder := os.environ.get(own):
        return Path(folder)
    standard = os.environ.get(base)
    return (Path(standard) if standard else Path.home() / below_home) / "showcase-bench"


@dataclass(frozen=True)
class Workspace:
    """A task, its data set and its photos.

    Use :meth:`open`; all properties are computed on first use and kept.
    """

    task: Task
    dataset: Dataset
    images: FeatureStore
    texts: TextStore
    places: Places

    @classmethod
    def open(
        cls, task: Task, *, places: Places | None = None, progress: Progress | None = None
    ) -> Workspace:
        """Open the data of ``task``, preparing it on first use, in ``places`` or the defaults.

        Raises
        ------
        DataError
            The data file is missing or breaks the format.
        UsageError
            The task's split has no rows, or does not exist.
        """
        places = places or default_places()
        sweep_cache(places.cache)
        shown = progress or NoProgress()
        with StageClock(task=task.name).stage("open"):
            dataset = task.open(places, shown)
        shelf = EncoderShelf()
        texts = TextStore(places.cache, shown, shelf)
        images = FeatureStore(dataset.images, places.cache, shown, shelf, texts)
        workspace = cls(task, dataset, images, texts, places)
        if not len(workspace.scored_split):
            raise UsageError(
                f"split {task.split!r} of {dataset.path} has no rows, so there is nothing to "
                f"predict or score. Rows a split: {workspace.split_sizes()}"
            )
        return workspace

    @property
    def cache(self) -> Path:
        """Folder of what is kept between processes."""
        return self.places.cache

    @property
    def policy(self) -> SplitPolicy:
        """The task's protocol choices."""
        return self.task.policy

    def split(self, name: str) -> DatasetSplit:
        """A split of the data under the task's policy."""
        if name not in self._splits:
            self._splits[name] = self.dataset.split(name, self.policy, self.images)
        return self._splits[name]

    @cached_property
    def _splits(self) -> dict[str, DatasetSplit]:
        return {}

    def split_sizes(self) -> dict[str, int]:
        """Rows of every split."""
        return {name: len(self.split(name)) for name in self.dataset.split_names}

    @cached_property
    def scored_split(self) -> DatasetSplit:
        """The split that is predicted and scored."""
        return self.split(self.task.split)

    @cached_property
    def queries(self) -> Sequence[Query]:
        """The queries of the scored split, in its order; many are built as they are asked for."""
        rows, n = self.scored_split.rows, len(self.scored_split)
        return self.scored_split.queries() if n <= _HELD else Column(n, rows.query)

    @cached_property
    def rows(self) -> AllRows:
        """The rows of all splits, one split after another; built as they are asked for."""
        return AllRows([self.split(name).rows for name in self.dataset.split_names])

    @cached_property
    def visits(self) -> Visits:
        """Who was where: all rows of all splits."""
        return visits_of(self.rows)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The task's metrics."""
        return self.parse_metrics(self.task.metric_names())

    def parse_metrics(self, names: Sequence[str]) -> tuple[Metric, ...]:
        """Metrics by name, spec, signature or group; a missing cutoff is the task's k."""
        return expand_metrics(names, default_k=self.policy.k)

    def prefetch(self, processes: int = 1) -> None:
        """Encode every photo of the data set once for the task's metrics, with progress."""
        seen = (metric for metric in self.metrics if "features" in metric.needs)
        for encoder in sorted({str(getattr(metric, "encoder", "")) for metric in seen} - {""}):
            self.images.prefetch(self.dataset.image_ids(), encoder, processes)
