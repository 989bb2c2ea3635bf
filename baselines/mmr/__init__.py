"""Image selector ``mmr``."""

from baselines.mmr.model import MMR

__all__ = ["MMR"]
