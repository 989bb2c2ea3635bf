"""A model that is trained by gradient descent: fit, save and load."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import torch

from baselines.common.arguments import require_at_least, require_number
from baselines.common.reviews import with_histories
from baselines.neural.checkpoint import load_checkpoint, save_checkpoint
from baselines.neural.contracts import Rows
from baselines.neural.randomness import seeded
from baselines.neural.training import Training, train_network
from showcase_bench import Example, ImageStore, Progress, Split
from showcase_bench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Common", "NeuralModel", "configuration", "replaced"]

C = TypeVar("C")
D = TypeVar("D", bound="DataclassInstance")
N = TypeVar("N", bound=torch.nn.Module)


@dataclass(frozen=True)
class Common:
    """Arguments that every trained model takes; None leaves what the configuration says."""

    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None

    def apply(self, training: Training) -> Training:
        """The training of a configuration with these arguments in place.

        Raises
        ------
        UsageError
            One is out of its range.
        """
        if self.epochs is not None:
            require_at_least(self.epochs, "epochs", 0)
        if self.batch_size is not None:
            require_at_least(self.batch_size, "batch_size", 1)
        rate = self.learning_rate
        if rate is not None:
            rate = require_number(rate, "learning_rate", 0)
        return replaced(
            training, epochs=self.epochs, batch_size=self.batch_size, learning_rate=rate
        )


def configuration(name: str, known: Mapping[str, C]) -> C:
    """The configuration of this name.

    Raises
    ------
    UsageError
        There is none.
    """
    if name not in known:
        raise UsageError(f"config is {name!r}. {did_you_mean(str(name), known)}")
    return known[name]


def replaced(config: D, **given: Any) -> D:
    """A configuration with what is given in place; None leaves what it says."""
    return replace(config, **{name: value for name, value in given.items() if value is not None})


class NeuralModel(abc.ABC, Generic[N]):
    """What models with a network share; mixed into ``Model`` or ``Writer``.

    A model learns *facts* first (vocabulary, ids, sizes: JSON), builds its network from them, and
    trains it. Facts and weights are all that is saved.

    Parameters
    ----------
    training
        How the network is trained.
    """

    kind: ClassVar[str]
    """Name in checkpoints."""
    version: ClassVar[int] = 1
    """Raised whenever an older checkpoint can no longer be read."""

    network: N
    """Exists after ``fit`` or ``load``."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.facts: dict[str, Any] = {}
        self._curve: list[dict[str, Any]] = []

    @abc.abstractmethod
    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        """What the network's shape and the meaning of its numbers depend on, as JSON types.

        ``train`` may be empty; then the model must still be able to answer.
        """

    @abc.abstractmethod
    def _build(self) -> N:
        """A fresh network from :attr:`facts`, on the CPU; torch's generator is seeded."""

    @abc.abstractmethod
    def _rows(self, examples: Sequence[Example], images: ImageStore) -> Rows:
        """Rows of a split to learn from, or to validate on; examples without text left out.

        ``self.facts`` and ``self.network`` exist.
        """

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Learn; an interrupted fit goes on from the last checkpoint in ``workdir``."""
        learned = self._learned(train)
        self.facts = {"seed": seed, **self._learn_facts(learned, train.images)}
        with seeded(seed):
            self.network = self._build()
        self._curve = train_network(
            self.network,
            self._rows(learned, train.images),
            self._rows(list(val), val.images),
            self.training,
            seed=seed,
            workdir=workdir,
            progress=progress,
            label=self.kind,
        )
        self.network.eval()

    def _learned(self, train: Split) -> list[Example]:
        """What is learned from a training split."""
        return with_histories(list(train)) if self.training.histories else list(train)

    def save(self, folder: Path) -> None:
        """Write ``model.safetensors`` and ``model.json``."""
        facts = {"facts": self.facts, "curve": self._curve}
        save_checkpoint(folder, self.kind, self.version, facts, self.network.state_dict())

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote.

        Raises
        ------
        StoreError
            The files are missing, damaged, hold numbers that are not finite, or are of another
            model or version.
        """
        saved = load_checkpoint(folder, self.kind, self.version)
        self.facts, self._curve = saved.facts["facts"], saved.facts["curve"]
        with seeded(int(self.facts["seed"])):
            self.network = self._build()
        saved.into(self.network)
        self.network.eval()

    def parameters(self) -> int:
        """Numbers that training can change."""
        return sum(one.numel() for one in self.network.parameters() if one.requires_grad)

    def learning_curve(self) -> list[dict[str, Any]]:
        """Losses of training and validation, one object for each point."""
        return self._curve
