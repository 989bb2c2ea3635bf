"""A few thousand mutated submissions; `tools/fuzz_submission.py` tries a hundred thousand."""

import random
import signal

import pytest

from showcase_bench.evaluate.showcases.canonical import dump_predictions
from tools.submission_fuzzing.drawn import drawn_cases
from tools.submission_fuzzing.mutate import mutated
from tools.submission_fuzzing.oracle import read_plainly
from tools.submission_fuzzing.trial import FuzzError, Trial, require_only_our_errors
from tools.submission_fuzzing.world import CARD, GOOD


@pytest.fixture
def watched():
    """End a case that hangs: after 20 s of work, or ten minutes of waiting."""

    def hang(*_):
        raise TimeoutError("no verdict")

    def start():
        signal.setitimer(signal.ITIMER_PROF, 20)
        signal.alarm(600)

    before = {name: signal.signal(name, hang) for name in (signal.SIGALRM, signal.SIGPROF)}
    yield start
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.alarm(0)
    for name, handler in before.items():
        signal.signal(name, handler)


def test_damaged_submissions_are_accepted_or_refused_and_never_wrongly(tmp_path, watched):
    trial = Trial(tmp_path)
    accepted = {True: 0, False: 0}
    for number in range(2000):
        watched()
        accepted[require_only_our_errors(trial, mutated(random.Random(f"test/{number}")))] += 1
    assert min(accepted.values()) > 200


def test_drawn_submissions_are_accepted_or_refused_and_never_wrongly(tmp_path, watched):
    trial = Trial(tmp_path)
    accepted = {True: 0, False: 0}

    def attempt(case):
        watched()
        accepted[require_only_our_errors(trial, case)] += 1

    drawn_cases(300, 0, attempt)
    assert accepted[True] > 5
    assert accepted[False] > 50


def test_the_oracle_reads_what_is_good_and_a_wrong_verdict_is_seen(tmp_path, monkeypatch):
    good = dump_predictions(GOOD)
    assert read_plainly(good) == list(GOOD)
    trial = Trial(tmp_path)
    assert trial.run(("plain", good, CARD))
    assert not trial.run(("plain", good[:-5], CARD))
    monkeypatch.setattr("tools.submission_fuzzing.trial.read_plainly", lambda content: None)
    with pytest.raises(FuzzError, match="the oracle disagrees with acceptance"):
        trial.run(("plain", good, CARD))
    monkeypatch.setattr("tools.submission_fuzzing.trial.read_plainly", lambda content: [])
    with pytest.raises(FuzzError, match="the oracle disagrees with"):
        trial.run(("plain", good[:-5], CARD))
