"""Pictures of learning curves: what is in them, and points from strangers."""

from __future__ import annotations

import io
import math
import re

import pytest
from PIL import Image

pytest.importorskip("matplotlib")

from showcase_bench.leaderboard import learning_curve
from showcase_bench.leaderboard.learning_curve import curve_pictures


def point(split: str, epoch: object, loss: object, step: object = None) -> dict[str, object]:
    return {"split": split, "epoch": epoch, "step": epoch if step is None else step, "loss": loss}


def usual() -> list[dict[str, object]]:
    points = []
    for epoch in range(1, 9):
        for part in range(1, 5):
            loss = 1 + 3 / (epoch + part / 4)
            points.append(point("train", epoch, loss, 100 * (epoch - 1) + 25 * part - 5))
        points.append(point("train", epoch, 1 + 3 / (epoch + 0.5), 100 * epoch))
        points.append(point("val", epoch, 1.5 + (epoch - 5) ** 2 / 20, 100 * epoch))
    return points


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Axes of the figures that are drawn."""
    kept: dict = {}
    draw = learning_curve.pictures

    def keep(figure):
        kept["axes"] = figure.axes[0]
        kept["lines"] = {line.get_label(): line for line in figure.axes[0].lines}
        return draw(figure)

    monkeypatch.setattr(learning_curve, "pictures", keep)
    return kept


def test_both_losses_by_epoch_and_the_best_one(drawn: dict) -> None:
    made = curve_pictures(usual(), "peter")
    assert set(made) == {"png", "svg"}
    picture = Image.open(io.BytesIO(made["png"]))
    assert picture.size[0] > 900
    assert len(set(picture.convert("RGB").get_flattened_data())) > 50
    assert made["svg"].startswith(b"<?xml")
    lines = drawn["lines"]
    assert list(lines["training"].get_xdata()) == list(range(1, 9))
    assert list(lines["training"].get_ydata()) == [1 + 3 / (e + 0.5) for e in range(1, 9)]
    assert list(lines["validation"].get_xdata()) == list(range(1, 9))
    within = lines["training, within epochs"]
    assert list(within.get_xdata()[:5]) == pytest.approx([0.2, 0.45, 0.7, 0.95, 1.2])
    best = lines["best: epoch 5, 1.5"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (5, 1.5)
    assert drawn["axes"].get_title(loc="left") == "Learning curve: peter"


def test_equal_points_give_equal_bytes_without_a_date() -> None:
    one, other = curve_pictures(usual(), "peter"), curve_pictures(iter(usual()), "peter")
    assert one == other
    assert not re.search(rb"<dc:date>|\d{4}-\d\d-\d\dT", one["svg"])
    assert curve_pictures(usual()[:-1], "peter") != one


def test_the_earliest_of_equal_best_epochs_is_marked(drawn: dict) -> None:
    curve_pictures([point("val", epoch, 2.0) for epoch in (3, 1, 2)], "x")
    assert "best: epoch 1, 2" in drawn["lines"]


def test_training_alone_marks_nothing(drawn: dict) -> None:
    curve_pictures([point("train", 1, 3.0), point("train", 2, 2.0)], "x")
    assert set(drawn["lines"]) == {"training"}


def test_steep_curves_are_drawn_on_a_logarithmic_scale(drawn: dict) -> None:
    curve_pictures([point("train", 1, 300.0), point("train", 2, 2.0)], "x")
    assert drawn["axes"].get_yscale() == "log"
    curve_pictures([point("train", 1, 300.0), point("train", 2, -2.0)], "x")
    assert drawn["axes"].get_yscale() == "linear"


@pytest.mark.parametrize(
    "points",
    [
        [],
        [{}],
        [point("test", 1, 2.0)],
        [point("train", 1, math.nan)],
        [point("train", 1, "2.0")],
        [point("train", 1, True)],
        [point("train", 0, 2.0)],
        [point("train", 1.5, 2.0)],
        [point("val", 1, 2.0, math.inf)],
        [point("val", 1, None)],
    ],
)
def test_points_that_cannot_be_drawn_are_left_out(points: list, drawn: dict) -> None:
    assert curve_pictures(points, "x") == {}
    assert set(curve_pictures([*points, point("train", 1, 2.0)], "x")) == {"png", "svg"}
    assert set(drawn["lines"]) == {"training"}


@pytest.mark.parametrize(
    "points",
    [
        [point("train", 1, 2.0)],
        [point("train", 5, 2.0), point("train", 5, 2.0), point("val", 900, -1e300)],
        [point("train", epoch, 1e-300 * epoch, 0) for epoch in range(1, 100)],
        [point("train", 2, 0.0, -5), point("train", 2, 1.0, 5), point("train", 1, 1.0, 50)],
    ],
)
def test_odd_curves_are_drawn(points: list) -> None:
    assert set(curve_pictures(points, "寿司 <b>$x$</b> " * 20)) == {"png", "svg"}
