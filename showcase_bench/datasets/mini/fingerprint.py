"""Proof that this platform produces the same world as every other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.photos import RENDER_VERSION
from showcase_bench.datasets.mini.rows import build_rows, canonical_json
from showcase_bench.datasets.mini.source import MiniImages
from showcase_bench.errors import DataError, UsageError

__all__ = ["SAMPLE", "check_fingerprint", "fingerprint", "stored_fingerprint"]

SAMPLE = 32
"""Photos that are compared each time the world is prepared."""

_FILE = "fingerprint.json"


def fingerprint(config: MiniConfig, *, pixels: bool | int) -> dict[str, Any]:
    """Hashes and counts of a world.

    Parameters
    ----------
    config
        The world's settings.
    pixels
        True hashes every photo, a number so many photos spread evenly over the sorted ids, False
        or 0 none.

    Returns
    -------
    dict
        ``config``, ``counts``, ``render_version``, ``rows_sha256``, and with pixels
        ``pixels_sha256`` (all photos) or ``sample_sha256`` and ``sample_size``.

    Raises
    ------
    UsageError
        ``pixels`` is negative.
    """
    if pixels < 0:
        raise UsageError(f"pixels is {pixels}; it must be True, False or a number of photos")
    rows = build_rows(config)
    digest = hashlib.sha256()
    for piece in canonical_json(rows):
        digest.update(piece)
    images = MiniImages(config)
    ids = images.image_ids
    result: dict[str, Any] = {
        "config": config.as_dict(),
        "counts": _counts(rows, len(ids)),
        "render_version": RENDER_VERSION,
        "rows_sha256": digest.hexdigest(),
    }
    if pixels is True:
        result["pixels_sha256"] = _pixels_sha256(images, ids)
    elif pixels:
        sample = _spread(ids, int(pixels))
        result["sample_sha256"] = _pixels_sha256(images, sample)
        result["sample_size"] = len(sample)
    return result


def _spread(ids: tuple[str, ...], n: int) -> list[str]:
    n = min(n, len(ids))
    return [ids[index * len(ids) // n] for index in range(n)]


def _pixels_sha256(images: MiniImages, image_ids: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for image_id in image_ids:
        pixels = images.load(image_id)
        digest.update(f"{image_id} {pixels.shape}\n".encode())
        digest.update(pixels.tobytes())
    return digest.hexdigest()


def _counts(rows: dict[str, list[dict[str, Any]]], n_photos: int) -> dict[str, int]:
    every = [row for split in rows.values() for row in split]
    return {
        **{split: len(part) for split, part in rows.items()},
        "businesses": len({row["business_id"] for row in every}),
        "history_reviews": sum(len(row["history_reviews"]) for row in every),
        "photos": n_photos,
        "users": len({row["user_id"] for row in every}),
        "words": sum(len(row["review_text"].split()) for row in every),
    }


def stored_fingerprint() -> dict[str, Any]:
    """The fingerprint of the default world that is part of this version.

    It is the union of ``fingerprint(MiniConfig(), pixels=True)`` and ``pixels=SAMPLE``.
    """
    text = (files(__package__) / _FILE).read_text(encoding="utf-8")
    stored: dict[str, Any] = json.loads(text)
    return stored


def check_fingerprint(*, pixels: bool | int = SAMPLE) -> None:
    """Compare the default world made here with the stored fingerprint.

    Parameters
    ----------
    pixels
        True compares every photo, the default a sample that takes well under a second.

    Raises
    ------
    DataError
        Rows or photos differ: scores made here cannot be compared with scores made elsewhere.
    UsageError
        ``pixels`` is neither True, False nor the size of the stored sample.
    """
    if not isinstance(pixels, bool) and pixels != SAMPLE:
        raise UsageError(f"pixels is {pixels}; only True, False and {SAMPLE} can be compared")
    expected, found = stored_fingerprint(), fingerprint(MiniConfig(), pixels=pixels)
    problems = [
        f"{name} is {found[name]} here and {expected.get(name)} in the published version"
        for name in ("rows_sha256", "sample_sha256", "pixels_sha256")
        if name in found and found[name] != expected.get(name)
    ]
    if problems:
        raise DataError(
            _FILE,
            ["this platform produces a different embedded world than the published one", *problems],
            "Scores made here cannot be compared with published ones. Report the versions of "
            "Python and numpy and the processor; reinstall if files of the package were edited.",
        )
