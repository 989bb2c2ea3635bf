"""Parts of the scored rows, such as those that a validation phase scores and those of the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.evaluate.score.frame import Frame, codes
from showcase_bench.sharing.names import Names
from showcase_bench.sharing.settings import REST

__all__ = ["divide", "rows_of", "within"]


def divide(
    ids: Sequence[str], cut: Mapping[str, float], names: Names
) -> dict[str, tuple[str, ...]]:
    """Divide rows by a secret order: part to original ids, in the order of ``ids``.

    Each named part gets its share of the rows, rounded; the rest is ``final``. Nobody without the
    salt can tell to which part a row belongs.

    Raises
    ------
    UsageError
        A part would have no rows.
    """
    order = sorted(ids, key=lambda one: names.order("parts", one))
    start, parts = 0, {}
    for part, share in cut.items():
        size = round(share * len(ids))
        parts[part] = frozenset(order[start : start + size])
        start += size
    parts[REST] = frozenset(order[start:])
    for part, chosen in parts.items():
        if not chosen:
            raise UsageError(f"part {part!r} has none of the {len(ids)} rows; change the cut")
    return {part: tuple(one for one in ids if one in chosen) for part, chosen in parts.items()}


def rows_of(parts: Mapping[str, Sequence[str]], part: str) -> Sequence[str]:
    """Rows of a part; raises a :class:`UsageError` for an unknown one."""
    if part not in parts:
        raise UsageError(f"there is no part {part!r}. {did_you_mean(part, parts)}")
    return parts[part]


def within(frame: Frame, ids: Collection[str]) -> Frame:
    """The frame of some of its rows, in the same order; all else stays."""
    chosen = frozenset(ids)
    rows = [number for number, one in enumerate(frame.ids) if one in chosen]

    def of(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values[row] for row in rows)

    return replace(
        frame,
        ids=of(frame.ids),
        references=of(frame.references),
        gold_images=of(frame.gold_images),
        pools=of(frame.pools),
        clusters=tuple(codes([str(one[row]) for row in rows]) for one in frame.clusters),
        users=of(frame.users),
        businesses=of(frame.businesses),
        histories=of(frame.histories),
        candidates=(),
        recipe=None,
    )
