"""Which metrics see which fault: references perturbed in controlled ways, and how metrics respond.

The references of a split are scored as if a system had predicted them, once as they are and once
with each fault at each strength. A metric that does not fall where the fault lies is blind to it.
"""

from __future__ import annotations

from showcase_bench.audit.faults import FAULTS, find_faults
from showcase_bench.audit.results import Audit, Cell, FaultFacts, LeftOut, MetricFacts, Response
from showcase_bench.audit.run import STRENGTHS, run_audit
from showcase_bench.audit.write import Written, write_audit

__all__ = [
    "FAULTS",
    "STRENGTHS",
    "Audit",
    "Cell",
    "FaultFacts",
    "LeftOut",
    "MetricFacts",
    "Response",
    "Written",
    "find_faults",
    "run_audit",
    "write_audit",
]
