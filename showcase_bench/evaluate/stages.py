"""The stages of a run: what each took, told as it happens and kept in ``run.json``."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from showcase_bench.evaluate.memory import PeakMemory
from showcase_bench.events import Fact, tell

__all__ = ["Stage", "StageClock"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of a run took in the process that it ended in."""

    name: str
    """``fit``, ``select``, ``predict``, ``predict-swapped`` or ``score``."""
    seconds: float
    """Wall time in that process."""
    peak_rss_mib: float
    """Peak resident memory of that process in this stage."""
    resumed: bool = False
    """Whether some of the work, or all, had been done before and was found."""


class StageClock:
    """Measures stages one after another.

    Parameters
    ----------
    facts
        What they have in common, such as model and seed; told with each event.
    """

    def __init__(self, **facts: Fact) -> None:
        self._facts = facts
        self._stages: list[Stage] = []
        self._resumed = False

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that ended without an error."""
        return tuple(self._stages)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure and tell what happens inside; not nested in one clock."""
        tell("stage.start", {"stage": name, **self._facts})
        memory, start = PeakMemory(), time.perf_counter()
        self._resumed = False
        memory.begin()
        failed: str | None = None
        try:
            yield
        except BaseException as error:
            failed = type(error).__name__
            raise
        finally:
            one = Stage(
                name,
                round(time.perf_counter() - start, 4),
                round(memory.end(), 1),
                self._resumed,
            )
            if failed is None:
                self._stages.append(one)
            tell(
                "stage.end" if failed is None else "stage.failed",
                {
                    "stage": name,
                    **self._facts,
                    "seconds": one.seconds,
                    "peak_rss_mib": one.peak_rss_mib,
                    "resumed": one.resumed or None,
                    "error": failed,
                },
                level=logging.INFO if failed is None else logging.ERROR,
            )

    def resume(self) -> None:
        """Note that work of the stage that runs was found."""
        self._resumed = True
