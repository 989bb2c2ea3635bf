"""Statistics of each example of a run, as a Parquet file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from showcase_bench.evaluate.runs.content import written_clearly

__all__ = ["FACT", "ScoreTable"]

FACT = "fact:"
"""How columns of facts begin in a score table; no signature of a metric does."""
_GROUP_ROWS = 1 << 16
"""Of a score table that are written at once."""


@dataclass(frozen=True)
class ScoreTable:
    """Per-example statistics of one run; all columns have one row per example."""

    ids: Sequence[str]
    users: Sequence[str]
    businesses: Sequence[str]
    statistics: Mapping[str, NDArray[np.float64]]
    """Metric signature to rows of shape [n, d]."""
    facts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What slices are made by, of shape [n] each; none in older files."""

    def to_parquet(self) -> bytes:
        """Parquet with a list column per metric; equal tables give equal bytes."""
        sink = pa.BufferOutputStream()
        self._write(sink)
        data: bytes = sink.getvalue().to_pybytes()
        return data

    def write_parquet(self, path: Path) -> None:
        """The same bytes as a file; some rows at a time are in memory.

        Raises
        ------
        StoreError
            It cannot be written.
        """
        with written_clearly(path):
            self._write(str(path))

    def _write(self, sink: Any) -> None:
        starts = range(0, max(len(self.ids), 1), _GROUP_ROWS)
        groups = (self._rows(start, start + _GROUP_ROWS) for start in starts)
        first = next(groups)
        with pq.ParquetWriter(sink, first.schema, compression="zstd", version="2.6") as writer:
            for group in chain([first], groups):
                writer.write_table(group)

    def _rows(self, start: int, stop: int) -> pa.Table:
        texts = {"id": self.ids, "user_id": self.users, "business_id": self.businesses}
        columns = {name: pa.array(some[start:stop], pa.string()) for name, some in texts.items()}
        for name, values in self.facts.items():
            some = np.ascontiguousarray(values[start:stop], dtype=np.float64)
            columns[FACT + name] = pa.array(some)
        for signature, rows in self.statistics.items():
            part = np.ascontiguousarray(rows[start:stop], dtype=np.float64)
            flat = pa.array(part.reshape(-1))
            columns[signature] = pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])
        return pa.table(columns)

    @classmethod
    def from_parquet(cls, data: bytes) -> ScoreTable:
        """Read what :meth:`to_parquet` wrote; raises ValueError or KeyError when it is not that."""
        table = pq.read_table(pa.BufferReader(data))
        texts = {
            name: tuple(table.column(name).to_pylist()) for name in ("id", "user_id", "business_id")
        }
        statistics, facts = {}, {}
        for name in table.column_names:
            column = table.column(name).combine_chunks()
            if name.startswith(FACT):
                facts[name.removeprefix(FACT)] = column.to_numpy(zero_copy_only=False)
            elif name not in texts:
                flat = column.flatten().to_numpy(zero_copy_only=False)
                statistics[name] = flat.reshape(table.num_rows, column.type.list_size)
        return cls(texts["id"], texts["user_id"], texts["business_id"], statistics, facts)
