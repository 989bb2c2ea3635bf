"""The training loop of all models: one or several devices, early stopping, resumption."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.neural.batches import draw_of, share, sizes_of, sorted_batches, training_batches
from baselines.neural.contracts import Losses, Rows
from baselines.neural.devices import accelerated, cpu_threads, summed
from baselines.neural.means import Mean
from baselines.neural.optimizer import Updater, trainable
from baselines.neural.randomness import seeded
from baselines.neural.settings import Training
from baselines.neural.state import State, StateFile, describe, identity_of
from showcase_bench import Progress
from showcase_bench.errors import StoreError, TrainingError

__all__ = ["Training", "train_network"]

SECONDS_BETWEEN_CHECKPOINTS = 600.0
"""In long epochs; there is one after each epoch in any case."""

_LONG_EPOCH = 100
"""Updates from which on an epoch has points of the curve within."""
_POINTS_WITHIN = 20


def train_network(
    network: nn.Module,
    train: Rows,
    val: Rows,
    training: Training,
    *,
    seed: int,
    workdir: Path,
    progress: Progress,
    label: str,
) -> list[dict[str, Any]]:
    """Train a network in place; it ends with the numbers of its best epoch.

    The best epoch is that of the lowest validation loss, a mean weighted by ``Losses.weight``;
    where ``val`` is empty it is the last one, and nothing stops early. With no rows to learn from,
    no epochs, or no trainable parameter, nothing is done.

    ``workdir`` gets a checkpoint after each epoch, and every ten minutes in long ones. A call with
    the same arguments goes on from there, and ends with the same bytes as if it had never been
    interrupted; on another kind or number of devices, rounding and dropout may differ.

    In several processes (``accelerate launch``) each works on its share of every batch's rows; a
    loss that compares the rows of a batch then compares those of the share.

    Parameters
    ----------
    network
        ``network(batch)`` gives :class:`~baselines.neural.contracts.Losses`. It is moved to the
        device, and back when training ends. Its method ``parameter_groups``, if it has one, gives
        parameters with learning rates of their own: ``[{"params": [...], "scale": 0.1}, ...]``.
    seed
        0 or more. Torch's generators, which dropout draws from, are seeded for each batch and are
        afterwards what they were.
    workdir
        Made where it is missing; not shared with another training.
    progress
        One bar over all planned updates.
    label
        Of the bar and of errors, such as the name of the model.

    Returns
    -------
    list of dict
        Points of the learning curve: ``split``, ``epoch``, ``step``, ``loss`` and its parts, and
        ``learning_rate`` in those of ``train``. The last point of an epoch is the mean over all of
        it; epochs of 100 updates and more have about 20 points before, each the mean since the
        point before.

    Raises
    ------
    TrainingError
        A loss, a part of it, or the gradient is not finite; the last checkpoint is kept.
    StoreError
        The checkpoint is damaged or of another training, or cannot be written.
    UsageError
        ``fp16`` without a GPU.
    ContractError
        ``parameter_groups`` leaves out a trainable parameter.
    """
    if not len(train) or not training.epochs or not trainable(network):
        return []
    mode, home = network.training, trainable(network)[0].device
    with (
        cpu_threads(training.threads),
        accelerated(training.precision) as accelerator,
        seeded(seed),
    ):
        try:
            network.to(accelerator.device)
            loop = _Loop(network, train, val, training, accelerator, seed, workdir, label)
            return loop.run(progress)
        finally:
            network.to(home)
            network.train(mode)


class _Loop:
    """One training, from its checkpoint if there is one to its end."""

    def __init__(
        self,
        network: nn.Module,
        train: Rows,
        val: Rows,
        training: Training,
        accelerator: Accelerator,
        seed: int,
        workdir: Path,
        label: str,
    ) -> None:
        self._network, self._training, self._accelerator = network, training, accelerator
        self._train, self._val, self._seed, self._label = train, val, seed, label
        self._sizes = sizes_of(train)
        self._val_sizes = sizes_of(val)
        batches = math.ceil(len(train) / training.batch_size)
        self._updates = math.ceil(batches / training.accumulate)
        self._updater = Updater(network, training, accelerator)
        self._state = State()
        self._best: dict[str, Tensor] = {}
        sizes = {"train": self._sizes, "val": self._val_sizes}
        self._file = StateFile(workdir, identity_of(network, training, sizes, seed, label))
        self._resume()
        self._plan: list[NDArray[np.int64]] = []
        self._saved = time.monotonic()

    def run(self, progress: Progress) -> list[dict[str, Any]]:
        planned = self._updates * self._training.epochs
        state = self._state
        if not self._stopped() and state.step < planned:
            for _ in progress.track(range(state.step, planned), label=self._description()):
                if not self._plan:
                    self._plan = training_batches(
                        self._sizes, self._training.batch_size, self._seed, state.epoch
                    )
                self._update(planned)
                if state.update == self._updates:
                    self._end_epoch()
                elif time.monotonic() - self._saved >= SECONDS_BETWEEN_CHECKPOINTS:
                    self._save()
                progress.describe(self._description())
                if self._stopped():
                    break
        if self._best:
            self._network.load_state_dict(self._best)
        return state.curve

    def _stopped(self) -> bool:
        return self._state.stale >= self._training.patience

    def _update(self, planned: int) -> None:
        state, training = self._state, self._training
        self._network.train()
        mean = Mean()
        first = state.update * training.accumulate
        for at, rows in enumerate(self._plan[first : first + training.accumulate], start=first):
            mine = self._share(rows)
            if mine:
                key = (self._seed, state.epoch, at, self._accelerator.process_index)
                draw, torch_seed = draw_of(*key)
                torch.manual_seed(torch_seed)
                losses = self._losses(self._train, mine, draw)
                self._updater.learn(losses)
                mean.add(losses)
        mean = summed(mean, self._accelerator)
        rate = training.rate(state.step, planned, state.reductions)
        norm = self._updater.update(rate, mean.weight)
        if not math.isfinite(norm):
            raise self._failure("the norm of the gradient", norm)
        state.step += 1
        state.update += 1
        state.whole.merge(mean)
        state.recent.merge(mean)
        every = self._updates // _POINTS_WITHIN if self._updates >= _LONG_EPOCH else self._updates
        if state.update < self._updates and state.update % every == 0:
            self._point("train", state.recent, learning_rate=rate)
            state.recent = Mean()
        elif state.update == self._updates:
            self._point("train", state.whole, learning_rate=rate)

    def _end_epoch(self) -> None:
        state = self._state
        if len(self._val):
            mean = self._validate()
            self._point("val", mean)
            self._judge(mean.loss)
        state.epoch, state.update = state.epoch + 1, 0
        state.whole, state.recent = Mean(), Mean()
        self._plan = []
        self._save()

    def _judge(self, loss: float | None) -> None:
        """Keep the network if it is the best so far."""
        state = self._state
        if loss is None:
            return
        if state.best is None or loss < state.best:
            state.best, state.stale = loss, 0
            self._best = {
                name: value.detach().to("cpu", copy=True)
                for name, value in self._network.state_dict().items()
            }
        else:
            state.stale += 1
            state.reductions += 1

    def _validate(self) -> Mean:
        self._network.eval()
        mean = Mean()
        with torch.no_grad():
            for rows in sorted_batches(self._val_sizes, self._training.batch_size):
                mine = self._share(rows)
                if mine:
                    mean.add(self._losses(self._val, mine, None))
        return summed(mean, self._accelerator)

    def _losses(self, rows: Rows, mine: list[int], draw: np.random.Generator | None) -> Losses:
        device = self._accelerator.device
        batch = {name: one.to(device) for name, one in rows.batch(mine, draw).items()}
        with self._accelerator.autocast():
            losses: Losses = self._network(batch)
        total = float(losses.total.detach())
        terms = {**losses.parts, "total": total} if losses.weight > 0 else {}
        for name, value in terms.items():
            if not math.isfinite(value):
                where = "loss" if draw is not None else "validation loss"
                raise self._failure(f"the term {name!r} of the {where}", value)
        return losses

    def _share(self, rows: NDArray[np.int64]) -> list[int]:
        return share(rows, self._accelerator.process_index, self._accelerator.num_processes)

    def _failure(self, what: str, value: float) -> TrainingError:
        state = self._state
        kept = (
            f"The last good checkpoint is kept: {self._file.path}."
            if self._file.path.exists()
            else "There was no checkpoint yet."
        )
        return TrainingError(
            f"training of {self._label} stopped in epoch {state.epoch}, after {state.step} "
            f"updates: {what} is {value}. {kept} Train again with a learning rate below "
            f"{self._training.learning_rate:g}, with a smaller clip, or in fp32, and look for "
            "features that are not finite."
        )

    def _point(self, split: str, mean: Mean, **more: float) -> None:
        state = self._state
        point = {"split": split, "epoch": state.epoch, "step": state.step}
        if mean.loss is not None:
            state.curve.append({**point, "loss": mean.loss, **mean.parts, **more})

    def _description(self) -> str:
        return describe(self._state, self._label, self._training.epochs, bool(len(self._val)))

    def _resume(self) -> None:
        found = self._file.read()
        self._accelerator.wait_for_everyone()
        if found is None:
            return
        self._state, scalars, tensors = found
        try:
            self._updater.restore(scalars, _part(tensors, "optimizer"))
            self._network.load_state_dict(_part(tensors, "network"))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise StoreError(
                f"{self._file.path} is damaged: {error}. Delete it to train from the beginning."
            ) from error
        self._best = _part(tensors, "best")

    def _save(self) -> None:
        self._saved = time.monotonic()
        if not self._accelerator.is_main_process:
            return
        scalars, tensors = self._updater.state()
        groups: Mapping[str, Mapping[str, Tensor]] = {
            "network": self._network.state_dict(),
            "best": self._best,
            "optimizer": tensors,
        }
        flat = {f"{kind}.{name}": one for kind, own in groups.items() for name, one in own.items()}
        self._file.write(self._state, scalars, flat)


def _part(tensors: Mapping[str, Tensor], kind: str) -> dict[str, Tensor]:
    start = f"{kind}."
    return {name.removeprefix(start): v for name, v in tensors.items() if name.startswith(start)}
