"""Image selector ``dpp``."""

from baselines.dpp.model import DPP

__all__ = ["DPP"]
