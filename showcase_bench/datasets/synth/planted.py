"""The planted truth in a compact form: by what photos show, not photo by photo.

Photos of one subject at one business are equally liked by a user, so a row needs one number for
each subject, and each business the list of its photos by subject. For instruments only: models
never see it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.reviews import SPLITS, Visit, build_world
from showcase_bench.datasets.mini.rows import ordered_visits
from showcase_bench.datasets.mini.truth import RowTruth
from showcase_bench.datasets.mini.world import appeal
from showcase_bench.errors import DataError, UsageError

__all__ = [
    "ALBUMS",
    "Albums",
    "PlantedRow",
    "PlantedSubject",
    "albums",
    "check_split",
    "planted_line",
    "planted_row",
    "planted_rows",
    "read_planted",
    "read_truth",
    "truth_file",
]

T = TypeVar("T")

ALBUMS = "truth/places.jsonl"
"""Name of the file with the photos of each business."""

Albums = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Business id to subject to its photos in the three splits, sorted by id."""


class PlantedSubject(NamedTuple):
    """One subject that photos of a business show, as one user sees it."""

    name: str
    """Slug of a dish, ``interior``, ``exterior`` or ``menu``."""
    utility: float
    """The user's preference, above 0 and at most 1."""
    n_photos: int
    """Photos of it in the pool, at least 1."""
    n_gold: int
    """Those of them that the user posted."""


class PlantedRow(NamedTuple):
    """What is planted behind one row of the file."""

    id: str
    """``<user>_<business>``."""
    subjects: tuple[PlantedSubject, ...]
    """Those of the pool, sorted by name."""
    n_sentences: int
    n_generic: int
    """Sentences of the review that would fit any restaurant."""


def truth_file(split: str) -> str:
    """Name, below a synth folder, of the truth of one split."""
    return f"truth/{split}.jsonl"


def check_split(split: str) -> None:
    """Raise a :class:`UsageError` unless ``split`` is one of the world's."""
    if split not in SPLITS:
        raise UsageError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")


def albums(config: MiniConfig) -> Albums:
    """The photos of each business of one town, in the order of its businesses."""
    world = build_world(config)
    found: dict[str, dict[str, list[str]]] = {place.id: {} for place in world.businesses}
    for timeline in world.timelines:
        for visit in timeline:
            for image_id, content in visit.photos:
                found[visit.business.id].setdefault(content, []).append(image_id)
    return {
        place: {content: tuple(sorted(ids)) for content, ids in sorted(photos.items())}
        for place, photos in found.items()
    }


def planted_row(visit: Visit, known: Albums) -> PlantedRow:
    """The truth of one review; ``known`` is that of its town."""
    wish = appeal(visit.user, visit.business)
    gold = Counter(content for _, content in visit.photos)
    subjects = tuple(
        PlantedSubject(content, wish[content], len(ids), gold[content])
        for content, ids in known[visit.business.id].items()
    )
    return PlantedRow(visit.review_id, subjects, visit.written.n_sentences, visit.written.n_generic)


def planted_rows(config: MiniConfig, split: str) -> Iterator[PlantedRow]:
    """The truth of the rows of one town's split, in the order of the file."""
    known = albums(config)
    for visit, _ in ordered_visits(config)[split]:
        yield planted_row(visit, known)


def planted_line(row: PlantedRow) -> bytes:
    """A row of the truth as JSON, without a line break; :func:`read_planted` reads it back."""
    record = {
        "id": row.id,
        "n_generic": row.n_generic,
        "n_sentences": row.n_sentences,
        "subjects": row.subjects,
    }
    return json.dumps(record, separators=(",", ":")).encode()


def read_planted(folder: Path, split: str) -> Iterator[PlantedRow]:
    """The truth of one split of a synth folder, in the order of its ``data.json``, as a stream.

    Raises
    ------
    UsageError
        There is no such split.
    DataError
        The folder holds no truth, or a line of it is not what was written.
    """
    check_split(split)
    yield from _lines(folder / truth_file(split), _planted)


def _planted(record: dict[str, Any]) -> PlantedRow:
    subjects = tuple(
        PlantedSubject(str(name), float(utility), int(photos), int(gold))
        for name, utility, photos, gold in record["subjects"]
    )
    return PlantedRow(
        str(record["id"]), subjects, int(record["n_sentences"]), int(record["n_generic"])
    )


def read_truth(folder: Path, split: str) -> Iterator[RowTruth]:
    """The truth of one split photo by photo, as :func:`showcase_bench.datasets.mini.truth` does.

    The photos of all businesses are held in memory as text, about 1 kB a business.

    Raises what :func:`read_planted` raises.
    """
    check_split(split)
    places = dict(_lines(folder / ALBUMS, _place))

    @lru_cache(maxsize=4096)
    def subjects(business: str) -> Mapping[str, str]:
        photos = json.loads(places[business])
        return dict(sorted((image, name) for name, ids in photos.items() for image in ids))

    for row in read_planted(folder, split):
        business = row.id.partition("_")[2]
        if business not in places:
            raise _damaged(folder / ALBUMS, f"has no business {business}")
        utility = {one.name: one.utility for one in row.subjects}
        shown = subjects(business)
        if not set(shown.values()) <= set(utility):
            raise _damaged(folder / ALBUMS, f"business {business} does not fit row {row.id}")
        yield RowTruth(
            id=row.id,
            utility={image: utility[name] for image, name in shown.items()},
            subject=shown,
            n_sentences=row.n_sentences,
            n_generic=row.n_generic,
        )


def _place(record: dict[str, Any]) -> tuple[str, str]:
    return str(record["business_id"]), json.dumps(record["photos"])


def _lines(path: Path, read: Callable[[dict[str, Any]], T]) -> Iterator[T]:
    """What ``read`` makes of each line's object."""
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    made = read(json.loads(line))
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    raise _damaged(path, f"line {number} is not a record of the truth") from error
                yield made
    except OSError as error:
        raise DataError(
            path,
            f"cannot be read: {error.strerror or error}",
            "Name a folder that `showcase-bench data synth` made.",
        ) from error


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(
        path, problem, "Run `showcase-bench data check` on the folder, or make it again."
    )
