"""Image selector ``brie``."""

from baselines.brie.model import Brie

__all__ = ["Brie"]
