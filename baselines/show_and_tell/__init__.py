"""Text model ``show-and-tell``."""

from baselines.show_and_tell.model import ShowAndTell

__all__ = ["ShowAndTell"]
