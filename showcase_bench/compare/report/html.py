"""A comparison as one HTML file that opens from disk, fetches nothing and runs no script."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from showcase_bench.compare.report.forest import forest_plot
from showcase_bench.compare.report.matrix import pairwise_matrix
from showcase_bench.compare.report.tables import (
    LEFT_OUT,
    arrow,
    ordered_metrics,
    pair_cells,
    pair_heads,
    shown_pairs,
    system_cells,
    system_heads,
)
from showcase_bench.compare.results import Comparison, MetricResult
from showcase_bench.errors import MissingDependencyError
from showcase_bench.formatting import one_line

__all__ = ["comparison_page"]


def comparison_page(comparison: Comparison) -> str:
    """The page; every text goes through the template engine's escaping.

    Pictures of the primary metric are in it where matplotlib is installed.
    """
    environment = Environment(
        loader=PackageLoader("showcase_bench.compare.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: one_line(value) if type(value) is str else value,
    )
    pictures, remark = _pictures(comparison)
    page = environment.get_template("comparison.html.j2").render(
        comparison=comparison,
        metrics=[_metric(comparison, one) for one in ordered_metrics(comparison)],
        system_heads=system_heads(comparison),
        pictures=pictures,
        remark=remark,
        left_out=LEFT_OUT,
    )
    return f"{page}\n"


def _metric(comparison: Comparison, metric: MetricResult) -> dict[str, object]:
    pairs = shown_pairs(comparison, metric)
    heads = pair_heads(comparison, pairs)
    return {
        "facts": metric,
        "arrow": arrow(metric),
        "systems": [
            system_cells(system_heads(comparison), one) for one in comparison.ranks_of(metric.name)
        ],
        "heads": heads,
        "pairs": [pair_cells(heads, one) for one in pairs],
    }


def _pictures(comparison: Comparison) -> tuple[list[tuple[str, Markup]], str]:
    """Pictures with what they show; or a remark on why there are none."""
    name = comparison.primary.name
    if len(comparison.pairs_of(name)) == 0:
        return [], "No pair has a difference to draw."
    try:
        drawn = [
            (f"Differences on {name} with intervals", forest_plot(comparison, name)),
            (f"Pairwise differences on {name}", pairwise_matrix(comparison, name)),
        ]
    except MissingDependencyError as error:
        return [], str(error)
    return [(title, _inline(at, data["svg"])) for at, (title, data) in enumerate(drawn)], ""


def _inline(number: int, svg: bytes) -> Markup:
    """The drawing as part of a page: without its XML head, with ids of its own.

    Texts are drawn as paths, so nothing in it comes from outside but through the drawing library.
    """
    text = svg.decode()
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="d{number}-\1"', body)
    body = re.sub(r'"#([^"]+)"', rf'"#d{number}-\1"', body)
    return Markup(re.sub(r"url\(#([^)]+)\)", rf"url(#d{number}-\1)", body))
