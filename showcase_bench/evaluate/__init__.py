"""Fit, predict, score, store: from a task and model names to runs on disk.

Names are loaded on first use, so that opening a task does not import what runs models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.evaluate.runs.records import RunRecord
    from showcase_bench.evaluate.runs.store import RunStore, StoredRun
    from showcase_bench.evaluate.score.frame import Frame
    from showcase_bench.evaluate.score.framing import frame_of_references, frame_of_workspace
    from showcase_bench.evaluate.score.scorer import Scored, Scorer
    from showcase_bench.evaluate.suite.suite import Suite, SuiteResult
    from showcase_bench.evaluate.task.workspace import (
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

_HOME = {
    "Frame": "score.frame",
    "RunRecord": "runs.records",
    "RunStore": "runs.store",
    "Scored": "score.scorer",
    "Scorer": "score.scorer",
    "StoredRun": "runs.store",
    "Suite": "suite.suite",
    "SuiteResult": "suite.suite",
    "Workspace": "task.workspace",
    "default_cache_dir": "task.workspace",
    "default_data_dir": "task.workspace",
    "default_places": "task.workspace",
    "frame_of_references": "score.framing",
    "frame_of_workspace": "score.framing",
}

__getattr__, __dir__ = lazy_exports(__name__, _HOME)
