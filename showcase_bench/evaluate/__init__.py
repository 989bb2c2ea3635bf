"""Fit, predict, score, store: from a task and model names to runs on disk.

Names are loaded on first use, so that opening a task does not import what runs models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.evaluate.frame import Frame
    from showcase_bench.evaluate.framing import frame_of_references, frame_of_workspace
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

_HOME = {
    "Frame": "frame",
    "RunRecord": "records",
    "RunStore": "store",
    "Scored": "scoring",
    "Scorer": "scoring",
    "StoredRun": "store",
    "Suite": "suite",
    "SuiteResult": "suite",
    "Workspace": "workspace",
    "default_cache_dir": "workspace",
    "default_data_dir": "workspace",
    "default_places": "workspace",
    "frame_of_references": "framing",
    "frame_of_workspace": "framing",
}

__getattr__, __dir__ = lazy_exports(__name__, _HOME)
