"""``showcase-bench task``: share a task whose references stay hidden."""

from __future__ import annotations

import click

from showcase_bench.cli.lazy import LazyGroup

__all__ = ["command"]

_VERBS = {
    "export": (
        "showcase_bench.cli.task_export",
        "Write what participants get, and the gold apart.",
    ),
    "bundle": ("showcase_bench.cli.task_bundle", "Write a competition for a platform."),
}


@click.group("task", cls=LazyGroup, verbs=_VERBS)
def command() -> None:
    """Share a task whose references stay hidden."""
