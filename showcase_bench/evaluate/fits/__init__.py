"""Fitted models: made once, kept as folders, and found again."""
