"""The web address of every photo of a GEST-shaped file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from showcase_bench.datasets.gest import RowReader
from showcase_bench.datasets.json_rows import SPLITS, JsonRows, RawRow
from showcase_bench.errors import DataError
from showcase_bench.types import NoProgress, Progress

__all__ = ["photo_urls"]

_NO_PROGRESS = NoProgress()


def photo_urls(
    path: Path, base_url: str, progress: Progress = _NO_PROGRESS
) -> tuple[dict[str, str], int]:
    """Read the addresses of all photos, and count those that have none.

    Parameters
    ----------
    path
        A GEST-shaped file.
    base_url
        What relative addresses are relative to.
    progress
        Tracks rows.

    Returns
    -------
    tuple
        Photo id to its first http or https address, in order of first appearance; and the number
        of entries of ``pics`` without an address that can be used. Ids are those of the reader of
        such files, also where the file leaves them out. Rows are not checked otherwise.

    Raises
    ------
    DataError
        The file cannot be read or is not JSON of this shape.
    """
    urls: dict[str, str] = {}
    without = 0
    try:
        with path.open("rb") as stream:
            rows = progress.track(JsonRows(stream, path), label="addresses of photos")
            for pic in _pics(rows):
                image_id = _photo_id(pic)
                url = None if image_id is None else _web_address(pic, base_url)
                if image_id is None or url is None:
                    without += 1
                else:
                    urls.setdefault(image_id, url)
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    return urls, without


def _pics(rows: Iterator[RawRow]) -> Iterator[Any]:
    for row in rows:
        pics = row.value.get("pics") if isinstance(row.value, dict) else None
        if isinstance(pics, list):
            yield from pics


def _photo_id(pic: Any) -> str | None:
    """Name a photo as the reader of whole rows does; None where that finds a problem."""
    counts: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    row = {"user_id": "-", "business_id": "-", "pics": [pic]}
    read = RowReader(counts).read(RawRow(SPLITS[0], 0, row))
    return read.photos[0].id if read is not None and read.photos else None


def _web_address(pic: dict[str, Any], base_url: str) -> str | None:
    """First http or https address of a photo that the reader has accepted."""
    found: str | list[str] = pic.get("url") or []
    for url in [found] if isinstance(found, str) else found:
        try:
            whole = urljoin(base_url, url)
        except ValueError:
            continue
        if whole.startswith(("http://", "https://")):
            return whole
    return None
