"""Ref2Seq, references into a text: writer ``ref2seq``."""

from baselines.ref2seq.model import Ref2Seq

__all__ = ["Ref2Seq"]
