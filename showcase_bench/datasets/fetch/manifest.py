"""``manifest.json``: where every downloaded file of a folder came from, and its checksum."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from showcase_bench.datasets.fetch.durable import replace_bytes, save_error
from showcase_bench.datasets.fetch.file import FetchResult
from showcase_bench.datasets.integrity.manifest import MANIFEST

__all__ = ["MANIFEST", "Manifest"]

PHOTOS = "images"
"""Folder of single photos; their journal, and not the manifest, has their checksums."""
_VERSION = 1


class Manifest:
    """The manifest of one folder.

    A manifest that cannot be read counts as empty: its files are downloaded again.

    Parameters
    ----------
    folder
        The folder; need not exist.
    about
        Facts of the data set as a whole, such as its citation; written along.
    """

    def __init__(self, folder: Path, about: dict[str, str]) -> None:
        self._folder = folder
        self._about = about
        self._files = _read(folder / MANIFEST)

    def entry(self, name: str) -> dict[str, Any] | None:
        """Facts of a file that is there and has the size and checksum that were recorded.

        Keys: ``url``, ``bytes``, ``sha256``, ``etag``, ``last_modified`` and ``time``. None for a
        file that is missing, unknown or changed. Reads the whole file.
        """
        found = self._files.get(name)
        path = self._folder / name
        if not isinstance(found, dict):
            return None
        try:
            if path.stat().st_size != found.get("bytes"):
                return None
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return None
        return found if digest == found.get("sha256") and "url" in found else None

    def record(self, result: FetchResult) -> dict[str, Any]:
        """Add one file, write the manifest, and give the file's facts.

        Raises
        ------
        SaveError
            It cannot be written.
        """
        entry = {
            "url": result.url,
            "bytes": result.bytes,
            "sha256": result.sha256,
            "etag": result.etag,
            "last_modified": result.last_modified,
            "time": result.time,
        }
        self._files[result.path.name] = entry
        content = {
            "version": _VERSION,
            **self._about,
            "files": self._files,
            "unchecked_folders": [PHOTOS],
        }
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
        path = self._folder / MANIFEST
        try:
            replace_bytes(path, f"{text}\n".encode())
        except OSError as error:
            raise save_error(path, error) from error
        return entry


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        files = found["files"] if found["version"] == _VERSION else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return files if isinstance(files, dict) else {}
