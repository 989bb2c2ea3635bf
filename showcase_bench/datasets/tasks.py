"""Tasks: data, split, protocol and metrics, fixed and versioned together.

A change that can move a number makes a new version; runs of different versions never share a
board.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from showcase_bench.datasets.dataset import Dataset, load_dataset
from showcase_bench.datasets.images.tar import TarImages
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.synth import synth_images_beside
from showcase_bench.registry import Registry
from showcase_bench.types import ImageSource, Progress

__all__ = ["TASKS", "Places", "Task", "file_task", "open_file"]


@dataclass(frozen=True, slots=True)
class Places:
    """Folders that tasks may use."""

    cache: Path
    """What can be made again: prepared columns, features, indices."""
    data: Path
    """What was downloaded or built, one folder a data set."""


Opener = Callable[[Places, Progress], Dataset]


@dataclass(frozen=True)
class Task:
    """A task.

    ``{k}`` in a metric's name stands for the policy's k, so that ``precision@{k}`` follows it.
    """

    name: str
    version: int
    summary: str
    open: Opener
    """``open(places, progress)`` prepares the data on first use and returns it."""
    split: str = "test"
    """The split that is scored."""
    policy: SplitPolicy = field(default_factory=SplitPolicy)
    metrics: tuple[str, ...] = (
        "precision@{k}",
        "recall@{k}",
        "f1@{k}",
        "ndcg@{k}",
        "div@{k}",
        "bleu-1",
        "bleu-2",
        "bleu-3",
        "bleu-4",
        "rouge-l",
        "distinct-1",
        "distinct-2",
        "length",
    )
    primary: Mapping[str, str] = field(
        default_factory=lambda: {"photos": "ndcg@{k}", "words": "bleu-4"}
    )
    """Section of the board to the metric that orders it."""

    def metric_names(self) -> tuple[str, ...]:
        """The metrics with ``{k}`` filled in."""
        return tuple(name.format(k=self.policy.k) for name in self.metrics)

    def primary_names(self) -> dict[str, str]:
        """The primary metric of each section with ``{k}`` filled in."""
        return {key: name.format(k=self.policy.k) for key, name in self.primary.items()}


def _check(loaded: Any) -> str | None:
    return None if isinstance(loaded, Task) else "it must be a showcase_bench.datasets.tasks.Task"


TASKS: Registry[Task] = Registry("showcase_bench.tasks", "task", _check)
"""Every installed task by name."""


def file_task(path: Path, photos: Path | None = None) -> Task:
    """The task of scoring any GEST-shaped file; named ``file-<stem>``.

    Its identity is the content of the file: boards never mix two revisions of it.

    Parameters
    ----------
    path
        The data file.
    photos
        A folder or a tar archive of photos; by default the photos of a synthetic world where the
        file belongs to one, else the folder of the file.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.") or "data"

    opener = functools.partial(open_file, path, photos)
    return Task(name=f"file-{stem}", version=1, summary=f"the data file {path.name}", open=opener)


def open_file(
    path: Path,
    photos: Path | None,
    places: Places,
    progress: Progress,
    *,
    name: str | None = None,
) -> Dataset:
    """Open a data file with its photos, as :func:`file_task` tells.

    Raises
    ------
    DataError
        The file or the archive is missing or breaks its format.
    UsageError
        ``photos`` is neither a folder nor a file.
    """
    images: ImageSource | None = None
    if photos is None:
        images = synth_images_beside(path)
    elif photos.is_file():
        images, photos = TarImages(photos, places.cache, progress), None
    return load_dataset(
        path,
        cache_dir=places.cache,
        images=images,
        images_root=photos,
        name=name,
        progress=progress,
    )
