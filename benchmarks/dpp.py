"""Greedy inference in determinantal point processes, against the published algorithm's loop.

Pools as in GEST-s1 (11,015 test rows of 36 photos on average) and large ones, with features like
those of CLIP ViT-B/32: 512 numbers of length 1 around a direction of the business, so that two
photos of a business have a mean cosine of about ``--cosine``. Relevance is normal with a standard
deviation of ``--spread``. The defaults of both are what ``topk`` and ``mini-clip`` give on ``mini``
(0.66 and 0.33). The published algorithm (Chen, Zhang and Zhou 2018) is written as its paper gives
it: the kernel of a pool is computed, then a loop over the chosen photos updates vectors of numpy.
Both are timed in turns, in one process, on one thread, on the same features in memory; the ratio is
the median over the turns, and the choices must be the same:

    python benchmarks/dpp.py [--pools 11015] [--turns 5] [--theta 0.7] [--json]

A second table has relevance that hardly differs (a standard deviation of 0.01): then almost no
photo can be left out, which is the hardest case for the compiled code. "floor" is the time that
adding up all features takes, the least for anything that reads all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from _harness import measure, peak_mib

SHAPES = ((36, 3), (36, 10), (1000, 3), (1000, 10))
PHOTOS = 36
HARD = 0.01
DIM = 512


def make_pools(pools: int, size: int, cosine: float, spread: float) -> tuple[Any, Any]:
    """Relevance [pools, size] and features [pools, size, DIM], from a fixed seed."""
    import numpy as np

    rng = np.random.default_rng(0)
    relevance = spread * rng.standard_normal((pools, size))
    features = np.empty((pools, size, DIM))
    for rows in features:
        common = rng.standard_normal(DIM)
        own = rng.standard_normal((size, DIM))
        rows[:] = math.sqrt(cosine) * common + math.sqrt(1 - cosine) * own
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return relevance, features


def published(relevance: Any, features: Any, k: int, theta: float) -> list[int]:
    """Algorithm 1 of Chen, Zhang and Zhou (2018) on one pool: kernel first, then the loop."""
    import numpy as np

    quality = np.exp(theta / (2 * (1 - theta)) * relevance)
    kernel = quality[:, None] * (features @ features.T) * quality[None, :]
    rows = np.zeros((k, len(relevance)))
    left = np.diagonal(kernel).copy()
    chosen = [int(np.argmax(left))]
    while len(chosen) < k:
        last, done = chosen[-1], len(chosen) - 1
        update = (kernel[last] - rows[:done, last] @ rows[:done]) / math.sqrt(left[last])
        rows[done] = update
        left -= update * update
        left[last] = -math.inf
        chosen.append(int(np.argmax(left)))
    return chosen


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and seconds."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def child(pools: int, size: int, k: int, turns: int, options: argparse.Namespace) -> dict[str, Any]:
    """Time both on the same pools, in turns."""
    from baselines.common.selection import Candidates, greedy_dpp_batch

    relevance, features = make_pools(pools, size, options.cosine, options.spread)
    floor = min(timed(lambda: features.sum())[1] for _ in range(3))
    problems = [Candidates(a, b, k) for a, b in zip(relevance, features, strict=True)]
    greedy_dpp_batch(problems[:1], options.theta)  # compiles, or finds the compiled code
    seconds: dict[str, list[float]] = {"published": [], "ours": []}
    same = 0
    for _ in range(turns):
        expected, took = timed(
            lambda: [published(one.relevance, one.features, k, options.theta) for one in problems]
        )
        seconds["published"].append(took)
        found, took = timed(lambda: greedy_dpp_batch(problems, options.theta))
        seconds["ours"].append(took)
        same = sum(a == b for a, b in zip(expected, found, strict=True))
    pairs = zip(seconds["published"], seconds["ours"], strict=True)
    return {
        "pools": pools,
        "size": size,
        "k": k,
        "spread": options.spread,
        "published": statistics.median(seconds["published"]),
        "ours": statistics.median(seconds["ours"]),
        "ratio": statistics.median(a / b for a, b in pairs),
        "same": same,
        "floor": floor,
        "peak_mib": peak_mib(),
    }


def report(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All shapes, each in a process of its own."""
    figures = []
    for spread in (options.spread, HARD):
        for size, k in SHAPES:
            pools = max(1, options.pools * PHOTOS // size)
            figures.append(
                measure(
                    __file__,
                    *map(str, (pools, size, k)),
                    *("--turns", str(options.turns), "--theta", str(options.theta)),
                    *("--cosine", str(options.cosine), "--spread", str(spread)),
                )
            )
    return figures


def show(figures: list[dict[str, Any]]) -> None:
    """Print the figures."""
    print(
        f"{'pools':>7} {'photos':>7} {'k':>3} {'relevance':>10} {'published':>10} {'ours':>9} "
        f"{'ratio':>7} {'floor':>9} {'same choice':>14} {'peak MiB':>9}"
    )
    for one in figures:
        relevance = f"sd {one['spread']:g}"
        print(
            f"{one['pools']:>7,} {one['size']:>7,} {one['k']:>3} {relevance:>10} "
            f"{one['published']:>8.3f} s {one['ours']:>7.3f} s {one['ratio']:>6.1f}x "
            f"{one['floor']:>7.3f} s "
            f"{one['same']:>6,}/{one['pools']:<7,} {one['peak_mib']:>9.0f}"
        )


def main() -> None:
    """Measure and print."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pools", type=int, default=11_015, help="pools of 36 photos")
    parser.add_argument("--turns", type=int, default=5, help="paired repeats")
    parser.add_argument("--theta", type=float, default=0.7, help="weight of relevance")
    parser.add_argument("--cosine", type=float, default=0.66, help="of two photos of a business")
    parser.add_argument("--spread", type=float, default=0.33, help="of relevance")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    parser.add_argument("--child", nargs=3, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(*options.child, options.turns, options)))
        return
    figures = report(options)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    if any(one["same"] != one["pools"] for one in figures):
        raise SystemExit("The choices differ.")


if __name__ == "__main__":
    main()
