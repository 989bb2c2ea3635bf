"""The contrastive losses against arithmetic by hand, and the negatives of the first."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from baselines.showcase.losses import info_nce, log_weights, negatives
from baselines.showcase.negatives import PhraseSwaps, noun_phrase_spans

ALL = torch.ones(3, 3, dtype=torch.bool)
EACH = torch.ones(3, dtype=torch.bool)
SIMILAR = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.8, -0.4], [0.5, 0.5, 0.5]], dtype=torch.float64)


def by_hand(
    similar: list[list[float]],
    allowed: list[list[bool]],
    anchors: list[bool],
    t: float,
    f: list[list[float]] | None = None,
    hard: list[list[float | None]] | None = None,
) -> float:
    """The formula of the module's docstring, term by term."""
    losses = []
    for i, row in enumerate(similar):
        if not anchors[i]:
            continue
        top = math.exp(row[i] / t)
        bottom = top
        for j, value in enumerate(row):
            if j != i and allowed[i][j]:
                bottom += (1.0 if f is None else f[i][j]) * math.exp(value / t)
        for value in [] if hard is None else hard[i]:
            if value is not None:
                bottom += math.exp(value / t)
        losses.append(-math.log(top / bottom))
    return sum(losses) / len(losses) if losses else 0.0


def test_three_by_three_by_hand():
    # t = 1/2. Row 1: e^1.8 = 6.049647, e^0.2 = 1.221403, e^0 = 1
    #   -ln(6.049647 / 8.271050) = 0.312761
    # Row 2: e^0.4 = 1.491825, e^1.6 = 4.953032, e^-0.8 = 0.449329
    #   -ln(4.953032 / 6.894186) = 0.330678
    # Row 3: three equal terms: ln 3 = 1.098612
    loss = info_nce(SIMILAR, ALL, EACH, 0.5)
    assert float(loss) == pytest.approx((0.312761 + 0.330678 + 1.098612) / 3, abs=1e-6)


def test_negatives_of_their_own_stand_in_the_sum():
    # Row 3 with one more equal term: ln 4; row 1 with e^(0.9 / 0.5): -ln(6.049647 / 14.320697)
    hard = torch.tensor([[0.9], [0.0], [0.5]], dtype=torch.float64)
    there = torch.tensor([[True], [False], [True]])
    loss = info_nce(SIMILAR, ALL, EACH, 0.5, hard=hard, has_hard=there)
    assert float(loss) == pytest.approx((0.861706 + 0.330678 + 1.386294) / 3, abs=1e-6)


def test_weights_of_unlike_histories_by_hand():
    # Users along x, along y, and along -x: cosines 0, -1, 0; alpha 3: f = 3, 9, 3.
    history = torch.tensor([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]], dtype=torch.float64)
    weights = log_weights(history, 3.0).exp()
    expected = [[1, 3, 9], [3, 1, 3], [9, 3, 1]]
    np.testing.assert_allclose(weights.numpy(), expected, rtol=1e-12)
    # t = 1. Row 1: e^.9 / (e^.9 + 3 e^.1 + 9) = 2.459603 / 14.775116 -> 1.792944
    # Row 2: e^.8 / (e^.8 + 3 e^.2 + 3 e^-.4) = 2.225541 / 7.900709 -> 1.266953
    # Row 3: 1 / (1 + 9 + 3): ln 13 = 2.564949
    loss = info_nce(SIMILAR, ALL, EACH, 1.0, log_weight=weights.log())
    assert float(loss) == pytest.approx((1.792944 + 1.266953 + 2.564949) / 3, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.07, 0.5, 3.0])
def test_alpha_one_is_plain_info_nce(temperature):
    history = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weighted = info_nce(SIMILAR, ALL, EACH, temperature, log_weight=log_weights(history, 1.0))
    assert torch.equal(weighted, info_nce(SIMILAR, ALL, EACH, temperature))
    heavier = info_nce(SIMILAR, ALL, EACH, temperature, log_weight=log_weights(history, 2.0))
    assert heavier > weighted


def test_a_user_without_history_features_weighs_as_one_at_right_angles():
    history = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    assert log_weights(history, 5.0)[0].exp().tolist() == pytest.approx([5.0, 5.0])


def test_rows_of_the_same_user_or_text_are_no_negatives():
    allowed = negatives(torch.tensor([0, 1, 0, 2]), torch.tensor([5, 6, 7, 6]))
    assert allowed.tolist() == [
        [False, True, False, True],
        [True, False, True, False],
        [False, True, False, True],
        [True, False, True, False],
    ]
    first = info_nce(SIMILAR, negatives(torch.tensor([0, 0, 1]), torch.arange(3)), EACH, 1.0)
    expected = by_hand(
        SIMILAR.tolist(),
        [[False, False, True], [False, False, True], [True, True, False]],
        [True] * 3,
        1.0,
    )
    assert float(first) == pytest.approx(expected, abs=1e-12)


def test_without_negatives_or_anchors_the_loss_is_zero_and_harmless():
    similar = SIMILAR.clone().requires_grad_()
    assert float(info_nce(similar, ~ALL, EACH, 0.1).detach()) == pytest.approx(0)
    nothing = info_nce(similar, ALL, ~EACH, 0.1)
    nothing.backward()
    assert float(nothing.detach()) == 0
    assert similar.grad is not None
    assert torch.isfinite(similar.grad).all()


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.floats(0.05, 2), st.floats(1, 20))
def test_equals_the_double_loop(size, seed, temperature, alpha):
    rng = np.random.default_rng(seed)
    similar = rng.uniform(-1, 1, (size, size))
    history = rng.standard_normal((size, 3))
    users, targets = rng.integers(0, 4, size), rng.integers(0, 6, size)
    anchors = rng.random(size) < 0.8
    hard, there = rng.uniform(-1, 1, (size, 2)), rng.random((size, 2)) < 0.5
    allowed = negatives(torch.from_numpy(users), torch.from_numpy(targets))
    loss = info_nce(
        torch.from_numpy(similar),
        allowed,
        torch.from_numpy(anchors),
        temperature,
        log_weight=log_weights(torch.from_numpy(history), alpha),
        hard=torch.from_numpy(hard),
        has_hard=torch.from_numpy(there),
    )
    norms = [math.sqrt(sum(x * x for x in row)) for row in history]
    f = [
        [
            alpha ** (1 - sum(x * y for x, y in zip(a, b, strict=True)) / (norms[i] * norms[j]))
            for j, b in enumerate(history)
        ]
        for i, a in enumerate(history)
    ]
    pairs = [
        [users[i] != users[j] and targets[i] != targets[j] for j in range(size)]
        for i in range(size)
    ]
    own = [
        [v if t else None for v, t in zip(*row, strict=True)]
        for row in zip(hard.tolist(), there.tolist(), strict=True)
    ]
    expected = by_hand(similar.tolist(), pairs, anchors.tolist(), temperature, f, own)
    assert float(loss) == pytest.approx(expected, rel=1e-9, abs=1e-9)


TEXTS = [
    "I ordered the chicken wings and they were great!",
    "The pink chairs are lovely. Our waiter brought a huge greek salad.",
    "Loved the spicy ramen, and didn't wait long.",
    "Disappointed!",
    "Solid avocado toast at Lotus Tandoor 😋",
]


def phrases(text: str) -> list[str]:
    return [text[start:end] for start, end in noun_phrase_spans(text)]


def test_phrases_are_nouns_with_their_adjectives():
    assert phrases(TEXTS[0]) == ["chicken wings"]
    assert phrases(TEXTS[1]) == ["pink chairs", "waiter", "huge greek salad"]
    assert phrases("We didn't go, it's closed.") == []
    for blank in ("", " \n\t", "!!! 10/10 :)", "\ud800"):
        assert noun_phrase_spans(blank) == ()


def test_swapped_texts_differ_in_all_phrases_and_in_nothing_else():
    swaps = PhraseSwaps(TEXTS)
    known = {one.lower() for text in TEXTS for one in phrases(text)}
    rng = np.random.default_rng(0)
    for text in TEXTS:
        if text == "Disappointed!":
            assert swaps.swap(text, rng) is None
            continue
        for _ in range(20):
            made = swaps.swap(text, rng)
            assert made is not None
            rest, at = made, 0
            ends = [(0, 0), *noun_phrase_spans(text), (len(text), len(text))]
            for (_, end), (start, _) in pairwise(ends):
                kept = text[end:start]
                found = rest.index(kept, at)
                if end:
                    put = rest[at:found]
                    assert put.lower() in known
                    assert put.lower() not in {one.lower() for one in phrases(text)}
                at = found + len(kept)
            assert at == len(made)


def test_the_case_of_the_first_letter_stays():
    swaps = PhraseSwaps(["Pancakes were good.", "They sell Wine."])
    assert swaps.swap("Pancakes were good.", np.random.default_rng(0)) == "Wine were good."
    assert swaps.swap("We had pancakes.", np.random.default_rng(0)) == "We had wine."


def test_a_data_set_without_another_phrase_has_no_negatives():
    rng = np.random.default_rng(0)
    assert PhraseSwaps([]).swap("The ramen was good.", rng) is None
    assert PhraseSwaps(["The ramen.", "RAMEN!"]).swap("The ramen was good.", rng) is None


def test_swaps_follow_from_the_generator_alone():
    first = [PhraseSwaps(TEXTS).swap(TEXTS[1], np.random.default_rng(4)) for _ in range(2)]
    assert first[0] == first[1]
    rng = np.random.default_rng(4)
    swaps = PhraseSwaps(TEXTS)
    assert len({swaps.swap(TEXTS[1], rng) for _ in range(10)}) > 1


@given(st.text(max_size=80))
def test_any_text_has_spans_in_order(text):
    end = 0
    for start, stop in noun_phrase_spans(text):
        assert end <= start < stop <= len(text)
        assert any(one.isalpha() for one in text[start:stop])
        end = stop


def test_of_a_very_long_text_the_beginning_is_read():
    spans = noun_phrase_spans("The ramen was good. " * 10_000)
    assert 50 < len(spans) <= 100
