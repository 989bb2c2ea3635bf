"""Metrics on learned embeddings of texts and images."""
