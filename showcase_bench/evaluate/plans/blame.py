"""Exceptions of a plugin as one message that names it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.plans.build import BuildPlan

__all__ = ["blamed_on"]


@contextmanager
def blamed_on(plan: BuildPlan) -> Iterator[None]:
    """Turn what the plan's model raises inside into a :class:`ContractError`, its cause.

    Errors of this package's own family pass.
    """
    try:
        yield
    except (ShowcaseError, KeyboardInterrupt):
        raise
    except Exception as error:  # a plugin may fail in any way
        raise ContractError(_describe(plan, error)) from error


def _describe(plan: BuildPlan, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return (
        f"model {plan.label!r} ({plan.distribution}) failed: {type(error).__name__}: {error}\n"
        f"  in {last.filename}, line {last.lineno}: {last.line}\n"
        "  --debug shows the whole traceback."
    )
