"""Politeness towards a host: so many connections, so many requests a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from showcase_bench.datasets.fetch.policy import FetchPolicy

__all__ = ["Throttle"]


class Throttle:
    """Shared by all threads of one download.

    Parameters
    ----------
    policy
        Gives the number of connections, the rate and the clock.
    wait
        Waits for so many seconds.
    """

    def __init__(self, policy: FetchPolicy, wait: Callable[[float], None]) -> None:
        self._gap = 1.0 / policy.requests_per_second
        self._connections = policy.connections_per_host
        self._clock = policy.clock
        self._wait = wait
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        self._slots: dict[str, threading.BoundedSemaphore] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Hold one connection to ``host``, from the moment that its rate allows a request."""
        with self._lock:
            slot = self._slots.setdefault(host, threading.BoundedSemaphore(self._connections))
        with slot:
            self._wait_for_turn(host)
            yield

    def hold(self, host: str, seconds: float) -> None:
        """Send nothing to ``host`` for so long."""
        with self._lock:
            until = self._clock() + seconds
            self._free_at[host] = max(self._free_at.get(host, until), until)

    def _wait_for_turn(self, host: str) -> None:
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at.get(host, now))
            self._free_at[host] = start + self._gap
        if start > now:
            self._wait(start - now)
