"""Last stage: all shards into one GEST-shaped file, and the record of how it came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from showcase_bench.datasets.build.shards import ROW_SEPARATOR
from showcase_bench.datasets.build.work import Part, write_file
from showcase_bench.datasets.json_rows import SPLITS

__all__ = ["matching_counts", "rows_per_split", "write_splits"]


def write_splits(path: Path, parts: Sequence[Part]) -> str:
    """Write ``{"train": [...], "val": [...], "test": [...]}``, a row a line; gives its SHA-256.

    Raises
    ------
    StoreError
        A part cannot be read, or the file not be written.
    """
    return write_file(path, _pieces(parts), durable=True)


def _pieces(parts: Sequence[Part]) -> Iterator[bytes]:
    for number, split in enumerate(SPLITS):
        yield (b", " if number else b"{") + f'"{split}": [\n'.encode()
        first = True
        for part in parts:
            rows = part.segment(number)
            if rows:
                yield rows if first else ROW_SEPARATOR + rows
                first = False
        yield b"\n]"
    yield b"}\n"


def rows_per_split(parts: Sequence[Part]) -> dict[str, int]:
    """Rows of each split over all shards."""
    return {split: sum(part.facts["rows"][split] for part in parts) for split in SPLITS}


def matching_counts(parts: Sequence[Part]) -> dict[str, int]:
    """What the matcher counted over all shards; empty for s1."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.facts["matching"])
    return dict(sorted(total.items()))
