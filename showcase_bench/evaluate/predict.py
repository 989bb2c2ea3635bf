"""Fit a model and collect its checked, timed predictions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from showcase_bench.errors import ContractError
from showcase_bench.evaluate.blame import blamed_on
from showcase_bench.evaluate.build import BuildPlan
from showcase_bench.evaluate.environment import peak_rss_mib
from showcase_bench.evaluate.fits import FittedModels
from showcase_bench.evaluate.predictions import checked
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.models import AnyModel, Model, OracleModel, Writer
from showcase_bench.spec import Scalar
from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase, Timings

__all__ = ["BATCH_SIZE", "Answers", "Predicted", "Predictor", "predict_queries", "write_texts"]

BATCH_SIZE = 128


@dataclass(frozen=True)
class Answers:
    """Showcases in the order of what was asked, and (size, seconds) of each batch."""

    showcases: tuple[Showcase, ...]
    seconds: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Predicted:
    """Predictions in the order of the split, and what they cost."""

    showcases: tuple[Showcase, ...]
    timings: Timings
    swapped: tuple[Showcase, ...] | None = None
    """Answers to the swapped queries; None where the model was not asked."""
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    """What the model says of itself."""
    checkpoint_sha256: str | None = None
    """Of the fitted model's files; None where it cannot save."""
    curve: tuple[dict[str, Any], ...] | None = None
    """Points of the learning curve; None where the model has none."""


class Predictor:
    """Fits models and asks them, each selector once for all the writers that it chooses for.

    Parameters
    ----------
    swapped_queries
        Queries on behalf of other users, None where there is none to ask; a fitted model answers
        them as well. An oracle, whose answers are the gold, is not asked, nor is a writer whose
        photos an oracle chooses.
    """

    def __init__(
        self,
        workspace: Workspace,
        fits: FittedModels,
        progress: Progress,
        swapped_queries: Sequence[Query | None] | None = None,
    ) -> None:
        self._workspace = workspace
        self._fits = fits
        self._progress = progress
        self._swapped = (
            None
            if swapped_queries is None
            else [query for query in swapped_queries if query is not None]
        )
        self._chosen: dict[tuple[str, int, bool], Answers] = {}

    def run(self, plan: BuildPlan, seed: int) -> Predicted:
        """Build, fit or find fitted, and predict.

        Raises
        ------
        ContractError
            The model raised an exception or returned something that the contract forbids. The
            exception is its cause.
        """
        with blamed_on(plan):
            return self._run(plan, seed)

    def _run(self, plan: BuildPlan, seed: int) -> Predicted:
        fitted = self._fits.get(plan, self._workspace, seed)
        seconds = fitted.seconds
        if plan.selector is not None:
            seconds += self._fits.get(plan.selector, self._workspace, seed).seconds
        answers = self._ask(plan, fitted.model, seed, swapped=False)
        timings = _timings(seconds, answers.seconds, fitted.model.parameters())
        swapped = None
        if self._swapped is not None and plan.role != "ceiling":
            swapped = self._ask(plan, fitted.model, seed, swapped=True).showcases
        curve = fitted.model.learning_curve()
        return Predicted(
            answers.showcases,
            timings,
            swapped,
            dict(fitted.model.settings()),
            fitted.checkpoint_sha256,
            None if curve is None else tuple(curve),
        )

    def _ask(self, plan: BuildPlan, model: AnyModel, seed: int, *, swapped: bool) -> Answers:
        images, progress = self._workspace.images, self._progress
        name = f"{plan.label} for other users" if swapped else plan.label
        if isinstance(model, OracleModel):
            examples = self._workspace.scored_split.examples()
            return _predict_with_gold(name, model, examples, images, progress)
        queries = self._queries(swapped=swapped)
        if isinstance(model, Model):
            return predict_queries(name, model, queries, images, progress)
        photos = self._photos(plan.selector, seed, swapped=swapped)
        return write_texts(name, model, queries, photos, images, progress)

    def _queries(self, *, swapped: bool) -> Sequence[Query]:
        return (self._swapped or ()) if swapped else self._workspace.queries

    def _photos(self, selector: BuildPlan | None, seed: int, *, swapped: bool) -> Answers:
        """What the selector shows for the queries; nothing where there is no selector."""
        if selector is None:
            queries = self._queries(swapped=swapped)
            return Answers(tuple(Showcase(query.id) for query in queries), ())
        key = (selector.label, seed, swapped)
        if key not in self._chosen:
            model = self._fits.get(selector, self._workspace, seed).model
            self._chosen[key] = self._ask(selector, model, seed, swapped=swapped)
        return self._chosen[key]


def predict_queries(
    name: str,
    model: Model,
    queries: Sequence[Query],
    images: ImageStore,
    progress: Progress,
) -> Answers:
    """Ask a model batch by batch.

    This is all of the harness that a model is called from: neither its arguments nor its locals
    hold any gold.
    """
    showcases: list[Showcase] = []
    seconds: list[tuple[int, float]] = []
    for batch in progress.track(list(_batches(queries)), label=f"Predicting {name}"):
        start = time.perf_counter()
        showcases += checked(name, batch, model.predict(batch, images))
        seconds.append((len(batch), time.perf_counter() - start))
    return Answers(tuple(showcases), tuple(seconds))


def write_texts(
    name: str,
    model: Writer,
    queries: Sequence[Query],
    photos: Answers,
    images: ImageStore,
    progress: Progress,
) -> Answers:
    """Ask a writer batch by batch for the texts beside chosen ``photos``; no gold either.

    The seconds of a batch hold those of its selector, where that was asked in the same batches.
    """
    chosen = [one.image_ids for one in photos.showcases]
    showcases: list[Showcase] = []
    seconds: list[tuple[int, float]] = []
    for batch in progress.track(list(_batches(queries)), label=f"Predicting {name}"):
        own = chosen[len(showcases) : len(showcases) + len(batch)]
        start = time.perf_counter()
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
        showcases += checked(name, batch, made)
        seconds.append((len(batch), time.perf_counter() - start))
    if [size for size, _ in photos.seconds] == [size for size, _ in seconds]:
        both = zip(seconds, photos.seconds, strict=True)
        seconds = [(size, own + before) for (size, own), (_, before) in both]
    return Answers(tuple(showcases), tuple(seconds))


def _predict_with_gold(
    name: str,
    model: OracleModel,
    examples: Sequence[Example],
    images: ImageStore,
    progress: Progress,
) -> Answers:
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


def _timings(
    fit_seconds: float, batches: Sequence[tuple[int, float]], parameters: int | None
) -> Timings:
    total = sum(seconds for _, seconds in batches)
    number = sum(size for size, _ in batches)
    per_example = [1000 * seconds / size for size, seconds in batches]
    p50, p95 = np.percentile(per_example, [50, 95]) if per_example else (0.0, 0.0)
    return Timings(
        fit_seconds=round(fit_seconds, 4),
        predict_seconds=round(total, 4),
        examples_per_second=round(number / total, 2) if total > 0 else 0.0,
        latency_p50_ms=round(float(p50), 4),
        latency_p95_ms=round(float(p95), 4),
        peak_rss_mib=round(peak_rss_mib(), 1),
        parameters=parameters,
    )
