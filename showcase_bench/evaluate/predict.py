"""Fit a model and collect its checked, timed predictions."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.build import BuildPlan
from showcase_bench.evaluate.environment import peak_rss_mib
from showcase_bench.evaluate.predictions import checked
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.models import Model, OracleModel
from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase, Timings

__all__ = ["BATCH_SIZE", "Predicted", "predict_queries", "run_model"]

BATCH_SIZE = 128


@dataclass(frozen=True)
class Predicted:
    """Predictions in the order of the split, and what they cost."""

    showcases: tuple[Showcase, ...]
    timings: Timings
    swapped: tuple[Showcase, ...] | None = None
    """Answers to the swapped queries; None where the model was not asked."""


def run_model(
    plan: BuildPlan,
    workspace: Workspace,
    *,
    seed: int,
    progress: Progress,
    swapped_queries: Sequence[Query] | None = None,
) -> Predicted:
    """Build, fit and predict.

    Parameters
    ----------
    swapped_queries
        Queries on behalf of other users, which the fitted model answers as well; an oracle, whose
        answers are the gold, is not asked.

    Raises
    ------
    ContractError
        The model raised an exception or returned something that the contract forbids. The
        exception is its cause.
    """
    try:
        model = plan.build()
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="showcase-bench-") as folder:
            model.fit(
                workspace.split("train"),
                workspace.split("val"),
                seed=seed,
                workdir=Path(folder),
                progress=progress,
            )
            fit_seconds = time.perf_counter() - start
            if isinstance(model, Model):
                showcases, seconds = predict_queries(
                    plan.label, model, workspace.queries, workspace.images, progress
                )
            else:
                showcases, seconds = _predict_with_gold(
                    plan.label, model, workspace.scored_split.examples(), workspace.images, progress
                )
            timings = _timings(fit_seconds, seconds, model.parameters())
            swapped = None
            if swapped_queries is not None and isinstance(model, Model):
                answers, _ = predict_queries(
                    f"{plan.label} for other users",
                    model,
                    swapped_queries,
                    workspace.images,
                    progress,
                )
                swapped = tuple(answers)
    except (ShowcaseError, KeyboardInterrupt):
        raise
    except Exception as error:  # a plugin may fail in any way
        raise ContractError(_describe(plan, error)) from error
    return Predicted(tuple(showcases), timings, swapped)


def predict_queries(
    name: str,
    model: Model,
    queries: Sequence[Query],
    images: ImageStore,
    progress: Progress,
) -> tuple[list[Showcase], list[tuple[int, float]]]:
    """Showcases of ``queries`` in order, and (size, seconds) of each batch.

    This is all of the harness that a model is called from: neither its arguments nor its locals
    hold any gold.
    """
    showcases: list[Showcase] = []
    seconds: list[tuple[int, float]] = []
    for batch in progress.track(list(_batches(queries)), label=f"Predicting {name}"):
        start = time.perf_counter()
        showcases += checked(name, batch, model.predict(batch, images))
        seconds.append((len(batch), time.perf_counter() - start))
    return showcases, seconds


def _predict_with_gold(
    name: str,
    model: OracleModel,
    examples: Sequence[Example],
    images: ImageStore,
    progress: Progress,
) -> tuple[list[Showcase], list[tuple[int, float]]]:
    start = time.perf_counter()
    answers = model.predict_with_gold(examples, images)
    shown = progress.track(
        checked(name, [example.query for example in examples], answers),
        label=f"Predicting {name}",
        total=len(examples),
    )
    showcases = list(shown)
    return showcases, [(len(examples), time.perf_counter() - start)]


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


def _describe(plan: BuildPlan, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return (
        f"model {plan.label!r} ({plan.distribution}) failed: {type(error).__name__}: {error}\n"
        f"  in {last.filename}, line {last.lineno}: {last.line}\n"
        "  --debug shows the whole traceback."
    )
