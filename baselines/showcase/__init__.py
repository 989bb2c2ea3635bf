"""Writers ``showcase``, ``image-gpt2`` and ``text-gpt2``."""

from baselines.showcase.model import ImageGPT2, ShowcaseWriter, TextGPT2

__all__ = ["ImageGPT2", "ShowcaseWriter", "TextGPT2"]
