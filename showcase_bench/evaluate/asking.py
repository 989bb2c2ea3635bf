"""Ask a fitted model batch by batch, and check and time what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from showcase_bench.errors import ContractError
from showcase_bench.evaluate.batches import KeptBatches
from showcase_bench.evaluate.predictions import checked
from showcase_bench.models import Model, OracleModel, Writer
from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase

__all__ = ["BATCH_SIZE", "Answers", "predict_queries", "predict_with_gold", "write_texts"]

BATCH_SIZE = 128


@dataclass(frozen=True)
class Answers:
    """Showcases in the order of what was asked, and (size, seconds) of each batch."""

    showcases: tuple[Showcase, ...]
    seconds: tuple[tuple[int, float], ...]
    found: int = 0
    """Batches that an earlier process had done, the first ones."""
    peak_rss_mib: float = 0.0
    """Peak memory of that process, where there was one."""


def predict_queries(
    name: str,
    model: Model,
    queries: Sequence[Query],
    images: ImageStore,
    progress: Progress,
    kept: KeptBatches | None = None,
) -> Answers:
    """Ask a model batch by batch.

    This is all of the harness that a model is called from: neither its arguments nor its locals
    hold any gold. (Of more queries than are held in memory ``queries`` is the column that makes
    them; the model is given tuples of plain queries all the same.)

    Parameters
    ----------
    kept
        Where finished batches are kept; those that are found there are not asked for.
    """

    def answer(batch: Sequence[Query], start: int) -> Iterator[Showcase]:
        return checked(name, batch, model.predict(batch, images))

    return _in_batches(name, queries, answer, progress, kept)


def write_texts(
    name: str,
    model: Writer,
    queries: Sequence[Query],
    photos: Answers,
    images: ImageStore,
    progress: Progress,
    kept: KeptBatches | None = None,
) -> Answers:
    """Ask a writer batch by batch for the texts beside chosen ``photos``; no gold either.

    The seconds of a batch hold those of its selector, where that was asked in the same batches.
    """
    chosen = [one.image_ids for one in photos.showcases]

    def answer(batch: Sequence[Query], start: int) -> Iterator[Showcase]:
        own = chosen[start : start + len(batch)]
        texts = list(model.write(batch, own, images))
        if len(texts) != len(batch):
            raise ContractError(
                f"model {name!r} wrote {len(texts)} texts for {len(batch)} queries; "
                "write() must give one text, or None, per query"
            )
        made = [
            Showcase(query.id, shown, text)
            for query, shown, text in zip(batch, own, texts, strict=True)
        ]
        return checked(name, batch, made)

    answers = _in_batches(name, queries, answer, progress, kept)
    if [size for size, _ in photos.seconds] == [size for size, _ in answers.seconds]:
        both = zip(answers.seconds, photos.seconds, strict=True)
        seconds = tuple((size, own + before) for (size, own), (_, before) in both)
        return replace(answers, seconds=seconds)
    return answers


def _in_batches(
    name: str,
    queries: Sequence[Query],
    answer: Callable[[Sequence[Query], int], Iterator[Showcase]],
    progress: Progress,
    kept: KeptBatches | None,
) -> Answers:
    found = [] if kept is None else kept.found
    showcases: list[Showcase] = []
    seconds: list[tuple[int, float]] = []
    peak = 0.0
    total = -(-len(queries) // BATCH_SIZE)
    shown = progress.track(_batches(queries), label=f"Predicting {name}", total=total)
    for number, batch in enumerate(shown):
        if number < len(found):
            showcases += checked(name, batch, found[number].showcases)
            seconds.append((len(batch), found[number].seconds))
            peak = max(peak, found[number].peak_rss_mib)
            continue
        begun = time.perf_counter()
        made = tuple(answer(batch, len(showcases)))
        seconds.append((len(batch), time.perf_counter() - begun))
        showcases += made
        if kept is not None:
            kept.add(made, seconds[-1][1])
    return Answers(tuple(showcases), tuple(seconds), min(len(found), len(seconds)), peak)


def predict_with_gold(
    name: str,
    model: OracleModel,
    examples: Sequence[Example],
    images: ImageStore,
    progress: Progress,
) -> Answers:
    """Ask an oracle, which sees the gold, for everything at once."""
    start = time.perf_counter()
    answers = model.predict_with_gold(examples, images)
    shown = progress.track(
        checked(name, [example.query for example in examples], answers),
        label=f"Predicting {name}",
        total=len(examples),
    )
    showcases = tuple(shown)
    return Answers(showcases, ((len(examples), time.perf_counter() - start),))


def _batches(queries: Sequence[Query]) -> Iterable[tuple[Query, ...]]:
    for start in range(0, len(queries), BATCH_SIZE):
        yield tuple(queries[start : start + BATCH_SIZE])
