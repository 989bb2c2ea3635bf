"""Where training runs, without traces of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import GradientAccumulationPlugin

from baselines.neural.means import Mean
from showcase_bench.errors import UsageError

__all__ = ["Precision", "accelerated", "cpu_threads", "summed"]

Precision = Literal["fp32", "bf16", "fp16"]

_NAMES = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}


@contextmanager
def accelerated(precision: Precision) -> Iterator[Accelerator]:
    """An accelerator for the devices that are there; several processes by ``accelerate launch``.

    accelerate keeps its settings in variables of the process. Those of the caller are put aside
    and put back, so that models may be trained one after another, each with its own precision.

    Raises
    ------
    UsageError
        ``fp16`` was asked for where there is only a CPU.
    """
    states = (AcceleratorState, GradientState, PartialState)
    before = [dict(one._shared_state) for one in states]
    for one in (AcceleratorState, GradientState):
        one._shared_state.clear()
    try:
        accelerator = Accelerator(
            mixed_precision=_NAMES[precision],
            gradient_accumulation_plugin=GradientAccumulationPlugin(num_steps=1),
        )
        if precision == "fp16" and accelerator.device.type == "cpu":
            raise UsageError("precision is 'fp16', which needs a GPU; use 'bf16' or 'fp32'")
        yield accelerator
    finally:
        for one, content in zip(states, before, strict=True):
            one._shared_state.clear()
            one._shared_state.update(content)


@contextmanager
def cpu_threads(number: int | None) -> Iterator[None]:
    """So many threads of the CPU inside, and as many as before afterwards; None changes nothing."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        if number is not None:
            torch.set_num_threads(before)


def summed(mean: Mean, accelerator: Accelerator) -> Mean:
    """The means of all processes made one.

    A process that had no rows knows no names of parts, and gets the loss alone.
    """
    if accelerator.num_processes == 1:
        return mean
    device = accelerator.device
    names = ["loss", *(name for name in mean.sums if name != "loss")]
    own = [mean.weight, *(mean.sums.get(name, 0.0) for name in names)]
    width = int(accelerator.gather(torch.tensor([len(own)], device=device)).max())
    padded = torch.tensor(own + [0.0] * (width - len(own)), dtype=torch.float64, device=device)
    weight, *sums = accelerator.reduce(padded, "sum").tolist()
    return Mean(weight, dict(zip(names, sums[: len(names)], strict=True)) if weight else {})
