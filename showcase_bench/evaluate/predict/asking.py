"""Ask a fitted model batch by batch, and check and time what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from showcase_bench.errors import ContractError
from showcase_bench.evaluate.memory import peak_rss_mib
from showcase_bench.evaluate.showcases.canonical import checked
from showcase_bench.models import Model, OracleModel, Writer
from showcase_bench.types import Example, ImageStore, Query, Showcase

__all__ = ["BATCH_SIZE", "AnsweredBatch", "ask", "ask_with_gold"]

BATCH_SIZE = 128


class AnsweredBatch(NamedTuple):
    """The answers to one batch of queries."""

    showcases: tuple[Showcase, ...]
    seconds: float
    """That the model took, in whatever process that was."""
    peak_rss_mib: float
    """Of that process until then."""


def ask(
    name: str,
    model: Model | Writer,
    queries: Sequence[Query],
    images: ImageStore,
    photos: Sequence[Showcase] | None = None,
    first: int = 0,
) -> Iterator[AnsweredBatch]:
    """Ask a model batch by batch.

    This is all of the harness that a model is called from: neither its arguments nor its locals
    hold any gold. (Of more queries than are held in memory ``queries`` is the column that makes
    them; the model is given tuples of plain queries all the same.)

    Parameters
    ----------
    photos
        Showcases with the photos that stand beside a writer's texts, one for each query; None
        shows none.
    first
        Number of the query to begin with.

    Raises
    ------
    ContractError
        The model returned something that the contract forbids.
    """
    for start in range(first, len(queries), BATCH_SIZE):
        batch = tuple(queries[start : start + BATCH_SIZE])
        chosen: Sequence[tuple[str, ...]] = ((),) * len(batch)
        if photos is not None:
            chosen = [one.image_ids for one in photos[start : start + BATCH_SIZE]]
        begun = time.perf_counter()
        if isinstance(model, Writer):
            answers: Iterable[Showcase] = _written(name, model, batch, chosen, images)
        else:
            answers = model.predict(batch, images)
        made = tuple(checked(name, batch, answers))
        yield AnsweredBatch(made, time.perf_counter() - begun, round(peak_rss_mib(), 1))


def _written(
    name: str,
    model: Writer,
    batch: Sequence[Query],
    chosen: Sequence[tuple[str, ...]],
    images: ImageStore,
) -> list[Showcase]:
    texts = list(model.write(batch, chosen, images))
    if len(texts) != len(batch):
        raise ContractError(
            f"model {name!r} wrote {len(texts)} texts for {len(batch)} queries; "
            "write() must give one text, or None, per query"
        )
    return [
        Showcase(query.id, shown, text)
        for query, shown, text in zip(batch, chosen, texts, strict=True)
    ]


def ask_with_gold(
    name: str, model: OracleModel, examples: Sequence[Example], images: ImageStore
) -> Iterator[Showcase]:
    """Give an oracle the examples, gold included, all at once."""
    queries = [example.query for example in examples]
    return checked(name, queries, model.predict_with_gold(examples, images))
