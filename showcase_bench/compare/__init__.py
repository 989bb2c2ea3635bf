"""Compare systems: statistics that a reviewer cannot fault."""

from __future__ import annotations

from showcase_bench.compare.all_pairs import compare
from showcase_bench.compare.planning import Plan, plan
from showcase_bench.compare.results import Comparison
from showcase_bench.compare.settings import Settings
from showcase_bench.compare.systems import Field, field_of_predictions, field_of_runs

__all__ = [
    "Comparison",
    "Field",
    "Plan",
    "Settings",
    "compare",
    "field_of_predictions",
    "field_of_runs",
    "plan",
]
