"""The split of the task ``gest-warm``: every user who is tested has training reviews.

GEST's own splits share no users, so a model with user ids meets only untrained ones there. This
makes another split of the same rows. It is a construction of this package, not of the GEST paper.

1. The rows of all splits are pooled. Of rows with the same user and business the first in the file
   stays; the others are counted and left out.
2. The rows of a user are put in the order of the 16-byte BLAKE2b hash of ``gest-warm-1``, user and
   business, joined by NUL. With at least two rows the last is a test row; with at least three the
   one before is a validation row; all others train, also those of users with one row. (GEST has no
   times: "last" means nothing but "chosen once and for all".) Catalogue rows of other sources,
   which are no reviews, stay in training and in nobody's count.
3. A *target* is a validation or test row. The history of a row is made of its own history in the
   file, in that order, and then the user's training rows, in the file's order. Left out are: the
   row itself, by id or text; texts without words; whatever is a target of any user, by id (the
   row's id, or its user and business joined by an underscore) or by text; and the second of two
   with one id or one text. Texts are compared up to white space.

So no text of a target is in any history. All other fields of a row stay as they are.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from showcase_bench.datasets.gest import Row, RowReader
from showcase_bench.datasets.json_rows import SPLITS, JsonRows, RawRow
from showcase_bench.datasets.sources.gest_file import (
    CATALOGUE,
    SYNTHETIC_LINK,
    GestFileWriter,
    check_output,
    workspace,
)
from showcase_bench.datasets.sources.warm_plan import WarmPlan, WarmReport
from showcase_bench.errors import DataError, UsageError
from showcase_bench.types import NoProgress, Progress

__all__ = ["WarmReport", "warm_split"]

_NO_PROGRESS = NoProgress()

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Split name to rows, as in the file."""


def warm_split(source: Path | Rows, out: Path, *, progress: Progress = _NO_PROGRESS) -> WarmReport:
    """Re-split a GEST-shaped file so that every user who is tested has training rows.

    The source is read twice. Memory holds the ids, the hash and the text of each row, and not its
    photos or histories.

    Parameters
    ----------
    source
        The file, or its rows by split; the splits may be user-disjoint or not.
    out
        The file to write; replaced in one step. The same rows give the same bytes.
    progress
        Tracks the rows.

    Returns
    -------
    WarmReport
        Also in ``out``, under ``conversion``.

    Raises
    ------
    DataError
        The file is missing or breaks the format, changed meanwhile, or has no user with two rows.
    UsageError
        ``out`` cannot be written or is the source, or a split of ``source`` has an unknown name.
    """
    if isinstance(source, Path):
        check_output(out, source)
        path: object = source
    else:
        check_output(out)
        _check_names(source)
        path = "the rows in memory"
    report = WarmReport()
    plan = WarmPlan(report)
    first, second = _Pass(source, path), _Pass(source, path)
    for raw, row in progress.track(first, label="warm split: planning"):
        plan.add(row, catalogue=raw.get(CATALOGUE) is True)
    plan.decide(path)
    with workspace(out) as folder, GestFileWriter(folder) as writer:
        rows = progress.track(second, label="warm split: writing", total=report.rows_read)
        for number, (raw, row) in enumerate(rows):
            split = plan.split_of(number)
            if split is not None:
                report.synthetic_links += _n_synthetic(raw)
                writer.add(split, {**raw, "history_reviews": plan.history(row)})
        if second.digest() != first.digest():
            raise DataError(path, "the file changed while it was read", "Try again.")
        report.splits = dict(writer.rows)
        writer.finish(out, report.to_json())
    return report


def _n_synthetic(raw: Mapping[str, Any]) -> int:
    return sum(pic.get(SYNTHETIC_LINK) is True for pic in raw.get("pics") or ())


def _check_names(rows: Rows) -> None:
    unknown = sorted(set(rows) - set(SPLITS))
    if unknown:
        raise UsageError(f"unknown split {unknown[0]!r}; splits are {', '.join(SPLITS)}")


class _Pass:
    """One pass over the checked rows, which remembers what it went over."""

    def __init__(self, source: Path | Rows, path: object) -> None:
        self._source = source
        self._path = path
        self._seen = hashlib.sha256()

    def __iter__(self) -> Iterator[tuple[dict[str, Any], Row]]:
        reader = RowReader(defaultdict(Counter))
        for raw in self._raws():
            row = reader.read(raw)
            if reader.gave_up:
                break
            if row is not None and not reader.problems:
                self._seen.update(repr(row).encode())
                yield raw.value, row
        if reader.problems:
            raise DataError(self._path, reader.problems, "Correct these rows, or leave them out.")

    def digest(self) -> bytes:
        """Identity of the rows so far."""
        return self._seen.digest()

    def _raws(self) -> Iterator[RawRow]:
        if isinstance(self._source, Path):
            yield from _file_rows(self._source)
            return
        for split in SPLITS:
            for number, value in enumerate(self._source.get(split, ())):
                yield RawRow(split, number, value)


def _file_rows(path: Path) -> Iterator[RawRow]:
    try:
        with path.open("rb") as stream:
            yield from JsonRows(stream, path)
    except FileNotFoundError as error:
        raise DataError(path, "no such file", "Check the path.") from error
    except IsADirectoryError as error:
        raise DataError(path, "is a folder", "Name the JSON file in it.") from error
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
