"""HTML of the pages; whatever comes from data goes through the template engine's escaping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from showcase_bench.formatting import one_line

__all__ = ["PAGES", "Page", "write_assets", "write_pages"]

POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types chunks"
)
"""Content security policy of every page: own files alone, no inline script or style, no request of
a script's, no form, and no text that a browser would read as HTML. ``file:`` stands beside
``'self'`` for browsers in which a page on disk is of no origin."""


@dataclass(frozen=True)
class Page:
    """One HTML file."""

    name: str
    """File name without ``.html``; ``index`` is the board."""
    title: str
    scripts: tuple[str, ...] = ()
    """Asset files beside those that all pages load."""


COMMON = ("core/dom", "core/data", "core/state", "core/format", "core/system")
"""Scripts of all pages, in the order in which they are loaded."""
THEME = "core/theme"
"""Script that is loaded before anything is drawn."""
STYLES = ("style/page", "style/table", "style/plots", "style/showcase")
PAGES = (
    Page(
        "index",
        "Board",
        ("core/scale", "board/cells", "board/controls", "board/table", "board/page"),
    ),
    Page(
        "compare",
        "Compare",
        (
            "core/scale",
            "core/picker",
            "examples/store",
            "compare/statistics",
            "compare/forest",
            "compare/matrix",
            "compare/differ",
            "compare/page",
        ),
    ),
    Page(
        "examples",
        "Showcases",
        (
            "core/picker",
            "examples/photos",
            "examples/store",
            "examples/filters",
            "examples/list",
            "examples/example",
            "examples/page",
        ),
    ),
    Page("runs", "Runs", ("core/scale", "runs/curve", "runs/cost", "runs/page")),
    Page("data", "Data card"),
    Page("audit", "Metric audit"),
    Page("methods", "Methods"),
)


def write_pages(
    folder: Path, shown: Mapping[str, Mapping[str, Any]], common: Mapping[str, Any]
) -> None:
    """Write the pages that ``shown`` names, each with its values and those of ``common``."""
    environment = Environment(
        loader=PackageLoader("showcase_bench.site"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = one_line
    pages = [page for page in PAGES if page.name in shown]
    for page in pages:
        text = environment.get_template(f"{page.name}.html.j2").render(
            page=page,
            pages=pages,
            policy=POLICY,
            theme=THEME,
            styles=STYLES,
            scripts=(*COMMON, *page.scripts),
            **common,
            **shown[page.name],
        )
        (folder / f"{page.name}.html").write_text(text, encoding="utf-8", newline="\n")


def write_assets(folder: Path) -> None:
    """Copy style sheets, and the scripts that pages name, to ``<folder>/assets``."""
    source = files("showcase_bench.site") / "assets"
    scripts = dict.fromkeys([THEME, *COMMON, *(name for page in PAGES for name in page.scripts)])
    names = [*(f"{name}.css" for name in STYLES), *(f"{name}.js" for name in scripts)]
    for name in names:
        target = folder / "assets" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.joinpath(name).read_bytes())
