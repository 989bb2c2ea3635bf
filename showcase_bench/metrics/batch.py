"""The examples that metrics look at, with the expensive parts shared between metrics."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.tokens import Tokens, TokenStore

__all__ = ["Batch", "Features"]

T = TypeVar("T")

Features: TypeAlias = Callable[[Sequence[str], str], NDArray[np.float32]]
"""``features(image_ids, encoder)``: L2-normalised rows, zeros for unreadable photos."""


@dataclass(frozen=True)
class Batch:
    """Predictions aligned with their gold, row by row.

    Raises
    ------
    UsageError
        The columns differ in length.
    """

    ids: tuple[str, ...]
    hypotheses: tuple[str | None, ...]
    """Predicted texts; None where not attempted."""
    references: tuple[tuple[str, ...], ...]
    """Reference texts, each with at least one character; may be an empty tuple."""
    selected: tuple[tuple[str, ...], ...] = ()
    """Image ids shown, in order; empty where not attempted."""
    gold_images: tuple[tuple[str, ...], ...] = ()
    pools: tuple[tuple[str, ...], ...] = ()
    features: Features | None = None
    tokens: TokenStore = field(default_factory=TokenStore)
    """Shared between the batches of several systems: a text is tokenised once."""
    _memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("selected", "gold_images", "pools"):
            if not getattr(self, name) and n:
                object.__setattr__(self, name, ((),) * n)
        for name in ("hypotheses", "references", "selected", "gold_images", "pools"):
            if len(getattr(self, name)) != n:
                raise UsageError(f"a batch of {n} ids has {len(getattr(self, name))} {name}")

    def __len__(self) -> int:
        return len(self.ids)

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make()`` gave when ``key`` was first asked for, to share work.

        The key names all that the result depends on besides the batch; the result is not changed
        by whoever receives it.
        """
        if key not in self._memo:
            self._memo[key] = make()
        result: T = self._memo[key]
        return result

    def hypothesis_tokens(self, tokenizer: str) -> list[Tokens]:
        """Tokens of each predicted text; a missing one counts as the empty text."""
        return self.tokens.get(tokenizer, [text or "" for text in self.hypotheses])

    def reference_tokens(self, tokenizer: str) -> list[list[Tokens]]:
        """Tokens of each reference of each example."""
        flat = self.tokens.get(tokenizer, [text for texts in self.references for text in texts])
        rows, start = [], 0
        for texts in self.references:
            rows.append(flat[start : start + len(texts)])
            start += len(texts)
        return rows

    def has_reference(self) -> NDArray[np.bool_]:
        """Which examples have at least one reference; bool of shape [n]."""
        return np.array([bool(texts) for texts in self.references], dtype=bool)

    def has_gold_images(self) -> NDArray[np.bool_]:
        """Which examples have at least one gold image; bool of shape [n]."""
        return np.array([bool(ids) for ids in self.gold_images], dtype=bool)
