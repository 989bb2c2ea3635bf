"""Error rates, coverage and power of the tests and intervals of ``showcase_bench.stats``.

Simulated, with the code that users run: made-up examples whose true differences are known are drawn
again and again. Each figure is a share of the repeats, with its own standard error beside it and
the bounds it is to lie within:

    OMP_NUM_THREADS=1 python benchmarks/calibration.py [--quick] [--only a,e] [--out DIR]

Tests at 5 % and intervals of 95 %. Sections:

a  BLEU-4 and a mean, 500 examples out of a population of 20,000, with a difficulty that both
   systems share. Equal systems: on each example it is even which of two systems is which.
   Different ones: coverage of the difference in the population.
b  Power of the t test against ``stats.power``, with differences of 1, 2 and 3 standard errors.
c  500 rows of 200 users and 60 businesses, each with 10 % of the variance of the difference: errors
   with two-way clusters, and with rows taken as independent.
d  One or more false differences among the 28 of 8 equal systems, adjusted by max-T.
e  Distinct-2 of 300 texts from a bigram source with shared topics, where tests of sums do not
   apply: randomization of the sets, and jackknife errors. Coverage is of the difference of the
   expected values with as many texts.
f  Equal systems with 3, 5 and 10 seeds, where seeds, examples and their interaction vary alike.
g  Sign flips of 12 and 30 clusters of different sizes.

Without ``--quick`` it takes some 12 minutes on a busy core, and writes ``calibration.json``,
``calibration.png`` and ``calibration.svg``. Exit status 1 if a figure misses its bounds; with
``--quick`` they are 4 standard errors wider, and nothing is written without ``--out``.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from showcase_bench.drawing import own_settings, pictures
from showcase_bench.metrics import Batch, parse_metric
from showcase_bench.stats import (
    System,
    bootstrap,
    bootstrap_interval,
    bootstrap_p,
    cluster_sign_flip,
    differences,
    power,
    randomization_test,
    set_randomization_test,
)
from showcase_bench.stats.set_randomization import ItemLists

ALPHA = 0.05
TRIALS = 999
POPULATION = 20_000
QUICK_SHARE = 10
QUICK_MOST = 200
QUICK_SLACK = 4.0
ERRORS = "false differences"
COVERAGE = "coverage"
POWER = "power"

Rows = Any
"""float64 arrays."""


class Figure(NamedTuple):
    """A share of the repeats."""

    section: str
    kind: str
    name: str
    value: float
    error: float
    """Standard error of ``value``, by the number of repeats."""
    low: float
    high: float
    passed: bool


def figure(
    section: str,
    kind: str,
    name: str,
    hits: Iterable[bool],
    bounds: tuple[float, float],
    slack: float,
) -> Figure:
    """Judge the share of hits; ``slack`` standard errors are added to the bounds."""
    found = np.asarray(list(hits), dtype=bool)
    value, n = float(found.mean()), len(found)
    # As if there were two more of each: no share is without an error.
    near = (found.sum() + 2) / (n + 4)
    error = math.sqrt(near * (1 - near) / n)
    low, high = max(bounds[0] - slack * error, 0.0), min(bounds[1] + slack * error, 1.0)
    passed = low <= value <= high
    return Figure(
        section, kind, name, value, round(error, 6), round(low, 6), round(high, 6), passed
    )


def generator(section: str) -> np.random.Generator:
    """Random numbers of a section, always the same."""
    return np.random.default_rng([ord(one) for one in section])


def of_means(values: Rows) -> list[System]:
    """Systems whose score is the mean of a column."""
    return [System((float(one.mean()),), (one - one.mean())[:, np.newaxis]) for one in values.T]


def mean(sums: Rows) -> Rows:
    """Score of rows ``[value, 1]``."""
    return sums[..., 0] / sums[..., 1]


def population(rng: np.random.Generator) -> Rows:
    """BLEU-4 statistics of two systems that differ a little, float64 of shape [n, 2, 10]."""
    references = rng.integers(6, 30, POPULATION)
    ease = rng.standard_normal((POPULATION, 1))
    quality = np.array([0.0, 0.04]) + 0.4 * rng.standard_normal((POPULATION, 2))
    lengths = np.maximum(references[:, np.newaxis] + rng.integers(-5, 4, (POPULATION, 2)), 1)
    guesses = np.maximum(lengths[:, :, np.newaxis] - np.arange(4), 0)
    log_odds = np.array([0.0, -1.0, -1.8, -2.4]) + (0.6 * ease + quality)[:, :, np.newaxis]
    matches = rng.binomial(guesses, 1 / (1 + np.exp(-log_odds)))
    shape = (POPULATION, 2, 1)
    ends = np.broadcast_to(references[:, np.newaxis, np.newaxis], shape), np.ones(shape)
    return np.concatenate([matches, guesses, *ends], axis=-1).astype(np.float64)


def plain(repeats: int, slack: float) -> list[Figure]:
    """Section a."""
    bleu = parse_metric("bleu-4")
    rows = population(generator("a"))
    shares = np.stack([rows[..., 0] / rows[..., 4], np.ones(rows.shape[:2])], axis=-1)

    def deviation(sample: Rows) -> Rows:
        return sample[:, 0] - sample[:, 0].mean()

    return [
        *_plain("BLEU-4", rows, bleu.score, bleu.influence, repeats, slack),
        *_plain("mean", shares, mean, deviation, repeats, slack),
    ]


def _plain(
    label: str,
    rows: Rows,
    score: Callable[[Rows], Rows],
    influence: Callable[[Rows], Rows],
    repeats: int,
    slack: float,
) -> list[Figure]:
    rng = generator(f"a {label}")
    hits: dict[str, list[bool]] = {name: [] for name in ("AR", "t", "bootstrap", "t in", "boot in")}
    truth = float(np.subtract(*score(rows.sum(axis=0))))

    def compare(sample: Rows) -> Any:
        values = score(sample.sum(axis=0))
        systems = [
            System((float(values[k]),), influence(sample[:, k])[:, np.newaxis]) for k in (0, 1)
        ]
        return differences(systems)

    for repeat in range(repeats):
        sample = rows[rng.integers(0, len(rows), 500)]
        found = compare(sample)
        hits["t in"].append(bool(found.interval()[0][0, 1] <= truth <= found.interval()[1][0, 1]))
        gaps = np.subtract(*bootstrap(sample, score, trials=TRIALS, seed=2 * repeat).T)
        low, high = bootstrap_interval(gaps) or (-np.inf, np.inf)
        hits["boot in"].append(low <= truth <= high)

        turned = rng.integers(0, 2, 500)
        sample = np.where(turned[:, np.newaxis, np.newaxis], sample[:, ::-1], sample)
        found = compare(sample)
        hits["t"].append(bool(found.p[0, 1] <= ALPHA))
        p = randomization_test(sample, score, trials=TRIALS, seed=repeat)
        hits["AR"].append(bool(p[0, 1] <= ALPHA))
        gaps = np.subtract(*bootstrap(sample, score, trials=TRIALS, seed=2 * repeat + 1).T)
        hits["bootstrap"].append(bootstrap_p(gaps, float(found.delta[0, 1])) <= ALPHA)
    false, inside = (0.03, 0.065), (0.935, 0.965)
    return [
        *(
            figure("a", ERRORS, f"{label}, {one}", hits[one], false, slack)
            for one in ("AR", "t", "bootstrap")
        ),
        figure("a", COVERAGE, f"{label}, t", hits["t in"], inside, slack),
        figure("a", COVERAGE, f"{label}, bootstrap", hits["boot in"], inside, slack),
    ]


def powers(repeats: int, slack: float) -> list[Figure]:
    """Section b."""
    rng, n = generator("b"), 100
    figures = []
    for size in (1.0, 2.0, 3.0):
        hits = []
        for _ in range(repeats):
            ease = rng.standard_normal((n, 1))
            # The difference has a variance of 2, and so an error of sqrt(2 / n).
            values = ease + rng.standard_normal((n, 2)) + np.array([0.0, size * math.sqrt(2 / n)])
            hits.append(bool(differences(of_means(values)).p[0, 1] <= ALPHA))
        expected = power(size, 1.0, n - 1)
        bounds = expected - 0.03, expected + 0.03
        figures.append(figure("b", POWER, f"difference of {size:.0f} SE", hits, bounds, slack))
    return figures


def two_ways(repeats: int, slack: float) -> list[Figure]:
    """Section c."""
    rng = generator("c")
    clustered, independent = [], []
    for _ in range(repeats):
        users, places = rng.integers(0, 200, 500), rng.integers(0, 60, 500)
        gap = math.sqrt(0.8) * rng.standard_normal(500)
        gap += math.sqrt(0.1) * rng.standard_normal(200)[users]
        gap += math.sqrt(0.1) * rng.standard_normal(60)[places]
        base = rng.standard_normal(500)
        systems = of_means(np.stack([base + gap, base], axis=1))
        clustered.append(bool(differences(systems, [users, places]).p[0, 1] <= ALPHA))
        independent.append(bool(differences(systems).p[0, 1] <= ALPHA))
    return [
        figure("c", ERRORS, "two-way clusters", clustered, (0.0, 0.065), slack),
        figure("c", ERRORS, "the same as independent", independent, (0.15, 1.0), slack),
    ]


def families(repeats: int, slack: float) -> list[Figure]:
    """Section d."""
    rng, hits = generator("d"), []
    spread = np.linspace(0.5, 2, 8)
    for repeat in range(repeats):
        values = rng.standard_normal((200, 1)) + spread * rng.standard_normal((200, 8))
        found = differences(of_means(values), trials=TRIALS, seed=repeat)
        hits.append(bool(found.differ.any()))
    return [figure("d", ERRORS, "any of 28 pairs, max-T", hits, (0.0, 0.067), slack)]


WORDS, TOPICS = 300, 40


class Source:
    """Texts from bigrams: the next word is of the example's topic or follows the last one."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.following = rng.permuted(np.tile(np.arange(WORDS), (WORDS, 1)), axis=1)
        self.topical = rng.integers(0, WORDS, (TOPICS, 8))

    def texts(self, topics: Rows, exponent: float) -> tuple[str, ...]:
        """A text for each topic; the larger ``exponent``, the fewer words are usual."""
        n = len(topics)
        chances = np.arange(1, WORDS + 1) ** -exponent
        ends = np.cumsum(chances) / chances.sum()
        words = np.empty((n, 14), dtype=np.int64)
        last = np.zeros(n, dtype=np.int64)
        for at in range(14):
            rank = np.minimum(np.searchsorted(ends, self.rng.random(n)), WORDS - 1)
            topical = self.topical[topics, self.rng.integers(0, 8, n)]
            last = np.where(self.rng.random(n) < 0.2, topical, self.following[last, rank])
            words[:, at] = last
        lengths = self.rng.integers(7, 15, n).tolist()
        pairs = zip(words.tolist(), lengths, strict=True)
        return tuple(" ".join(f"w{word}" for word in text[:length]) for text, length in pairs)


def sets(repeats: int, slack: float) -> list[Figure]:
    """Section e."""
    rng, n = generator("e"), 300
    source, metric = Source(rng), parse_metric("distinct-2(tok=words)")
    ids, references = tuple(map(str, range(n))), ((),) * n

    def batches(*exponents: float) -> list[Batch]:
        topics = rng.integers(0, TOPICS, n)
        first = Batch(ids, source.texts(topics, exponents[0]), references)
        others = [
            Batch(ids, source.texts(topics, one), references, table=first.table)
            for one in exponents[1:]
        ]
        return [first, *others]

    def score(batch: Batch) -> float:
        return float(metric.score(metric.statistics(batch).sum(axis=0)))

    exponents = 1.3, 1.33
    truth = float(
        np.mean([np.subtract(*map(score, batches(*exponents))) for _ in range(4 * repeats)])
    )
    inside, false = [], []
    for repeat in range(repeats):
        systems = [
            System((score(one),), metric.influence(metric.statistics(one))[:, np.newaxis])
            for one in batches(*exponents)
        ]
        low, high = differences(systems).interval()
        inside.append(bool(low[0, 1] <= truth <= high[0, 1]))
        equal = batches(exponents[0], exponents[0])
        found = metric.items(equal)
        p = set_randomization_test(
            [ItemLists(one.bounds, one.items) for one in found],
            np.stack([metric.statistics(one)[:, 2] for one in equal], axis=1),
            metric.value,
            n_items=found[0].n_items,
            trials=TRIALS,
            seed=repeat,
        )
        false.append(bool(p[0, 1] <= ALPHA))
    return [
        figure("e", ERRORS, "Distinct-2, AR of sets", false, (0.025, 0.075), slack),
        figure("e", COVERAGE, "Distinct-2, jackknife", inside, (0.93, 1.0), slack),
    ]


def seeds(repeats: int, slack: float) -> list[Figure]:
    """Section f."""
    rng, n = generator("f"), 200
    figures = []
    for runs in (3, 5, 10):
        hits = []
        for _ in range(repeats):
            # Examples, seeds, and what a seed gains on some examples: of the difference of two
            # means over seeds, each has the variance 2 / n.
            x = rng.standard_normal((2, n, 1)) + rng.standard_normal((n, 1))
            x = x + math.sqrt(runs) * rng.standard_normal((2, n, runs))
            x = x + math.sqrt(runs / n) * rng.standard_normal((2, 1, runs))
            systems = [
                System(tuple(map(float, one.mean(axis=0))), one - one.mean(axis=0)) for one in x
            ]
            hits.append(bool(differences(systems).p[0, 1] <= ALPHA))
        figures.append(figure("f", ERRORS, f"{runs} seeds", hits, (0.0, 0.065), slack))
    return figures


def flips(repeats: int, slack: float) -> list[Figure]:
    """Section g."""
    rng = generator("g")
    figures = []
    for clusters in (12, 30):
        hits = []
        sizes = 5 + np.arange(clusters) % 12 * 3
        column = np.repeat(np.arange(clusters), sizes)
        for repeat in range(repeats):
            gap = rng.standard_normal(len(column)) + rng.standard_normal(clusters)[column]
            delta = float(gap.mean())
            p = cluster_sign_flip(delta, gap - delta, column, trials=5_000, seed=repeat)
            hits.append(p <= ALPHA)
        figures.append(
            figure("g", ERRORS, f"{clusters} clusters, sign flips", hits, (0, 0.065), slack)
        )
    return figures


SECTIONS: dict[str, tuple[Callable[[int, float], list[Figure]], int]] = {
    "a": (plain, 6_000),
    "b": (powers, 4_000),
    "c": (two_ways, 2_000),
    "d": (families, 2_000),
    "e": (sets, 500),
    "f": (seeds, 4_000),
    "g": (flips, 2_000),
}
"""Each section and its repeats. 2,000 of a gave its figures an error of .005, which is too much for
bounds of .935 and .965: bootstrap intervals of BLEU-4 covered .930 then."""

HEADING = f"{'':2} {'':18} {'':26} {'found':>6} {'error':>6} {'at least':>8} {'at most':>8}"


def line(one: Figure) -> str:
    """One line of the table."""
    return (
        f"{one.section:2} {one.kind:18} {one.name:26} {one.value:6.3f} {one.error:6.3f} "
        f"{one.low:8.3f} {one.high:8.3f}  {'' if one.passed else 'MISSED'}"
    ).rstrip()


def draw(figures: list[Figure]) -> dict[str, bytes]:
    """Every figure with two standard errors, on the range of its bounds; as ``png`` and ``svg``."""
    kinds = [kind for kind in (ERRORS, COVERAGE, POWER) if any(f.kind == kind for f in figures)]
    groups = {kind: [one for one in figures if one.kind == kind] for kind in kinds}
    with own_settings("calibration", {"font.size": 9}):
        from matplotlib.figure import Figure as Canvas

        heights = [len(group) + 1 for group in groups.values()]
        canvas = Canvas(figsize=(7, 0.26 * sum(heights) + 0.5 * len(groups)), layout="constrained")
        axes = canvas.subplots(len(groups), squeeze=False, height_ratios=heights)[:, 0]
        for axis, (kind, group) in zip(axes, groups.items(), strict=True):
            values = [one.value for one in group]
            reach = [2 * one.error for one in group]
            least = min(v - r for v, r in zip(values, reach, strict=True))
            most = max(v + r for v, r in zip(values, reach, strict=True))
            least = min(least, *(one.low for one in group if one.low > 0), 1.0)
            most = max(most, *(one.high for one in group if one.high < 1), 0.0)
            margin = 0.08 * (most - least)
            edges = max(least - margin, 0.0), min(most + margin, 1.0)
            for at, one in enumerate(group):
                low, high = max(one.low, edges[0]), min(one.high, edges[1])
                axis.barh(at, high - low, left=low, height=0.7, color="#d9e6f2")
            for at, one in enumerate(group):
                colour = "#1f4e79" if one.passed else "#c00000"
                axis.errorbar(one.value, at, xerr=2 * one.error, fmt="o", ms=4, color=colour)
            axis.set_yticks(range(len(group)), [f"{one.section}  {one.name}" for one in group])
            axis.set_ylim(len(group) - 0.4, -0.6)
            axis.set_xlim(*edges)
            axis.set_title(kind, loc="left", fontsize=9, fontweight="bold")
            axis.spines[["top", "right"]].set_visible(False)
        canvas.supxlabel(
            "share of repeats, two standard errors; shaded: where it is to lie", fontsize=9
        )
        return pictures(canvas)


def write(figures: list[Figure], folder: Path) -> None:
    """Write the figures and their picture."""
    folder.mkdir(parents=True, exist_ok=True)
    table = json.dumps([one._asdict() for one in figures], indent=2) + "\n"
    (folder / "calibration.json").write_text(table, encoding="utf-8")
    for suffix, picture in draw(figures).items():
        (folder / f"calibration.{suffix}").write_bytes(picture)


def main(arguments: list[str] | None = None) -> int:
    """Simulate, print and write; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the repeats, 200 at most")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, as in a,e")
    parser.add_argument("--out", type=Path, help="folder of the results")
    options = parser.parse_args(arguments)
    unknown = set(options.only.split(",")) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    print(HEADING)
    for name in options.only.split(","):
        simulate, repeats = SECTIONS[name]
        start = time.perf_counter()
        slack = QUICK_SLACK if options.quick else 0.0
        if options.quick:
            repeats = min(repeats // QUICK_SHARE, QUICK_MOST)
        found = simulate(repeats, slack)
        print(*map(line, found), sep="\n", flush=True)
        print(f"section {name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        figures += found
    out = options.out
    if out is None and not options.quick and options.only == ",".join(SECTIONS):
        out = Path(__file__).parent / "calibration"
    if out is not None:
        write(figures, out)
    missed = [one for one in figures if not one.passed]
    print(f"{len(figures) - len(missed)} of {len(figures)} within their bounds")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
