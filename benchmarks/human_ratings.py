"""How well each metric of texts orders real systems, against the ratings of people.

Data: the E2E NLG Challenge, 21 systems x 630 inputs, and its human ratings (``--data`` names the
folder that holds ``e2e_test_aligned.jsonl`` and ``human_ratings_long.csv``). The ratings are
magnitude estimates, whose scale each worker chose anew for each unit, so they are ranked within
unit and worker first, and a system's rating is its mean rank.

    python benchmarks/human_ratings.py [--data DIR] [--json]

Printed are the correlations of Pearson and Spearman over the systems, with 95 % intervals from
Fisher's z, whose error is ``1 / sqrt(s - 3)`` for Pearson and ``sqrt((1 + r**2 / 2) / (s - 3))``
for Spearman (Bonett and Wright 2000). With 21 systems they are wide. Also the time of the
comparison of all 210 pairs on all metrics.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "e2e_nlg"
Z = 1.959963984540054


def human_ratings(path: Path) -> dict[str, dict[str, float]]:
    """Mean rank of each system within unit and worker by criterion; higher is better."""
    from scipy.stats import rankdata

    judged: dict[tuple[str, str, str], list[tuple[str, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            key = row["criterion"], row["unit"], row["worker"]
            judged[key].append((row["system"], float(row["rating"])))
    ranks: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (criterion, _, _), rated in judged.items():
        placed = rankdata([rating for _, rating in rated]) / (len(rated) + 1)
        for (system, _), rank in zip(rated, placed.tolist(), strict=True):
            ranks[criterion][system].append(rank)
    return {
        criterion: {system: sum(all_) / len(all_) for system, all_ in by_system.items()}
        for criterion, by_system in ranks.items()
    }


def with_interval(r: float, error: float) -> tuple[float, float, float]:
    """Correlation with its 95 % interval."""
    z = math.atanh(max(min(r, 1 - 1e-12), -1 + 1e-12))
    return r, math.tanh(z - Z * error), math.tanh(z + Z * error)


def compare_all(rows: list[dict[str, Any]]) -> tuple[Any, float]:
    """Comparison of all systems on all metrics of texts, and its seconds, scoring left out."""
    from showcase_bench.compare import Settings, compare, field_of_predictions
    from showcase_bench.evaluate import frame_of_references
    from showcase_bench.metrics.groups import metrics_within
    from showcase_bench.types import NoProgress, Showcase

    references = {str(row["id"]): row["references"] for row in rows}
    systems = {
        name: [Showcase(str(row["id"]), (), row["outputs"][name]) for row in rows]
        for name in sorted(rows[0]["outputs"])
    }
    frame = frame_of_references(references, None)
    metrics = metrics_within(("text", "references"))
    field = field_of_predictions("E2E NLG", frame, metrics, systems, progress=NoProgress())
    start = time.perf_counter()
    found = compare(field, Settings(primary="bleu-4"))
    return found, time.perf_counter() - start


def correlations(found: Any, ratings: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """One entry for each metric and criterion."""
    from scipy.stats import pearsonr, spearmanr

    entries = []
    for metric in found.metrics:
        values = {one.system: one.value for one in found.ranks_of(metric.name)}
        for criterion, rated in sorted(ratings.items()):
            names = sorted(set(values) & set(rated))
            pair = [values[name] for name in names], [rated[name] for name in names]
            pearson, spearman = float(pearsonr(*pair).statistic), float(spearmanr(*pair).statistic)
            scale = 1 / math.sqrt(len(names) - 3)
            entries.append(
                {
                    "metric": metric.name,
                    "criterion": criterion,
                    "systems": len(names),
                    "pearson": with_interval(pearson, scale),
                    "spearman": with_interval(
                        spearman, scale * math.sqrt(1 + spearman * spearman / 2)
                    ),
                }
            )
    return entries


def main() -> None:
    """Compare, correlate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the E2E files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    texts = options.data / "e2e_test_aligned.jsonl"
    if not texts.is_file():
        print(f"skipped: {texts} is not there; --data names the folder of the E2E files")
        return
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
    found, seconds = compare_all(rows)
    entries = correlations(found, human_ratings(options.data / "human_ratings_long.csv"))
    if options.json:
        print(json.dumps({"seconds": seconds, "correlations": entries}, indent=2))
        return
    print(
        f"{len(found.pairs):,} comparisons of {len(found.systems)} systems on "
        f"{len(found.metrics)} metrics, {found.trials:,} trials each: {seconds:.1f} s\n"
    )
    print(f"{'metric':<18} {'criterion':<12} {'Pearson':>24} {'Spearman':>26}")
    for one in entries:
        cells = [
            "{:>7.2f} [{:>5.2f}, {:>5.2f}]".format(*one[kind]) for kind in ("pearson", "spearman")
        ]
        print(f"{one['metric']:<18} {one['criterion']:<12} {cells[0]:>24} {cells[1]:>26}")


if __name__ == "__main__":
    main()
