"""Cost: what a run took."""
