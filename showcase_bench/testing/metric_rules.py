"""The rules on the numbers of a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics import Metric
from showcase_bench.metrics.base import Floats
from showcase_bench.testing.batches import (
    Row,
    Stage,
    hard_rows,
    missing_rows,
    perfect_rows,
    rows,
    spoilt_rows,
)
from showcase_bench.testing.findings import Report, told
from showcase_bench.testing.randomness import changed_states, global_states, other_global_state

__all__ = ["check_numbers"]

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12


def check_numbers(report: Report, metric: Metric, stage: Stage) -> None:
    """Report every broken rule; raises what the metric raises on ordinary rows."""
    _Check(report, metric, stage).run()


class _Check:
    def __init__(self, report: Report, metric: Metric, stage: Stage) -> None:
        self._report, self._stage = report, stage
        self._metric = metric.bind(stage.corpus, stage.training)
        self._rows = rows()

    def run(self) -> None:
        stats = self._statistics(self._rows)
        before = global_states()  # only now: what a metric imports at first may draw numbers
        if not self._are_statistics(stats, self._rows):
            return
        self._looked_at(stats, before)
        self._hard(stats.shape[1])
        self._empty(stats.shape[1])
        self._bounds(stats)
        self._direction()
        self._missing()
        self._parts(stats)
        self._moved(stats)
        self._vectorised(stats)
        self._influence(stats)

    def _statistics(self, some: Sequence[Row]) -> Floats:
        return self._metric.statistics(self._stage.batch(some))

    def _value(self, some: Sequence[Row]) -> float:
        return float(self._metric.score(self._statistics(some).sum(axis=0)))

    def _are_statistics(self, stats: object, some: Sequence[Row]) -> bool:
        if not isinstance(stats, np.ndarray) or stats.dtype != np.float64:
            kind = getattr(stats, "dtype", type(stats).__name__)
            self._report.add("statistics", f"statistics() gave {kind}; give a float64 array")
            return False
        if stats.ndim != 2 or len(stats) != len(some):
            self._report.add(
                "statistics",
                f"statistics() of {len(some)} examples has shape {stats.shape}; give one row an "
                "example: [n, d]",
            )
            return False
        for number in np.flatnonzero(~np.isfinite(stats).all(axis=1)).tolist():
            self._report.add(
                "statistics",
                f"the row is {stats[number]}; keep rows finite, and let score() give NaN",
                f"q{some[number].number}",
            )
        return bool(np.isfinite(stats).all())

    def _looked_at(self, stats: Floats, before: dict[str, object]) -> None:
        """What statistics() did to what it was given, and to the rest of the process."""
        batch = self._stage.batch(self._rows)
        first = self._metric.statistics(batch)
        kept = first.copy()
        first[:] = -1
        if not np.array_equal(self._metric.statistics(batch), kept):
            self._report.add(
                "inputs-untouched",
                "writing into its rows changes what it gives next; give a new array each time",
            )
        if self._stage.features.were_changed():
            self._report.add(
                "inputs-untouched", "it wrote into the features of photos; work on a copy"
            )
        with other_global_state(1):
            other = self._statistics(self._rows)
        for name in changed_states(before):
            self._report.add(
                "global-randomness",
                f"it moved the global state of {name}; draw from a generator of its own with a "
                "fixed seed",
            )
        if not np.array_equal(other, stats):
            self._report.add(
                "global-randomness", "its rows depend on the global random state; use a fixed seed"
            )

    def _hard(self, width: int) -> None:
        """Each hard row alone, so that the one to blame is named."""
        for row in hard_rows():
            where = f"q{row.number}: text {row.text!r:.30}, references {row.references!r:.30}, "
            where += f"photos {row.shown}"
            try:
                stats = self._statistics([row])
                value = float(self._metric.score(stats.sum(axis=0)))
                influence = self._metric.influence(stats)
            except Exception as error:  # a stranger's metric may fail in any way
                self._report.add("hard-rows", f"raised {told(error)}", where)
                continue
            if stats.shape != (1, width) or not np.isfinite(stats).all():
                self._report.add("hard-rows", f"the row is {stats}; keep it finite", where)
            elif math.isinf(value) or not np.isfinite(influence).all():
                self._report.add("hard-rows", f"score {value}, influence {influence}", where)

    def _empty(self, width: int) -> None:
        batch = self._stage.batch([])
        try:
            stats = self._metric.statistics(batch)
            value = float(self._metric.score(stats.sum(axis=0)))
            shapes = (self._metric.influence(stats).shape, self._metric.scored(batch).shape)
        except Exception as error:  # as above
            self._report.add("empty", f"raised {told(error)} for no examples; give no rows")
            return
        if stats.shape != (0, width):
            self._report.add("empty", f"no examples give shape {stats.shape}; give (0, {width})")
        if not math.isnan(value):
            self._report.add("empty", f"no examples score {value}; give NaN, which is unscored")
        if shapes != ((0,), (0,)):
            self._report.add("empty", "influence() and scored() of no examples must be empty")

    def _bounds(self, stats: Floats) -> None:
        low, high = self._metric.bounds
        slack = 1e-9 * max(1.0, *(abs(one) for one in (low, high) if math.isfinite(one)), 1.0)
        for what, some in (
            ("the usual rows", self._rows),
            ("right answers", perfect_rows()),
            ("one right answer", perfect_rows()[:1]),
            ("wrong answers", spoilt_rows()),
            ("hard rows", hard_rows()),
            ("one row, ten times", [self._rows[1]] * 10),
        ):
            value = self._value(some)
            if not (math.isnan(value) or low - slack <= value <= high + slack):
                self._report.add(
                    "bounds", f"{what} score {value}, outside of bounds {self._metric.bounds}"
                )

    def _direction(self) -> None:
        better = self._metric.higher_is_better
        if better is None or self._metric.kind == "set":
            return
        if not {"references", "gold images"} & self._metric.needs:
            return
        right, wrong = self._value(perfect_rows()), self._value(spoilt_rows())
        if (right < wrong) if better else (right > wrong):
            self._report.add(
                "direction",
                f"right answers score {right}, wrong ones {wrong}, and higher_is_better is "
                f"{better}; turn it round",
            )

    def _missing(self) -> None:
        some = missing_rows()
        batch = self._stage.batch(some, timings=None)
        value = float(self._metric.score(self._metric.statistics(batch).sum(axis=0)))
        worst = self._metric.worst
        # Nothing is infinitely bad: then any finite number may stand for it.
        if not (math.isnan(value) or value == worst or math.isinf(worst)):
            self._report.add(
                "missing",
                f"where nothing is attempted it scores {value}; its worst value is {worst} by its "
                "bounds and direction",
            )
        scored = self._metric.scored(batch)
        if getattr(scored, "dtype", None) != np.bool_ or scored.shape != (len(some),):
            self._report.add("scored", "scored() must give a bool array with one entry an example")
        elif scored.any():
            first = f"q{some[int(np.flatnonzero(scored)[0])].number}"
            self._report.add("scored", "nothing was attempted, and scored() says True", first)

    def _parts(self, stats: Floats) -> None:
        if self._metric.kind == "set":
            return
        cut, parts = 11, []
        for some in (self._rows[:cut], self._rows[cut:]):
            batch = self._stage.batch(some, table=self._stage.new_table())
            parts.append(self._metric.statistics(batch))
        both = np.concatenate(parts)
        if both.shape != stats.shape or not _close(both, stats).all():
            at = _first_difference(both, stats)
            self._report.add(
                "additive",
                "its row depends on which other examples are in the batch; take what is common "
                "from batch.corpus or batch.training",
                f"q{self._rows[at].number}",
            )
            return
        whole = float(self._metric.score(stats.sum(axis=0)))
        merged = float(self._metric.score(parts[0].sum(axis=0) + parts[1].sum(axis=0)))
        if not np.isclose(whole, merged, equal_nan=True, rtol=1e-9):
            self._report.add(
                "additive", f"the whole scores {whole}, the summed rows of its parts {merged}"
            )

    def _moved(self, stats: Floats) -> None:
        order = np.random.default_rng(0).permutation(len(self._rows))
        moved = self._statistics([self._rows[at] for at in order])
        if moved.shape != stats.shape or not _close(moved, stats[order]).all():
            at = order[_first_difference(moved, stats[order])]
            self._report.add(
                "order",
                "its row changes with the order of the examples; let it follow from the example",
                f"q{self._rows[at].number}",
            )

    def _vectorised(self, stats: Floats) -> None:
        weights = np.random.default_rng(0).integers(0, 3, size=(2, 5, len(stats))).astype(float)
        try:
            many = np.asarray(self._metric.score(weights @ stats))
        except Exception as error:  # as above
            self._report.add("vectorised", f"score() of shape [2, 5, d] raised {told(error)}")
            return
        if many.shape != (2, 5):
            self._report.add(
                "vectorised",
                f"score() of shape [2, 5, d] has shape {many.shape}; index the last axis alone: "
                "sums[..., 0]",
            )
            return
        one = float(self._metric.score(weights[1, 3] @ stats))
        if not np.isclose(many[1, 3], one, equal_nan=True, rtol=1e-9):
            self._report.add("vectorised", f"score() gives {many[1, 3]} among others, {one} alone")

    def _influence(self, stats: Floats) -> None:
        influence = np.asarray(self._metric.influence(stats))
        if influence.shape != (len(stats),) or not np.isfinite(influence).all():
            self._report.add(
                "influence",
                f"influence() has shape {influence.shape}; give one finite number an example",
            )
            return
        if abs(influence.sum()) > 1e-8 * max(1.0, float(np.abs(influence).sum())):
            self._report.add(
                "influence",
                f"influence() has the mean {influence.mean():.3g}; subtract it, so that it is 0",
            )
        if self._metric.kind == "set":
            return
        predicted, found = self._changes(stats, influence)
        off = float(np.linalg.norm(predicted - found))
        if off > 0.05 * float(np.linalg.norm(found)) + 1e-9:
            self._report.add(
                "influence",
                f"examples weighed a little more or less move the score by {found[0]:.3g}, and "
                f"influence() says {predicted[0]:.3g}; its unit is d score / d share of one",
            )

    def _changes(self, stats: Floats, influence: Floats) -> tuple[Floats, Floats]:
        """Changes of the score under small changes of weights: as predicted, and as they are."""
        drawn = np.random.default_rng(0).standard_normal((8, len(stats)))
        nudge = 1e-4 * (drawn - drawn.mean(axis=1, keepdims=True))
        predicted: Floats = nudge @ influence / len(stats)
        up = np.asarray(self._metric.score((1 + nudge) @ stats))
        down = np.asarray(self._metric.score((1 - nudge) @ stats))
        found: Floats = np.nan_to_num((up - down) / 2)
        return predicted, found


def _close(left: Floats, right: Floats) -> NDArray[np.bool_]:
    return np.isclose(left, right, rtol=_RELATIVE, atol=_ABSOLUTE)


def _first_difference(left: Floats, right: Floats) -> int:
    if left.shape != right.shape:
        return 0
    return int(np.flatnonzero(~_close(left, right).all(axis=1))[0])
