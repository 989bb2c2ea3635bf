"""Predicted batches that are kept until the whole is stored, so that a killed process goes on.

Below the cache each prediction has a folder named after a hash of all that made it, and in it a
file for every few seconds of work: finished batches with what they took, and a checksum. Models
that take no longer than that leave nothing there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.predict.asking import AnsweredBatch
from showcase_bench.files import replace_file
from showcase_bench.types import Showcase

__all__ = ["SECONDS_BETWEEN_PARTS", "KeptBatches", "discard_batches"]

SECONDS_BETWEEN_PARTS = 5.0
"""As long as finished batches may wait before they are written."""
_SCHEMA = 1


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
        self._done = 0
        self._waiting: list[AnsweredBatch] = []
        self._written = time.monotonic()

    def replay(self) -> Iterator[AnsweredBatch]:
        """Batches of an earlier process, from the first on without a gap; to be read first."""
        if self.folder is None:
            return
        for path in sorted(self.folder.glob("*.json")):
            found = _read(path, self._key, self._done)
            if found is None:
                return
            self._done += len(found)
            yield from found

    def add(self, batch: AnsweredBatch) -> None:
        """Keep the batch after the last one; on disk after a few seconds.

        Raises
        ------
        StoreError
            It cannot be written.
        """
        if self.folder is None:
            return
        self._waiting.append(batch)
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


def _read(path: Path, key: str, first: int) -> list[AnsweredBatch] | None:
    """The batches of a file from number ``first`` on; None where it is damaged or begins later."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n")
        if seal != _seal(key, body):
            return None
        part = json.loads(body)
        begins = int(part["first"])
        return (
            None if begins > first else [_batch(one) for one in part["batches"][first - begins :]]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _batch(raw: dict[str, Any]) -> AnsweredBatch:
    showcases = tuple(Showcase(one, tuple(images), text) for one, images, text in raw["showcases"])
    return AnsweredBatch(showcases, float(raw["seconds"]), float(raw["peak_rss_mib"]))
