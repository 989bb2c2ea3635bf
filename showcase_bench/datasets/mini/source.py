"""The photos of the embedded world, drawn when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.catalogue import SCENES
from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.photos import RENDER_VERSION, Look, PhotoSpec, render
from showcase_bench.datasets.mini.reviews import build_world
from showcase_bench.datasets.mini.rng import Stream
from showcase_bench.errors import ImageError, UsageError

__all__ = ["MiniImages", "contact_sheet", "photo_spec"]


class MiniImages:
    """Image source that renders each photo from its id and a small description of what it shows.

    It knows what is on a photo and the style of its place, but not who took it: photos are kept
    in the order of their ids, and nothing of a review is held.
    """

    is_computed = True

    def __init__(self, config: MiniConfig) -> None:
        self._size = config.image_size
        self._noise = config.noise
        pairs = [
            (image_id, photo_spec(config.seed, image_id, content, visit.business.look))
            for timeline in build_world(config).timelines
            for visit in timeline
            for image_id, content in visit.photos
        ]
        self._specs = dict(sorted(pairs, key=lambda pair: pair[0]))
        content = f"{self._size} {self._noise} {self._specs!r}"
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._key = f"mini-photos-v{RENDER_VERSION}-{digest}"

    @property
    def key(self) -> str:
        """Identity of the photos: what is on each and the version of the drawings."""
        return self._key

    @property
    def image_ids(self) -> tuple[str, ...]:
        """Every photo, sorted by id."""
        return tuple(self._specs)

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [image_size, image_size, 3]; a new array each time.

        Raises
        ------
        ImageError
            The world has no such photo.
        """
        spec = self._specs.get(image_id)
        if spec is None:
            raise ImageError(image_id, "the embedded world has no photo of this id")
        return render(spec, self._size, self._noise)


def photo_spec(seed: int, image_id: str, content: str, look: Look) -> PhotoSpec:
    """What is drawn for a photo of ``content``, a dish's slug or a scene, in a world's seed."""
    kind, dish = (content, "") if content in SCENES else ("dish", content)
    return PhotoSpec(kind, dish, look, Stream(seed, "photo", image_id).bits())


def contact_sheet(
    config: MiniConfig, image_ids: Sequence[str], columns: int = 8
) -> NDArray[np.uint8]:
    """The photos side by side, row by row, uint8 of shape [height, width, 3].

    Unused places at the end are white; no ids give an array without rows.

    Raises
    ------
    UsageError
        ``columns`` is below 1.
    ImageError
        An id is unknown.
    """
    if columns < 1:
        raise UsageError(f"columns is {columns}; a contact sheet has at least one column")
    images, size, gap = MiniImages(config), config.image_size, max(1, config.image_size // 32)
    cell = size + gap
    rows = (len(image_ids) + columns - 1) // columns
    sheet: NDArray[np.uint8] = np.full((rows * cell, columns * cell, 3), 255, dtype=np.uint8)
    for index, image_id in enumerate(image_ids):
        top, left = index // columns * cell, index % columns * cell
        sheet[top : top + size, left : left + size] = images.load(image_id)
    return sheet
