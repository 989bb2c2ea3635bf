"""The board of a task: which systems, which values, which order, with what certainty."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.runs.compatible import Identity, common_identity, newest
from showcase_bench.evaluate.runs.records import Levels, pretty_json
from showcase_bench.leaderboard.entries import Entry, EntryScore, load_entries
from showcase_bench.metrics import Metric, parse_metric
from showcase_bench.stats.differences import differences
from showcase_bench.stats.ranks import rank_intervals, tie_letters

__all__ = ["Board", "Column", "Row", "Section", "Slice", "SliceRow", "build_board", "contends"]

SCHEMA = 2
ALPHA = 0.05


@dataclass(frozen=True)
class Column:
    """One metric of the board."""

    name: str
    signature: str
    summary: str
    group: str
    higher_is_better: bool | None
    scale: str
    levels: Levels | None
    """Floor and ceiling, where it has them."""


@dataclass(frozen=True)
class Row:
    """One system in one section."""

    model: str
    role: str
    flags: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    """Ids of the runs behind the row, one per seed."""
    rank: tuple[int, int] | None
    """Best and worst rank that the data allow; None for ceilings, controls that exploit a leak, and
    systems without a value."""
    letters: str
    """Systems that share a letter cannot be told apart; empty where there is no rank."""
    scores: Mapping[str, EntryScore]
    """By metric name."""

    @property
    def contends(self) -> bool:
        """Whether it is neither a ceiling nor a control that gains from a leak."""
        return contends(self.role, self.flags)


@dataclass(frozen=True)
class SliceRow:
    """One system on part of the examples."""

    model: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Slice:
    """The primary metric of a section on part of the examples."""

    fact: str
    """What the examples are parted by."""
    label: str
    n: int
    """Examples in it."""
    rows: tuple[SliceRow, ...]
    """In the order of the section; those that attempt nothing are left out."""


@dataclass(frozen=True)
class Section:
    """Systems ordered by one primary metric."""

    name: str
    primary: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class Board:
    """A leaderboard; equal runs give equal bytes in every format."""

    identity: Identity
    n: int
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`to_json`, which says that two boards are the same."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order."""
        return pretty_json({"schema": SCHEMA, **asdict(self)}).encode()


def build_board(runs: Sequence[StoredRun]) -> Board:
    """The board of ``runs``; of several runs of one model and seed the newest counts.

    The order of ``runs`` does not matter.

    Raises
    ------
    UsageError
        There is no run, or the runs differ in task, version, split, policy, data or metrics.
    StoreError
        A score file is missing or damaged, or its examples differ from the others'.
    """
    if not runs:
        raise UsageError("there is no run to make a board of; `showcase-bench run` makes some")
    identity = common_identity(runs)
    kept = newest(runs)
    scored = [parse_metric(signature) for signature in identity.metrics]
    # Costs differ from run to run, and a board is the same bytes for the same predictions.
    metrics = [metric for metric in scored if metric.kind != "run"]
    entries = load_entries(kept, metrics, sliced=identity.primary.values())
    levels = kept[0].record.levels
    sections = []
    for name, leading in identity.primary.items():
        mine = [metric for metric in metrics if _section(metric) == name]
        if mine:
            sections.append(_build_section(name, leading, mine, entries, levels))
    notes = _notes(entries, identity.unreadable_images)
    return Board(identity, kept[0].record.n, tuple(sections), tuple(notes))


def _section(metric: Metric) -> str:
    return "photos" if "images" in metric.needs and "text" not in metric.needs else "words"


def _build_section(
    name: str,
    leading: str,
    metrics: Sequence[Metric],
    entries: Sequence[Entry],
    levels: Mapping[str, Levels],
) -> Section:
    primary = next((metric for metric in metrics if metric.name == leading), None)
    if primary is None:
        known = ", ".join(metric.name for metric in metrics)
        raise UsageError(f"the primary metric {leading!r} was not computed; there are {known}")
    shown = [e for e in entries if any(e.scores[m.name].value is not None for m in metrics)]
    sign = -1.0 if primary.higher_is_better is False else 1.0

    def order(entry: Entry) -> tuple[bool, float, bool, str]:
        value = entry.scores[primary.name].value
        size = 0.0 if value is None else -sign * value
        return value is None, size, entry.role != "ceiling", entry.label

    shown.sort(key=order)
    valued = [one for one in shown if one.scores[primary.name].value is not None]
    ranked = [one for one in valued if contends(one.role, one.flags)]
    certainty = _ranks(ranked, primary, sign)
    rows = tuple(
        Row(
            model=entry.label,
            role=entry.role,
            flags=entry.flags,
            seeds=entry.seeds,
            runs=entry.runs,
            rank=certainty[entry.label][0] if entry.label in certainty else None,
            letters=certainty[entry.label][1] if entry.label in certainty else "",
            scores={
                one.name: _placed(entry.scores[one.name], levels.get(one.name)) for one in metrics
            },
        )
        for entry in shown
    )
    columns = tuple(
        Column(
            name=metric.name,
            signature=metric.signature,
            summary=metric.summary,
            group=metric.group,
            higher_is_better=metric.higher_is_better,
            scale=metric.scale,
            levels=levels.get(metric.name),
        )
        for metric in metrics
    )
    return Section(name, primary.name, columns, rows, _slices(shown, primary.name))


def _slices(entries: Sequence[Entry], primary: str) -> tuple[Slice, ...]:
    if not entries:
        return ()
    return tuple(
        Slice(
            cut.fact,
            cut.label,
            len(cut.rows),
            tuple(
                SliceRow(one.label, score.value, score.low, score.high)
                for one in entries
                for score in one.sliced.get(primary, ())[at : at + 1]
            ),
        )
        for at, cut in enumerate(entries[0].cuts)
    )


def _placed(score: EntryScore, levels: Levels | None) -> EntryScore:
    if levels is None or score.value is None:
        return score
    return replace(score, normalised=levels.normalised(score.value))


def contends(role: str, flags: Collection[str]) -> bool:
    """Whether a system of this role and with these flags may take a rank."""
    return role != "ceiling" and "exploits leak" not in flags


def _ranks(
    entries: Sequence[Entry], primary: Metric, sign: float
) -> dict[str, tuple[tuple[int, int], str]]:
    if not entries:
        return {}
    values: NDArray[np.float64] = np.array(
        [sign * (entry.scores[primary.name].value or 0.0) for entry in entries]
    )
    systems = [entry.system(primary) for entry in entries]
    differ = differences(systems, entries[0].clusters, alpha=ALPHA).differ
    ranks, letters = rank_intervals(values, differ), tie_letters(values, differ)
    return {
        entry.label: ((rank.best, rank.worst), letter)
        for entry, rank, letter in zip(entries, ranks, letters, strict=True)
    }


def _notes(entries: Sequence[Entry], unreadable: int) -> list[str]:
    notes = [
        "Intervals: 95 %, from each example's influence on the score (delta method), with standard "
        "errors clustered by user and by business.",
        "Ranks: the best and worst rank that the data allow, from all paired differences on the "
        "section's primary metric (two-sided, max-T, 5 % for all pairs at once); systems that "
        "share a letter cannot be told apart. Other columns are descriptive.",
        "Floor and ceiling: of selection metrics the exact expectation of a random choice and the "
        "best that the pools allow; of personalization the reference texts given to other users of "
        "the business, and as they are; of grounding the reference texts beside other photos of "
        "the pool, and beside their own. In brackets the place of a value between the two.",
        "A missing prediction scores the metric's worst value; a dash means that the system does "
        "not attempt this part at all.",
        "Rows flagged 'uses gold' are ceilings; 'exploits leak' marks a control that gains from "
        "how the data set was made, not from knowing the user: each photo belongs to one review, "
        "so those that no training review owns hold the gold, and systems that show photos of "
        "training reviews fall below chance. Neither takes a rank.",
    ]
    most = max(len(entry.seeds) for entry in entries)
    if most == 1:
        notes.append("One seed a system: training variance is not assessed.")
    else:
        notes.append(
            "Values of several seeds are averaged; the variance between seeds is part of "
            "intervals and ranks."
        )
    if unreadable:
        notes.append(
            f"{unreadable} photos could not be read; their features are zero, and div@k leaves "
            "them out. `showcase-bench data card` counts them by reason."
        )
    return notes
