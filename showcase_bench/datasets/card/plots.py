"""The distributions of a data card as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showcase_bench.datasets.card.histograms import bin_labels
from showcase_bench.drawing import own_settings, pictures
from showcase_bench.errors import UsageError
from showcase_bench.files import replace_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["TITLES", "write_plots"]

TITLES: Mapping[str, str] = {
    "history": "Reviews in the history that a query shows",
    "pool": "Photos in the pool",
    "gold": "Gold photos of a row",
    "words": "Words of a text",
}
"""Distribution to the title of its plot, in the order of the card."""

# Okabe and Ito's palette: told apart by readers with any kind of colour vision.
_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_INK, _GRID = "#222222", "#DDDDDD"
_NO_GLYPHS = "\u0530"
"""The font has Latin, Greek and Cyrillic, which come before this character."""


def write_plots(card: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw the distributions of a card as ``<kind>.png`` and ``<kind>.svg``.

    Each shows, for every split that has rows, the share of its rows in each bin. Equal cards give
    equal bytes under one version of matplotlib; settings of the user's own do not show.

    Parameters
    ----------
    card
        A card of :func:`~showcase_bench.datasets.card.data_card`.
    folder
        Is created. Files of the same names in it are replaced, each in one step.

    Returns
    -------
    list of Path
        The files, PNG before SVG, in the order of :data:`TITLES`.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    UsageError
        The folder cannot be written.
    """
    written = []
    with own_settings("data card", {"font.size": 10.0, "axes.edgecolor": _INK}):
        for kind in TITLES:
            for suffix, picture in pictures(_figure(card, kind)).items():
                written.append(_replace(folder / f"{kind}.{suffix}", picture))
    return written


def _figure(card: Mapping[str, Any], kind: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    splits = {name: facts for name, facts in card["splits"].items() if facts["rows"]}
    edges = next(iter(card["splits"].values()))["distributions"][kind]["edges"]
    shown = _bins_in_use(splits, kind)
    width = 0.8 / max(1, len(splits))
    for place, (name, facts) in enumerate(splits.items()):
        counts = facts["distributions"][kind]["counts"][:shown]
        shares = [100 * count / facts["rows"] for count in counts]
        left = [i - 0.4 + (place + 0.5) * width for i in range(shown)]
        label = f"{name} ({facts['rows']:,} rows)"
        axes.bar(left, shares, width, label=label, color=_COLORS[place % len(_COLORS)])
    labels = bin_labels(edges)[:shown]
    axes.set_xticks(range(shown), labels, rotation=40 if len(labels) > 11 else 0)
    _dress(axes, kind, card["name"])
    if kind == "pool":
        _mark_k(axes, edges[:shown], card["policy"]["k"])
    if axes.has_data():
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _bins_in_use(splits: Mapping[str, Any], kind: str) -> int:
    """Number of bins up to the last that any split uses; at least 1."""
    used = [
        place + 1
        for facts in splits.values()
        for place, count in enumerate(facts["distributions"][kind]["counts"])
        if count
    ]
    return max(used, default=1)


def _mark_k(axes: Axes, edges: list[int], k: int) -> None:
    """Draw the line left of which pools are smaller than k, where a bin begins at k."""
    if k in edges:
        axes.axvline(edges.index(k) - 0.5, color=_INK, linewidth=1, linestyle="--")
        axes.set_xlabel(f"photos (left of the dashed line: fewer than k = {k})")


def _dress(axes: Axes, kind: str, name: str) -> None:
    axes.set_title(f"{TITLES[kind]}: {_short(name)}", loc="left", color=_INK)
    axes.set_xlabel({"words": "words", "history": "reviews"}.get(kind, "photos"))
    axes.set_ylabel("share of the split's rows (%)")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _short(name: str, most: int = 40) -> str:
    """Cut a name from outside, without the characters that the font has no picture of."""
    shown = "".join(char if char.isprintable() and char < _NO_GLYPHS else "?" for char in name)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _replace(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
