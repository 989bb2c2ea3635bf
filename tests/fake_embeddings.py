"""Embeddings of texts out of hashes, which are the conformance kit's."""

from showcase_bench.testing.embeddings import HashEmbeddings
from showcase_bench.testing.embeddings import unit_vector as unit

__all__ = ["HashEmbeddings", "unit"]
