"""Text model ``pepler``."""

from baselines.pepler.model import Pepler

__all__ = ["Pepler"]
