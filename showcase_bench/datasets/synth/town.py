"""One town of a synth folder: its sorted parts, written by a process that needs no other town."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.reviews import SPLITS, Visit, build_world
from showcase_bench.datasets.mini.rows import canonical_row, file_row, ordered_visits
from showcase_bench.datasets.mini.source import photo_spec
from showcase_bench.datasets.synth.planted import Albums, albums, planted_line, planted_row
from showcase_bench.datasets.synth.records import photo_record, place_record

__all__ = ["PARTS", "TownCounts", "TownJob", "make_town", "part_file"]

PARTS = (*SPLITS, "photos", "places", "albums")
"""What a town consists of; the splits and the photos are sorted."""


@dataclass(frozen=True, slots=True)
class TownJob:
    """Everything that a worker process needs to make a town."""

    config: MiniConfig
    index: int
    """Position of the town in its world."""
    first_place: int
    """Businesses in the towns before."""
    folder: Path
    """Where the parts go."""


@dataclass(frozen=True, slots=True)
class TownCounts:
    """What is in a town."""

    businesses: int
    """Those that a row is about."""
    users: int
    photos: int
    words: int
    history_reviews: int


def part_file(folder: Path, index: int, part: str) -> Path:
    """Where a part, one of :data:`PARTS`, of the town ``index`` lies."""
    return folder / f"{index:06d}.{part}"


def make_town(job: TownJob) -> TownCounts:
    """Write the parts of one town.

    A line of a split's part has the order in the file and the id, then the row, then its truth,
    with tabs in between; JSON has none of these in it.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    known = albums(job.config)
    users: set[str] = set()
    businesses: set[str] = set()
    words = past = 0
    for split, visits in ordered_visits(job.config).items():
        lines = []
        for visit, earlier in visits:
            row = file_row(visit, earlier)
            truth = planted_line(planted_row(visit, known))
            lines.append(b"\t".join((_key(visit), canonical_row(row), truth)) + b"\n")
            users.add(visit.user.id)
            businesses.add(visit.business.id)
            words += len(visit.written.text.split())
            past += len(row["history_reviews"])
        _write(job, split, lines)
    photos = sorted(_photos(job))
    _write(job, "photos", photos)
    world = build_world(job.config)
    _write(job, "places", (place_record(place.look) for place in world.businesses))
    _write(job, "albums", _album_lines(known))
    return TownCounts(len(businesses), len(users), len(photos), words, past)


def _key(visit: Visit) -> bytes:
    return f"{visit.order:016x} {visit.review_id}".encode()


def _photos(job: TownJob) -> Iterator[bytes]:
    world = build_world(job.config)
    places = {place.id: index for index, place in enumerate(world.businesses, job.first_place)}
    for timeline in world.timelines:
        for visit in timeline:
            for image_id, content in visit.photos:
                spec = photo_spec(job.config.seed, image_id, content, visit.business.look)
                yield photo_record(image_id, spec, places[visit.business.id])


def _album_lines(known: Albums) -> Iterator[bytes]:
    for business, photos in known.items():
        if photos:
            record = {"business_id": business, "photos": photos}
            yield json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _write(job: TownJob, part: str, pieces: Iterable[bytes]) -> None:
    with part_file(job.folder, job.index, part).open("wb") as stream:
        stream.writelines(pieces)
