"""One message for a cache folder that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from showcase_bench.errors import UsageError

__all__ = ["usable_cache"]


@contextmanager
def usable_cache(cache_dir: Path) -> Iterator[None]:
    """Turn what the disk refuses inside into a :class:`UsageError` that names the folder."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the cache folder {cache_dir} cannot be used: {error.strerror or error}. "
            "Make room or make it writable, or choose another cache folder."
        ) from error
