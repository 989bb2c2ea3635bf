"""What a comparison rests on, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from showcase_bench.compare.results import Comparison
from showcase_bench.stats.clusters import FEW

__all__ = ["plain_words"]

_TESTS = {
    "approximate randomization": "paired approximate randomization: the outputs of both systems "
    "are swapped on random examples, {trials:,} times (seed {seed})",
    "approximate randomization of clusters": "paired approximate randomization of whole clusters: "
    "both systems' outputs are swapped on random clusters, {trials:,} times (seed {seed})",
    "swap of sets": "paired approximate randomization of sets: outputs are swapped on random "
    "examples and the different items are counted anew, {trials:,} times (seed {seed})",
    "t": "a t-test on the delete-one jackknife",
    "cluster-robust t": "a t-test on each example's influence, with cluster-robust errors",
    "two-way cluster-robust t": "a t-test on each example's influence, with errors that are robust "
    "to clusters in two directions",
    "Welch-Satterthwaite t": "a t-test with the variance of the examples and of the training "
    "seeds, and Satterthwaite's degrees of freedom",
    "cluster sign-flip": "random sign flips of the clusters of the column that has fewest, "
    "{trials:,} times or all of them (seed {seed})",
}
_ADJUSTED = {
    "max-t": "p_adj and the intervals for all pairs: max-T over all pairs of the metric "
    "({trials:,} draws); with {share:.0%} chance all of these intervals are right at once",
    "holm": "p_adj: Holm, over all pairs of the metric",
    "bh": "p_adj: Benjamini and Hochberg, over all pairs of the metric; it bounds the share of "
    "false findings, not the chance of one",
    "none": "p_adj: none; with many pairs some p-values are small by chance",
}


def plain_words(comparison: Comparison, alone: Sequence[str]) -> Iterator[str]:
    """Sentences for under the tables.

    Parameters
    ----------
    alone
        Systems that were trained with a single seed, or may have been.
    """
    count = {"trials": comparison.trials, "seed": comparison.seed}
    by_test: dict[str, list[str]] = {}
    for pair in comparison.pairs:
        tested = by_test.setdefault(pair.test, [])
        if pair.metric not in tested:
            tested.append(pair.metric)
    for test, metrics in by_test.items():
        where = "" if len(by_test) == 1 else f" ({', '.join(metrics)})"
        yield f"p{where}: {_TESTS[test].format(**count)}; two-sided."
    yield _clusters(comparison)
    yield from _few(comparison)
    yield f"{_ADJUSTED[comparison.adjust].format(share=1 - comparison.alpha, **count)}."
    yield (
        f"Intervals: {1 - comparison.alpha:.0%}, from each example's influence on the score; "
        "systems that share a letter cannot be told apart, and a rank is the best and worst that "
        "the data allow."
    )
    others = [one.name for one in comparison.metrics if not one.primary]
    primary = comparison.primary.name
    if others:
        yield (
            f"Conclusions rest on {primary}; the other metrics are exploratory, and q adjusts all "
            "their pairs for each other (Benjamini and Hochberg)."
        )
    else:
        yield f"One metric was looked at: {primary}."
    if alone:
        names = ", ".join(alone) if len(alone) <= 5 else f"{len(alone)} systems"
        yield (
            f"One seed ({names}): training variance not assessed. What is said holds for these "
            "outputs, not for the same model trained again."
        )
    left = [one for one in comparison.ranks if one.value is None]
    for one in left:
        yield f"{one.system} has no {one.metric}: nothing that it looks at was attempted."
    yield (
        "Not covered: whether the references are good, whether the metric is the right one, and "
        "other data than those that these examples are a sample of."
    )


def _clusters(comparison: Comparison) -> str:
    if not comparison.clusters:
        return (
            f"Examples ({comparison.n:,}) count as independent of each other: no users or "
            "businesses are known here. If they share any, intervals are too narrow."
        )
    told = " and ".join(f"{count:,} {_many(name)}" for name, count in comparison.clusters)
    return f"{comparison.n:,} examples in clusters: {told}."


def _few(comparison: Comparison) -> Iterator[str]:
    for name, count in comparison.clusters:
        if count < 2:
            yield f"There is one {name}; nothing can be said of others."
        elif count < FEW:
            yield (
                f"Warning: {count} {_many(name)} are fewer than {FEW}; robust errors are too small "
                "then, so p comes from sign flips of clusters, and intervals are to be read with "
                "care."
            )


def _many(name: str) -> str:
    return {"business": "businesses"}.get(name, f"{name}s")
