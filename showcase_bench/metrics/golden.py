"""Golden examples: what every metric of this package must give, on any machine."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import MissingDependencyError, ShowcaseError
from showcase_bench.metrics.base import Metric
from showcase_bench.metrics.batch import Batch, Features, Swap, Visit
from showcase_bench.metrics.parse import METRICS, parse_metric
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.table import TextTable
from showcase_bench.types import NoProgress, Progress, TextEmbeddings, Timings

__all__ = [
    "NEURAL_TOLERANCE",
    "TOLERANCE",
    "Checked",
    "check_golden",
    "compute_golden",
    "golden_batch",
    "golden_pixels",
    "own_metrics",
]

TOLERANCE = 1e-12
"""Relative; sums of a platform's own exponentials and logarithms may differ in the last bits."""
NEURAL_TOLERANCE = 5e-4
"""Of metrics on an encoder, whose single-precision products differ between machines."""
STORED_FEATURES = "color-layout"
"""Encoder whose vectors of the golden photos are stored; others encode :func:`golden_pixels`."""

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
    missing: str | None = None
    """What to install, where the metric needs something that is not here; then nothing is found."""


def golden_pixels(image_id: str) -> NDArray[np.uint8]:
    """A photo for encoders with weights: 6 x 6 coloured squares out of the hash of its id.

    uint8 of shape [96, 96, 3].
    """
    digest = b"".join(hashlib.sha256(f"{image_id} {i}".encode()).digest() for i in range(4))
    squares = np.frombuffer(digest[: 6 * 6 * 3], np.uint8).reshape(6, 6, 3)
    return np.kron(squares, np.ones((16, 16, 1), np.uint8))


def golden_batch(
    cache: Path | None = None,
    progress: Progress | None = None,
    *,
    embeddings: TextEmbeddings | None = None,
    features: Features | None = None,
) -> Batch:
    """The golden examples: predictions with references, photos, users, training texts and costs.

    Parameters
    ----------
    cache
        Keeps tables between processes, if it is given.
    embeddings, features
        Embeddings of texts, and features of :func:`golden_pixels`, for the metrics on encoders
        with weights; without them those cannot run.
    """
    data = _stored()
    rows: list[dict[str, Any]] = data["examples"]
    vectors = {one: np.array(vector, np.float32) for one, vector in data["features"].items()}

    def look_up(image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        if features is not None and encoder != STORED_FEATURES:
            return features(image_ids, encoder)
        return np.stack([vectors[one] for one in image_ids])

    return Batch(
        ids=tuple(row["id"] for row in rows),
        hypotheses=tuple(row["text"] for row in rows),
        references=tuple(tuple(row["references"]) for row in rows),
        selected=tuple(tuple(row["image_ids"]) for row in rows),
        gold_images=tuple(tuple(row["gold_images"]) for row in rows),
        pools=tuple(tuple(row["pool"]) for row in rows),
        features=look_up,
        training=tuple(data["training"]),
        timings=Timings(**data["timings"]),
        embeddings=embeddings,
        users=tuple(row["user"] for row in rows),
        businesses=tuple(row["business"] for row in rows),
        histories=tuple(tuple(row["history"]) for row in rows),
        visits=tuple(
            Visit(one["user"], one["business"], tuple(one["history"]), one["text"])
            for one in data["visits"]
        ),
        swaps=tuple(_swap(row["swap"]) for row in rows),
        table=TextTable(cache, progress),
    )


def _swap(stored: dict[str, Any] | None) -> Swap | None:
    if stored is None:
        return None
    return Swap(tuple(stored["history"]), stored["text"], tuple(stored["image_ids"]))


def own_metrics() -> Iterable[Metric]:
    """Every metric that this package registers, at its defaults."""
    for name in METRICS:
        if METRICS.registration(name).distribution == _DISTRIBUTION:
            yield parse_metric(name)


def compute_golden(batch: Batch) -> dict[str, float]:
    """Value of every metric on the golden examples, by signature."""
    return {one.signature: _value(one, batch) for one in (_bind(m, batch) for m in own_metrics())}


def check_golden(batch: Batch, progress: Progress | None = None) -> list[Checked]:
    """Compute every metric here and compare; a metric that cannot run is a problem, too."""
    expected: dict[str, float] = _stored()["scores"]
    metrics = list(own_metrics())
    shown = (progress or NoProgress()).track(metrics, label="Metrics")
    return [_check(metric, batch, expected) for metric in shown]


def _check(metric: Metric, batch: Batch, expected: Mapping[str, float]) -> Checked:
    wanted = found = problem = None
    try:
        metric = _bind(metric, batch)
        wanted = expected.get(metric.signature)
        value = _value(metric, batch)
        found = value if math.isfinite(value) else None
    except MissingDependencyError as error:
        return Checked(metric.name, metric.signature, wanted, None, None, str(error))
    except ShowcaseError as error:
        problem = str(error)
    if problem is None:
        tolerance = NEURAL_TOLERANCE if "embeddings" in metric.needs else TOLERANCE
        problem = _difference(wanted, found, tolerance)
    return Checked(metric.name, metric.signature, wanted, found, problem)


def _difference(wanted: float | None, found: float | None, tolerance: float) -> str | None:
    if wanted is None or found is None:
        return "the golden file has no value for this signature" if wanted is None else "no value"
    if abs(found - wanted) <= tolerance * max(abs(wanted), 1.0):
        return None
    return f"{found!r} in place of {wanted!r}"


def _bind(metric: Metric, batch: Batch) -> Metric:
    training = TextCorpus(tuple((text,) for text in batch.training))
    return metric.bind(TextCorpus(batch.references), training, batch.embeddings)


def _value(metric: Metric, batch: Batch) -> float:
    return float(metric.score(metric.statistics(batch).sum(axis=0)))


def _stored() -> dict[str, Any]:
    text = resources.files("showcase_bench.metrics").joinpath("golden.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
