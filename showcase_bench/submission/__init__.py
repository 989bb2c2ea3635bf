"""Files of predictions from outside: parsed strictly, never executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.submission.check import Checked, Submission, card_beside, check_submission
    from showcase_bench.submission.content import uncompressed
    from showcase_bench.submission.examples import Examples
    from showcase_bench.submission.reader import open_predictions, read_predictions
    from showcase_bench.submission.row import (
        SubmittedRow,
        metrics_of_runs,
        require_own_name,
        score_row,
    )
    from showcase_bench.submission.template import write_template
    from showcase_bench.submission.texts import ReferencesRecipe, read_references, read_texts

__all__ = [
    "Checked",
    "Examples",
    "ReferencesRecipe",
    "Submission",
    "SubmittedRow",
    "card_beside",
    "check_submission",
    "metrics_of_runs",
    "open_predictions",
    "read_predictions",
    "read_references",
    "read_texts",
    "require_own_name",
    "score_row",
    "uncompressed",
    "write_template",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Checked": "check",
        "Examples": "examples",
        "ReferencesRecipe": "texts",
        "Submission": "check",
        "SubmittedRow": "row",
        "card_beside": "check",
        "check_submission": "check",
        "metrics_of_runs": "row",
        "open_predictions": "reader",
        "read_predictions": "reader",
        "read_references": "texts",
        "read_texts": "texts",
        "require_own_name": "row",
        "score_row": "row",
        "uncompressed": "content",
        "write_template": "template",
    },
)
