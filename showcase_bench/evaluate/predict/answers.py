"""All answers of a model to the queries of a split, wherever they were made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from showcase_bench.evaluate.predict.asking import BATCH_SIZE, AnsweredBatch, ask_with_gold
from showcase_bench.evaluate.predict.batches import KeptBatches
from showcase_bench.evaluate.showcases.canonical import checked
from showcase_bench.evaluate.showcases.spool import HELD, Spool
from showcase_bench.models import OracleModel
from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase

__all__ = ["Answers", "collect", "collect_with_gold", "with_selector"]


@dataclass(frozen=True)
class Answers:
    """Showcases in the order of what was asked, and (size, seconds) of each batch."""

    showcases: Sequence[Showcase]
    """Many of them lie in a file, which is gone with this sequence."""
    seconds: tuple[tuple[int, float], ...]
    found: int = 0
    """Batches that an earlier process had done, the first ones."""
    peak_rss_mib: float = 0.0
    """Largest of the processes that made them."""


def collect(
    name: str,
    queries: Sequence[Query],
    answered: Callable[[int], Iterator[AnsweredBatch]],
    progress: Progress,
    kept: KeptBatches,
    parent: Path | None = None,
) -> Answers:
    """Put batches together.

    Parameters
    ----------
    answered
        Batches of the queries from this number on.
    kept
        Where finished batches are kept; those that are found there are not asked for.
    parent
        Folder for the file of many answers; by default that of the system.
    """
    seconds, peak, found = list[tuple[int, float]](), 0.0, 0
    total = -(-len(queries) // BATCH_SIZE)

    def old() -> Iterator[AnsweredBatch]:
        nonlocal found
        for batch in islice(kept.replay(), total):
            asked = queries[found * BATCH_SIZE : (found + 1) * BATCH_SIZE]
            found += 1
            yield batch._replace(showcases=tuple(checked(name, asked, batch.showcases)))

    def new() -> Iterator[AnsweredBatch]:
        for batch in answered(found * BATCH_SIZE):
            kept.add(batch)
            yield batch

    with Spool(len(queries), parent) as spool:
        for batch in progress.track(chain(old(), new()), label=f"Predicting {name}", total=total):
            spool.extend(batch.showcases)
            seconds.append((len(batch.showcases), batch.seconds))
            peak = max(peak, batch.peak_rss_mib)
        return Answers(spool.showcases(), tuple(seconds), found, peak)


def collect_with_gold(
    name: str,
    model: OracleModel,
    examples: Sequence[Example],
    images: ImageStore,
    progress: Progress,
    parent: Path | None = None,
) -> Answers:
    """Let an oracle answer with the gold at hand; of many examples it is given some at a time."""
    start = time.perf_counter()
    parts = (examples[first : first + HELD] for first in range(0, len(examples), HELD))
    answers = chain.from_iterable(ask_with_gold(name, model, part, images) for part in parts)
    shown = progress.track(answers, label=f"Predicting {name}", total=len(examples))
    with Spool(len(examples), parent) as spool:
        while some := tuple(islice(shown, BATCH_SIZE)):
            spool.extend(some)
        return Answers(spool.showcases(), ((len(examples), time.perf_counter() - start),))


def with_selector(own: Answers, photos: Answers) -> Answers:
    """The answers of a writer, whose seconds hold those of its selector.

    They are left alone where that was not asked in the same batches.
    """
    sizes = [[size for size, _ in one.seconds] for one in (own, photos)]
    if sizes[0] != sizes[1]:
        return own
    both: Iterable[tuple[tuple[int, float], tuple[int, float]]]
    both = zip(own.seconds, photos.seconds, strict=True)
    return replace(own, seconds=tuple((size, a + b) for (size, a), (_, b) in both))
