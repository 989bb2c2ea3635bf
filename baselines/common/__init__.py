"""Pieces that several baselines share and any other model may use."""
