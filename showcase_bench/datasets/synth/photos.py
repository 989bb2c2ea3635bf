"""The photos of a synth folder, drawn when asked for."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.catalogue import SCENES
from showcase_bench.datasets.mini.photos import RENDER_VERSION, PhotoSpec, render
from showcase_bench.datasets.synth.records import PHOTO, PLACE, id_bytes, look_of
from showcase_bench.datasets.synth.world_file import (
    DATA,
    PHOTOS,
    PLACES,
    WORLD,
    read_world,
)
from showcase_bench.errors import DataError, ImageError, UsageError

__all__ = ["SynthImages", "synth_images_beside"]

_REMEDY = "Run `showcase-bench data check` on the folder, or make it again."


class SynthImages:
    """An :class:`~showcase_bench.types.ImageSource` over a folder that ``data synth`` made.

    Two tables are mapped into memory; a photo is found in them by bisection and drawn. Nothing is
    built at the start, whatever the size of the world. It knows what is on a photo and the style
    of its place, but neither who took it nor the seed of the world.

    Parameters
    ----------
    world
        The ``world.json`` of the folder.

    Raises
    ------
    UsageError
        There is no such file, or it describes no world.
    DataError
        A table is missing or has another size than it should, or the world was made by a version
        that draws differently.
    """

    def __init__(self, world: Path) -> None:
        world = Path(world)
        found = read_world(world)
        if found is None:
            raise UsageError(
                f"{world} is not the {WORLD} of a folder that `showcase-bench data synth` made"
            )
        if found.render_version != RENDER_VERSION:
            raise DataError(
                world,
                f"its photos are of version {found.render_version} of the drawings, and this "
                f"package draws version {RENDER_VERSION}",
                "Make the folder again with this version of showcase-bench.",
            )
        self._size = found.config.image_size
        self._noise = found.config.noise
        self._names = found.names
        self._photos = _mapped(world.parent / PHOTOS, PHOTO, found.n_photos)
        self._places = _mapped(world.parent / PLACES, PLACE, found.n_places)

    def __repr__(self) -> str:
        return f"SynthImages({len(self)} photos)"

    def __len__(self) -> int:
        return len(self._photos)

    @cached_property
    def key(self) -> str:
        """Identity of the photos: both tables, size, noise and the version of the drawings."""
        digest = hashlib.sha256(f"{self._size} {self._noise} {self._names}\n".encode())
        for table in (self._photos, self._places):
            digest.update(f"{len(table)}\n".encode())
            digest.update(table.view(np.uint8).data)
        return f"synth-photos-v{RENDER_VERSION}-{digest.hexdigest()[:32]}"

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [image_size, image_size, 3]; a new array each time.

        Raises
        ------
        ImageError
            The world has no such photo, or its record is damaged.
        """
        wanted = id_bytes(image_id)
        ids = self._photos["id"]
        at = len(ids) if wanted is None else bisect_left(ids, wanted, key=np.void.tobytes)
        if at == len(ids) or ids[at].tobytes() != wanted:
            raise ImageError(image_id, "this synthetic world has no photo of this id")
        return render(self._spec(image_id, self._photos[at]), self._size, self._noise)

    def _spec(self, image_id: str, record: np.void) -> PhotoSpec:
        try:
            content = self._names["contents"][record["content"]]
            look = look_of(self._places[record["place"]], self._names)
        except IndexError as error:
            raise ImageError(image_id, f"its record in {PHOTOS} or {PLACES} is damaged") from error
        kind, dish = (content, "") if content in SCENES else ("dish", content)
        return PhotoSpec(kind, dish, look, int(record["seed"]))


def synth_images_beside(data: Path) -> SynthImages | None:
    """The photos of a data file that ``data synth`` made; None for any other file.

    A file is taken for one when it is called ``data.json`` and a ``world.json`` of a world lies
    beside it.

    Raises
    ------
    DataError
        It is one, but its photos cannot be drawn.
    """
    data = Path(data)
    world = data.parent / WORLD
    if data.name != DATA or read_world(world) is None:
        return None
    return SynthImages(world)


def _mapped(path: Path, layout: np.dtype[np.void], rows: int) -> NDArray[np.void]:
    """The table as an array of shape [rows] that the system reads as needed."""
    try:
        size = path.stat().st_size
        if size == rows * layout.itemsize and rows > 0:
            return np.asarray(np.memmap(path, dtype=layout, mode="r"))
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}", _REMEDY) from error
    raise DataError(path, f"has {size:,} bytes instead of {rows * layout.itemsize:,}", _REMEDY)
