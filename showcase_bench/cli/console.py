"""What the verbs print: progress and tables for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

__all__ = ["BarProgress", "print_json", "say", "table_console", "warn_of_photos"]

T = TypeVar("T")


class BarProgress:
    """Progress bars on standard error, on a terminal only; use as a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._bars: RichProgress | None = None
        self._running: list[TaskID] = []

    def __enter__(self) -> BarProgress:
        if self._shown:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def track(self, items: Iterable[T], *, label: str, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` unchanged while a bar moves."""
        if self._bars is None:
            yield from items
            return
        if total is None and isinstance(items, Sized):
            total = len(items)
        task = self._bars.add_task(label, total=total)
        self._running.append(task)
        try:
            for item in items:
                yield item
                self._bars.advance(task)
        finally:
            self._running.remove(task)
            self._bars.remove_task(task)

    def describe(self, label: str) -> None:
        """Change the label of the bar that was begun last and still runs."""
        if self._bars is not None and self._running:
            self._bars.update(self._running[-1], description=label)


def table_console() -> Console:
    """Standard output for tables: of the terminal's width, or wide where there is none."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def warn_of_photos(unreadable: Mapping[str, str], *, quiet: bool = False) -> None:
    """Say how many photos could not be read, and why the first few of them."""
    if not unreadable:
        return
    first = "; ".join(f"{name}: {reason}" for name, reason in list(unreadable.items())[:3])
    number = "1 photo" if len(unreadable) == 1 else f"{len(unreadable)} photos"
    say(
        f"warning: {number} could not be read, and count as blank ({first}). "
        "`showcase-bench data card` counts them.",
        quiet=quiet,
    )


def say(text: str, *, quiet: bool = False) -> None:
    """A remark on standard error, unless quiet."""
    if not quiet:
        click.echo(text, err=True)
