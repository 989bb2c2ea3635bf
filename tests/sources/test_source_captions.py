from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from showcase_bench.datasets.sources.captions import CaptionIndex

WORDS = st.lists(
    st.sampled_from(["pizza", "Pizza", "the", "a", "was", "good,", "soup!", "éclair", "x_1"]),
    max_size=12,
).map(" ".join)


def similarities(caption, texts):
    """scikit-learn, with a vocabulary that has the caption's words too."""
    pattern = r"\w+"
    vocabulary = TfidfVectorizer(token_pattern=pattern).build_analyzer()
    words = sorted({word for one in (caption, *texts) for word in vocabulary(one)})
    if not words:
        return np.zeros(len(texts))
    vectors = TfidfVectorizer(token_pattern=pattern, vocabulary=words).fit(texts)
    return (vectors.transform(texts) @ vectors.transform([caption]).T).toarray()[:, 0]


@settings(max_examples=200, deadline=None)
@given(caption=WORDS, texts=st.lists(WORDS, min_size=1, max_size=6),
       least=st.sampled_from([0.0, 0.2, 0.7]))  # fmt: skip
def test_the_best_equals_scikit_learn(caption, texts, least):
    found = CaptionIndex(texts).best(caption, least)
    expected = similarities(caption, texts)
    if found is None:
        assert expected.max() < least + 1e-9
    else:
        assert expected[found] == pytest.approx(expected.max(), abs=1e-12)
        assert expected[found] >= least - 1e-9
        assert expected[found] > 0


def test_examples():
    index = CaptionIndex(["Great soup, great view.", "The pizza!", "the PIZZA", ""])
    assert index.best("pizza", 0.1) == 1
    assert index.best("view of the soup", 0.1) == 0
    assert index.best("burger", 0.0) is None
    assert index.best("", 0.0) is None
    assert index.best("...", 0.0) is None
    assert CaptionIndex([]).best("pizza", 0.0) is None
    assert CaptionIndex([""]).best("pizza", 0.0) is None


def test_of_equal_ones_the_first_is_taken_whatever_the_rounding():
    texts = ["alpha beta gamma", "delta beta alpha", "gamma delta beta", "alpha gamma delta"]
    assert CaptionIndex(texts).best("delta gamma beta alpha", 0.0) == 0
    assert CaptionIndex(texts[::-1]).best("alpha beta gamma delta", 0.0) == 0
    texts = ["eps alpha delta gamma gamma alpha", "alpha gamma beta eps eps gamma"]
    assert CaptionIndex(texts).best("beta delta alpha gamma eps", 0.0) == 0
    assert CaptionIndex(texts[::-1]).best("beta delta alpha gamma eps", 0.0) == 0


def test_words_that_no_review_has_lower_the_similarity():
    index = CaptionIndex(["pizza and wine", "beer"])
    assert index.best("pizza and wine", 0.99) == 0
    assert index.best("pizza and wine at sunset with my aunt", 0.6) is None
    assert index.best("pizza and wine at sunset with my aunt", 0.1) == 0
