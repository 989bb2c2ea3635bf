"""Updates of a network from batches of different weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from baselines.neural.contracts import Losses
from baselines.neural.settings import Training
from showcase_bench.errors import ContractError

__all__ = ["Updater", "trainable"]

_LEAST_SCALE = 1.0
"""Half precision has failed when even this loss scale overflows."""


def trainable(network: nn.Module) -> list[nn.Parameter]:
    """Parameters that training can change."""
    return [one for one in network.parameters() if one.requires_grad]


class Updater:
    """Optimizer, gradient accumulation, clipping, and loss scale in half precision.

    An update is that of the mean over all things of all its batches, in whatever parts and
    processes they come: each part's gradient counts by its ``Losses.weight``.

    Parameters
    ----------
    network
        On the accelerator's device. A method ``parameter_groups()`` may give parameters with
        learning rates of their own, ``[{"params": [...], "scale": 0.1}, ...]``.

    Raises
    ------
    ContractError
        ``parameter_groups()`` leaves out a trainable parameter.
    """

    def __init__(self, network: nn.Module, training: Training, accelerator: Accelerator) -> None:
        self._parameters = trainable(network)
        self._groups = _groups(network, self._parameters)
        self._optimizer = _optimizer(self._groups, training)
        self._clip = math.inf if training.clip is None else training.clip
        self._accelerator = accelerator
        self._scaler: torch.amp.GradScaler | None = accelerator.scaler
        self._first: float | None = None

    def learn(self, losses: Losses) -> None:
        """Add the gradient of one batch; a batch of no weight adds nothing."""
        if losses.weight <= 0:
            return
        if self._first is None:
            self._first = losses.weight
        self._accelerator.backward(losses.total * (losses.weight / self._first))

    def update(self, rate: float, weight: float) -> float:
        """Change the network by what was learned since the last update.

        Parameters
        ----------
        rate
            Learning rate.
        weight
            Of all batches of this update, over all processes; 0 changes nothing.

        Returns
        -------
        float
            Norm of the gradient before clipping. Where it is not finite nothing was changed; in
            half precision, a norm that is finite at a smaller loss scale counts as 0.
        """
        if weight <= 0:
            return 0.0
        self._finish_gradient(weight)
        for group, own in zip(self._optimizer.param_groups, self._groups, strict=True):
            group["lr"] = rate * own["scale"]
        if self._scaler is not None:
            self._scaler.unscale_(self._optimizer)
        norm = float(nn.utils.clip_grad_norm_(self._parameters, self._clip))
        if self._scaler is not None:
            self._scaler.step(self._optimizer)
            self._scaler.update()
            if not math.isfinite(norm) and self._scaler.get_scale() >= _LEAST_SCALE:
                norm = 0.0
        elif math.isfinite(norm):
            self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return norm

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Scalars, of JSON types, and tensors: all that :meth:`restore` needs."""
        tensors: dict[str, Tensor] = {}
        scalars: dict[str, Any] = {}
        for row, values in self._optimizer.state_dict()["state"].items():
            for name, value in values.items():
                kind = tensors if isinstance(value, Tensor) else scalars
                kind[f"{row}.{name}"] = value
        scale = {} if self._scaler is None else self._scaler.state_dict()
        return {"values": scalars, "scale": scale}, tensors

    def restore(self, scalars: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Become what :meth:`state` described; raises KeyError, TypeError or ValueError."""
        state: dict[int, dict[str, Any]] = {}
        for key, value in {**scalars["values"], **tensors}.items():
            row, _, name = key.partition(".")
            state.setdefault(int(row), {})[name] = value
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        if self._scaler is not None:
            self._scaler.load_state_dict(scalars["scale"])

    def _finish_gradient(self, weight: float) -> None:
        """Make the sum of this process's gradients the mean over all processes and batches."""
        factor = 0.0 if self._first is None else self._first / weight
        self._first = None
        with_gradient = [one for one in self._parameters if one.grad is not None]
        if factor != 1.0:
            for one in with_gradient:
                if one.grad is not None:
                    one.grad.mul_(factor)
        if self._accelerator.num_processes > 1:
            self._sum_over_processes()

    def _sum_over_processes(self) -> None:
        there = torch.tensor(
            [one.grad is not None for one in self._parameters],
            dtype=torch.float32,
            device=self._accelerator.device,
        )
        anywhere = self._accelerator.reduce(there, "sum").tolist()
        for one, count in zip(self._parameters, anywhere, strict=True):
            if count:
                own = torch.zeros_like(one) if one.grad is None else one.grad
                one.grad = self._accelerator.reduce(own, "sum")


def _groups(network: nn.Module, parameters: list[nn.Parameter]) -> list[dict[str, Any]]:
    given = getattr(network, "parameter_groups", None)
    if given is None:
        return [{"params": parameters, "scale": 1.0}]
    groups = [
        {"params": [one for one in group["params"] if one.requires_grad], "scale": group["scale"]}
        for group in given()
    ]
    known = {id(one) for group in groups for one in group["params"]}
    left = [name for name, one in network.named_parameters() if one.requires_grad]
    left = [name for name in left if id(network.get_parameter(name)) not in known]
    if left:
        raise ContractError(
            f"{type(network).__name__}.parameter_groups() leaves out {', '.join(left[:5])}. Put "
            "them into a group, or set requires_grad=False."
        )
    return [group for group in groups if group["params"]]


def _optimizer(groups: list[dict[str, Any]], training: Training) -> torch.optim.Optimizer:
    own = [{"params": group["params"]} for group in groups]
    rate, decay = training.learning_rate, training.weight_decay
    if training.optimizer == "sgd":
        return torch.optim.SGD(own, lr=rate, weight_decay=decay)
    kind = torch.optim.Adam if training.optimizer == "adam" else torch.optim.AdamW
    # One pass over the numbers. On a GPU the loss scale and torch's own choice go together.
    fused = all(one.device.type == "cpu" for group in own for one in group["params"]) or None
    return kind(own, lr=rate, weight_decay=decay, amsgrad=training.amsgrad, fused=fused)
