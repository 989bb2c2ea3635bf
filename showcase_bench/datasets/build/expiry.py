"""Which photos can still be had: not listed as gone in a journal, and on disk where asked for."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.build.keys import key64
from showcase_bench.datasets.build.records import RawPhoto
from showcase_bench.datasets.images.folder import FolderImages
from showcase_bench.errors import DataError

__all__ = ["Availability", "array_digest", "folder_of", "read_journal"]

_GONE = "gone"
_MAX_LINE = 1 << 20


class Availability:
    """Decides which photos are expired.

    Parameters
    ----------
    journal
        A ``fetch.jsonl`` journal, or None.
    images
        A folder of photos, or None; a photo without a file in it is expired.

    Raises
    ------
    DataError
        The journal cannot be read.
    """

    def __init__(self, journal: Path | None, images: Path | None) -> None:
        self._gone = None if journal is None else read_journal(journal)
        self.images = images

    @property
    def note(self) -> str:
        """A sentence on what counts as expired."""
        reasons = []
        if self._gone is not None:
            reasons.append(f"the journal lists it as gone ({self._gone.size} photos)")
        if self.images is not None:
            reasons.append("the folder of photos has no file of it")
        if not reasons:
            return (
                "No photo counts as expired, because neither a journal nor a folder of photos was "
                "given."
            )
        return f"A photo counts as expired when {' or when '.join(reasons)}."

    def alive(self, photos: Sequence[RawPhoto]) -> list[bool]:
        """Tell for each photo whether it can still be had."""
        there = [True] * len(photos)
        if self._gone is not None and self._gone.size and photos:
            keys = np.array([key64(photo.id) for photo in photos], dtype=np.uint64)
            at = np.minimum(np.searchsorted(self._gone, keys), self._gone.size - 1)
            there = (self._gone[at] != keys).tolist()
        if self.images is not None:
            folder = folder_of(photos, self.images)
            there = [one and folder.has(photo.id) for one, photo in zip(there, photos, strict=True)]
        return there


def folder_of(photos: Sequence[RawPhoto], root: Path) -> FolderImages:
    """Give the folder as these photos see it, by relative path or by id."""
    return FolderImages(root, {photo.id: photo.location for photo in photos})


def read_journal(path: Path) -> NDArray[np.uint64]:
    """Sorted hashes of the photos that a journal lists as gone.

    A line is an object with ``id`` and ``status``, as a download of photos appends them. The last
    line of a photo counts. A line that is not of this form, such as one that a kill cut off, is
    ignored.

    Raises
    ------
    DataError
        The journal cannot be read, or has lines and none of this form.
    """
    keys, gone, n_lines = array("Q"), array("b"), 0
    try:
        with path.open("rb") as stream:
            while line := stream.readline(_MAX_LINE):
                n_lines += bool(line.strip())
                outcome = _outcome(line) if line.endswith(b"\n") else None
                if outcome is not None:
                    keys.append(key64(outcome[0]))
                    gone.append(outcome[1] == _GONE)
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    if n_lines and not keys:
        raise DataError(
            path,
            f"none of its {n_lines} lines tells what became of a photo",
            'Expected {"id": "...", "status": "ok", "gone" or "failed"} a line.',
        )
    ids, flags = np.array(keys, dtype=np.uint64), np.array(gone, dtype=bool)
    # Of a reversed array the first occurrence is the last line.
    distinct, first = np.unique(ids[::-1], return_index=True)
    last: NDArray[np.uint64] = distinct[flags[::-1][first]]
    return last


def _outcome(line: bytes) -> tuple[str, str] | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    image_id, status = value.get("id"), value.get("status")
    if not isinstance(image_id, str) or not isinstance(status, str):
        return None
    return image_id.encode(errors="replace").decode(), status


def array_digest(keys: NDArray[np.uint64]) -> str:
    """SHA-256 of sorted hashes, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(keys, dtype="<u8").tobytes()).hexdigest()
