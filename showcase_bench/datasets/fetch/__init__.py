"""Downloads: single files that resume, photos by the thousand, and the public copy of GEST.

Nothing here runs unless it is asked for; names are loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.datasets.fetch.errors import FetchError
    from showcase_bench.datasets.fetch.file import FetchResult, fetch_file
    from showcase_bench.datasets.fetch.gest import GestReport, get_gest
    from showcase_bench.datasets.fetch.images import ImagesReport, fetch_images
    from showcase_bench.datasets.fetch.policy import FetchPolicy

__all__ = [
    "FetchError",
    "FetchPolicy",
    "FetchResult",
    "GestReport",
    "ImagesReport",
    "fetch_file",
    "fetch_images",
    "get_gest",
]

_HOME = {
    "FetchError": "errors",
    "FetchPolicy": "policy",
    "FetchResult": "file",
    "GestReport": "gest",
    "ImagesReport": "images",
    "fetch_file": "file",
    "fetch_images": "images",
    "get_gest": "gest",
}

__getattr__, __dir__ = lazy_exports(__name__, _HOME)
