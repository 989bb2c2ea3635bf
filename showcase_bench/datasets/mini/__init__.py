"""The embedded world ``mini``: a deterministic generator of GEST-shaped data with photos."""

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.fingerprint import (
    check_fingerprint,
    fingerprint,
    stored_fingerprint,
)
from showcase_bench.datasets.mini.rows import build_rows, write_mini
from showcase_bench.datasets.mini.source import MiniImages, contact_sheet
from showcase_bench.datasets.mini.truth import RowTruth, truth

__all__ = [
    "MiniConfig",
    "MiniImages",
    "RowTruth",
    "build_rows",
    "check_fingerprint",
    "contact_sheet",
    "fingerprint",
    "stored_fingerprint",
    "truth",
    "write_mini",
]
