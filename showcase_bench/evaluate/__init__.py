"""Fit, predict, score, store: from a task and model names to runs on disk."""

from __future__ import annotations

from showcase_bench.evaluate.frame import Frame, frame_of_references, frame_of_workspace
from showcase_bench.evaluate.records import RunRecord
from showcase_bench.evaluate.scoring import Scored, Scorer
from showcase_bench.evaluate.store import RunStore, StoredRun
from showcase_bench.evaluate.suite import Suite, SuiteResult
from showcase_bench.evaluate.workspace import (
    Workspace,
    default_cache_dir,
    default_data_dir,
    default_places,
)

__all__ = [
    "Frame",
    "RunRecord",
    "RunStore",
    "Scored",
    "Scorer",
    "StoredRun",
    "Suite",
    "SuiteResult",
    "Workspace",
    "default_cache_dir",
    "default_data_dir",
    "default_places",
    "frame_of_references",
    "frame_of_workspace",
]
