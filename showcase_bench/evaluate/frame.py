"""What predictions are scored against, the same for every system."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.metrics import Batch, Metric, TextTable
from showcase_bench.metrics.base import Need
from showcase_bench.metrics.batch import Features, Swap, Visit
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.types import (
    Example,
    NoProgress,
    Progress,
    Showcase,
    TextEmbeddings,
    Timings,
)

__all__ = ["Frame", "codes", "frame_of_references", "frame_of_workspace"]


def _nothing() -> tuple[Any, ...]:
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
    embeddings: TextEmbeddings | None = None
    users: tuple[str, ...] = ()
    businesses: tuple[str, ...] = ()
    histories: tuple[tuple[str, ...], ...] = ()
    """Texts of the users' earlier reviews."""
    k: int = 0
    """At most so many images are shown; 0 where there are none."""
    read_training: Callable[[], tuple[str, ...]] = _nothing
    """Texts of the training reviews, where there are any."""
    read_visits: Callable[[], tuple[Visit, ...]] = _nothing
    """All rows of the data set, where there are any."""
    table: TextTable = field(default_factory=TextTable)

    @cached_property
    def corpus(self) -> TextCorpus:
        """All references."""
        return TextCorpus(self.references)

    @cached_property
    def catalogue(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The businesses with the photos in their pools."""
        return tuple(zip(self.businesses, self.pools, strict=True)) if self.businesses else ()

    @cached_property
    def training(self) -> tuple[str, ...]:
        """Texts of the training reviews."""
        return self.read_training()

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Who was where: all rows of all splits."""
        return self.read_visits()

    @cached_property
    def training_corpus(self) -> TextCorpus:
        """The training texts."""
        return TextCorpus(tuple((text,) for text in self.training))

    def bind(self, metrics: Iterable[Metric]) -> tuple[Metric, ...]:
        """Fix metrics that depend on a corpus or on weights to those of this frame.

        Raises
        ------
        UsageError
            A metric is bound to another corpus or to other weights.
        RegistryError, MissingDependencyError
            A metric's encoder is unknown or cannot be used.
        """
        return tuple(
            metric.bind(
                self.corpus,
                self.training_corpus if metric.corpus_source == "training texts" else None,
                self.embeddings,
            )
            if metric.corpus_field or metric.encoder_field
            else metric
            for metric in metrics
        )

    def batch(
        self,
        showcases: Sequence[Showcase],
        *,
        needs: Collection[Need] = (),
        timings: Timings | None = None,
        swaps: tuple[Swap | None, ...] = (),
    ) -> Batch:
        """Align predictions, in the order of :attr:`ids`, with what they are scored against.

        ``needs`` are those of the metrics; what takes long to read is read for them only.
        """
        return Batch(
            ids=self.ids,
            hypotheses=tuple(showcase.text for showcase in showcases),
            references=self.references,
            selected=tuple(showcase.image_ids for showcase in showcases),
            gold_images=self.gold_images,
            pools=self.pools,
            features=self.features,
            corpus=self.corpus,
            training=self.training if "training texts" in needs else (),
            timings=timings,
            embeddings=self.embeddings,
            users=self.users,
            businesses=self.businesses,
            histories=self.histories,
            visits=self.visits if "histories" in needs else (),
            catalogue=self.catalogue,
            swaps=swaps,
            table=self.table,
        )


def frame_of_workspace(workspace: Workspace, progress: Progress | None = None) -> Frame:
    """The scored split of a task.

    Raises
    ------
    UsageError
        The rows of the split have neither texts nor photos of their own: their gold is hidden.
    """
    examples = tuple(workspace.scored_split.examples())
    if not any(one.gold.image_ids or any(one.gold.texts) for one in examples):
        raise UsageError(
            f"split {workspace.task.split!r} of {workspace.dataset.path} has no gold, so there is "
            "nothing to score against. `showcase-bench predict` works without; the organizers "
            "score its file with `showcase-bench score --private`."
        )
    queries = workspace.queries

    def training() -> tuple[str, ...]:
        if "train" not in workspace.dataset.split_names:
            return ()
        rows = workspace.split("train").examples()
        return tuple(text for row in rows for text in row.gold.texts if text)

    def visits() -> tuple[Visit, ...]:
        return tuple(_visit(row) for row in workspace.rows)

    users = tuple(query.user_id for query in queries)
    businesses = tuple(query.business_id for query in queries)
    return Frame(
        ids=tuple(query.id for query in queries),
        references=tuple(tuple(t for t in example.gold.texts if t) for example in examples),
        gold_images=tuple(example.gold.image_ids for example in examples),
        pools=tuple(query.pool for query in queries),
        clusters=(codes(users), codes(businesses)),
        features=workspace.images.features,
        embeddings=workspace.texts,
        users=users,
        businesses=businesses,
        histories=tuple(tuple(review.text for review in query.history) for query in queries),
        k=workspace.policy.k,
        read_training=training,
        read_visits=visits,
        table=TextTable(workspace.cache, progress),
    )


def _visit(row: Example) -> Visit:
    query = row.query
    history = tuple(review.text for review in query.history)
    text = next((text for text in row.gold.texts if text.strip()), None)
    return Visit(query.user_id, query.business_id, history, text)


def frame_of_references(
    references: Mapping[str, Sequence[str]],
    cache: Path | None,
    progress: Progress | None = None,
) -> Frame:
    """Texts alone: references by id; examples count as independent of each other.

    ``cache`` is the folder that keeps tokens and embeddings between processes, if one does.
    """
    nothing: tuple[tuple[str, ...], ...] = ((),) * len(references)
    return Frame(
        ids=tuple(references),
        references=tuple(map(tuple, references.values())),
        gold_images=nothing,
        pools=nothing,
        clusters=(),
        embeddings=TextStore(cache, progress or NoProgress()),
        table=TextTable(cache, progress),
    )


def codes(keys: Sequence[str]) -> NDArray[np.int64]:
    """Integer code of each key, in order of first appearance; shape [n]."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
