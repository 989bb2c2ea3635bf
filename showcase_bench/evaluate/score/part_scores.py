"""Statistics of some of the examples, here or in another process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.executors.base import Shared
from showcase_bench.evaluate.score.frame import Frame, Recipe
from showcase_bench.evaluate.score.output import AnyOutput
from showcase_bench.metrics import Metric
from showcase_bench.metrics.base import Need
from showcase_bench.metrics.grounding.catalogue import Town
from showcase_bench.metrics.selection.draws import pool_facts
from showcase_bench.metrics.text.corpus import KeptCorpus
from showcase_bench.metrics.visits import Crowd
from showcase_bench.types import Showcase

__all__ = [
    "NOTHING_KEPT",
    "FactsJob",
    "KeptCorpora",
    "PartJob",
    "PartScores",
    "kept_corpora",
    "needs_of",
    "pool_facts_of",
    "score_part",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PartScores:
    """What metrics made of some of the examples; in the order of the metrics."""

    statistics: tuple[Floats | Path, ...]
    """float64 of shape [n, d] each, or the file that holds it."""
    scored: tuple[int, ...]
    """Examples that were attempted and can be scored."""
    unreadable: dict[str, str]
    """Photos that could not be read so far, and why."""

    def rows(self) -> Iterator[tuple[Floats, int]]:
        """As :func:`score_part` yields them; a file is read once."""
        for one, count in zip(self.statistics, self.scored, strict=True):
            if not isinstance(one, Path):
                yield one, count
                continue
            yield np.load(one), count
            one.unlink()


@dataclass(frozen=True)
class KeptCorpora:
    """What was made of a task as a whole, once for all its parts."""

    references: KeptCorpus
    training: KeptCorpus | None
    crowd: Crowd | None
    """The rows by user and business, where metrics look at other users."""
    town: Town | None
    """The photos by business, where metrics look at those of other businesses."""

    def give_to(self, frame: Frame) -> None:
        """Let another process's frame of the same task use it."""
        frame.corpus.adopt(self.references)
        if self.training is not None:
            frame.training_corpus.adopt(self.training)
        if self.crowd is not None:
            frame.visits.adopt(self.crowd)
        if self.town is not None and frame.catalogue is not None:
            frame.catalogue.adopt(self.town)


NOTHING_KEPT = KeptCorpora(KeptCorpus("", {}), None, None, None)
"""For metrics that take nothing from the task as a whole."""


def needs_of(metrics: Sequence[Metric]) -> frozenset[Need]:
    """What any of the metrics looks at."""
    return frozenset[Need]().union(*(metric.needs for metric in metrics))


def kept_corpora(frame: Frame, metrics: Sequence[Metric]) -> KeptCorpora:
    """Make all that the metrics take from the task as a whole; from corpora by scoring nothing."""
    bound = [metric for metric in metrics if metric.corpus_field]
    cheap = [metric for metric in bound if "embeddings" not in metric.needs]
    needs = needs_of(cheap)
    batch = frame.part(0, 0, needs).batch((), needs=needs)
    for metric in cheap:
        metric.statistics(batch)
    learned = "training texts" in needs
    floors = {metric.floor for metric in metrics}
    personal = "histories" in needs_of(metrics) or "other user" in floors
    catalogue = frame.catalogue if "photos elsewhere" in floors else None
    return KeptCorpora(
        frame.corpus.kept(),
        frame.training_corpus.kept() if learned else None,
        frame.visits.crowd if personal else None,
        None if catalogue is None else catalogue.town,
    )


def score_part(
    frame: Frame, metrics: Sequence[Metric], output: AnyOutput
) -> Iterator[tuple[Floats, int]]:
    """Score what a system gave for the examples of ``frame``, one metric after another.

    Yields
    ------
    tuple
        The statistics, float64 of shape [n, d], and how many examples were attempted and can be
        scored.
    """
    needs = needs_of(metrics)
    given = output.on(frame.whole or frame)
    batch = frame.batch(given.showcases, needs=needs, timings=given.timings, swaps=given.swaps)
    for metric in metrics:
        rows = np.ascontiguousarray(metric.statistics(batch), dtype=np.float64)
        yield rows, int(metric.scored(batch).sum())


@dataclass(frozen=True)
class PartJob:
    """Some of the examples to score in another process."""

    recipe: Recipe
    corpora: Shared[KeptCorpora]
    start: int
    stop: int
    metrics: tuple[Metric, ...]
    output: AnyOutput
    lean: bool = False
    """Whether only what the metrics look at is read; see :meth:`Frame.part`."""
    folder: Path | None = None
    """Where the statistics are written, a file a metric; None hands them over."""

    def __call__(self) -> PartScores:
        """Score them, and tell which photos could not be read."""
        frame = _opened(self.recipe, self.corpora)
        part = frame.part(self.start, self.stop, needs_of(self.metrics), lean=self.lean)
        found = score_part(part, self.metrics, self.output)
        statistics: list[Floats | Path] = []
        scored = []
        for number, (rows, count) in enumerate(found):
            statistics.append(rows if self.folder is None else _written(self.folder, number, rows))
            scored.append(count)
        return PartScores(tuple(statistics), tuple(scored), frame.unreadable())


@dataclass(frozen=True)
class FactsJob:
    """Some of the examples whose pools are looked at in another process."""

    recipe: Recipe
    corpora: Shared[KeptCorpora]
    start: int
    stop: int

    def __call__(self) -> NDArray[np.int64]:
        """What :func:`pool_facts_of` tells."""
        return pool_facts_of(_opened(self.recipe, self.corpora), self.start, self.stop)


def pool_facts_of(frame: Frame, start: int, stop: int) -> NDArray[np.int64]:
    """Facts of the pools of some examples, for chance levels; int64 of shape [m, 3]."""
    part = frame.part(start, stop, ("pools", "gold images"), lean=True)
    return pool_facts(part.batch([Showcase(one) for one in part.ids]))


def _written(folder: Path, number: int, rows: Floats) -> Path:
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix=f"statistics-{number}-", suffix=".npy", delete=False
    ) as file:
        np.save(file, rows)
    return Path(file.name)


_open: dict[Shared[KeptCorpora], Frame] = {}
"""The frame that this process scores parts of, by what was made for it alone; one at most."""


def _opened(recipe: Recipe, corpora: Shared[KeptCorpora]) -> Frame:
    """The frame of a task in this process, with what was made of it as a whole in another."""
    if corpora not in _open:
        _open.clear()
        frame = recipe.open()
        corpora.get().give_to(frame)
        _open[corpora] = frame
    return _open[corpora]
