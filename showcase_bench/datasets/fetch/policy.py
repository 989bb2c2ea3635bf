"""How persistent and how polite a download is."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from showcase_bench.datasets.fetch.errors import FetchError, TransientError
from showcase_bench.errors import UsageError

__all__ = ["Attempts", "FetchPolicy", "parse_retry_after"]

_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of a download; times are in seconds."""

    attempts: int = 6
    """Attempts in a row that bring nothing new before a file or photo is given up."""
    total_attempts: int = 60
    """Attempts in all, however much each of them brings."""
    backoff: float = 1.0
    """Wait after the first failure; it doubles with each that follows, up to
    :attr:`longest_backoff`, and between half and all of it is waited."""
    longest_backoff: float = 60.0
    longest_retry_after: float = 300.0
    """A server that asks for a longer wait than this is given up, not asked sooner."""
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    """Longest silence, and the window over which :attr:`least_speed` is measured."""
    least_speed: float = 64.0
    """Bytes a second below which a transfer counts as stalled."""
    redirects: int = 5
    max_bytes: int = 64 << 30
    """Largest file that is accepted."""
    chunk_bytes: int = 64 << 10
    """Most that is held in memory of a file at a time."""
    jobs: int = 8
    """Photos that are fetched at a time."""
    connections_per_host: int = 8
    requests_per_second: float = 20.0
    """To one host, over all connections; retries and redirects count."""
    give_up_after: int = 40
    """Photos in a row that no server answered for, before the rest is left for another run."""
    seed: int = 0
    """Decides the jitter of the waits, together with the address and the attempt."""
    sleep: Callable[[float], None] | None = None
    """Waits instead of the clock; for tests."""
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Refuse limits that no download can keep."""
        whole = ("attempts", "total_attempts", "max_bytes", "chunk_bytes", "jobs")
        for name in (*whole, "connections_per_host", "give_up_after"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("connect_timeout", "read_timeout", "requests_per_second"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"{name} must be a number above 0, not {getattr(self, name)}")
        for name in ("backoff", "longest_backoff", "longest_retry_after", "least_speed"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise UsageError(f"{name} must be a number from 0 on, not {getattr(self, name)}")
        if self.redirects < 0:
            raise UsageError(f"redirects must be from 0 on, not {self.redirects}")

    def delay(self, url: str, failures: int) -> float:
        """Seconds to wait after so many failures (from 1 on) in a row.

        The same policy, address and number give the same wait.
        """
        longest = min(self.longest_backoff, self.backoff * 2.0 ** min(failures - 1, 30))
        return longest * random.Random(f"{self.seed} {url} {failures}").uniform(0.5, 1.0)


class Attempts:
    """Counts the attempts at one address and decides whether, and when, there is another.

    Parameters
    ----------
    policy
        The limits.
    url
        The address.
    wait
        Waits for so many seconds.
    hint
        The last sentence of the error when there is no other attempt.
    """

    def __init__(
        self, policy: FetchPolicy, url: str, wait: Callable[[float], None], hint: str
    ) -> None:
        self.total = 1
        self._policy = policy
        self._url = url
        self._wait = wait
        self._hint = hint
        self._in_vain = 0

    def again(self, error: TransientError, *, progressed: bool = False) -> None:
        """Wait for the next attempt.

        Raises
        ------
        FetchError
            There is none: too many failed, or the server asks for too long a wait.
        """
        policy = self._policy
        self._in_vain = 1 if progressed else self._in_vain + 1
        asked = error.retry_after
        if asked is not None and asked > policy.longest_retry_after:
            raise self._give_up(
                f"{error.reason}; the server asks to wait {asked:,.0f} s, longer than the "
                f"{policy.longest_retry_after:,.0f} s that are waited",
                error,
            )
        if self._in_vain >= policy.attempts or self.total >= policy.total_attempts:
            times = "1 attempt" if self.total == 1 else f"{self.total} attempts"
            raise self._give_up(f"{error.reason}, after {times}", error)
        self.total += 1
        self._wait(max(asked or 0.0, policy.delay(self._url, self._in_vain)))

    def _give_up(self, reason: str, error: TransientError) -> FetchError:
        return FetchError(self._url, reason, self._hint, status=error.status)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for; None where it is missing or unreadable.

    ``value`` is a number of seconds or an HTTP date (RFC 9110, 10.2.3); a date that is past asks
    for 0.
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
