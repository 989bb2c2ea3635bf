"""What moved between two boards, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.errors import UsageError
from showcase_bench.formatting import format_number
from showcase_bench.leaderboard.board import SCHEMA

__all__ = ["BoardChanges", "Change", "board_changes", "read_board"]

_COMMON = {
    "task": "the task",
    "task_version": "the version of the task",
    "split": "the split",
    "policy": "the protocol",
    "data_name": "the data set",
    "data_sha256": "the revision of the data",
    "unreadable_images": "the number of unreadable photos",
}


@dataclass(frozen=True)
class Change:
    """One row of one section that is not as it was."""

    section: str
    system: str
    kind: str
    """``new``, ``gone``, ``value``, ``rank`` or ``flags``."""
    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class BoardChanges:
    """All that differs between two boards."""

    general: tuple[str, ...]
    """What differs for all rows at once: data, protocol, metrics."""
    rows: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "general": list(self.general),
            "rows": [
                {
                    **{key: getattr(one, key) for key in ("section", "system", "kind")},
                    "before": one.before,
                    "after": one.after,
                    "reasons": list(one.reasons),
                }
                for one in self.rows
            ],
        }


def read_board(path: Path) -> dict[str, Any]:
    """The JSON of a board.

    Raises
    ------
    UsageError
        The file is missing, or holds something else than a board that this version knows.
    """
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error})") from error
    known = isinstance(raw, dict) and {"schema", "identity", "sections"} <= set(raw)
    if not known or not isinstance(raw["schema"], int):
        raise UsageError(f"{path}: not a board; `leaderboard build` writes <task>.json")
    if not 1 <= raw["schema"] <= SCHEMA:
        raise UsageError(
            f"{path}: a board of schema {raw['schema']}, but this version reads up to {SCHEMA}; "
            "update showcase-bench"
        )
    found: dict[str, Any] = raw
    return found


def board_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> BoardChanges:
    """Compare two boards as :func:`read_board` gives them.

    A row has changed if its primary metric, rank interval, tie letters or flags have. The reasons
    are what can be read off the boards: other data, protocol or metric definition; other runs
    behind the row; or, where the row's own runs and values are the same, the other systems.
    """
    general = _general(old["identity"], new["identity"])
    sections = {one["name"]: one for one in old["sections"]}
    rows: list[Change] = []
    for section in new["sections"]:
        before = sections.pop(section["name"], None)
        if before is None:
            general.append(f"section {section['name']!r} is new")
        else:
            rows += _section(before, section, general)
    general += [f"section {name!r} is gone" for name in sections]
    return BoardChanges(tuple(general), tuple(rows))


def _general(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name} changed: {_shown(old[key])} became {_shown(new[key])}"
        for key, name in _COMMON.items()
        if old[key] != new[key]
    ]
    before, after = (_named(one["metrics"]) for one in (old, new))
    for name in {**before, **after}:
        if name not in after:
            found.append(f"metric {name} is gone")
        elif name not in before:
            found.append(f"metric {name} is new")
        elif before[name] != after[name]:
            found.append(f"metric {name} is defined otherwise: {before[name]} became {after[name]}")
    return found


def _named(signatures: Sequence[str]) -> dict[str, str]:
    return {signature.partition("|")[0]: signature for signature in signatures}


def _section(
    old: Mapping[str, Any], new: Mapping[str, Any], general: Sequence[str]
) -> list[Change]:
    name = new["name"]
    before = {row["model"]: row for row in old["rows"]}
    after = {row["model"]: row for row in new["rows"]}
    moved = [model for model in after if model in before]
    others = _others(before, after)
    primary = new["primary"]
    shared = list(general)
    if old["primary"] != primary:
        shared.insert(0, f"the primary metric was {old['primary']} and is {primary}")
    changes = [
        Change(name, model, "new", "", _standing(row, primary), ("it was not on the old board",))
        for model, row in after.items()
        if model not in before
    ]
    changes += [
        Change(name, model, "gone", _standing(row, old["primary"]), "", ("its runs are not there",))
        for model, row in before.items()
        if model not in after
    ]
    for model in moved:
        one, two = before[model], after[model]
        was, now = _standing(one, old["primary"]), _standing(two, primary)
        if was == now and one["flags"] == two["flags"]:
            continue
        values = _value(one, old["primary"]) != _value(two, primary)
        kind = "value" if values else "rank" if was != now else "flags"
        reasons = _reasons(one, two, shared, others, rescored=values)
        changes.append(Change(name, model, kind, was, now, reasons))
    return changes


def _others(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What happened to other rows that may move a rank."""
    found = [f"{model} is new" for model in after if model not in before]
    found += [f"{model} is gone" for model in before if model not in after]
    found += [
        f"{model} has other runs"
        for model in after
        if model in before and before[model]["runs"] != after[model]["runs"]
    ]
    return found


def _reasons(
    one: Mapping[str, Any],
    two: Mapping[str, Any],
    general: Sequence[str],
    others: Sequence[str],
    *,
    rescored: bool,
) -> tuple[str, ...]:
    reasons = list(general)
    if one["runs"] != two["runs"]:
        if one["seeds"] != two["seeds"]:
            reasons.append(f"seeds {_shown(one['seeds'])} became {_shown(two['seeds'])}")
        gone = [run for run in one["runs"] if run not in two["runs"]]
        new = [run for run in two["runs"] if run not in one["runs"]]
        reasons.append(f"its runs are others: {_listed(gone)} out, {_listed(new)} in")
    elif rescored and not reasons:
        reasons.append("the same runs were scored otherwise")
    if one["flags"] != two["flags"]:
        reasons.append(f"flags {_shown(one['flags'])} became {_shown(two['flags'])}")
    if not reasons:
        own = [other for other in others if not other.startswith(f"{two['model']} ")]
        moved = "; ".join(own) if own else "the systems that it is compared with"
        reasons.append(f"its own scores are the same; the others moved it: {moved}")
    return tuple(reasons)


def _standing(row: Mapping[str, Any], primary: str) -> str:
    """Rank interval, letters and value in one."""
    place = "no rank"
    if row["rank"] is not None:
        best, worst = row["rank"]
        place = str(best) if best == worst else f"{best}-{worst}"
    value = _value(row, primary)
    shown = "–" if value is None else format_number(value)
    return f"{place} {row['letters']} {shown}".replace("  ", " ")


def _value(row: Mapping[str, Any], primary: str) -> float | None:
    found: float | None = row["scores"].get(primary, {}).get("value")
    return found


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
