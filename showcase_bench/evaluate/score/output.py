"""What is scored: what a system gave, or a control that is made where it is scored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from showcase_bench.evaluate.score.controls import control_showcases, reference_showcases
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.metrics.base import Control, Need
from showcase_bench.metrics.batch import Swap
from showcase_bench.types import Showcase, Timings

__all__ = ["AnyOutput", "ControlOutput", "Output"]


@dataclass(frozen=True)
class Output:
    """What one system gave."""

    showcases: Sequence[Showcase]
    timings: Timings | None = None
    swaps: Sequence[Swap | None] = ()

    def rows(self, start: int, stop: int) -> Output:
        """Of some of the examples."""
        return Output(self.showcases[start:stop], self.timings, self.swaps[start:stop])

    def without(self, needs: Collection[Need]) -> Output:
        """Without the swaps, where no metric looks at them."""
        return self if "swaps" in needs else replace(self, swaps=())

    def on(self, frame: Frame) -> Output:
        """The same; ``frame`` is that of all examples."""
        return self


@dataclass(frozen=True)
class ControlOutput:
    """What a control gives, which follows from the frame of all examples."""

    control: Control | None
    """None stands for the references as they are."""
    start: int = 0
    stop: int | None = None

    def rows(self, start: int, stop: int) -> ControlOutput:
        """Of some of the examples; those of the whole."""
        return ControlOutput(self.control, start, stop)

    def without(self, needs: Collection[Need]) -> ControlOutput:
        """The same."""
        return self

    def on(self, frame: Frame) -> Output:
        """Make it; ``frame`` is that of all examples."""
        if self.control is None:
            made = reference_showcases(frame)
        else:
            made = control_showcases(frame, self.control)
        return Output(made[self.start : self.stop])


AnyOutput: TypeAlias = Output | ControlOutput
