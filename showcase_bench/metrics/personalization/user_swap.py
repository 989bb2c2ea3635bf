"""User swap: what changes when a system is asked again on behalf of another user.

The harness asks the fitted system for the same business and photos with the user id and the
history of another user of that business, and these metrics compare the two answers.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Cost, Floats, Group, Need, Scale, require_encoder
from showcase_bench.metrics.batch import Batch, Swap
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.personalization.similarity import profiles

__all__ = ["UserSwapChange", "UserSwapImages", "UserSwapLift"]


@dataclasses.dataclass(frozen=True)
class _UserSwap(MeanMetric):
    """What the metrics of swapped users share."""

    group: ClassVar[Group] = "personalization"
    scale: ClassVar[Scale] = "unit"
    facts: ClassVar[Mapping[str, str]] = {"other": "business", "impl": "sb"}
    oracle: ClassVar[str] = "brute force"

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples that the system was asked about again; bool of shape [n]."""
        return np.array([swap is not None for swap in batch.swaps], dtype=bool)

    def values(self, batch: Batch) -> Floats:
        """Value of each example that can be scored; 0 elsewhere."""
        rows = np.flatnonzero(self.scored(batch))
        values = np.zeros(len(batch))
        if len(rows):
            values[rows] = self.compare(batch, rows)
        return values

    @abc.abstractmethod
    def compare(self, batch: Batch, rows: NDArray[np.int64]) -> Floats:
        """Value of the examples ``rows``, which have both answers."""


@dataclasses.dataclass(frozen=True)
class _TextSwap(_UserSwap):
    """What the metrics of swapped texts share."""

    encoder: str = "minilm"

    needs: ClassVar[frozenset[Need]] = frozenset({"text", "swaps", "embeddings"})
    encoder_field: ClassVar[str | None] = "encoder"
    cost: ClassVar[Cost] = "high"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, self.label)

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with both texts; bool of shape [n]."""
        again = np.array([s is not None and s.text is not None for s in batch.swaps], dtype=bool)
        both: NDArray[np.bool_] = super().scored(batch) & again
        return both


@dataclasses.dataclass(frozen=True)
class UserSwapChange(_TextSwap):
    """1 less the cosine of the text and the text for the other user.

    0 for a system that ignores the user. Examples without another user at the business are left
    out, and all where the system was not asked again; a text that is missing for either user
    scores 0, the worst.

    Raises
    ------
    UsageError
        ``encoder`` cannot be a name.
    """

    label: ClassVar[str] = "user-swap-change"
    summary: ClassVar[str] = "how much the text changes for another user of the business"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 2.0)

    def compare(self, batch: Batch, rows: NDArray[np.int64]) -> Floats:
        """Distance of the two texts, float64; exactly 0 for equal ones."""
        texts = _texts(batch, self.encoder, rows)
        change: Floats = np.clip(1 - (texts.own * texts.other).sum(axis=1), 0.0, 2.0)
        same = [batch.hypotheses[row] == _swap(batch, row).text for row in rows.tolist()]
        return np.where(same, 0.0, change)


@dataclasses.dataclass(frozen=True)
class UserSwapLift(_TextSwap):
    """How far each text is closer to the history that it was made for than the other text is.

    With the text t for the user's history h and the text t' for the other user's history h':
    half of ``[cos(t, h) - cos(t', h)] + [cos(t', h') - cos(t, h')]``. 0 for a system that ignores
    the user, or that changes its text in no user's direction; each history is the normalised mean
    of the vectors of its reviews. Left out are the examples that ``user-swap-change`` leaves out,
    and those of users without a history; a text that is missing for either user scores -2.

    Raises
    ------
    UsageError
        ``encoder`` cannot be a name.
    """

    label: ClassVar[str] = "user-swap-lift"
    summary: ClassVar[str] = "how far the text changes towards the user that it is made for"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (-2.0, 2.0)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples of users with a history that the system was asked about again."""
        return super().counted(batch) & batch.has_history

    def compare(self, batch: Batch, rows: NDArray[np.int64]) -> Floats:
        """Half of the difference of the differences of cosines, float64."""
        texts = _texts(batch, self.encoder, rows)
        embeddings = batch.required_embeddings
        own = profiles(embeddings, self.encoder, tuple(batch.histories[r] for r in rows.tolist()))
        other = profiles(
            embeddings, self.encoder, tuple(_swap(batch, r).history for r in rows.tolist())
        )
        away = own.astype(np.float64) - other.astype(np.float64)
        lift: Floats = ((texts.own - texts.other) * away).sum(axis=1) / 2
        return lift


@dataclasses.dataclass(frozen=True)
class UserSwapImages(_UserSwap):
    """1 less the Jaccard index of the photos shown and those shown to the other user.

    0 for a system that ignores the user. Left out are the examples that ``user-swap-change``
    leaves out; photos that are missing for either user score 0, the worst.
    """

    label: ClassVar[str] = "user-swap-images"
    summary: ClassVar[str] = "how much the photos change for another user of the business"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "swaps"})

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with photos for both users; bool of shape [n]."""
        again = np.array([s is not None and bool(s.images) for s in batch.swaps], dtype=bool)
        both: NDArray[np.bool_] = super().scored(batch) & again
        return both

    def compare(self, batch: Batch, rows: NDArray[np.int64]) -> Floats:
        """Share of the photos of either answer that are not in both, float64."""
        pairs = ((set(batch.selected[r]), set(_swap(batch, r).images)) for r in rows.tolist())
        return np.array([1 - len(a & b) / len(a | b) for a, b in pairs])


class _Texts(NamedTuple):
    own: Floats
    other: Floats


def _texts(batch: Batch, encoder: str, rows: NDArray[np.int64]) -> _Texts:
    """Unit vectors of both texts of each row."""

    def vectors(text: Callable[[int], str | None]) -> Floats:
        found = batch.required_embeddings.vectors([text(r) or "" for r in rows.tolist()], encoder)
        return found.astype(np.float64)

    return _Texts(
        vectors(lambda row: batch.hypotheses[row]), vectors(lambda row: _swap(batch, row).text)
    )


def _swap(batch: Batch, row: int) -> Swap:
    """The answer for the other user of an example that is counted."""
    swap = batch.swaps[row]
    if swap is None:
        raise ValueError(f"example {batch.ids[row]!r} has no swap")
    return swap
