"""Small JPEG files of photos, each written once and named by its content."""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.errors import ImageError
from showcase_bench.files import replace_file
from showcase_bench.types import ImageSource

__all__ = ["PhotoEntry", "Thumbnails", "short_id"]

SIZE = 224
"""Longest side in pixels: sharp at the 112 of a page on a dense screen."""
_QUALITY = 80
_NAME = 12
"""Hexadecimal digits of a file's name."""

_SEAL = hashlib.sha256().digest_size
"""Bytes before a kept thumbnail: the SHA-256 of its photo's id and its content."""

_ENDS = (6, 9)
"""Characters at both ends of a photo's id that are shown."""

PhotoEntry = list[str]
"""Photo's short id and the name of its file without ``.jpg``; or the id, nothing, and why."""


def short_id(image_id: str) -> str:
    """What pages show of a photo's id: of a long one both ends."""
    start, end = _ENDS
    if len(image_id) <= start + 1 + end:
        return image_id
    return f"{image_id[:start]}…{image_id[-end:]}"


class Thumbnails:
    """Writes thumbnails into ``<folder>/images`` as they are asked for.

    Parameters
    ----------
    images
        Where the photos come from.
    folder
        Of the site.
    cache
        Folder that keeps thumbnails for the next site of the same photos; None for no keeping.
    """

    def __init__(self, images: ImageSource, folder: Path, cache: Path | None = None) -> None:
        self._images = images
        self._folder = folder / "images"
        recipe = f"{images.key} {SIZE} {_QUALITY}".encode()
        self._cache = None if cache is None else cache / hashlib.sha256(recipe).hexdigest()[:16]
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
        digest = hashlib.sha256(image_id.encode("utf-8", "surrogatepass")).hexdigest()
        data = self._kept(digest)
        if data is None:
            try:
                data = _drawn(self._images.load(image_id))
            except ImageError as error:
                self.unreadable += 1
                return [short_id(image_id), "", error.reason]
            self._keep(digest, data)
        name = hashlib.sha256(data).hexdigest()[:_NAME]
        if name not in self._files:
            self._folder.mkdir(exist_ok=True)
            (self._folder / f"{name}.jpg").write_bytes(data)
            self._files.add(name)
            self.bytes += len(data)
        return [short_id(image_id), name]

    def _kept(self, digest: str) -> bytes | None:
        """A thumbnail of an earlier site; None where there is none, or it is damaged."""
        if self._cache is None:
            return None
        try:
            kept = (self._cache / digest[:2] / digest).read_bytes()
        except OSError:
            return None
        data = kept[_SEAL:]
        return data if kept[:_SEAL] == _seal(digest, data) else None

    def _keep(self, digest: str, data: bytes) -> None:
        """Keep a thumbnail; where that cannot be done, the next site draws it again."""
        if self._cache is None:
            return
        path = self._cache / digest[:2] / digest
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, _seal(digest, data) + data)


def _seal(digest: str, data: bytes) -> bytes:
    return hashlib.sha256(digest.encode() + data).digest()


def _drawn(pixels: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(pixels)
    image.thumbnail((SIZE, SIZE))
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=_QUALITY)
    return sink.getvalue()
