"""Penn Treebank tokens as the captioning metrics define them, without Java."""

from __future__ import annotations

from showcase_bench.metrics.text.ptb.tokenizer import tokenize_ptb

__all__ = ["tokenize_ptb"]
