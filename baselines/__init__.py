"""Baselines: one folder or module per model, written against the public face like any plugin."""
