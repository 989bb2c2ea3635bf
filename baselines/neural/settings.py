"""How a network is trained, and the learning rate that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from baselines.common.arguments import require_at_least, require_number
from baselines.neural.devices import Precision
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["Training"]

Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["constant", "linear", "cosine", "plateau"]


@dataclass(frozen=True)
class Training:
    """Settings of the training loop.

    Raises
    ------
    UsageError
        A setting is out of its range.
    """

    epochs: int
    """At most; 0 leaves the network as it is."""
    batch_size: int
    """Rows of a batch, over all processes."""
    learning_rate: float
    """Highest of the schedule."""
    optimizer: Optimizer = "adamw"
    weight_decay: float = 0.0
    amsgrad: bool = False
    """Of ``adam`` and ``adamw``."""
    schedule: Schedule = "constant"
    """After the warm-up: ``constant``; ``linear`` or half a ``cosine`` down to 0 at the last of all
    planned updates; ``plateau``: times ``plateau_factor`` after each epoch whose validation loss is
    not the best so far."""
    warmup: float = 0.0
    """Share of all planned updates in which the learning rate rises from 0 in a straight line."""
    plateau_factor: float = 0.25
    patience: int = 3
    """Epochs in a row without a better validation loss after which training ends."""
    clip: float | None = 1.0
    """Largest norm of the whole gradient; None leaves it as it is."""
    accumulate: int = 1
    """Batches to an update."""
    precision: Precision = "fp32"
    threads: int | None = None
    """Of the CPU, in training and in prediction: rounding depends on their number. None is torch's
    choice, which depends on the machine."""
    histories: bool = False
    """Also learn the texts in the histories of the training users, which have no photos."""

    def __post_init__(self) -> None:
        for what, least in (("epochs", 0), ("batch_size", 1), ("patience", 1), ("accumulate", 1)):
            require_at_least(getattr(self, what), what, least)
        for what, high in (
            ("learning_rate", math.inf),
            ("weight_decay", math.inf),
            ("warmup", 1.0),
            ("plateau_factor", 1.0),
        ):
            require_number(getattr(self, what), what, 0, high)
        if self.threads is not None:
            require_at_least(self.threads, "threads", 1)
        if self.clip is not None and not require_number(self.clip, "clip", 0):
            raise UsageError("clip is 0, so nothing would be learned; None does not clip")
        _require_one_of(self.optimizer, "optimizer", Optimizer)
        _require_one_of(self.schedule, "schedule", Schedule)
        _require_one_of(self.precision, "precision", Precision)

    def rate(self, step: int, planned: int, reductions: int) -> float:
        """Learning rate of an update.

        Parameters
        ----------
        step
            Updates before it.
        planned
            Updates of all epochs.
        reductions
            Epochs so far whose validation loss was not the best.
        """
        rising = math.ceil(self.warmup * planned)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        left = (planned - step) / max(planned - rising, 1)
        match self.schedule:
            case "linear":
                return self.learning_rate * left
            case "cosine":
                return self.learning_rate * (1 - math.cos(math.pi * left)) / 2
            case "plateau":
                return self.learning_rate * self.plateau_factor**reductions
            case _:
                return self.learning_rate


def _require_one_of(value: str, what: str, choices: Any) -> None:
    names = get_args(choices)
    if value not in names:
        raise UsageError(f"{what} is {value!r}. {did_you_mean(str(value), names)}")
