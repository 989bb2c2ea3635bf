"""What predictions are scored against, the same for every system."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.task.other_users import OtherUsers
from showcase_bench.evaluate.task.pooled import Pooled
from showcase_bench.metrics import Batch, Metric, TextTable
from showcase_bench.metrics.base import Need
from showcase_bench.metrics.batch import Features, Swap
from showcase_bench.metrics.grounding.catalogue import Catalogue
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.visits import Visits
from showcase_bench.types import Showcase, TextEmbeddings, Timings

__all__ = ["PART_ROWS", "Frame", "Recipe", "codes"]

PART_ROWS = 1 << 14
"""Examples that are scored together. More are scored part by part, which gives the same; the number
depends on nothing, so that neither do the bytes."""


def _nothing() -> tuple[str, ...]:
    return ()


def _nobody() -> Visits:
    return Visits.of(())


class Recipe(Protocol):
    """How another process makes the same frame; it can be pickled."""

    def open(self) -> Frame:
        """The frame."""
        ...


@dataclass(frozen=True)
class Frame:
    """Gold, pools and clusters of the examples of one split, row by row.

    The columns of a task are read from its data as they are asked for; :meth:`part` holds some
    rows of them.
    """

    ids: Sequence[str]
    references: Sequence[tuple[str, ...]]
    gold_images: Sequence[tuple[str, ...]]
    pools: Sequence[tuple[str, ...]]
    clusters: tuple[NDArray[np.int64], ...]
    """Codes of the users and of the businesses; empty where examples are independent."""
    features: Features | None = None
    embeddings: TextEmbeddings | None = None
    users: Sequence[str] = ()
    businesses: Sequence[str] = ()
    histories: Sequence[tuple[str, ...]] = ()
    """Texts of the users' earlier reviews."""
    k: int = 0
    """At most so many images are shown; 0 where there are none."""
    read_training: Callable[[], tuple[str, ...]] = _nothing
    """Texts of the training reviews, where there are any."""
    read_visits: Callable[[], Visits] = _nobody
    """All rows of the data set, where there are any."""
    table: TextTable = field(default_factory=TextTable)
    recipe: Recipe | None = None
    """None where the frame cannot be made in another process."""
    whole: Frame | None = None
    """The frame that this one is a part of, if it is one."""
    lean: bool = False
    """Whether columns that no metric looks at are left out of batches."""
    candidates: Sequence[tuple[str, ...]] = ()
    """The pools in any order, where that is faster; nothing stands for :attr:`pools`."""
    unreadable: Callable[[], dict[str, str]] = dict
    """Photos that could not be read so far, and why."""

    def __len__(self) -> int:
        return len(self.ids)

    def part(
        self, start: int, stop: int, needs: Collection[Need] | None = None, *, lean: bool = False
    ) -> Frame:
        """The rows from ``start`` to before ``stop``, in memory, with a table of their own.

        Corpus, training texts, other users and the catalogue stay those of the whole.

        Parameters
        ----------
        needs
            Of the metrics: pools and histories are left out where no metric looks at them. None
            stands for all.
        lean
            Leave out every column that no metric looks at, and order no pool; references of all
            rows are then not held in memory.
        """
        wanted = frozenset(get_args(Need)) if needs is None else frozenset(needs)
        cheap = wanted if lean else wanted | {"references", "gold images", "pools"}
        named = bool(cheap & {"pools", "histories", "swaps"})
        n = len(range(len(self))[start:stop])
        nothing: tuple[tuple[str, ...], ...] = ((),) * n
        every = lean and n == len(self)
        references = self.references if every else self.references[start:stop]
        pools = self.unordered_pools if lean else self.pools
        return replace(
            self,
            ids=tuple(self.ids[start:stop]),
            references=references if "references" in cheap else nothing,
            gold_images=self.gold_images[start:stop] if "gold images" in cheap else nothing,
            pools=pools[start:stop] if "pools" in wanted else nothing,
            candidates=(),
            clusters=tuple(codes[start:stop] for codes in self.clusters),
            users=tuple(self.users[start:stop]) if named else (),
            businesses=tuple(self.businesses[start:stop]) if named else (),
            histories=self.histories[start:stop] if wanted & {"histories", "swaps"} else (),
            table=TextTable(self.table.cache, self.table.progress),
            recipe=None,
            lean=lean,
            whole=self.whole or self,
        )

    def in_memory(self) -> Frame:
        """The same frame with all columns held in memory."""
        return replace(
            self,
            ids=tuple(self.ids),
            references=tuple(self.references),
            gold_images=tuple(self.gold_images),
            pools=tuple(self.pools),
            users=tuple(self.users),
            businesses=tuple(self.businesses),
            histories=tuple(self.histories),
            candidates=(),
            recipe=None,
        )

    @cached_property
    def corpus(self) -> TextCorpus:
        """All references."""
        return self.whole.corpus if self.whole else TextCorpus(self.references)

    @cached_property
    def catalogue(self) -> Catalogue | None:
        """The businesses with the photos in their pools; None where examples have no business."""
        if self.whole:
            return self.whole.catalogue
        return Catalogue(self.businesses, self.unordered_pools) if self.businesses else None

    @cached_property
    def reviewers(self) -> OtherUsers:
        """The rows of all splits with a review."""
        return OtherUsers(self.visits, self.visits.crowd.has_text)

    @cached_property
    def with_pools(self) -> Pooled:
        """The examples with photos, by business."""
        return Pooled(codes(self.businesses), self.unordered_pools)

    @property
    def unordered_pools(self) -> Sequence[tuple[str, ...]]:
        """The pools in any order."""
        return self.candidates or self.pools

    @cached_property
    def training(self) -> tuple[str, ...]:
        """Texts of the training reviews."""
        return self.whole.training if self.whole else self.read_training()

    @cached_property
    def visits(self) -> Visits:
        """Who was where: all rows of all splits."""
        return self.whole.visits if self.whole else self.read_visits()

    @cached_property
    def training_corpus(self) -> TextCorpus:
        """The training texts."""
        if self.whole:
            return self.whole.training_corpus
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
        swaps: Sequence[Swap | None] = (),
    ) -> Batch:
        """Align predictions, in the order of :attr:`ids`, with what they are scored against.

        ``needs`` are those of the metrics; what takes long to read is read for them only.
        """
        learned = "training texts" in needs
        texts: list[str | None] = []
        images: list[tuple[str, ...]] = []
        for showcase in showcases:
            texts.append(showcase.text)
            if not self.lean or "images" in needs:
                images.append(showcase.image_ids)
        return Batch(
            ids=tuple(self.ids),
            hypotheses=tuple(texts),
            references=self.references,
            selected=tuple(images),
            gold_images=tuple(self.gold_images),
            pools=tuple(self.pools),
            features=self.features,
            corpus=self.corpus,
            training=self.training if learned else (),
            training_corpus=self.training_corpus if learned else None,
            timings=timings,
            embeddings=self.embeddings,
            users=tuple(self.users),
            businesses=tuple(self.businesses),
            histories=tuple(self.histories),
            visits=self.visits if "histories" in needs else (),
            catalogue=self.catalogue or (),
            swaps=tuple(swaps),
            table=self.table,
        )


def codes(keys: Iterable[str]) -> NDArray[np.int64]:
    """Integer code of each key, in order of first appearance; shape [n]."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
