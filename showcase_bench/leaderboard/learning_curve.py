"""The learning curve of a fit as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from showcase_bench.drawing import own_settings, pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curve_pictures"]

# From the palette of Okabe and Ito: told apart by readers with any kind of colour vision.
_TRAIN, _VAL, _BEST = "#0072B2", "#D55E00", "#222222"
_GRID = "#DDDDDD"
_NO_GLYPHS = "\u0530"
"""The font has Latin, Greek and Cyrillic, which come before this character."""
_STEEP = 50.0
"""Highest loss over lowest from which the scale is logarithmic."""


class _Point(NamedTuple):
    epoch: int
    step: float
    loss: float


def curve_pictures(points: Iterable[Mapping[str, Any]], title: str) -> dict[str, bytes]:
    """Draw the losses of training and validation by epoch as ``png`` and ``svg``.

    The last point of an epoch stands for the epoch; points of training before it, where there are
    some, are a thin line behind. The epoch of the lowest validation loss is marked, the earliest
    of equal ones. Equal points give equal bytes under one version of matplotlib.

    Parameters
    ----------
    points
        As a model's ``learning_curve()`` gives them. Those without a whole ``epoch`` of at least
        1, or without a finite ``step`` and ``loss``, and those of splits other than ``train`` and
        ``val``, are not drawn.
    title
        What was fitted, such as the name of the model.

    Returns
    -------
    dict of str to bytes
        Empty where no point can be drawn.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    shown = list(points)
    train, val = _points(shown, "train"), _points(shown, "val")
    if not train and not val:
        return {}
    with own_settings("learning curve", {"font.size": 10.0, "axes.edgecolor": _BEST}):
        return pictures(_figure(train, val, title))


def _points(points: Sequence[Mapping[str, Any]], split: str) -> list[_Point]:
    """Those of one split that can be drawn, in order of epoch and step."""
    found = []
    for one in points:
        epoch, step, loss = one.get("epoch"), one.get("step"), one.get("loss")
        if (
            one.get("split") == split
            and isinstance(epoch, int)
            and epoch >= 1
            and _finite(step)
            and _finite(loss)
        ):
            found.append(_Point(epoch, step, loss))
    return sorted(found, key=lambda one: one[:2])


def _finite(value: Any) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _by_epoch(points: Sequence[_Point]) -> list[_Point]:
    """The last point of each epoch."""
    return list({one.epoch: one for one in points}.values())


def _places(points: Sequence[_Point], ends: Mapping[int, float]) -> list[float]:
    """Where points stand between the ends of epochs, by their step; epoch 1 goes from 0 to 1."""
    places = []
    for one in points:
        end = ends[one.epoch]
        start = max((step for epoch, step in ends.items() if epoch < one.epoch), default=0.0)
        share = (one.step - start) / (end - start) if end > start else 1.0
        places.append(one.epoch - 1 + min(max(share, 0.0), 1.0))
    return places


def _figure(train: Sequence[_Point], val: Sequence[_Point], title: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _draw(axes, train, "training", _TRAIN, "o")
    _draw(axes, val, "validation", _VAL, "s")
    _mark_best(axes, _by_epoch(val))
    losses = [one.loss for one in (*train, *val)]
    if min(losses) > 0 and max(losses) > _STEEP * min(losses):
        axes.set_yscale("log")
    axes.set_xlim(left=0.0 if len(_by_epoch(train)) < len(train) else 0.5)
    axes.set_xlim(right=max(one.epoch for one in (*train, *val)) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(f"Learning curve: {_plain(title)}", loc="left", color=_BEST)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw(axes: Axes, points: Sequence[_Point], label: str, color: str, marker: str) -> None:
    whole = _by_epoch(points)
    if not whole:
        return
    if len(whole) < len(points):
        last = set(map(id, whole))
        within = [one for one in points if id(one) not in last]
        places = _places(within, {one.epoch: one.step for one in whole})
        losses = [one.loss for one in within]
        name = f"{label}, within epochs"
        axes.plot(places, losses, color=color, alpha=0.45, linewidth=1, label=name)
    epochs, losses = [one.epoch for one in whole], [one.loss for one in whole]
    size = 4.5 if len(whole) <= 40 else 0.0
    axes.plot(
        epochs, losses, color=color, marker=marker, markersize=size, linewidth=1.8, label=label
    )


def _mark_best(axes: Axes, val: Sequence[_Point]) -> None:
    if not val:
        return
    best = min(val, key=lambda one: (one.loss, one.epoch))
    axes.axvline(best.epoch, color=_BEST, linewidth=1, linestyle="--")
    axes.plot(
        [best.epoch],
        [best.loss],
        linestyle="none",
        marker="o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=_BEST,
        label=f"best: epoch {best.epoch}, {best.loss:.3g}",
    )


def _plain(name: str, most: int = 60) -> str:
    """Cut a name from outside, without the characters that the font has no picture of."""
    shown = "".join(char if char.isprintable() and char < _NO_GLYPHS else "?" for char in name)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
