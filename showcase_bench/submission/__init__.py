"""Files of predictions from outside: parsed strictly, never executed."""

from __future__ import annotations

from showcase_bench.submission.reader import read_predictions

__all__ = ["read_predictions"]
