"""The paper's construction of GEST from the raw reviews, restartable and in bounded memory.

Two stages and an assembly, each in a module of its own: the raw file is grouped by user
(:mod:`.partition`), each shard of users becomes rows (:mod:`.shards`), and the rows become one
file (:mod:`.assemble`). :mod:`.reviews` has the rules, :mod:`.matcher` what s2 adds.
"""

from __future__ import annotations

from showcase_bench.datasets.build.construct import Sources, build_s1, build_s2, record_path
from showcase_bench.datasets.build.options import BuildOptions

__all__ = ["BuildOptions", "Sources", "build_s1", "build_s2", "record_path"]
