"""Golden examples: what every metric of this package must give, on any machine."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import ShowcaseError
from showcase_bench.metrics.base import Metric
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.parse import METRICS, parse_metric
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.table import TextTable
from showcase_bench.types import NoProgress, Progress, Timings

__all__ = ["TOLERANCE", "Checked", "check_golden", "compute_golden", "golden_batch", "own_metrics"]

TOLERANCE = 1e-12
"""Relative; sums of a platform's own exponentials and logarithms may differ in the last bits."""

_DISTRIBUTION = "showcase-bench"


@dataclass(frozen=True)
class Checked:
    """One metric on the golden examples."""

    name: str
    signature: str
    expected: float | None
    found: float | None
    problem: str | None
    """Why it is not as it should be; None where it is."""


def golden_batch(cache: Path | None = None, progress: Progress | None = None) -> Batch:
    """The golden examples: predictions with references, photos, training texts and costs.

    ``cache`` keeps tables between processes, if it is given.
    """
    data = _stored()
    rows: list[dict[str, Any]] = data["examples"]
    vectors = {one: np.array(vector, np.float32) for one, vector in data["features"].items()}

    def features(image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        return np.stack([vectors[one] for one in image_ids])

    return Batch(
        ids=tuple(row["id"] for row in rows),
        hypotheses=tuple(row["text"] for row in rows),
        references=tuple(tuple(row["references"]) for row in rows),
        selected=tuple(tuple(row["image_ids"]) for row in rows),
        gold_images=tuple(tuple(row["gold_images"]) for row in rows),
        pools=tuple(tuple(row["pool"]) for row in rows),
        features=features,
        training=tuple(data["training"]),
        timings=Timings(**data["timings"]),
        table=TextTable(cache, progress),
    )


def own_metrics() -> Iterable[Metric]:
    """Every metric that this package registers, at its defaults."""
    for name in METRICS:
        if METRICS.registration(name).distribution == _DISTRIBUTION:
            yield parse_metric(name)


def compute_golden(cache: Path | None = None) -> dict[str, float]:
    """Value of every metric on the golden examples, by signature."""
    batch = golden_batch(cache)
    return {metric.signature: _value(metric, batch) for metric in _bound(batch)}


def check_golden(cache: Path | None = None, progress: Progress | None = None) -> list[Checked]:
    """Compute every metric here and compare; a metric that cannot run is a problem, too."""
    expected: dict[str, float] = _stored()["scores"]
    batch, results = golden_batch(cache, progress), []
    metrics = list(_bound(batch))
    for bound in (progress or NoProgress()).track(metrics, label="Metrics"):
        wanted = expected.get(bound.signature)
        found, problem = None, None
        try:
            value = _value(bound, batch)
            found = value if math.isfinite(value) else None
        except ShowcaseError as error:
            problem = str(error)
        if problem is None:
            problem = _difference(wanted, found)
        results.append(Checked(bound.name, bound.signature, wanted, found, problem))
    return results


def _difference(wanted: float | None, found: float | None) -> str | None:
    if wanted is None or found is None:
        return "the golden file has no value for this signature" if wanted is None else "no value"
    if abs(found - wanted) <= TOLERANCE * max(abs(wanted), 1.0):
        return None
    return f"{found!r} in place of {wanted!r}"


def _bound(batch: Batch) -> Iterable[Metric]:
    references = TextCorpus(batch.references)
    training = TextCorpus(tuple((text,) for text in batch.training))
    return (metric.bind(references, training) for metric in own_metrics())


def _value(metric: Metric, batch: Batch) -> float:
    return float(metric.score(metric.statistics(batch).sum(axis=0)))


def _stored() -> dict[str, Any]:
    text = resources.files("showcase_bench.metrics").joinpath("golden.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
