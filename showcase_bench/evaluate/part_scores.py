"""Statistics of some of the examples, here or in another process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.executors.base import Shared
from showcase_bench.evaluate.frame import Frame, Recipe
from showcase_bench.metrics import Metric
from showcase_bench.metrics.base import Need
from showcase_bench.metrics.batch import Swap
from showcase_bench.metrics.selection.draws import pool_facts
from showcase_bench.metrics.text.corpus import KeptCorpus
from showcase_bench.types import Showcase, Timings

__all__ = [
    "FactsJob",
    "KeptCorpora",
    "Output",
    "PartJob",
    "PartScores",
    "kept_corpora",
    "needs_of",
    "pool_facts_of",
    "score_part",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Output:
    """What one system gave."""

    showcases: Sequence[Showcase]
    timings: Timings | None = None
    swaps: tuple[Swap | None, ...] = ()

    def rows(self, start: int, stop: int) -> Output:
        """Of some of the examples."""
        return Output(self.showcases[start:stop], self.timings, self.swaps[start:stop])


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
    """What was made of the corpora of a task, once for all its parts."""

    references: KeptCorpus
    training: KeptCorpus | None


def needs_of(metrics: Sequence[Metric]) -> frozenset[Need]:
    """What any of the metrics looks at."""
    return frozenset[Need]().union(*(metric.needs for metric in metrics))


def kept_corpora(frame: Frame, metrics: Sequence[Metric]) -> KeptCorpora:
    """Make all that the metrics take from the corpora as wholes, by scoring nothing."""
    bound = [metric for metric in metrics if metric.corpus_field]
    cheap = [metric for metric in bound if "embeddings" not in metric.needs]
    needs = needs_of(cheap)
    batch = frame.part(0, 0, needs).batch((), needs=needs)
    for metric in cheap:
        metric.statistics(batch)
    learned = "training texts" in needs
    return KeptCorpora(frame.corpus.kept(), frame.training_corpus.kept() if learned else None)


def score_part(
    frame: Frame, metrics: Sequence[Metric], output: Output
) -> Iterator[tuple[Floats, int]]:
    """Score what a system gave for the examples of ``frame``, one metric after another.

    Yields
    ------
    tuple
        The statistics, float64 of shape [n, d], and how many examples were attempted and can be
        scored.
    """
    batch = frame.batch(
        output.showcases, needs=needs_of(metrics), timings=output.timings, swaps=output.swaps
    )
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
    output: Output
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
    """The frame of a task in this process, with what was made of its corpora in another."""
    if corpora not in _open:
        _open.clear()
        frame, kept = recipe.open(), corpora.get()
        frame.corpus.adopt(kept.references)
        if kept.training is not None:
            frame.training_corpus.adopt(kept.training)
        _open[corpora] = frame
    return _open[corpora]
