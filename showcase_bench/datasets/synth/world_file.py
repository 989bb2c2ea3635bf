"""``world.json``: what a synth folder is, and the names of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.datasets.integrity.manifest import load_json
from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.errors import DataError, UsageError

__all__ = ["DATA", "PHOTOS", "PLACES", "WORLD", "WorldFile", "describe", "read_world"]

DATA = "data.json"
WORLD = "world.json"
PHOTOS = "photos.idx"
PLACES = "places.idx"

FORMAT = "showcase-bench world"
SCHEMA = 1
"""Raised by every change of the files' form."""

_LISTS = ("accents", "contents", "styles", "surfaces")


@dataclass(frozen=True, slots=True)
class WorldFile:
    """What ``world.json`` says."""

    config: MiniConfig
    n_photos: int
    n_places: int
    render_version: int
    names: dict[str, tuple[str, ...]]
    """The lists that the records of the photos point into."""


def describe(
    config: MiniConfig,
    n_towns: int,
    counts: Mapping[str, int],
    render_version: int,
    names: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """The content of ``world.json``; :func:`read_world` reads it back."""
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "config": config.as_dict(),
        "towns": n_towns,
        "counts": dict(counts),
        "places": config.businesses,
        "render_version": render_version,
        "names": {name: list(names[name]) for name in _LISTS},
    }


def read_world(path: Path) -> WorldFile | None:
    """Read a ``world.json``; None where there is no file or it is no description of a world.

    Raises
    ------
    DataError
        It is one, but of another schema, or it is incomplete.
    """
    path = Path(path)
    record, problem = load_json(path.parent, path.name)
    if problem is not None or not isinstance(record, dict) or record.get("format") != FORMAT:
        return None
    if record.get("schema") != SCHEMA:
        raise DataError(
            path,
            f"schema {record.get('schema')!r} is not {SCHEMA}, the one that this version reads",
            "Make the folder again with this version of showcase-bench.",
        )
    try:
        names = {name: tuple(map(str, record["names"][name])) for name in _LISTS}
        return WorldFile(
            config=MiniConfig(**record["config"]),
            n_photos=int(record["counts"]["photos"]),
            n_places=int(record["places"]),
            render_version=int(record["render_version"]),
            names=names,
        )
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise DataError(
            path,
            f"a field is missing or wrong: {error}",
            "Run `showcase-bench data check` on its folder, or make it again.",
        ) from error
