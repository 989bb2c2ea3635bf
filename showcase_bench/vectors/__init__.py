"""Vectors by key, in memory or in write-once files that several processes share."""

from showcase_bench.vectors.keys import text_key
from showcase_bench.vectors.table import VectorTable

__all__ = ["VectorTable", "text_key"]
