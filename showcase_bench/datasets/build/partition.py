"""First stage: the raw file, line by line, into records that are grouped by user.

A part holds the records of one chunk of the file, one segment a shard. A shard is a range of the
users' hashes, so all reviews of a user are in one shard, and shards one after the other are all
users in the order of their hashes, whatever the number of shards is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from showcase_bench.datasets.build.keys import key64
from showcase_bench.datasets.build.lines import MAX_LINE_BYTES, chunk_lines
from showcase_bench.datasets.build.records import LineReader, RawPhoto, Record, UnusableError
from showcase_bench.datasets.build.work import Part, Stage
from showcase_bench.errors import DataError
from showcase_bench.types import Progress

__all__ = [
    "RawCounts",
    "check_share",
    "count_raw",
    "layout",
    "n_shards",
    "partition",
    "shard_records",
]

CHUNK_BYTES = 32 << 20
"""A chunk of the raw file ends with the line that reaches this size."""
_SHARD_BYTES = 2 << 20
_MOST_SHARDS = 4096
_MOST_PROBLEMS = 20
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_SHAPE = (
    "Expected JSON Lines: one review a line, with user_id, business_id, rating, review_text, pics."
)


@dataclass(slots=True)
class RawCounts:
    """What the raw file turned out to hold."""

    lines: int = 0
    """Lines that are not blank."""
    unusable: Counter[str] = field(default_factory=Counter)
    """Kind of problem to lines."""
    imperfect: Counter[str] = field(default_factory=Counter)
    """What was counted in usable lines; see :class:`LineReader`."""
    unknown_fields: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    """The first few unusable lines, each with its number and field."""


def n_shards(n_bytes: int) -> int:
    """How many shards a raw file of ``n_bytes`` is divided into; each is held in memory once."""
    return max(1, min(_MOST_SHARDS, -(-n_bytes // _SHARD_BYTES)))


def layout(n_bytes: int) -> dict[str, int]:
    """How the work on a raw file of ``n_bytes`` is divided; has no influence on the result."""
    return {"chunk_bytes": CHUNK_BYTES, "shards": n_shards(n_bytes)}


def partition(raw: Path, n_bytes: int, stage: Stage, progress: Progress) -> list[Part]:
    """Read the whole file; parts that are finished already are not read again.

    Raises
    ------
    DataError
        The file cannot be read.
    StoreError
        A part cannot be written.
    """
    chunks = -(-n_bytes // CHUNK_BYTES)
    try:
        with raw.open("rb", buffering=1 << 20) as stream:
            parts = _parts(stream, n_bytes, stage)
            return list(progress.track(parts, label=f"reading {raw.name}", total=chunks))
    except OSError as error:
        raise DataError(raw, f"cannot be read: {error.strerror or error}") from error


def _parts(stream: BinaryIO, n_bytes: int, stage: Stage) -> Iterator[Part]:
    number, at, line = 0, 0, 1
    while at < n_bytes:
        part = stage.find(number)
        if part is None:
            stream.seek(at)
            part = _read_chunk(stream, line, n_shards(n_bytes), number, stage)
        yield part
        at, line, number = part.facts["end"], part.facts["next_line"], number + 1


def _read_chunk(stream: BinaryIO, first: int, shards: int, number: int, stage: Stage) -> Part:
    reader = LineReader()
    counts = RawCounts(imperfect=reader.counts, unknown_fields=reader.unknown_fields)
    segments = [bytearray() for _ in range(shards)]
    line_number = first
    for line_number, line in enumerate(chunk_lines(stream, CHUNK_BYTES), first):
        if line is not None and not line.strip():
            continue
        counts.lines += 1
        try:
            if line is None:
                raise UnusableError(
                    "too_long", f"has more than {MAX_LINE_BYTES >> 20} MiB and was not read"
                )
            record = reader.read(line)
        except UnusableError as problem:
            counts.unusable[problem.kind] += 1
            if len(counts.problems) < _MOST_PROBLEMS:
                counts.problems.append(f"line {line_number}: {problem}")
        else:
            segment = segments[key64(record.user_id) * shards >> 64]
            segment += _encode(record)
    facts = {
        "end": stream.tell(),
        "next_line": line_number + 1,
        "lines": counts.lines,
        "unusable": dict(counts.unusable),
        "imperfect": {name: n for name, n in counts.imperfect.items() if n},
        "unknown_fields": dict(counts.unknown_fields),
        "problems": counts.problems,
    }
    return stage.save(number, [bytes(segment) for segment in segments], facts)


def _encode(record: Record) -> bytes:
    return _ENCODER.encode(record).encode() + b"\n"


def count_raw(parts: Iterable[Part]) -> RawCounts:
    """Add up what all parts counted."""
    total = RawCounts()
    for part in parts:
        facts: Any = part.facts
        total.lines += facts["lines"]
        total.unusable.update(facts["unusable"])
        total.imperfect.update(facts["imperfect"])
        total.unknown_fields.update(facts["unknown_fields"])
        total.problems.extend(facts["problems"][: _MOST_PROBLEMS - len(total.problems)])
    return total


def check_share(raw: Path, counts: RawCounts, most: float) -> None:
    """Refuse a file of which too many lines are unusable.

    Raises
    ------
    DataError
        More than the share ``most`` of the lines is unusable; the first few are listed. Or there
        is no line at all.
    """
    if not counts.lines:
        raise DataError(raw, "the file has no reviews", _SHAPE)
    broken = counts.unusable.total()
    if broken > most * counts.lines:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(counts.unusable.items()))
        head = (
            f"{broken} of {counts.lines} lines are unusable ({kinds}), more than the {most:.2%} "
            "that --max-broken allows"
        )
        raise DataError(raw, [head, *counts.problems], _SHAPE)


def shard_records(parts: Sequence[Part], shard: int) -> Iterator[Record]:
    """Yield all records of one shard in the order of the file."""
    for part in parts:
        lines = part.segment(shard).split(b"\n")
        for line in lines[:-1]:
            user, business, rating, text, time, seconds, photos = json.loads(line)
            own = [RawPhoto(*photo) for photo in photos]
            yield Record(user, business, rating, text, time, seconds, own)
