"""What other processes tell over a pipe: their progress, with bars that follow it, and events."""

from __future__ import annotations

import contextlib
import itertools
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from showcase_bench.events import FACTS, LOGGER, Fact

__all__ = [
    "Bar",
    "Bars",
    "Event",
    "Follower",
    "Heard",
    "Outbox",
    "Teller",
    "forward_events",
    "retell",
]

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

_SECONDS_BETWEEN_EVENTS = 0.2


class Event(NamedTuple):
    """What happened to one loop of another process."""

    kind: Literal["begin", "advance", "describe", "end"]
    loop: int
    label: str = ""
    number: int | None = None
    """Of ``begin`` the total, None where it is unknown; of ``advance`` the steps since the last."""


class Heard(NamedTuple):
    """An event of the logger of another process."""

    name: str
    level: int
    created: float
    process: int
    facts: dict[str, Fact]


class Outbox:
    """Sends messages over a pipe in their order, and lets nobody wait until they are heard.

    A process that holds a lock must not wait for one that may itself be waiting for the lock.
    """

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe
        self._waiting: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._deliver, daemon=True).start()

    def send(self, message: object) -> None:
        """Send it as soon as those before it are sent; raises what pickling it raises."""
        self._waiting.put(pickle.dumps(message))

    def _deliver(self) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            while True:
                self._pipe.send_bytes(self._waiting.get())


class Bar(Protocol):
    """One bar among others."""

    def advance(self, number: int) -> None:
        """Move by ``number`` steps."""

    def describe(self, label: str) -> None:
        """Change the label."""

    def close(self) -> None:
        """Take the bar away."""


@runtime_checkable
class Bars(Protocol):
    """What can show several bars that move independently of each other."""

    def bar(self, label: str, total: int | None) -> Bar:
        """A new bar."""


class Teller:
    """Progress of this process, told as events a few times a second."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count()
        self._running: list[int] = []

    def track(self, items: Iterable[T], *, label: str, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` unchanged while events are told."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        loop, done, told = next(self._numbers), 0, time.monotonic()
        self._tell(Event("begin", loop, label, total))
        self._running.append(loop)
        try:
            for item in items:
                yield item
                done += 1
                if time.monotonic() - told >= _SECONDS_BETWEEN_EVENTS:
                    self._tell(Event("advance", loop, number=done))
                    done, told = 0, time.monotonic()
        finally:
            self._running.remove(loop)
            self._tell(Event("end", loop))

    def describe(self, label: str) -> None:
        """Change the label of the loop that was begun last and still runs."""
        if self._running:
            self._tell(Event("describe", self._running[-1], label))


class Follower:
    """Bars for the loops of one other process."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars if isinstance(bars, Bars) else None
        self._open: dict[int, Bar] = {}

    def follow(self, event: Event) -> None:
        """Show what an event says."""
        if self._bars is None:
            return
        if event.kind == "begin":
            self._open[event.loop] = self._bars.bar(event.label, event.number)
        elif event.kind == "advance":
            self._open[event.loop].advance(event.number or 0)
        elif event.kind == "describe":
            self._open[event.loop].describe(event.label)
        else:
            self._open.pop(event.loop).close()

    def close(self) -> None:
        """Take all bars away."""
        while self._open:
            self._open.popitem()[1].close()


class _Forwarder(logging.Handler):
    def __init__(self, tell: Callable[[Heard], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        facts = dict(getattr(record, FACTS, {}))
        process = record.process or 0
        self._tell(Heard(record.getMessage(), record.levelno, record.created, process, facts))


def forward_events(tell: Callable[[Heard], None]) -> None:
    """Tell every event of this process, for as long as it lives."""
    LOGGER.addHandler(_Forwarder(tell))
    LOGGER.setLevel(logging.INFO)


def retell(heard: Heard) -> None:
    """Log an event of another process as if it had happened here, but with its time and process."""
    record = LOGGER.makeRecord(
        LOGGER.name, heard.level, "", 0, heard.name, (), None, extra={FACTS: heard.facts}
    )
    record.created, record.process = heard.created, heard.process
    if LOGGER.isEnabledFor(heard.level):
        LOGGER.handle(record)
