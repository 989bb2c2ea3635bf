"""Competition bundles for Codabench, and the scoring program that runs there.

Written after the platform's documentation: "YAML Structure", "Competition Bundle Structure",
"Leaderboard Functionality", "Detailed Results and Visualizations" and "Submission Docker Container
Layout"; docs/shared-tasks.md names the revisions.
"""

from __future__ import annotations

from showcase_bench.sharing.codabench.bundle import BundleReport, write_bundle
from showcase_bench.sharing.codabench.competition import Plan

__all__ = ["BundleReport", "Plan", "write_bundle"]
