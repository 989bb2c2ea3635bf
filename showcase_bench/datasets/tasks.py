"""Tasks: data, split, protocol and metrics, fixed and versioned together.

A change that can move a number makes a new version; runs of different versions never share a
board.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from showcase_bench.datasets.dataset import Dataset, load_dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.prepared import file_sha256
from showcase_bench.registry import Registry
from showcase_bench.types import Progress

__all__ = ["TASKS", "Task", "file_task", "mini"]

Opener = Callable[[Path, Progress], Dataset]


@dataclass(frozen=True)
class Task:
    """A task.

    ``{k}`` in a metric's name stands for the policy's k, so that ``precision@{k}`` follows it.
    """

    name: str
    version: int
    summary: str
    open: Opener
    """``open(cache_dir, progress)`` prepares the data on first use and returns it."""
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


def _open_mini(cache_dir: Path, progress: Progress) -> Dataset:
    from showcase_bench.datasets.mini import (
        MiniConfig,
        MiniImages,
        check_fingerprint,
        stored_fingerprint,
        write_mini,
    )

    config = MiniConfig()
    revision = stored_fingerprint()["rows_sha256"]
    path = cache_dir / "mini" / f"{revision}.json"
    if not path.exists() or file_sha256(path) != revision:
        check_fingerprint()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mini(path, config)
    return load_dataset(
        path, cache_dir=cache_dir, images=MiniImages(config), name="mini", progress=progress
    )


mini = Task(
    name="mini",
    version=1,
    summary="the embedded synthetic world: 2,000 / 250 / 500 reviews with drawn photos",
    open=_open_mini,
)


def file_task(path: Path, images_root: Path | None = None) -> Task:
    """The task of scoring any GEST-shaped file; named ``file-<stem>``.

    Its identity is the content of the file: boards never mix two revisions of it.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.") or "data"

    def _open(cache_dir: Path, progress: Progress) -> Dataset:
        return load_dataset(path, cache_dir=cache_dir, images_root=images_root, progress=progress)

    return Task(name=f"file-{stem}", version=1, summary=f"the data file {path.name}", open=_open)
