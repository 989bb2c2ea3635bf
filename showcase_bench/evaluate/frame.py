"""What predictions are scored against, the same for every system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.metrics import Batch, Metric, TextTable
from showcase_bench.metrics.batch import Features
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.types import Progress, Showcase, Timings

__all__ = ["Frame", "codes", "frame_of_references", "frame_of_workspace"]


def _no_training() -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Frame:
    """Gold, pools and clusters of the examples of one split, row by row."""

    ids: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    gold_images: tuple[tuple[str, ...], ...]
    pools: tuple[tuple[str, ...], ...]
    clusters: tuple[NDArray[np.int64], ...]
    """Codes of the users and of the businesses; empty where examples are independent."""
    features: Features | None = None
    read_training: Callable[[], tuple[str, ...]] = _no_training
    """Texts of the training reviews, where there are any."""
    table: TextTable = field(default_factory=TextTable)

    @cached_property
    def corpus(self) -> TextCorpus:
        """All references."""
        return TextCorpus(self.references)

    @cached_property
    def training(self) -> tuple[str, ...]:
        """Texts of the training reviews."""
        return self.read_training()

    @cached_property
    def training_corpus(self) -> TextCorpus:
        """The training texts."""
        return TextCorpus(tuple((text,) for text in self.training))

    def bind(self, metrics: Iterable[Metric]) -> tuple[Metric, ...]:
        """Fix metrics that depend on a corpus to the references and training texts of this frame.

        Raises
        ------
        UsageError
            A metric is bound to another corpus.
        """
        return tuple(
            metric.bind(
                self.corpus,
                self.training_corpus if metric.corpus_source == "training texts" else None,
            )
            if metric.corpus_field
            else metric
            for metric in metrics
        )

    def batch(
        self,
        showcases: Sequence[Showcase],
        *,
        timings: Timings | None = None,
        with_training: bool = False,
    ) -> Batch:
        """Align predictions, in the order of :attr:`ids`, with what they are scored against."""
        return Batch(
            ids=self.ids,
            hypotheses=tuple(showcase.text for showcase in showcases),
            references=self.references,
            selected=tuple(showcase.image_ids for showcase in showcases),
            gold_images=self.gold_images,
            pools=self.pools,
            features=self.features,
            corpus=self.corpus,
            training=self.training if with_training else (),
            timings=timings,
            table=self.table,
        )


def frame_of_workspace(workspace: Workspace, progress: Progress | None = None) -> Frame:
    """The scored split of a task."""
    examples = tuple(workspace.scored_split.examples())
    queries = workspace.queries

    def training() -> tuple[str, ...]:
        if "train" not in workspace.dataset.split_names:
            return ()
        rows = workspace.split("train").examples()
        return tuple(text for row in rows for text in row.gold.texts if text)

    return Frame(
        ids=tuple(query.id for query in queries),
        references=tuple(tuple(t for t in example.gold.texts if t) for example in examples),
        gold_images=tuple(example.gold.image_ids for example in examples),
        pools=tuple(query.pool for query in queries),
        clusters=(codes([q.user_id for q in queries]), codes([q.business_id for q in queries])),
        features=workspace.images.features,
        read_training=training,
        table=TextTable(workspace.cache, progress),
    )


def frame_of_references(
    references: Mapping[str, Sequence[str]],
    cache: Path | None,
    progress: Progress | None = None,
) -> Frame:
    """Texts alone: references by id; examples count as independent of each other.

    ``cache`` is the folder that keeps tokens between processes, if one does.
    """
    nothing: tuple[tuple[str, ...], ...] = ((),) * len(references)
    return Frame(
        ids=tuple(references),
        references=tuple(map(tuple, references.values())),
        gold_images=nothing,
        pools=nothing,
        clusters=(),
        table=TextTable(cache, progress),
    )


def codes(keys: Sequence[str]) -> NDArray[np.int64]:
    """Integer code of each key, in order of first appearance; shape [n]."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
