"""Image selector ``elvis``."""

from baselines.elvis.model import Elvis

__all__ = ["Elvis"]
