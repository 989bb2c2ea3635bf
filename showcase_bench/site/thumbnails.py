"""Small JPEG files of photos, each written once and named by its content."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image

from showcase_bench.errors import ImageError
from showcase_bench.types import ImageSource

__all__ = ["PhotoEntry", "Thumbnails"]

SIZE = 224
"""Longest side in pixels: sharp at the 112 of a page on a dense screen."""
_QUALITY = 80
_NAME = 16
"""Hexadecimal digits of a file's name."""

PhotoEntry = list[str]
"""Photo's id and the name of its file without ``.jpg``; or the id, nothing, and why."""


class Thumbnails:
    """Writes thumbnails into ``<folder>/images`` as they are asked for."""

    def __init__(self, images: ImageSource, folder: Path) -> None:
        self._images = images
        self._folder = folder / "images"
        self._known: dict[str, PhotoEntry] = {}
        self._files: set[str] = set()
        self.bytes = 0
        """Size of all files."""
        self.unreadable = 0
        """Photos that have none."""

    def entry(self, image_id: str) -> PhotoEntry:
        """The photo as pages name it; its file is written on first use.

        A photo that cannot be read has no file and a reason instead.
        """
        if image_id not in self._known:
            self._known[image_id] = self._make(image_id)
        return self._known[image_id]

    def _make(self, image_id: str) -> PhotoEntry:
        try:
            pixels = self._images.load(image_id)
        except ImageError as error:
            self.unreadable += 1
            return [image_id, "", error.reason]
        image = Image.fromarray(pixels)
        image.thumbnail((SIZE, SIZE))
        sink = io.BytesIO()
        image.save(sink, "JPEG", quality=_QUALITY)
        data = sink.getvalue()
        name = hashlib.sha256(data).hexdigest()[:_NAME]
        if name not in self._files:
            self._folder.mkdir(exist_ok=True)
            (self._folder / f"{name}.jpg").write_bytes(data)
            self._files.add(name)
            self.bytes += len(data)
        return [image_id, name]
