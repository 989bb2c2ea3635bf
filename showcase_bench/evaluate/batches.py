"""Predicted batches that are kept until the whole is stored, so that a killed process goes on.

Below the cache each prediction has a folder named after a hash of all that made it, and in it a
file for every few seconds of work: finished batches with what they took, and a checksum. Models
that take no longer than that leave nothing there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.memory import peak_rss_mib
from showcase_bench.files import replace_file
from showcase_bench.types import Showcase

__all__ = ["SECONDS_BETWEEN_PARTS", "KeptBatch", "KeptBatches", "discard_batches"]

SECONDS_BETWEEN_PARTS = 5.0
"""As long as finished batches may wait before they are written."""
_SCHEMA = 1


class KeptBatch(NamedTuple):
    """The answers to one batch of queries."""

    showcases: tuple[Showcase, ...]
    seconds: float
    """That the model took, in whatever process that was."""
    peak_rss_mib: float
    """Of that process until then."""


class KeptBatches:
    """Finished batches of one prediction.

    Parameters
    ----------
    root
        Folder of all predictions; None keeps nothing.
    name
        Begins the name of the folder, for people.
    inputs
        All that determines the answers, as JSON types.
    """

    def __init__(self, root: Path | None, name: str, inputs: dict[str, Any]) -> None:
        key = hashlib.sha256(canonical_json({"schema": _SCHEMA, **inputs})).hexdigest()
        self._key = key
        self.folder = None if root is None else root / f"{name}-{key[:16]}"
        self.found = [] if self.folder is None else _read(self.folder, key)
        """Batches of an earlier process, from the first on without a gap."""
        self._done = len(self.found)
        self._waiting: list[KeptBatch] = []
        self._written = time.monotonic()

    def add(self, showcases: Iterable[Showcase], seconds: float) -> None:
        """Keep the batch after the last one; on disk after a few seconds.

        Raises
        ------
        StoreError
            It cannot be written.
        """
        if self.folder is None:
            return
        self._waiting.append(KeptBatch(tuple(showcases), seconds, round(peak_rss_mib(), 1)))
        if time.monotonic() - self._written >= SECONDS_BETWEEN_PARTS:
            self._write(self.folder)

    def _write(self, folder: Path) -> None:
        batches = [
            {
                "seconds": one.seconds,
                "peak_rss_mib": one.peak_rss_mib,
                "showcases": [[own.id, list(own.image_ids), own.text] for own in one.showcases],
            }
            for one in self._waiting
        ]
        body = json.dumps({"first": self._done, "batches": batches}).encode("ascii")
        path = folder / f"{self._done:09d}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, _seal(self._key, body), b"\n", body)
        except OSError as error:
            raise StoreError(
                f"{path}: predictions cannot be kept ({error.strerror or error}). "
                "Check the cache folder's permissions and free space, or choose another one"
            ) from error
        self._done += len(self._waiting)
        self._waiting = []
        self._written = time.monotonic()


def discard_batches(folders: Sequence[Path]) -> None:
    """Remove what was kept of predictions that are stored now; never raises."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _seal(key: str, body: bytes) -> bytes:
    return hashlib.sha256(key.encode() + body).hexdigest().encode()


def _read(folder: Path, key: str) -> list[KeptBatch]:
    found: list[KeptBatch] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        for path in sorted(folder.glob("*.json")):
            seal, _, body = path.read_bytes().partition(b"\n")
            if seal != _seal(key, body):
                break
            part = json.loads(body)
            if part["first"] > len(found):
                break
            del found[part["first"] :]
            found += map(_batch, part["batches"])
    return found


def _batch(raw: dict[str, Any]) -> KeptBatch:
    showcases = tuple(Showcase(one, tuple(images), text) for one, images, text in raw["showcases"])
    return KeptBatch(showcases, float(raw["seconds"]), float(raw["peak_rss_mib"]))
