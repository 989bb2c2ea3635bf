"""Weighted means of losses."""

from __future__ import annotations

from dataclasses import dataclass, field

from baselines.neural.contracts import Losses

__all__ = ["Mean"]


@dataclass
class Mean:
    """A weighted mean of losses and their parts, in the making."""

    weight: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    """Sum of weight times value, of ``loss`` and each part."""

    def add(self, losses: Losses) -> None:
        """Take in the mean over a batch; one of no weight changes nothing."""
        if losses.weight > 0:
            values = {"loss": float(losses.total.detach()), **losses.parts}
            self.merge(Mean(losses.weight, {k: losses.weight * v for k, v in values.items()}))

    def merge(self, other: Mean) -> None:
        """Take in another mean, which stays as it is."""
        self.weight += other.weight
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    @property
    def loss(self) -> float | None:
        """The mean loss; None where nothing was taken in."""
        return self.sums["loss"] / self.weight if self.weight else None

    @property
    def parts(self) -> dict[str, float]:
        """Means of what is not the loss itself."""
        return {name: v / self.weight for name, v in self.sums.items() if name != "loss"}
