"""What each example scores: read from the statistics of stored runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.evaluate import StoredRun
from showcase_bench.site.chunks import ChunkWriter
from showcase_bench.site.contents import Contents, ShownMetric
from showcase_bench.types import Progress

__all__ = ["SCORES", "example_values", "shown_values", "write_scores"]

SCORES = 1024
"""Examples in a chunk of scores."""

_DECIMALS = 3
"""Of scores below 1; of larger ones fewer, so that three digits stay, as pages show them."""

Values = list[float | int | None]


def example_values(run: StoredRun, metrics: Sequence[ShownMetric]) -> dict[int, Values]:
    """By number of the metric the score of each example by itself, in the order of the split.

    Of a mean it is the example's value, of a corpus metric the score of its statistics alone.
    None where an example is not counted. Metrics of a whole set have no score of one example, and
    metrics that the run attempted nothing of are left out too.

    Raises
    ------
    StoreError
        The score file is damaged or lacks a metric.
    """
    table = run.table()
    attempted = {one.signature for one in run.record.scores if one.n_scored}
    found: dict[int, Values] = {}
    for number, shown in enumerate(metrics):
        metric = shown.metric
        if metric.kind not in ("mean", "corpus") or metric.signature not in attempted:
            continue
        if metric.signature not in table.statistics:
            raise StoreError(f"{run.folder}: the score file lacks {metric.signature}")
        with np.errstate(all="ignore"):
            values = np.asarray(metric.score(table.statistics[metric.signature]))
        found[number] = shown_values(values)
    return found


def shown_values(values: NDArray[np.float64]) -> Values:
    """Scores as pages show them: three digits, and of small ones three decimals.

    Where all are smaller than 0.1 there are as many decimals more as the largest one needs. What is
    not finite is None.
    """
    known = np.isfinite(values)
    sizes = np.abs(np.where(known, values, 0.0))
    orders = np.floor(np.log10(np.maximum(sizes, np.finfo(np.float64).tiny)))
    largest = orders[sizes > 0].max() if sizes.any() else -1.0
    most = _DECIMALS + max(-1.0 - largest, 0.0)
    scale = 10.0 ** np.where(sizes < 1, most, np.clip(_DECIMALS - 1 - orders, 0, None))
    # Zero is added so that none of them is negative.
    short = np.round(np.where(known, values, 0.0) * scale) / scale + 0.0
    return [
        (int(value) if value.is_integer() else value) if there else None
        for value, there in zip(short.tolist(), known.tolist(), strict=True)
    ]


def write_scores(contents: Contents, writer: ChunkWriter, progress: Progress) -> None:
    """Write ``scores/<system>/<run>/<block>``: metric to values, a lone one where all are alike."""
    number_of_examples = max(len(contents.examples), 1)
    for number, system in enumerate(progress.track(contents.systems, label="Scores")):
        for place, run in system.shown_runs:
            values = example_values(run, contents.metrics)
            for block, start in enumerate(range(0, number_of_examples, SCORES)):
                cut = {at: _short(one[start : start + SCORES]) for at, one in values.items()}
                writer.packed(f"scores/{number}/{place}/{block}", cut)


def _short(values: Values) -> Values | float | int | None:
    return values[0] if values and all(one == values[0] for one in values) else values
