"""Claims about systems, tested on stored runs: which difference, how large, how certain."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from showcase_bench.errors import DataError, UsageError, did_you_mean
from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.runs.compatible import Identity, common_identity, newest
from showcase_bench.evaluate.runs.records import pretty_json
from showcase_bench.evaluate.score.scorer import LEVEL
from showcase_bench.leaderboard.entries import Entry, load_entries
from showcase_bench.metrics import Metric, parse_metric
from showcase_bench.stats.differences import differences

__all__ = ["Claim", "ClaimReport", "Comparison", "Finding", "check_claims", "read_claims"]

SCHEMA = 1
Verdict = Literal["confirmed", "refuted", "undecided"]


@dataclass(frozen=True)
class Comparison:
    """One system is better than another on some metrics."""

    better: str
    """Label of the system that is claimed to be better, as on the board."""
    than: str
    metrics: tuple[str, ...]
    """Names as on the board."""
    within: float | None = None
    """Claimed instead: not worse by more than this."""


@dataclass(frozen=True)
class Claim:
    """A sentence, and the comparisons that it stands for."""

    title: str
    source: str
    comparisons: tuple[Comparison, ...]
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """What the data say about one comparison on one metric."""

    better: str
    than: str
    metric: str
    signature: str
    higher_is_better: bool | None
    within: float | None
    delta: float
    """Score of the one minus score of the other, on the metric's scale, means over seeds."""
    low: float | None
    high: float | None
    """The 95 % interval; None where it cannot be estimated."""
    seeds: int
    """How many seeds the system with fewer has."""
    verdict: Verdict


@dataclass(frozen=True)
class ClaimReport:
    """Claims with their findings; equal runs give equal bytes."""

    identity: Identity
    n: int
    claims: tuple[tuple[Claim, tuple[Finding, ...]], ...]

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order."""
        claims = [
            {
                "title": claim.title,
                "source": claim.source,
                "remark": claim.remark,
                "findings": [asdict(one) for one in findings],
            }
            for claim, findings in self.claims
        ]
        identity = asdict(self.identity)
        return pretty_json(
            {"schema": SCHEMA, "identity": identity, "n": self.n, "claims": claims}
        ).encode()


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Read claims from a TOML file.

    Each ``[[claim]]`` has ``title``, ``source``, perhaps ``remark``, and one or more
    ``[[claim.comparison]]`` with ``better``, ``than``, ``metrics`` and perhaps ``within``.

    Raises
    ------
    DataError
        The file cannot be read, is not TOML, or a field is missing, unknown or of another type.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(path, f"cannot be read as TOML: {error}") from error
    claims = raw.get("claim")
    if not isinstance(claims, list) or not claims or set(raw) != {"claim"}:
        raise DataError(path, "must hold one or more tables [[claim]] and nothing else")
    try:
        return tuple(_claim(one) for one in claims)
    except (TypeError, KeyError, ValueError) as error:
        raise DataError(path, f"a claim or comparison is not as it should be: {error}") from error


def check_claims(runs: Sequence[StoredRun], claims: Sequence[Claim]) -> ClaimReport:
    """Test claims on the newest runs of the systems that they name.

    The interval of a difference is that of the paired difference of the examples' influences,
    clustered by user and by business; the variance between seeds is added. A
    difference is *confirmed* when its whole interval is on the claimed side (for ``within``: not
    beyond the margin on the other side), *refuted* when its whole interval is on the other side (or
    beyond the margin), and else *undecided*. Each comparison is tested by itself.

    Raises
    ------
    UsageError
        There is no run, the runs cannot share a board, or a system or metric is not among them.
    StoreError
        A score file is missing or damaged.
    """
    if not runs:
        raise UsageError("there is no run to test claims on; `showcase-bench run` makes some")
    identity = common_identity(runs)
    kept = newest(runs)
    metrics = [metric for metric in map(parse_metric, identity.metrics) if metric.kind != "run"]
    by_name = {metric.name: metric for metric in metrics}
    asked = {name for claim in claims for one in claim.comparisons for name in one.metrics}
    found = load_entries(kept, [metric for metric in metrics if metric.name in asked])
    entries = {entry.label: entry for entry in found}
    tested = []
    for claim in claims:
        findings = []
        for one in claim.comparisons:
            pair = _named(one.better, entries, "system"), _named(one.than, entries, "system")
            for name in one.metrics:
                findings.append(_finding(one, *pair, _named(name, by_name, "metric")))
        tested.append((claim, tuple(findings)))
    return ClaimReport(identity, kept[0].record.n, tuple(tested))


def _named(name: str, known: Mapping[str, Any], kind: str) -> Any:
    if name not in known:
        raise UsageError(
            f"a claim names the {kind} {name!r}, which these runs lack. {did_you_mean(name, known)}"
        )
    return known[name]


def _claim(raw: dict[str, Any]) -> Claim:
    comparisons = tuple(_comparison(one) for one in raw.pop("comparison"))
    claim = Claim(comparisons=comparisons, **raw)
    if not comparisons or not all(
        isinstance(value, str) for value in (claim.title, claim.source, claim.remark)
    ):
        raise ValueError("title, source and remark are texts, and there is a comparison")
    return claim


def _comparison(raw: dict[str, Any]) -> Comparison:
    one = Comparison(metrics=tuple(raw.pop("metrics")), **raw)
    texts = (one.better, one.than, *one.metrics)
    if not one.metrics or not all(isinstance(value, str) for value in texts):
        raise ValueError("better and than are texts, and metrics a list of names")
    if one.within is not None and not (isinstance(one.within, int | float) and one.within >= 0):
        raise ValueError(f"within is {one.within!r}; it is a number of at least 0")
    return one


def _finding(asked: Comparison, better: Entry, than: Entry, metric: Metric) -> Finding:
    name = metric.name
    one, other = better.scores[name].value, than.scores[name].value
    if one is None or other is None:
        without = asked.than if other is None else asked.better
        raise UsageError(f"{without} has no value for {name}, so a claim about it cannot be tested")
    pair = better.system(metric), than.system(metric)
    found = differences(pair, better.clusters, alpha=1 - LEVEL)
    delta = float(found.delta[0, 1])
    ends = [float(end[0, 1]) for end in found.interval()]
    low, high = ends if np.isfinite(ends).all() else (None, None)
    return Finding(
        better=asked.better,
        than=asked.than,
        metric=name,
        signature=metric.signature,
        higher_is_better=metric.higher_is_better,
        within=asked.within,
        delta=delta,
        low=low,
        high=high,
        seeds=min(len(better.seeds), len(than.seeds)),
        verdict=_verdict(low, high, asked.within, higher=metric.higher_is_better is not False),
    )


def _verdict(
    low: float | None, high: float | None, within: float | None, *, higher: bool
) -> Verdict:
    if low is None or high is None:
        return "undecided"
    margin = -(within or 0.0)
    worst, best = (low, high) if higher else (-high, -low)
    if worst > margin:
        return "confirmed"
    return "refuted" if best < margin else "undecided"
