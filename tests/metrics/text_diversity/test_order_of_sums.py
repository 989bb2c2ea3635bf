"""Sums over words do not depend on how words are numbered, which other systems decide."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import hard_corpus

from showcase_bench import NoProgress, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
from showcase_bench.metrics.text_diversity.outputs import totals

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(st.tuples(st.integers(0, 3), numbers), max_size=60), st.randoms())
def test_the_order_of_the_values_does_not_matter_and_nothing_is_lost(pairs, random):
    def summed(some):
        places = np.array([place for place, _ in some], dtype=np.int64)
        return totals(places, np.array([value for _, value in some], dtype=np.float64), 4)

    shuffled = list(pairs)
    random.shuffle(shuffled)
    found = summed(pairs)
    assert found.tobytes() == summed(shuffled).tobytes()
    scale = max((abs(value) for _, value in pairs), default=0.0)
    for place in range(4):
        exact = math.fsum(value for own, value in pairs if own == place)
        assert found[place] == pytest.approx(exact, rel=1e-15, abs=scale * 1e-15)


def test_shares_of_one_ngram_make_a_whole():
    for holders in range(1, 200):
        found = totals(np.zeros(holders, dtype=np.int64), np.full(holders, 1 / holders), 1)
        assert found[0] == pytest.approx(1.0, abs=3e-16)


def test_a_system_scores_the_same_after_others_as_alone(toy, tmp_path):
    workspace = Workspace.open(file_task(toy), places=Places(tmp_path / "c", tmp_path / "d"))
    names = ["n-gram", "diversity-of-text"]
    texts = [text for text, _ in hard_corpus(3 * len(workspace.queries), seed=1)]

    def system(number):
        return [
            Showcase(query.id, (), texts[3 * at + number])
            for at, query in enumerate(workspace.queries)
        ]

    def scored(*before):
        frame = frame_of_workspace(workspace, NoProgress())
        scorer = Scorer(frame, workspace.parse_metrics(names))
        for number in before:
            scorer.score(system(number))
        return scorer.score(system(0))

    alone, after = scored(), scored(1, 2)
    assert alone.scores == after.scores
    for signature, rows in alone.statistics.items():
        assert rows.tobytes() == after.statistics[signature].tobytes(), signature
