"""From the JSON file to prepared columns, in two passes and bounded memory.

The first pass reads the file once and writes the examples; the second goes through the written
histories and notes what only the whole file can tell: which reviews are training rows, and which
are the answer to some question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from showcase_bench.datasets.book import Book
from showcase_bench.datasets.columns import (
    EXAMPLES,
    HISTORY,
    BatchWriter,
    Lists,
    Strings,
    read_batches,
)
from showcase_bench.datasets.gest import RowReader
from showcase_bench.datasets.json_rows import POOLS, SPLITS, JsonRows, RawRow
from showcase_bench.datasets.masking import Mask, text_key
from showcase_bench.errors import DataError
from showcase_bench.types import Progress

__all__ = ["FORMAT_VERSION", "FileCounts", "prepare"]

FORMAT_VERSION = 2
"""Raised by every change of what the prepared columns hold or mean."""

FileCounts = Mapping[str, Mapping[str, int]]
"""Split name, or ``file``, to what was counted."""


def prepare(path: Path, sha256: str, folder: Path, progress: Progress) -> FileCounts:
    """Write the columns of ``path`` into ``folder``, which exists and is empty.

    Parameters
    ----------
    path
        A GEST-shaped file.
    sha256
        What the file is known to contain, in hexadecimal.
    folder
        Gets the files that :mod:`showcase_bench.datasets.columns` describes.
    progress
        Tracks the rows.

    Returns
    -------
    mapping
        Per split, and under ``file`` for the whole, what was counted on the way.

    Raises
    ------
    DataError
        The file breaks the format (the first 20 problems are listed), has no rows at all, or is
        not the one with this ``sha256``, because it changed meanwhile.
    OSError
        ``folder`` cannot be written.
    """
    book = Book(SPLITS)
    with path.open("rb") as stream:
        hashing = _HashingStream(stream)
        rows = JsonRows(hashing, path, also=(POOLS,))
        _write_examples(path, rows, folder, book, progress)
    if hashing.hexdigest() != sha256:
        raise DataError(path, "the file changed while it was read", "Try again.")
    book.write_names(folder)
    for split in SPLITS:
        _write_history(split, folder, book)
    book.counts["file"]["unknown_keys"] = len(rows.unknown_keys)
    return {
        name: {what: n for what, n in sorted(counts.items()) if n}
        for name, counts in book.counts.items()
    }


def _write_examples(
    path: Path, rows: JsonRows, folder: Path, book: Book, progress: Progress
) -> None:
    """First pass; raises all problems of the rows at once."""
    reader = RowReader(book.counts)
    try:
        tracked = progress.track(rows, label=f"preparing {path.name}")
        for split, raws in groupby(tracked, key=attrgetter("split")):
            if split == POOLS:
                _add_pools(raws, reader, book)
            else:
                _write_split(raws, reader, book, folder / f"{split}.arrow")
    except DataError as error:
        if not reader.problems:
            raise
        problems = [*reader.problems, *error.problems]
        raise DataError(path, problems, "Correct the rows and the file.") from error
    if reader.problems:
        more = " There may be more." if reader.gave_up else ""
        raise DataError(path, reader.problems, f"Correct these rows or leave them out.{more}")
    if not book.n_rows:
        raise DataError(path, "all splits are empty", "Give at least one row.")
    for split in SPLITS:
        if not (folder / f"{split}.arrow").exists():
            _write_split([], reader, book, folder / f"{split}.arrow")


def _write_split(raws: Iterable[RawRow], reader: RowReader, book: Book, target: Path) -> None:
    with BatchWriter(target, EXAMPLES) as writer:
        for raw in raws:
            row = reader.read(raw)
            if reader.gave_up:
                return
            if row is not None and not reader.problems:
                book.add(raw.split, row, writer)


def _add_pools(raws: Iterable[RawRow], reader: RowReader, book: Book) -> None:
    for raw in raws:
        pool = reader.read_pool(raw)
        if reader.gave_up:
            return
        if pool is not None and not reader.problems:
            book.add_pool(pool)


def _write_history(split: str, folder: Path, book: Book) -> None:
    """Second pass over one split: one row per history review, in the batches of the examples."""
    counts = book.counts[split]
    with BatchWriter(folder / f"{split}.history.arrow", HISTORY) as writer:
        for batch in read_batches(folder / f"{split}.arrow", EXAMPLES):
            masks: list[int] = []
            train_rows: list[int | None] = []
            for mask, train_row in _judged(batch, book):
                masks.append(mask)
                train_rows.append(train_row)
                counts[f"history_{mask.name.lower()}"] += 1
                counts["history_reviews_that_are_training_rows"] += train_row is not None
            writer.write([masks, train_rows])


def _judged(batch: pa.RecordBatch, book: Book) -> Iterator[tuple[Mask, int | None]]:
    column = batch.column
    ids, users, texts = (Strings(column(name)) for name in ("id", "user", "text"))
    businesses = column("business").to_pylist()
    spans = Lists(column("history_ids"))
    history_ids = Strings(column("history_ids").values)
    history_texts = Strings(column("history_texts").values)
    for row in range(len(ids)):
        own = book.names(ids[row], users[row], book.business_id(businesses[row]))
        own_text = text_key(texts[row])
        for position in spans.span(row):
            review_id = history_ids[position]
            mask = book.targets.mask(review_id, history_texts[position], own, own_text)
            train_row = book.train_rows.get(review_id)
            if train_row is None:
                train_row = book.train_pairs.get(review_id)
            yield mask, train_row


class _HashingStream:
    """Passes a stream on and hashes what goes through."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Read at most ``size`` bytes."""
        data = self._stream.read(size)
        self._sha256.update(data)
        return data

    def hexdigest(self) -> str:
        """SHA-256 of the bytes so far."""
        return self._sha256.hexdigest()
