"""Showcases of a file: few in memory, many where they lie."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from showcase_bench.evaluate.showcases.canonical import prediction_line
from showcase_bench.evaluate.showcases.kept_lines import KeptLines, Stamp
from showcase_bench.evaluate.showcases.line_spool import LineSpool
from showcase_bench.submission.content import is_compressed
from showcase_bench.submission.lines import Collected, Row, collect
from showcase_bench.types import Showcase

__all__ = ["FIELDS", "collect_showcases"]

FIELDS = ("id", "image_ids", "text")
_HELD = 1 << 14
"""Showcases that are held in memory; more of them stay in their file."""


def collect_showcases(
    path: Path,
    numbers: Mapping[str, int],
    make: Callable[[str, int | None, Row, list[str]], Showcase],
    require: Callable[[Collected[Showcase | None]], None],
    read: Callable[[bytes], Showcase],
    spool_folder: Path | None = None,
) -> Sequence[Showcase]:
    """Check the lines of a file, and give its showcases in the order of ``numbers``.

    Those of many examples stay in a plain file. Where it is compressed or a pipe, and cannot be
    read at any place twice, they go to a temporary file first, which is gone with them.

    Parameters
    ----------
    numbers
        Id to place in the order, from 0 on.
    make
        ``make(id, number, row, problems)`` makes the showcase of a row, and appends what is wrong
        with it; ``number`` is None where the id is unknown.
    require
        Raises a :class:`PredictionError` where the lines together are wrong.
    read
        Makes the showcase of a line that was checked; a function of a module.
    spool_folder
        Folder for the temporary file; by default that of the system.

    Raises
    ------
    PredictionError
        From ``require``; or the file is missing, cannot be read, or is above a limit.
    StoreError
        The temporary file cannot be written.
    """
    held = len(numbers) <= _HELD
    places = np.zeros(0 if held else len(numbers), dtype=np.int64)
    with contextlib.ExitStack() as stack:
        spool = stamp = None
        if not held and path.exists():
            if path.is_file() and not is_compressed(path):
                stamp = Stamp.of(path)
            else:
                spool = stack.enter_context(LineSpool(spool_folder))

        def parse(one: str, row: Row, problems: list[str], place: int) -> Showcase | None:
            number = numbers.get(one)
            showcase = make(one, number, row, problems)
            if held:
                return showcase
            if number is not None and not problems:
                at = place if spool is None else spool.add(prediction_line(showcase))
                places[number] = at
            return None

        found = collect(path, FIELDS, parse)
        require(found)
        if spool is not None:
            return spool.showcases(places, read)
    if stamp is not None:
        return KeptLines(path, places, read, stamp)
    return [one for one in map(found.values.get, numbers) if one is not None]
