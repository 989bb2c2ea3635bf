"""Prepared columns: Arrow IPC files, written in batches and read through memory maps.

A split is two files. ``<split>.arrow`` has one row per example; ``<split>.history.arrow`` has, in
the same batches, one row per history review with what only the whole file can tell about it.
Photos and businesses are numbered; two more files give their names.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = [
    "BUSINESSES",
    "EXAMPLES",
    "HISTORY",
    "PHOTOS",
    "BatchWriter",
    "ExampleBatch",
    "Lists",
    "Strings",
    "locate",
    "read_batches",
]

EXAMPLES = pa.schema(
    [
        ("id", pa.string()),
        ("user", pa.string()),
        ("business", pa.int32()),
        ("rating", pa.float64()),
        ("text", pa.string()),
        ("photos", pa.list_(pa.int32())),
        ("history_ids", pa.list_(pa.string())),
        ("history_texts", pa.list_(pa.string())),
    ]
)
HISTORY = pa.schema([("mask", pa.uint8()), ("train_row", pa.int32())])
"""``mask`` is a :class:`~showcase_bench.datasets.masking.Mask`; ``train_row`` is the number of the
training row that is this review, or null."""
PHOTOS = pa.schema(
    [
        ("id", pa.large_string()),
        ("location", pa.large_string()),
        ("owners", pa.int32()),
        ("by_id", pa.int32()),
    ]
)
"""In order of first appearance; ``by_id`` lists the numbers in the order of the ids."""
BUSINESSES = pa.schema([("id", pa.large_string()), ("photos", pa.list_(pa.int32()))])

_BATCH_ROWS = 4096
_BATCH_CHARS = 64 << 20


class BatchWriter:
    """Collects rows and writes them in batches of bounded size; a context manager."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, schema)
        self._columns: list[list[Any]] = [[] for _ in schema]
        self._chars = 0

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
        self._writer.close()
        self._sink.close()

    def add(self, row: tuple[Any, ...], chars: int) -> None:
        """Add one row of about ``chars`` characters."""
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)
        self._chars += chars
        if len(self._columns[0]) >= _BATCH_ROWS or self._chars >= _BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected as one batch; nothing when nothing was."""
        if not self._columns[0]:
            return
        self.write(self._columns)
        self._columns = [[] for _ in self._schema]
        self._chars = 0

    def write(self, columns: Sequence[Any]) -> None:
        """Write whole columns as one batch."""
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))


def read_batches(path: Path, schema: pa.Schema) -> list[pa.RecordBatch]:
    """Map a file into memory.

    Raises
    ------
    ValueError, OSError
        The file is not what :class:`BatchWriter` writes (Arrow's errors are of these kinds).
    """
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        if reader.schema != schema:
            raise ValueError(f"{path} has other columns than expected")
        return [reader.get_batch(i) for i in range(reader.num_record_batches)]


class Strings:
    """A column of texts, each decoded when it is asked for."""

    __slots__ = ("_data", "_offsets")

    def __init__(self, array: pa.Array) -> None:
        _, offsets, data = array.buffers()
        wide = pa.types.is_large_string(array.type)
        self._offsets = _offsets(offsets, len(array), "q" if wide else "i")
        self._data = memoryview(data) if data is not None else memoryview(b"")

    def __getitem__(self, i: int) -> str:
        return str(self._data[self._offsets[i] : self._offsets[i + 1]], "utf-8")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __iter__(self) -> Iterator[str]:
        for i in range(len(self)):
            yield self[i]


class Lists:
    """Where the list of each row begins and ends in the flat column of its elements."""

    __slots__ = ("_offsets",)

    def __init__(self, array: pa.ListArray) -> None:
        self._offsets = _offsets(array.buffers()[1], len(array), "i")

    def span(self, i: int) -> range:
        """Positions of the elements of row ``i``."""
        return range(self._offsets[i], self._offsets[i + 1])


class ExampleBatch:
    """Columns of some rows of a split, with their history columns."""

    def __init__(self, examples: pa.RecordBatch, history: pa.RecordBatch) -> None:
        column = examples.column
        self.ids = Strings(column("id"))
        self.users = Strings(column("user"))
        self.texts = Strings(column("text"))
        self.businesses = integers(column("business"))
        self.photo_spans = Lists(column("photos"))
        self.photos = integers(column("photos").values)
        self.history_spans = Lists(column("history_ids"))
        self.history_ids = Strings(column("history_ids").values)
        self.history_texts = Strings(column("history_texts").values)
        self.masks = integers(history.column("mask"))
        self._ratings, self._rated = _nullable(column("rating"), 0.0)
        self._train_rows, self._linked = _nullable(history.column("train_row"), 0)
        if not len(self.history_ids) == len(self.history_texts) == len(self.masks):
            raise ValueError("history columns of different lengths")

    def __len__(self) -> int:
        return len(self.ids)

    def rating(self, i: int) -> float | None:
        """Stars of row ``i``, where the file gives them."""
        return float(self._ratings[i]) if self._rated[i] else None

    def train_row(self, position: int) -> int | None:
        """Find the training row that is this history review; None where none is."""
        return int(self._train_rows[position]) if self._linked[position] else None


def integers(array: pa.Array) -> memoryview:
    """Values of an integer column without nulls; indexing gives Python integers."""
    return _view(array.to_numpy(zero_copy_only=False))


def locate(starts: list[int], i: int) -> tuple[int, int]:
    """Batch of row ``i`` and its place therein, given the first row of each batch."""
    batch = bisect.bisect_right(starts, i) - 1
    return batch, i - starts[batch]


def _nullable(array: pa.Array, filler: float) -> tuple[memoryview, memoryview]:
    return (
        _view(array.fill_null(filler).to_numpy()),
        _view(array.is_valid().to_numpy(zero_copy_only=False)),
    )


def _view(values: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(values).data


def _offsets(buffer: pa.Buffer | None, length: int, code: Literal["i", "q"]) -> memoryview:
    if buffer is None or length == 0:
        return memoryview(bytes(8)).cast(code)[:1]
    return memoryview(buffer).cast("B").cast(code)[: length + 1]
