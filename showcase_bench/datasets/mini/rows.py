"""The GEST-shaped file of the embedded world."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.reviews import SPLITS, Visit, build_world
from showcase_bench.errors import DataError
from showcase_bench.files import replace_file

__all__ = [
    "build_rows",
    "canonical_json",
    "canonical_row",
    "file_row",
    "framed",
    "ordered_visits",
    "write_mini",
]


def build_rows(config: MiniConfig) -> dict[str, list[dict[str, Any]]]:
    """The rows of ``train``, ``val`` and ``test``, with the keys of the GEST file.

    ``history_reviews`` holds the user's strictly earlier reviews that have a text, oldest first;
    some of them are rows of the file. The objects are the caller's to change.
    """
    return {
        split: [file_row(visit, earlier) for visit, earlier in visits]
        for split, visits in ordered_visits(config).items()
    }


def ordered_visits(config: MiniConfig) -> dict[str, list[tuple[Visit, Sequence[Visit]]]]:
    """The reviews of each split in the file's order, each with the user's earlier reviews."""
    splits: dict[str, list[tuple[Visit, Sequence[Visit]]]] = {name: [] for name in SPLITS}
    for timeline in build_world(config).timelines:
        for step, visit in enumerate(timeline):
            if visit.split is not None:
                splits[visit.split].append((visit, timeline[:step]))
    for visits in splits.values():
        visits.sort(key=lambda pair: (pair[0].order, pair[0].review_id))
    return splits


def file_row(visit: Visit, earlier: Sequence[Visit]) -> dict[str, Any]:
    """One review as a row of the file; ``earlier`` are the same user's, oldest first."""
    return {
        "business_id": visit.business.id,
        "user_id": visit.user.id,
        "rating": visit.rating,
        "review_text": visit.written.text,
        "pics": [{"id": image_id, "url": [f"mini:///{image_id}"]} for image_id, _ in visit.photos],
        "history_reviews": [
            [past.review_id, past.written.text] for past in earlier if past.written.text
        ],
    }


def canonical_row(row: Mapping[str, Any]) -> bytes:
    """One row as UTF-8 JSON with sorted keys and no spaces, without a line break."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def canonical_json(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[bytes]:
    """The file's bytes in pieces: UTF-8, sorted keys, no spaces, one row a line."""
    return framed({split: map(canonical_row, part) for split, part in rows.items()})


def framed(splits: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """The file's bytes in pieces, from the rows of each split as bytes; each is read once."""
    lead = b"{"
    for split in sorted(splits):
        yield lead + json.dumps(split).encode() + b":["
        for index, row in enumerate(splits[split]):
            yield (b",\n" if index else b"\n") + row
        yield b"\n]"
        lead = b",\n"
    yield b"}\n"


def write_mini(path: Path, config: MiniConfig) -> Path:
    """Write the world as a GEST-shaped file and return its path.

    The file appears whole or not at all; one that exists is replaced.

    Raises
    ------
    DataError
        The file cannot be written.
    """
    path = Path(path)
    pieces = canonical_json(build_rows(config))
    try:
        replace_file(path, *pieces)
    except OSError as error:
        raise DataError(
            path,
            f"cannot be written: {error.strerror}",
            "Choose a folder that exists, is writable and has room.",
        ) from error
    return path
