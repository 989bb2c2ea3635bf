"""Tests and intervals of all pairs of systems: speed and memory, with other packages beside them.

BLEU-4 statistics of 11,015 made-up examples (the test rows of GEST-s1) and 8 systems, 10,000
trials, all 28 pairs. An example has a difficulty that all systems share, and systems differ by
little. Each step runs in a process of its own, whose peak memory includes the statistics:

    python benchmarks/stats.py [--quick] [--runs 3] [--json]

The other packages get the same statistics, and take too long to be run in full, so theirs is
measured on a part and scaled, which their loops over trials and pairs allow:

- sacrebleu compares a baseline with the other systems, 7 pairs here, with 1,000 trials. Its own
  test functions run on its own BLEU, which is given the statistics in place of texts. Its time for
  7 pairs is set against ours for all 28 ("7 pairs") and, times 4, for as many ("28 pairs").
- scipy's permutation_test and ranx's Fisher randomization compare the means of one pair, with 100
  and 1,000 trials; ours compares the means of all 28.

"p apart" is the largest difference of their p-values and ours: both are samples of the same share,
the peers' with few trials (a standard error of up to .016 with 1,000, and .1 for scipy's).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from _harness import measure, peak_mib

EXAMPLES = 11_015
SYSTEMS = 8
MANY = 100
TRIALS = 10_000
PEER_TRIALS = {"sacrebleu AR": 1_000, "sacrebleu bootstrap": 1_000, "scipy": 100, "ranx": 1_000}
OURS = {"AR": 2.0, "bootstrap": 6.0, "differences": None, "AR of means": None, "AR, many": 60.0}
RATIOS = {"sacrebleu AR": 30, "sacrebleu bootstrap": 30, "scipy": 200, "ranx": 200}
AGAINST = {
    "sacrebleu AR": "AR",
    "sacrebleu bootstrap": "bootstrap",
    "scipy": "AR of means",
    "ranx": "AR of means",
}
MEMORY = 400.0
QUICK = {"examples": 1_000, "trials": 500, "many": 20, "share": 10}


def make_rows(n: int, s: int) -> Any:
    """BLEU-4 statistics of s systems on n examples, float64 of shape [n, s, 10], from a seed."""
    import numpy as np

    rng = np.random.default_rng(0)
    references = rng.integers(6, 30, n)
    ease = rng.standard_normal((n, 1))
    quality = 0.01 * np.arange(s) + 0.3 * rng.standard_normal((n, s))
    lengths = np.maximum(references[:, None] + rng.integers(-4, 4, (n, s)), 1)
    guesses = np.maximum(lengths[:, :, None] - np.arange(4), 0)
    log_odds = np.array([0.0, -1.0, -1.8, -2.4]) + (0.5 * ease + quality)[:, :, None]
    matches = rng.binomial(guesses, 1 / (1 + np.exp(-log_odds)))
    ends = np.stack([np.broadcast_to(references[:, None], (n, s)), np.ones((n, s), int)], axis=-1)
    return np.concatenate([matches, guesses, ends], axis=-1).astype(np.float64)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, seconds and CPU seconds."""
    start, used = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - used


def ours(step: str, n: int, s: int, trials: int) -> dict[str, Any]:
    """One of our steps on statistics in memory."""
    import numpy as np

    from showcase_bench.metrics import parse_metric
    from showcase_bench.stats import (
        System,
        bootstrap,
        bootstrap_p,
        differences,
        randomization_test,
        rank_intervals,
        tie_letters,
    )

    metric, rows = parse_metric("bleu-4"), make_rows(n, s)

    def all_differences() -> Any:
        values = np.array([float(metric.score(rows[:, k].sum(axis=0))) for k in range(s)])
        systems = [
            System((float(values[k]),), metric.influence(rows[:, k])[:, np.newaxis])
            for k in range(s)
        ]
        found = differences(systems, trials=trials)
        found.interval(), found.interval(simultaneous=True)
        rank_intervals(values, found.differ), tie_letters(values, found.differ)
        return found.p

    def resample() -> Any:
        scores = bootstrap(rows, metric.score, trials=trials)
        observed = metric.score(rows.sum(axis=0))
        p = np.ones((s, s))
        for a in range(s):
            for b in range(a):
                delta = float(observed[a] - observed[b])
                p[a, b] = p[b, a] = bootstrap_p(scores[:, a] - scores[:, b], delta)
        return p

    def means() -> Any:
        pairs = np.stack([mean_values(rows), np.ones(rows.shape[:2])], axis=-1)
        return randomization_test(pairs, lambda x: x[..., 0] / x[..., 1], trials=trials)

    test = {
        "differences": all_differences,
        "bootstrap": resample,
        "AR of means": means,
    }.get(step, lambda: randomization_test(rows, metric.score, trials=trials))
    p, wall, cpu = timed(test)
    return {"wall": wall, "cpu": cpu, "p": np.asarray(p)[0].tolist(), "peak_mib": peak_mib()}


def mean_values(rows: Any) -> Any:
    """A value of each example and system: the share of matched words; shape [n, s]."""
    return rows[:, :, 0] / rows[:, :, 4]


def sacrebleu_step(step: str, rows: Any, trials: int) -> dict[str, Any]:
    """The first system against all others, by sacrebleu's functions."""
    import numpy as np
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.significance import _paired_ar_test, _paired_bs_test

    class Stored(BLEU):
        """BLEU that takes rows ``[lengths, matches, n-grams]`` for texts."""

        def _extract_corpus_statistics(self, hypotheses: Any, references: Any) -> Any:
            return hypotheses

    columns = [4, 8, 0, 1, 2, 3, 4, 5, 6, 7]
    stats = [one.astype(np.int64).tolist() for one in rows[:, :, columns].transpose(1, 0, 2)]
    metric = Stored(references=[["."]])
    test = _paired_ar_test if step == "sacrebleu AR" else _paired_bs_test
    baseline = {"BLEU": (stats[0], metric._aggregate_and_compute(stats[0]))}

    def work() -> list[float]:
        found = [test(baseline, "", one, None, {"BLEU": metric}, trials) for one in stats[1:]]
        return [float(result["BLEU"].p_value) for _, result in found]

    p, wall, cpu = timed(work)
    return {"wall": wall, "cpu": cpu, "pairs": len(p), "p": [1.0, *p], "peak_mib": peak_mib()}


def peer(step: str, n: int, s: int, trials: int) -> dict[str, Any]:
    """One step of another package on the same statistics."""
    rows = make_rows(n, s)
    if step.startswith("sacrebleu"):
        return sacrebleu_step(step, rows, trials)
    values = mean_values(rows)
    one, other = values[:, 0].copy(), values[:, 1].copy()
    if step == "scipy":
        import numpy as np
        from scipy.stats import permutation_test

        def work() -> float:
            found = permutation_test(
                (one, other),
                lambda x, y, axis: np.mean(x - y, axis=axis),
                permutation_type="samples",
                n_resamples=trials,
                vectorized=True,
                batch=100,
                rng=0,
            )
            return float(found.pvalue)
    else:
        from ranx.statistical_tests.fisher_randomization_test import fisher_randomization_test

        fisher_randomization_test(one[:9], other[:9], 2)  # compiles, or finds the compiled code

        def work() -> float:
            return float(fisher_randomization_test(one, other, trials)[0])

    p, wall, cpu = timed(work)
    return {"wall": wall, "cpu": cpu, "pairs": 1, "p": [1.0, p], "peak_mib": peak_mib()}


def peer_entry(
    step: str, theirs: dict[str, Any], our: dict[str, Any], trials: tuple[int, int]
) -> dict[str, Any]:
    """Scale a peer's time to all trials and pairs; ``trials`` are theirs and ours."""
    all_pairs = SYSTEMS * (SYSTEMS - 1) // 2
    scale = trials[1] / trials[0]
    full = theirs["wall"] * scale * all_pairs / theirs["pairs"]
    apart = max(abs(a - b) for a, b in zip(theirs["p"], our["p"], strict=False))
    return {
        "name": step,
        "against": AGAINST[step],
        "trials": trials[0],
        "pairs": theirs["pairs"],
        "measured_s": theirs["wall"],
        "own_pairs_scaled_s": theirs["wall"] * scale,
        "scaled_s": full,
        "ratio_own_pairs": theirs["wall"] * scale / our["wall"],
        "ratio": full / our["wall"],
        "target": RATIOS[step],
        "peak_mib": theirs["peak_mib"],
        "largest_difference_of_p": apart,
    }


def report(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, each step in a process of its own; ours is the median of the runs."""
    n, trials, many, share = EXAMPLES, TRIALS, MANY, 1
    if options.quick:
        n, trials, many, share = (QUICK[key] for key in ("examples", "trials", "many", "share"))
    own, peers = {}, []
    for step in OURS:
        s = many if step == "AR, many" else SYSTEMS
        runs = [
            measure(__file__, step, *map(str, (n, s, trials)))
            for _ in range(1 if step == "AR, many" else options.runs)
        ]
        middle = statistics.median_low(run["wall"] for run in runs)
        own[step] = next(run for run in runs if run["wall"] == middle) | {"systems": s}
    for step, most in PEER_TRIALS.items():
        part = max(most // share, 20)
        theirs = measure(__file__, step, *map(str, (n, SYSTEMS, part)))
        peers.append(peer_entry(step, theirs, own[AGAINST[step]], (part, trials)))
    return {
        "examples": n,
        "trials": trials,
        "ours": [
            {"name": step, "target_s": OURS[step], "target_mib": MEMORY}
            | {key: one[key] for key in ("systems", "wall", "cpu", "peak_mib")}
            for step, one in own.items()
        ],
        "peers": peers,
    }


def show(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"{result['examples']:,} examples, {result['trials']:,} trials, BLEU-4, all pairs\n")
    print(f"{'ours':14} {'systems':>7} {'wall, s':>8} {'CPU, s':>7} {'at most':>8} {'peak MiB':>9}")
    for one in result["ours"]:
        most = "–" if one["target_s"] is None else f"{one['target_s']:.0f}"
        print(
            f"{one['name']:14} {one['systems']:>7} {one['wall']:8.2f} {one['cpu']:7.2f} "
            f"{most:>8} {one['peak_mib']:9.0f}"
        )
    print(f"(at most {MEMORY:.0f} MiB with {SYSTEMS} systems)\n")
    print(
        f"{'peer':20} {'trials':>6} {'pairs':>5} {'wall, s':>8} {'28 pairs, scaled':>17} "
        f"{'ratio':>8} {'at least':>8} {'peak MiB':>9}  p apart"
    )
    for one in result["peers"]:
        print(
            f"{one['name']:20} {one['trials']:>6,} {one['pairs']:>5} {one['measured_s']:8.2f} "
            f"{one['scaled_s']:15.0f} s {one['ratio']:7.0f}x {one['target']:7}x "
            f"{one['peak_mib']:9.0f}  {one['largest_difference_of_p']:.3f}"
        )
    for one in result["peers"]:
        if one["pairs"] > 1:
            print(
                f"{one['name']}: its {one['pairs']} pairs (scaled, {one['own_pairs_scaled_s']:.0f} "
                f"s) against all of ours: {one['ratio_own_pairs']:.0f}x"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few examples, trials and systems")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours; the median counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        step, *sizes = options.child
        run = ours if step in OURS else peer
        print(json.dumps(run(step, *map(int, sizes))))
        return
    result = report(options)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
