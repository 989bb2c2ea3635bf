"""Runs on disk: what is kept of each, and which belong together."""
