"""Conformance kits: whether a model or a metric keeps its contract.

``check_model`` and ``check_metric`` build a small world of their own in memory, put what they are
given through it, and raise a :class:`ConformanceError` that lists every broken rule: its name, the
query, what happened, and what to do. For the tests of a plugin::

    from showcase_bench.testing import check_metric, check_model

    def test_the_model_keeps_the_contract():
        check_model("my-model(count=2)")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.testing.findings import ConformanceError, Finding
    from showcase_bench.testing.metric import METRIC_RULES, check_metric
    from showcase_bench.testing.model import MODEL_RULES, check_model

_HOMES = {
    "ConformanceError": "findings",
    "Finding": "findings",
    "METRIC_RULES": "metric",
    "MODEL_RULES": "model",
    "check_metric": "metric",
    "check_model": "model",
}

__all__ = [
    "METRIC_RULES",
    "MODEL_RULES",
    "ConformanceError",
    "Finding",
    "check_metric",
    "check_model",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
