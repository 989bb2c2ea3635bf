"""Where two prepared parts first differ, told in the words of the data file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa

from showcase_bench.datasets.columns import read_batches

__all__ = ["first_difference", "read_checked"]

_FIELDS: Mapping[str, str] = {
    "user": "user_id",
    "business": "business_id",
    "text": "review_text",
    "photos": "pics",
    "history_ids": "history_reviews (ids)",
    "history_texts": "history_reviews (texts)",
}
_MOST_SHOWN = 60
_CONTEXT = 15


def read_checked(path: Path, schema: pa.Schema) -> list[pa.RecordBatch]:
    """Map a part that may be damaged; its offsets and texts are checked before they are used.

    Raises
    ------
    ValueError, OSError
        It is damaged, missing or of other columns.
    """
    batches = read_batches(path, schema)
    for batch in batches:
        batch.validate(full=True)
    return batches


def first_difference(name: str, original: Path, found: Path, schema: pa.Schema) -> str | None:
    """Name the first row and field in which two parts differ.

    Parameters
    ----------
    name
        Name of the part, such as ``test.arrow``.
    original, found
        The parts; either may be damaged.
    schema
        Their columns.

    Returns
    -------
    str or None
        Row numbers are from 0, as in the reader's messages, and pass over rows that were dropped
        as duplicates. None for parts of equal values.
    """
    try:
        rows = zip_longest(_rows(original, schema), _rows(found, schema))
        for number, (before, after) in enumerate(rows):
            if before != after:
                return f"{name}, {_told(number, before, after)}"
    except (OSError, ValueError):
        return f"{name}, which cannot be read to say more"
    return None


def _rows(path: Path, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    for batch in read_checked(path, schema):
        yield from batch.to_pylist()


def _told(number: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None or after is None:
        return f"row {number}: there is {'one more' if before is None else 'one less'}"
    column = next(key for key in before if before[key] != after[key])
    label = f" (id {_short(before['id'])})" if "id" in before and column != "id" else ""
    was, now = _apart(before[column], after[column])
    return f"row {number}{label}, field {_FIELDS.get(column, column)}: {now} instead of {was}"


def _apart(before: Any, after: Any) -> tuple[str, str]:
    """Show two values where they differ: of lists the first such element, of texts the place."""
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"{len(before)} entries", f"{len(after)} entries"
        before, after = next(pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])
    if isinstance(before, str) and isinstance(after, str):
        pairs = enumerate(zip_longest(before, after))
        start = max(0, next(i for i, (a, b) in pairs if a != b) - _CONTEXT)
        before, after = before[start:], after[start:]
    return _short(before), _short(after)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 3]}..."
