from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from fetch_server import quick, serve, serving, status
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.datasets.fetch.client import Client
from showcase_bench.datasets.fetch.errors import FetchError, StoppedError, TransientError
from showcase_bench.datasets.fetch.policy import Attempts, FetchPolicy, parse_retry_after
from showcase_bench.datasets.fetch.throttle import Throttle
from showcase_bench.errors import UsageError

NOW = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 01 Jan 2024 00:01:30 GMT", 90.0),
        ("Sun, 31 Dec 2023 00:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, None),
    ],
)
def test_retry_after(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_retry_after_never_fails(value):
    found = parse_retry_after(value, NOW)
    assert found is None or found >= 0


@given(st.integers(1, 10_000), st.integers(0, 1 << 40), st.text(max_size=20))
def test_waits_double_up_to_a_bound_and_are_the_same_again(failures, seed, url):
    policy = FetchPolicy(seed=seed, backoff=2.0, longest_backoff=90.0)
    longest = min(90.0, 2.0 ** min(failures, 100))
    delay = policy.delay(url, failures)
    assert longest / 2 <= delay <= longest
    assert delay == FetchPolicy(seed=seed, backoff=2.0, longest_backoff=90.0).delay(url, failures)


def test_jitter_differs_between_addresses_and_seeds():
    delays = {FetchPolicy(seed=s).delay(u, 3) for s in range(5) for u in ("a", "b")}
    assert len(delays) == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"attempts": 0},
        {"total_attempts": 0},
        {"jobs": 0},
        {"connections_per_host": 0},
        {"requests_per_second": 0.0},
        {"requests_per_second": float("nan")},
        {"read_timeout": float("inf")},
        {"connect_timeout": -1.0},
        {"backoff": -0.1},
        {"redirects": -1},
        {"chunk_bytes": 0},
    ],
)
def test_limits_that_nothing_can_keep(changes):
    with pytest.raises(UsageError, match=next(iter(changes))):
        FetchPolicy(**changes)


def test_attempts_end():
    waits = []
    attempts = Attempts(FetchPolicy(attempts=3), "u", waits.append, "Fix.")
    attempts.again(TransientError("x"))
    attempts.again(TransientError("x"))
    attempts.again(TransientError("x"), progressed=True)
    attempts.again(TransientError("x"))
    with pytest.raises(FetchError, match=r"^u: last, after 5 attempts\. Fix\.$"):
        attempts.again(TransientError("last"))
    assert len(waits) == 4
    assert waits[2] == waits[0]
    assert attempts.total == 5


def test_a_longer_wait_that_the_server_asks_for_is_kept():
    waits = []
    attempts = Attempts(FetchPolicy(), "u", waits.append, "")
    attempts.again(TransientError("x", retry_after=200.0))
    attempts.again(TransientError("x", retry_after=0.0))
    assert waits[0] == 200.0
    assert 1.0 <= waits[1] <= 2.0


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now = 100.0
        self.lock = threading.Lock()

    def __call__(self):
        return self.now

    def wait(self, seconds):
        with self.lock:
            self.now += seconds


def test_requests_to_one_host_keep_their_distance():
    clock = Clock()
    throttle = Throttle(quick(clock=clock, requests_per_second=4.0), clock.wait)
    starts = []
    for host in ("a", "a", "b", "a"):
        with throttle.turn(host):
            starts.append((host, clock.now))
    assert starts == [("a", 100.0), ("a", 100.25), ("b", 100.25), ("a", 100.5)]
    throttle.hold("a", 10.0)
    throttle.hold("a", 3.0)
    with throttle.turn("b"):
        assert clock.now == 100.5
    with throttle.turn("a"):
        assert clock.now == 110.5


def test_a_host_that_asks_for_a_pause_gets_it_from_all():
    clock = Clock()
    with serving() as server, Client(quick(clock=clock, sleep=clock.wait)) as client:
        busy = server.on("/busy", status(429, Retry_After="5"))
        idle = server.on("/idle", serve(b"x"))
        with pytest.raises(TransientError), client.get(busy):
            pass
        assert clock.now < 101.0
        with client.get(idle) as answer:
            assert clock.now >= 105.0
            assert list(answer.body()) == [b"x"]
        client.stop()
        with pytest.raises(StoppedError), client.get(idle):
            pass
        assert len(server.log) == 2


def test_connections_to_one_host_are_bounded():
    throttle = Throttle(quick(connections_per_host=2), lambda seconds: None)
    entered, leave = threading.Semaphore(0), threading.Event()

    def hold():
        with throttle.turn("a"):
            entered.release()
            leave.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=5)
    assert entered.acquire(timeout=5)
    assert not entered.acquire(timeout=0.1)
    with throttle.turn("another host"):
        pass
    leave.set()
    for thread in threads:
        thread.join()
    assert entered.acquire(timeout=5)
