"""Comparisons as Markdown, LaTeX, JSON and HTML."""

from __future__ import annotations

from collections.abc import Callable

from showcase_bench.compare.report.html import comparison_page
from showcase_bench.compare.report.latex import comparison_latex
from showcase_bench.compare.report.markdown import comparison_markdown
from showcase_bench.compare.results import Comparison
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["KINDS", "report"]

KINDS: dict[str, Callable[[Comparison], str]] = {
    "md": comparison_markdown,
    "latex": comparison_latex,
    "json": lambda comparison: comparison.to_json().decode(),
    "html": comparison_page,
}


def report(comparison: Comparison, kind: str) -> str:
    """The whole report; raises :class:`UsageError` for an unknown kind."""
    if kind not in KINDS:
        raise UsageError(f"there is no report of kind {kind!r}. {did_you_mean(kind, KINDS)}")
    return KINDS[kind](comparison)
