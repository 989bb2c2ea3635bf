"""Diversity of text: how outputs differ from each other and from the training reviews."""
