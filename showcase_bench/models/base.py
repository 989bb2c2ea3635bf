"""The model contract: what a stranger writes to be ranked.

The harness builds the model from its recorded arguments, calls ``fit`` once and ``predict`` with
all queries; it batches, times, stores and checks the output. The model does none of that.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase, Split

__all__ = ["Flag", "Model", "OracleModel", "Role"]

Role = Literal["system", "control", "ceiling"]
Flag = Literal["uses gold", "uses target feature", "exploits leak"]


class _Fitted(abc.ABC):  # noqa: B024  (predict differs between the two kinds)
    """What models and oracles share."""

    role: ClassVar[Role] = "system"
    """``control`` and ``ceiling`` rows frame a board; they are not contestants."""
    flags: ClassVar[tuple[Flag, ...]] = ()
    """Shown beside the name on every board."""

    def fit(  # noqa: B027  (optional by contract)
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Learn from the training split; optional.

        Parameters
        ----------
        train, val
            Sequences of examples, gold included; ``train.images`` gives the photos. Either may be
            empty.
        seed
            The only source of randomness that the model may use; 0 is a seed.
        workdir
            An empty folder for the model's own files.
        progress
            ``progress.track(items, label=...)`` shows a bar.
        """

    def parameters(self) -> int | None:
        """Number of trainable numbers after ``fit``; optional, None where there are none to count.

        Reported as the cost metric ``parameters``.
        """
        return None


class Model(_Fitted):
    """A system that is ranked. It sees queries only; labels cannot reach it."""

    @abc.abstractmethod
    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterable[Showcase]:
        """One showcase per query, in the order of the queries.

        A selection-only model leaves ``text=None``; a text-only model leaves ``image_ids`` empty.
        An example's output must not depend on the other queries of the call.
        """


class OracleModel(_Fitted):
    """A ceiling that is given the gold, flagged on every board."""

    role: ClassVar[Role] = "ceiling"
    flags: ClassVar[tuple[Flag, ...]] = ("uses gold",)

    @abc.abstractmethod
    def predict_with_gold(
        self, examples: Sequence[Example], images: ImageStore
    ) -> Iterable[Showcase]:
        """One showcase per example, in order."""
