"""Photos under other names: written for participants, and read back for scoring."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.datasets.images.folder import FolderImages
from showcase_bench.errors import ImageError
from showcase_bench.sharing.names import Names
from showcase_bench.types import ImageSource, NoProgress, Progress

__all__ = ["IMAGES", "RenamedImages", "write_photos"]

IMAGES = "images"
"""Folder of the photos in a public half."""

_NO_PROGRESS = NoProgress()


def write_photos(
    source: ImageSource,
    image_ids: Iterable[str],
    names: Names,
    folder: Path,
    progress: Progress = _NO_PROGRESS,
) -> dict[str, str]:
    """Write photos as ``<new name>.png``, pixel by pixel as the source gives them.

    They are written in the order of their new names, carry no metadata of the original (a camera's
    clock would tell which photos belong together) and all have the same time of change.

    Parameters
    ----------
    folder
        Exists; gets one file a photo.

    Returns
    -------
    dict
        Original id to reason, of the photos that cannot be read. They are left out, and remain
        candidates, as they are for everyone who has the original.

    Raises
    ------
    OSError
        The disk is full, or ``folder`` cannot be written.
    """
    unreadable: dict[str, str] = {}
    pairs = sorted((names.photo(one), one) for one in image_ids)
    for name, image_id in progress.track(pairs, label="Writing photos"):
        try:
            pixels = source.load(image_id)
        except ImageError as error:
            unreadable[image_id] = error.reason
            continue
        path = folder / f"{name}.png"
        Image.fromarray(pixels).save(path, format="PNG")
        os.utime(path, (0, 0))
    return unreadable


class RenamedImages:
    """The photos of a public half under their original ids.

    Parameters
    ----------
    folder
        The public half, or its folder of photos.
    image_ids
        All original ids.
    names
        How the ids were replaced.
    """

    def __init__(self, folder: Path, image_ids: Iterable[str], names: Names) -> None:
        self._names: Mapping[str, str] = {one: names.photo(one) for one in image_ids}
        self._inner = FolderImages(folder, dict.fromkeys(self._names.values()))

    @property
    def key(self) -> str:
        """Identity of the photos' content, under these ids; it does not tell the salt."""
        digest = hashlib.sha256(self._inner.key.encode())
        for one, name in sorted(self._names.items()):
            digest.update(f"\n{one} {name}".encode())
        return f"renamed:{digest.hexdigest()}"

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [height, width, 3].

        Raises
        ------
        ImageError
            The id is unknown, or there is no sound file of it.
        """
        name = self._names.get(image_id)
        if name is None:
            raise ImageError(image_id, "no such photo in the export")
        try:
            return self._inner.load(name)
        except ImageError as error:
            raise ImageError(image_id, error.reason) from error
