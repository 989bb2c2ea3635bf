"""Photos in a folder beside the data file. Nothing is ever fetched from the web."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import PIL
from numpy.typing import NDArray

from showcase_bench.datasets.images.decode import MAX_BYTES, DecodeError, decode_rgb
from showcase_bench.errors import ImageError

__all__ = ["FolderImages"]

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_GOOGLE = "AF1Qip"
_CHUNK = 2
_DECODER = "1"


class FolderImages:
    """An :class:`~showcase_bench.types.ImageSource` over a folder.

    A photo is looked for, in this order, at

    1. its own relative path below ``root``;
    2. ``images/<id>`` and ``<id>`` below ``root``, ending in .jpg, .jpeg, .png or .webp;
    3. for Google's ids, GEST's nested layout below ``root`` and ``root/images``: folders
       ``AF1Qip/OV/0K/...`` of two characters of the id each, as deep as they go, then
       ``<id>.jpg`` or another ending.

    Every path is confined to ``root``: absolute paths, ``..`` and links that lead out of it are
    passed over, and so are ids that hold a path separator in steps 2 and 3.

    Parameters
    ----------
    root
        The folder.
    locations
        Every photo of the data set, to its relative path, or to None where it has none. A path
        that is a web address counts as none. Ids that are not in it are looked for by id.
    """

    def __init__(self, root: Path, locations: Mapping[str, str | None]) -> None:
        self._root = root
        self._locations = locations
        self._inside: dict[str, bool] = {}

    def __repr__(self) -> str:
        return f"FolderImages({str(self._root)!r}, {len(self._locations)} photos)"

    @cached_property
    def key(self) -> str:
        """Identity of the photos' content: SHA-256 over (id, file size, time of change in ns).

        It costs a look at every file, once, and does not name the folder. A copy that keeps the
        times has the same key; one that does not has another, and its features are computed
        again. The versions of the conversion and of Pillow, which decide pixels, are part of it.
        """
        digest = hashlib.sha256(f"folder|{_DECODER}|{PIL.__version__}\n".encode())
        for image_id in sorted(self._locations):
            found, _ = self._find(image_id)
            state = "-" if found is None else f"{found[1].st_size} {found[1].st_mtime_ns}"
            digest.update(f"{len(image_id)} {image_id} {state}\n".encode(errors="replace"))
        return f"folder:{digest.hexdigest()}"

    def has(self, image_id: str) -> bool:
        """Whether there is a file for the photo, sound or not."""
        return self._find(image_id)[0] is not None

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [height, width, 3].

        Raises
        ------
        ImageError
            No file, or only by a link out of ``root``; larger than 64 MiB or 50 megapixels; empty,
            truncated, damaged or not an image. The reason is short and names no path.
        """
        found, problem = self._find(image_id)
        if found is None:
            raise ImageError(image_id, problem)
        path, state = found
        if state.st_size > MAX_BYTES:
            raise ImageError(image_id, f"larger than {MAX_BYTES >> 20} MiB")
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise ImageError(image_id, f"cannot be read: {error.strerror or error}") from error
        if len(data) > MAX_BYTES:
            raise ImageError(image_id, f"larger than {MAX_BYTES >> 20} MiB")
        try:
            return decode_rgb(data)
        except DecodeError as error:
            raise ImageError(image_id, str(error)) from error

    @cached_property
    def _real_root(self) -> Path:
        return self._root.resolve()

    def _find(self, image_id: str) -> tuple[tuple[Path, os.stat_result] | None, str]:
        """First regular file among the candidates, with its state; else why there is none."""
        problem = "no file"
        for candidate in self._candidates(image_id):
            try:
                # Millions are asked for; a Path for each would cost several times as much.
                state = os.lstat(candidate)
                if stat.S_ISLNK(state.st_mode):
                    real = Path(candidate).resolve(strict=True)
                    state, inside = real.stat(), real.is_relative_to(self._real_root)
                else:
                    real, inside = Path(candidate), self._holds(os.path.dirname(candidate))  # noqa: PTH120
            except (OSError, ValueError, RuntimeError):
                continue  # Missing, too long, NUL or a lone surrogate in it, a loop of links.
            if not stat.S_ISREG(state.st_mode):
                continue
            if inside:
                return (real, state), ""
            problem = "its file is a link that leads out of the folder of photos"
        return None, problem

    def _holds(self, folder: str) -> bool:
        """Whether a folder is really below the root; asked of the disk once a folder."""
        inside = self._inside.get(folder)
        if inside is None:
            inside = Path(folder).resolve(strict=True).is_relative_to(self._real_root)
            self._inside[folder] = inside
        return inside

    def _candidates(self, image_id: str) -> Iterator[str]:
        root = str(self._root)
        location = self._locations.get(image_id)
        if location and "://" not in location and _is_confined(location):
            yield f"{root}/{location}"
        if not image_id or "/" in image_id or "\\" in image_id:
            return
        for folder in (f"{root}/images", root):
            for suffix in _SUFFIXES:
                yield f"{folder}/{image_id}{suffix}"
        if image_id.startswith(_GOOGLE):
            for folder in (root, f"{root}/images"):
                yield from _nested(f"{folder}/{_GOOGLE}", image_id)


def _is_confined(location: str) -> bool:
    path = PurePosixPath(location)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in location


def _nested(folder: str, image_id: str) -> Iterator[str]:
    """Files of an id in ``folder`` and in the folders of its next two characters each."""
    at = len(_GOOGLE)
    while os.path.isdir(folder):  # noqa: PTH112
        for suffix in _SUFFIXES:
            yield f"{folder}/{image_id}{suffix}"
        chunk = image_id[at : at + _CHUNK]
        if len(chunk) < _CHUNK or "." in chunk:
            return
        folder, at = f"{folder}/{chunk}", at + _CHUNK
