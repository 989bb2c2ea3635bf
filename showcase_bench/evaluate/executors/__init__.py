"""Where work is done that can be divided: in this process, in others, or on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.evaluate.executors.base import Executor, Pending, Shared, in_order
    from showcase_bench.evaluate.executors.local import LocalExecutor
    from showcase_bench.evaluate.executors.ray import RayExecutor

__all__ = ["Executor", "LocalExecutor", "Pending", "RayExecutor", "Shared", "in_order"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Executor": "base",
        "LocalExecutor": "local",
        "Pending": "base",
        "RayExecutor": "ray",
        "Shared": "base",
        "in_order": "base",
    },
)
