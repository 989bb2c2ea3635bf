"""What changes for another user, against brute force."""

import numpy as np
import pytest

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, parse_metric
from showcase_bench.metrics.batch import Swap
from showcase_bench.metrics.personalization.user_swap import (
    UserSwapChange,
    UserSwapImages,
    UserSwapLift,
)


class Letters:
    """Embeds a text as the counts of its letters, of length 1; the empty text as its own axis."""

    folder = None

    def identify(self, encoder):
        return encoder

    def vectors(self, texts, encoder):
        rows = [[one.count(c) for c in "abcdef"] + [float(not one)] for one in texts]
        found = np.array(rows, dtype=np.float32).reshape(len(texts), 7)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def cosine(a, b):
    first, second = Letters().vectors([a, b], "")
    return float(first @ second)


def batch(rows):
    """Rows of (text, history, swap)."""
    return Batch(
        ids=tuple(f"e{i}" for i in range(len(rows))),
        hypotheses=tuple(row[0] for row in rows),
        references=((),) * len(rows),
        histories=tuple(row[1] for row in rows),
        swaps=tuple(row[2] for row in rows),
        embeddings=Letters(),
    )


def value(metric, given):
    stats = metric.statistics(given)
    assert np.isfinite(stats).all()
    return float(metric.score(stats.sum(axis=0)))


ROWS = [
    ("aab", ("aa", "ab"), Swap(("b",), "bb", ())),
    ("cd", ("c",), Swap(("d", "e"), "cd", ())),
    ("ff", ("f",), None),
    ("", ("a",), Swap(("b",), "b", ())),
    ("ab", (), Swap(("b",), "abc", ())),
]


def test_change_is_the_distance_of_the_two_texts():
    found = UserSwapChange().statistics(batch(ROWS))
    expected = [1 - cosine("aab", "bb"), 0.0, 0.0, 1 - cosine("", "b"), 1 - cosine("ab", "abc")]
    assert found[:, 0] == pytest.approx(expected, abs=1e-6)
    assert found[:, 1].tolist() == [1, 1, 0, 1, 1]
    assert found[1, 0] == 0.0


def test_lift_is_the_difference_of_the_differences():
    def unit(texts):
        mean = Letters().vectors(texts, "").astype(float).sum(axis=0)
        return mean / np.linalg.norm(mean)

    expected = []
    for text, history, swap in (ROWS[0], ROWS[1], ROWS[3]):
        t, u = Letters().vectors([text, swap.text], "").astype(float)
        h, g = unit(history), unit(swap.history)
        expected.append(((t @ h - u @ h) + (u @ g - t @ g)) / 2)
    found = UserSwapLift().statistics(batch(ROWS))
    assert found[[0, 1, 3], 0] == pytest.approx(expected, abs=1e-6)
    assert found[:, 1].tolist() == [1, 1, 0, 1, 0]


def test_a_text_made_for_its_user_lifts_and_one_that_ignores_the_user_does_not():
    suits = [("aa", ("a",), Swap(("b",), "bb", ()))]
    ignores = [("ab", ("a",), Swap(("b",), "ab", ()))]
    wrong = [("bb", ("a",), Swap(("b",), "aa", ()))]
    assert value(UserSwapLift(), batch(suits)) == pytest.approx(1)
    assert value(UserSwapLift(), batch(ignores)) == 0
    assert value(UserSwapLift(), batch(wrong)) == pytest.approx(-1)


def test_a_missing_text_scores_the_worst_and_is_counted():
    rows = [(None, ("a",), Swap(("b",), "b", ())), ("a", ("a",), Swap(("b",), None, ()))]
    for metric, worst in ((UserSwapChange(), 0.0), (UserSwapLift(), -2.0)):
        assert value(metric, batch(rows)) == worst
        assert not metric.scored(batch(rows)).any()


def test_images_change_by_what_is_not_shared():
    given = Batch(
        ids=("a", "b", "c", "d"),
        hypotheses=(None,) * 4,
        references=((),) * 4,
        selected=(("p", "q"), ("p",), (), ("r",)),
        swaps=(Swap((), None, ("q", "p")), Swap((), None, ("q",)), Swap((), None, ("p",)), None),
    )
    stats = UserSwapImages().statistics(given)
    assert stats.tolist() == [[0, 1], [1, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize("name", ["user-swap-change", "user-swap-lift", "user-swap-images"])
def test_a_system_that_was_not_asked_again_has_no_value(name):
    given = batch([(text, history, None) for text, history, _ in ROWS])
    metric = parse_metric(name)
    assert np.isnan(metric.score(metric.statistics(given).sum(axis=0)))
    assert not metric.scored(given).any()


def test_an_encoder_is_a_name():
    with pytest.raises(UsageError, match="encoder of user-swap-lift"):
        UserSwapLift(encoder="a|b")
