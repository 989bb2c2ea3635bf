"""Text model ``r2gen``."""

from baselines.r2gen.model import R2Gen

__all__ = ["R2Gen"]
