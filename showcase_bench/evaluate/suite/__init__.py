"""Several models on one task: shared out to processes, scored, and stored."""
