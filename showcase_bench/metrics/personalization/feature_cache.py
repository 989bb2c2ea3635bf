"""Mined features kept on disk between processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from showcase_bench.canonical import canonical_json
from showcase_bench.files import replace_file

__all__ = ["Forms", "kept_or_mined"]

Forms: TypeAlias = Mapping[str, tuple[str, ...]]
"""The name of each feature, in order, and the word sequences that it occurs as."""

_FORMAT = 1
"""Raised by every change to the file or to how features are mined."""


def kept_or_mined(
    made_from: list[str | int], mine: Callable[[], Forms], cache: Path | None
) -> Forms:
    """Features from the folder ``cache``, or from ``mine`` and then kept there.

    ``made_from`` names all that they depend on. A file that cannot be read, or does not hold what
    was kept, is made again; a folder that cannot be written to, or is None, is done without.
    """
    if cache is None:
        return mine()
    key = hashlib.sha256(canonical_json([_FORMAT, *made_from])).hexdigest()
    path = cache / "features" / f"{key}.json"
    features = _read(path, key)
    if features is None:
        features = mine()
        content = {"sha256": _checksum(key, features), "features": features}
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, canonical_json(content))
    return features


def _checksum(key: str, features: Any) -> str:
    return hashlib.sha256(key.encode() + canonical_json(features)).hexdigest()


def _read(path: Path, key: str) -> Forms | None:
    try:
        content = json.loads(path.read_bytes())
        features, expected = content["features"], content["sha256"]
        if _checksum(key, features) != expected:
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return {name: tuple(features[name]) for name in sorted(features)}
