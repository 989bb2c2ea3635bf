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

__all__ = ["BarProgress", "print_json", "say", "table_console", "warn_of_photos"]

T = TypeVar("T")


class BarProgress:
    """Progress bars on standard error, on a terminal only; use as a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._bars: RichProgress | None = None
        self._running: list[OneBar] = []

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
        bar = self.bar(label, total)
        self._running.append(bar)
        try:
            for item in items:
                yield item
                bar.advance(1)
        finally:
            self._running.remove(bar)
            bar.close()

    def describe(self, label: str) -> None:
        """Change the label of the bar that was begun last and still runs."""
        if self._running:
            self._running[-1].describe(label)

    def bar(self, label: str, total: int | None) -> OneBar:
        """A bar that moves on its own."""
        return OneBar(self._bars, label, total)


class OneBar:
    """One bar; without ``bars`` it is not seen."""

    def __init__(self, bars: RichProgress | None, label: str, total: int | None) -> None:
        self._bars = bars
        self._task = None if bars is None else bars.add_task(label, total=total)

    def advance(self, number: int) -> None:
        """Move by ``number`` steps."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, number)

    def describe(self, label: str) -> None:
        """Change the label."""
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, description=label)

    def close(self) -> None:
        """Take the bar away."""
        if self._bars is not None and self._task is not None:
            self._bars.remove_task(self._task)


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
