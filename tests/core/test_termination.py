"""Being told to end: raised once, where nothing else is to be done then."""

import contextlib
import os
import signal
import threading

import pytest

from showcase_bench import termination
from showcase_bench.termination import kept_termination, termination_as_interrupt


@pytest.fixture(autouse=True)
def default():
    """The handler of a process that has none of its own, and afterwards."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def tell():
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_first_time_interrupts_and_the_second_does_not_disturb():
    cleaned = []

    def work():
        try:
            tell()
        finally:
            tell()
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt), termination_as_interrupt() as found:
        work()
    assert found.told
    assert cleaned
    tell()  # while the process ends


def test_who_swallowed_it_is_told_again(monkeypatch):
    monkeypatch.setattr(termination, "_SECONDS_TO_CLEAN_UP", 0.0)
    with pytest.raises(KeyboardInterrupt), termination_as_interrupt():
        swallowed()


def swallowed():
    with contextlib.suppress(KeyboardInterrupt):
        tell()
    tell()


def test_nothing_stays_where_nothing_happened():
    with termination_as_interrupt() as found:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert not found.told
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("own", [signal.SIG_IGN, print])
def test_a_process_that_has_its_own_way_keeps_it(own):
    signal.signal(signal.SIGTERM, own)
    with termination_as_interrupt():
        assert signal.getsignal(signal.SIGTERM) is own


def test_another_thread_changes_nothing():
    seen = []

    def inside():
        with termination_as_interrupt(), kept_termination():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


def test_what_a_library_makes_of_it_is_undone():
    with termination_as_interrupt():
        ours = signal.getsignal(signal.SIGTERM)
        with kept_termination():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGTERM) is ours
