"""Photos in a tar archive, read where they are. Nothing is extracted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from showcase_bench.datasets.images.decode import MAX_BYTES, DecodeError, decode_rgb
from showcase_bench.datasets.images.tar_index import TarIndex, open_index
from showcase_bench.errors import DataError, ImageError
from showcase_bench.types import NoProgress, Progress

__all__ = ["TarImages"]

_DECODER = "1"
_NO_PROGRESS = NoProgress()


class TarImages:
    """An :class:`~showcase_bench.types.ImageSource` over a plain tar archive.

    A photo is a regular member ending in .jpg, .jpeg, .png or .webp; its id is the member's file
    name without the ending, in whatever folder it is (GEST nests by two characters of the id,
    ``AF1Qip/OV/0K/g4/<id>.jpg``). Of several members with one id the last counts, as it would
    after extraction. Links, devices, sparse members, members with an absolute path or ``..`` in
    it, and other files are passed over and counted.

    The headers are read once, and kept as an index under ``cache_dir`` for as long as the archive
    is the same (path, size, times of change). Photos are read by position when they are asked for,
    also from several threads at a time.

    Compressed archives are refused. Nothing in a gzip stream can be reached without decompressing
    all that is before it, and photos do not compress: the unpacked tar that a cache would have to
    hold is as large as the one that ``gunzip`` makes, which is there once and for every tool.

    Parameters
    ----------
    path
        The archive.
    cache_dir
        Gets the index, in its folder ``tars``; about 100 bytes a photo.
    progress
        Tracks members while the index is made.

    Raises
    ------
    DataError
        The archive is missing, compressed, truncated or damaged (with the byte offset), or no tar.
    UsageError
        ``cache_dir`` cannot be written.
    """

    def __init__(self, path: Path, cache_dir: Path, progress: Progress = _NO_PROGRESS) -> None:
        self._path = Path(path)
        self._index: TarIndex = open_index(self._path, Path(cache_dir), progress)

    def __repr__(self) -> str:
        return f"TarImages({str(self._path)!r}, {len(self)} photos)"

    def __len__(self) -> int:
        return len(self._index)

    def __iter__(self) -> Iterator[str]:
        """Ids of all photos, sorted by their UTF-8 bytes."""
        return iter(self._index.ids)

    def __contains__(self, image_id: object) -> bool:
        return isinstance(image_id, str) and self._index.find(image_id) is not None

    @property
    def counts(self) -> Mapping[str, int]:
        """Members by what was done with them.

        ``photos`` (before duplicates are dropped), ``folders``, ``duplicates``, ``links``,
        ``devices``, ``sparse``, ``unsafe_names``, ``not_photos``; what did not occur is left out.
        """
        return self._index.counts

    @cached_property
    def key(self) -> str:
        """Identity of the photos' content.

        SHA-256 over the archive's size, time of change in ns and index (id, place and size of each
        photo), and the versions of the conversion and of Pillow. It does not name the path; a copy
        of the archive that keeps the time has the same key.
        """
        return f"tar:{self._index.digest(f'tar|{_DECODER}|{PIL.__version__}')}"

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [height, width, 3].

        Raises
        ------
        ImageError
            Not in the archive; larger than 64 MiB or 50 megapixels; empty, truncated, damaged or
            not an image. The reason is short and names no path.
        DataError
            The archive is gone, or was changed since it was opened.
        """
        found = self._index.find(image_id)
        if found is None:
            raise ImageError(image_id, "not in the archive")
        offset, size = found
        if size > MAX_BYTES:
            raise ImageError(image_id, f"larger than {MAX_BYTES >> 20} MiB")
        try:
            return decode_rgb(self._read(offset, size))
        except DecodeError as error:
            raise ImageError(image_id, str(error)) from error

    def _read(self, offset: int, size: int) -> bytes:
        try:
            with self._path.open("rb", buffering=0) as stream:
                self._index.identity.check(self._path, os.fstat(stream.fileno()))
                stream.seek(offset)
                data = bytearray()
                while len(data) < size and (piece := stream.read(size - len(data))):
                    data += piece
        except OSError as error:
            raise DataError(self._path, f"cannot be read: {error.strerror or error}") from error
        if len(data) < size:
            raise DataError(
                self._path, f"ends at byte {offset + len(data):,}", "Download it again."
            )
        return bytes(data)
