"""Files of predictions from outside: parsed strictly, never executed."""

from __future__ import annotations

from showcase_bench.submission.reader import read_predictions
from showcase_bench.submission.texts import read_references, read_texts

__all__ = ["read_predictions", "read_references", "read_texts"]
