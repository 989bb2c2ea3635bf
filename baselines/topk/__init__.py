"""Image selector ``topk``."""

from baselines.topk.model import TopK

__all__ = ["TopK"]
