"""The score file of a stored run, of which one column at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.runs.score_table import FACT
from showcase_bench.evaluate.runs.store import StoredRun
from showcase_bench.metrics import Metric

__all__ = ["RunScores"]

_HELD = 1 << 22
"""Bytes of a file that is held in memory; a larger one stays open."""

_ROWS = 1 << 16

Floats = NDArray[np.float64]


class RunScores:
    """Statistics, users and facts of the examples of one run, checked against their hash.

    What is asked for is read each time, and nothing of it is kept. A run that another command
    replaces meanwhile is read as it was.

    Raises
    ------
    StoreError
        The file is missing, changed or damaged; also on any method.
    """

    def __init__(self, run: StoredRun) -> None:
        self._run = run
        file = run.open_scores()
        with self._understood():
            data = file.read(_HELD)
            if len(data) < _HELD:
                file.close()
                self._file = pq.ParquetFile(pa.BufferReader(data))
            else:
                file.seek(0)
                self._file = pq.ParquetFile(file)
            self._names = frozenset(self._file.schema_arrow.names)

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def has_examples_of(self, other: RunScores) -> bool:
        """Whether both are of the same examples in the same order."""
        if len(self) != len(other):
            return False
        return bool(self._column("id").equals(other._column("id")))

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of what slices are made by; none in older files."""
        return tuple(name.removeprefix(FACT) for name in self._names if name.startswith(FACT))

    def fact(self, name: str) -> Floats:
        """One of :attr:`facts`, float64 of shape [n]."""
        values: Floats = self._column(FACT + name).to_numpy()
        return values

    def clusters(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Codes of the users and of the businesses in order of first appearance, of shape [n]."""
        return self._codes("user_id"), self._codes("business_id")

    def statistics(self, metric: Metric) -> Floats:
        """Rows of a metric, float64 of shape [n, d]; StoreError also where the file lacks it."""
        if metric.signature not in self._names:
            raise StoreError(
                f"{self._run.folder}: the score file lacks {metric.signature}; run the model again"
            )
        with self._understood():
            width = self._file.schema_arrow.field(metric.signature).type.list_size
            rows = np.empty((len(self), width))
            start = 0
            # Some rows at a time: a column of all of them would be held twice.
            for some in self._file.iter_batches(_ROWS, columns=[metric.signature]):
                part = some.column(0).flatten().to_numpy().reshape(-1, width)
                rows[start : start + len(part)] = part
                start += len(part)
        return rows

    def _codes(self, name: str) -> NDArray[np.int64]:
        column = self._column(name)
        with self._understood():
            encoded = column.combine_chunks().dictionary_encode()
            return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)

    def _column(self, name: str) -> pa.ChunkedArray:
        with self._understood():
            return self._file.read(columns=[name]).column(name)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            path = self._run.scores_path
            raise StoreError(f"{path}: not a score table ({error})") from error
