"""Greedy inference in determinantal point processes, against the published algorithm's loop.

Pools as in GEST-s1 (11,015 test rows of 36 photos on average) and large ones, with features like
those of CLIP ViT-B/32: 512 numbers of length 1 around a direction of the business, so that two
photos of a business have a mean cosine of about ``--cosine``. Relevance is normal with a standard
deviation of ``--spread``. The defaults of both are what ``topk`` and ``mini-clip`` give on ``mini``
(0.66 and 0.33). The published algorithm (Chen, Zhang and Zhou 2018) is written as its paper gives
it: from a kernel matrix, a loop over the chosen photos updates vectors of numpy, pool by pool. Both
are timed in turns, in one process, on one thread, on the same numbers in memory; the ratio is the
median over the turns, and the choices must be the same:

    python benchmarks/dpp.py [--pools 11015] [--turns 5] [--theta 0.7] [--json]

From kernels: both are given the kernel matrices, which is what the published algorithm starts from;
``greedy_dpp_kernels`` gets them as one stack and, in the columns "list", as a list of matrices.
There are only so many large pools as have kernels of 1 GiB together.

From features: both are given relevance and features, in float64. The published side then has to
compute the kernels first, and that is in its time; ``greedy_dpp_batch`` never computes them.
Relevance that hardly differs (a standard deviation of 0.01) leaves almost no photo out, which is
the hardest case for it. "floor" is the time that adding up all features takes, the least for
anything that reads all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from _harness import measure, peak_mib

SHAPES = ((36, 3), (36, 10), (1000, 3), (1000, 10))
PHOTOS = 36
HARD = 0.01
DIM = 512
KERNEL_BYTES = 2**30


def make_pools(pools: int, size: int, cosine: float, spread: float) -> Iterator[tuple[Any, Any]]:
    """Relevance [size] and features [size, DIM] of each pool, from a fixed seed."""
    import numpy as np

    rng = np.random.default_rng(0)
    for relevance in spread * rng.standard_normal((pools, size)):
        common = rng.standard_normal(DIM)
        own = rng.standard_normal((size, DIM))
        rows = math.sqrt(cosine) * common + math.sqrt(1 - cosine) * own
        yield relevance, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def kernel_of(relevance: Any, features: Any, theta: float) -> Any:
    """Kernel matrix [size, size] of one pool."""
    import numpy as np

    quality = np.exp(theta / (2 * (1 - theta)) * relevance)
    return quality[:, None] * (features @ features.T) * quality[None, :]


def published(kernel: Any, k: int) -> list[int]:
    """Algorithm 1 of Chen, Zhang and Zhou (2018) on the kernel of one pool."""
    import numpy as np

    rows = np.zeros((k, len(kernel)))
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


def in_turns(turns: int, works: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Time the works in turns: medians of seconds, and of ratios of the first to each other one.

    ``same`` counts the pools for which all give what the first gives.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    results: dict[str, Any] = {}
    for _ in range(turns):
        for name, work in works.items():
            results[name], took = timed(work)
            seconds[name].append(took)
    first, *others = works
    ratios = {
        name: statistics.median(a / b for a, b in zip(seconds[first], seconds[name], strict=True))
        for name in others
    }
    return {
        "seconds": {name: statistics.median(took) for name, took in seconds.items()},
        "ratio": ratios,
        "same": sum(
            all(one == pool[0] for one in pool) for pool in zip(*results.values(), strict=True)
        ),
    }


def from_kernels(pools: int, size: int, k: int, options: argparse.Namespace) -> dict[str, Any]:
    """Both on the same kernel matrices."""
    import numpy as np

    from baselines.common.selection import greedy_dpp_kernels

    stack = np.empty((pools, size, size))
    made = make_pools(pools, size, options.cosine, options.spread)
    for kernel, (relevance, features) in zip(stack, made, strict=True):
        kernel[:] = kernel_of(relevance, features, options.theta)
    kernels = list(stack)
    greedy_dpp_kernels(stack[:1], k)  # compiles, or finds the compiled code
    return in_turns(
        options.turns,
        {
            "published": lambda: [published(one, k) for one in kernels],
            "ours": lambda: greedy_dpp_kernels(stack, k),
            "list": lambda: greedy_dpp_kernels(kernels, k),
        },
    )


def from_features(pools: int, size: int, k: int, options: argparse.Namespace) -> dict[str, Any]:
    """Both on the same relevance and features."""
    import numpy as np

    from baselines.common.selection import Candidates, greedy_dpp_batch

    features = np.empty((pools, size, DIM))
    problems = []
    made = make_pools(pools, size, options.cosine, options.spread)
    for rows, (relevance, values) in zip(features, made, strict=True):
        rows[:] = values
        problems.append(Candidates(relevance, rows, k))
    floor = min(timed(lambda: features.sum())[1] for _ in range(3))
    greedy_dpp_batch(problems[:1], options.theta)  # compiles, or finds the compiled code
    theta = options.theta
    figures = in_turns(
        options.turns,
        {
            "published": lambda: [
                published(kernel_of(one.relevance, one.features, theta), k) for one in problems
            ],
            "ours": lambda: greedy_dpp_batch(problems, theta),
        },
    )
    return {**figures, "floor": floor}


INPUTS = {"kernels": from_kernels, "features": from_features}


def child(given: str, pools: int, size: int, k: int, options: argparse.Namespace) -> dict[str, Any]:
    """Time both on the same pools, in turns."""
    figures = INPUTS[given](pools, size, k, options)
    shape = {"from": given, "pools": pools, "size": size, "k": k, "spread": options.spread}
    return {**shape, **figures, "peak_mib": peak_mib()}


def report(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All shapes, each in a process of its own."""
    figures = []
    for given, spread in (
        ("kernels", options.spread),
        ("features", options.spread),
        ("features", HARD),
    ):
        for size, k in SHAPES:
            pools = max(1, options.pools * PHOTOS // size)
            if given == "kernels" and size > PHOTOS:
                pools = min(pools, KERNEL_BYTES // (8 * size * size))
            figures.append(
                measure(
                    __file__,
                    *(given, *map(str, (pools, size, k))),
                    *("--turns", str(options.turns), "--theta", str(options.theta)),
                    *("--cosine", str(options.cosine), "--spread", str(spread)),
                )
            )
    return figures


def show(figures: list[dict[str, Any]]) -> None:
    """Print the figures."""
    shape = f"{'pools':>7} {'photos':>7} {'k':>3} {'relevance':>10} {'published':>10}"
    end = f"{'same choice':>14} {'peak MiB':>9}"
    headings = {
        "kernels": f"{shape} {'ours':>9} {'ratio':>7} {'list':>9} {'ratio':>7} {end}",
        "features": f"{shape} {'ours':>9} {'ratio':>7} {'floor':>9} {end}",
    }
    titles = {
        "kernels": "From kernels in memory",
        "features": "From features in memory; the published side computes the kernels first",
    }
    for given, heading in headings.items():
        print(f"{titles[given]}\n\n{heading}")
        for one in figures:
            if one["from"] == given:
                print(row(one))
        print()


def row(one: dict[str, Any]) -> str:
    """One line of a table."""
    seconds, ratio = one["seconds"], one["ratio"]
    relevance = f"sd {one['spread']:g}"
    line = (
        f"{one['pools']:>7,} {one['size']:>7,} {one['k']:>3} {relevance:>10} "
        f"{seconds['published']:>8.3f} s {seconds['ours']:>7.4f} s {ratio['ours']:>6.1f}x "
    )
    if "list" in seconds:
        line += f"{seconds['list']:>7.4f} s {ratio['list']:>6.1f}x "
    else:
        line += f"{one['floor']:>7.3f} s "
    return f"{line}{one['same']:>6,}/{one['pools']:<7,} {one['peak_mib']:>9.0f}"


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
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        given, *shape = options.child
        print(json.dumps(child(given, *map(int, shape), options)))
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
