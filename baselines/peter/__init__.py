"""PETER, a personalized transformer: writers ``peter`` and ``peter-feature``."""

from baselines.peter.feature import PeterFeature
from baselines.peter.model import Peter

__all__ = ["Peter", "PeterFeature"]
