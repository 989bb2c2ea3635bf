"""Fitted models asked batch by batch, here or elsewhere."""
