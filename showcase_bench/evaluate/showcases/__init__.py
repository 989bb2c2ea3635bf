"""Predictions in their canonical form: few in memory, many as lines of a file."""
