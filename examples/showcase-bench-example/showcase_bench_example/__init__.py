"""A model and a metric for showcase-bench, to copy."""
