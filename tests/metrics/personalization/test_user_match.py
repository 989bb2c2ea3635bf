import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from personal_world import WordVectors, make_batch, value

from showcase_bench.errors import UsageError
from showcase_bench.metrics.personalization.history_lift import HistoryLift
from showcase_bench.metrics.personalization.rivals import rivals
from showcase_bench.metrics.personalization.similarity import profiles
from showcase_bench.metrics.personalization.user_match import (
    user_match_accuracy,
    user_match_mrr,
)

EVERY = (user_match_mrr, user_match_accuracy, HistoryLift)
words = st.sampled_from(["pizza", "ramen", "view", "price", "staff"])
texts = st.lists(words, max_size=4).map(" ".join)
histories = st.lists(texts, max_size=3).map(tuple)
visits = st.lists(
    st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("BC"), histories), max_size=12
)
examples = st.lists(
    st.tuples(
        st.sampled_from("uvw"), st.sampled_from("BCD"), histories, st.one_of(st.none(), texts)
    ),
    max_size=5,
).map(lambda rows: [(f"q{i}", *row) for i, row in enumerate(rows)])


def cosines(batch, n):
    """Own cosine and those of the others, by example."""
    found, embeddings = rivals(batch, n), WordVectors()

    def unit(texts):
        mean = embeddings.vectors(texts, "fake").astype(float).mean(axis=0)
        return mean / np.linalg.norm(mean)

    result = {}
    for row, places in zip(
        np.flatnonzero(found.counted).tolist(), found.rows.tolist(), strict=True
    ):
        text = batch.hypotheses[row]
        if text is not None:
            near = [float(unit([text]) @ unit(found.histories[place])) for place in places]
            result[row] = (near[0], near[1:])
    return result


@given(examples, visits, st.integers(2, 5))
def test_values_equal_brute_force(examples, visits, n):
    batch = make_batch(examples, visits)
    near, counted = cosines(batch, n), rivals(batch, n).counted
    rows = {name: np.zeros((len(batch), 2)) for name in ("mrr", "accuracy", "lift")}
    for row in np.flatnonzero(counted).tolist():
        reciprocal, first, lift = 0.0, 0.0, -2.0
        if row in near:
            own, others = near[row]
            greater = sum(other > own + 1e-6 for other in others)
            equal = sum(abs(other - own) <= 1e-6 for other in others)
            reciprocal = 1 / (1 + greater + equal / 2)
            first = 1 / (1 + equal) if greater == 0 else 0.0
            lift = own - sum(others) / len(others)
        for name, one in (("mrr", reciprocal), ("accuracy", first), ("lift", lift)):
            rows[name][row] = one, 1
    for metric, name in ((user_match_mrr(n=n), "mrr"), (user_match_accuracy(n=n), "accuracy")):
        np.testing.assert_allclose(metric.statistics(batch), rows[name], atol=1e-12)
    np.testing.assert_allclose(HistoryLift(n=n).statistics(batch), rows["lift"], atol=1e-6)
    expected = [row in near for row in range(len(batch))]
    for make in EVERY:
        assert make(n=n).scored(batch).tolist() == expected


def world(text, *, rival=("ramen view",), n=5):
    others = [(f"v{i}", "B", rival) for i in range(n - 1)]
    return make_batch([("q", "u", "B", ("pizza price",), text)], others)


def test_a_text_of_the_own_history_is_first_and_one_of_the_others_is_last():
    assert value(user_match_mrr(n=5), world("pizza price")) == 1
    assert value(user_match_accuracy(n=5), world("pizza price")) == 1
    assert value(HistoryLift(n=5), world("pizza price")) > 0
    # Four equal rivals ahead of it: all in front, none tied with it.
    assert value(user_match_mrr(n=5), world("ramen view")) == pytest.approx(1 / 5)
    assert value(user_match_accuracy(n=5), world("ramen view")) == 0
    assert value(HistoryLift(n=5), world("ramen view")) < 0


@pytest.mark.parametrize("text", ["pizza price", "staff", "", "🍕"])
def test_equal_histories_share_the_ranks(text):
    batch = world(text, rival=("pizza price", "pizza price"))
    assert value(user_match_mrr(n=5), batch) == pytest.approx(1 / 3)
    assert value(user_match_accuracy(n=5), batch) == pytest.approx(1 / 5)
    assert value(HistoryLift(n=5), batch) == pytest.approx(0, abs=1e-6)


def test_missing_texts_cost_and_examples_without_history_do_not():
    others = [("v", "B", ("ramen",))]
    rows = [
        ("q", "u", "B", ("pizza",), "pizza"),
        ("r", "u", "B", ("pizza",), None),
        ("s", "u", "B", (), "pizza"),
    ]
    batch = make_batch(rows, others)
    assert value(user_match_mrr(n=2), batch) == 0.5
    assert value(user_match_accuracy(n=2), batch) == 0.5
    assert HistoryLift(n=2).statistics(batch)[1].tolist() == [-2, 1]
    for make in EVERY:
        assert make(n=2).scored(batch).tolist() == [True, False, False]
        assert np.isnan(value(make(n=10), batch))


@given(examples, visits, st.permutations("uvwxyz"))
def test_new_names_for_users_change_nothing_where_all_are_drawn(examples, visits, names):
    named = dict(zip("uvwxyz", names, strict=True))
    some = [(one, "u", *rest) for one, _, *rest in examples]
    once = list({user: (user, "B", history) for user, _, history in visits}.values())
    everyone = {user for user, _, history in once if history} - {"u"}
    n = len(everyone) + 1
    if n < 2:
        return
    before = make_batch(some, once)
    after = make_batch(
        [(one, named[user], *rest) for one, user, *rest in some],
        [(named[user], *rest) for user, *rest in once],
    )
    for make in EVERY:
        np.testing.assert_allclose(
            make(n=n).statistics(before), make(n=n).statistics(after), atol=1e-12
        )


@given(examples, visits, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(examples, visits, shuffled):
    order = shuffled.sample(range(len(examples)), k=len(examples))
    moved = make_batch([examples[i] for i in order], shuffled.sample(visits, k=len(visits)))
    for make in EVERY:
        stats = make(n=3).statistics(make_batch(examples, visits))
        np.testing.assert_allclose(make(n=3).statistics(moved), stats[order], atol=1e-12)


def test_chance_is_as_documented():
    """Texts and histories that have nothing to do with each other."""
    random = np.random.default_rng(0)

    def text():
        return " ".join(f"w{i}" for i in random.integers(0, 500, 5))

    visits = [(f"v{i}", "B", (text(), text())) for i in range(60)]
    rows = [(f"q{i}", "me", "B", (text(), text()), text()) for i in range(1500)]
    batch = make_batch(rows, visits)
    assert value(user_match_mrr(), batch) == pytest.approx(0.2929, abs=0.03)
    assert value(user_match_accuracy(), batch) == pytest.approx(0.1, abs=0.03)
    assert value(HistoryLift(), batch) == pytest.approx(0, abs=0.03)


def test_histories_are_encoded_once_for_all_metrics_and_systems():
    visits = [(f"v{i}", "B", (f"h{i}", "common")) for i in range(4)]
    rows = [("q", "u", "B", ("own", "common"), "text")]
    batch = make_batch(rows, visits)
    asked = batch.embeddings.asked
    for make in EVERY:
        make(n=5).statistics(batch)
    assert sorted(asked) == sorted(["own", "common", "h0", "h1", "h2", "h3", "text"])
    other = make_batch(
        [(*rows[0][:4], "else")], visits, table=batch.table, embeddings=batch.embeddings
    )
    value(user_match_mrr(n=5, encoder="minilm@00000000"), other)
    assert asked[7:] == ["else"]


def test_without_embeddings_the_error_says_so():
    batch = make_batch([("q", "u", "B", ("own",), "x")], [("v", "B", ("h",))], embeddings=None)
    for make in EVERY:
        with pytest.raises(UsageError, match="embeddings of texts"):
            make(n=2).statistics(batch)
        assert np.isnan(value(make(n=3), batch))


@pytest.mark.parametrize("make", EVERY)
def test_it_is_a_value_and_refuses_what_cannot_work(make):
    for wrong in ({"n": 1}, {"n": True}, {"n": 2.0}, {"encoder": ""}, {"encoder": "a|b"}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            make(**wrong)
    metric = make().bind(None, None, WordVectors())
    assert metric.encoder == "minilm@00000000"
    assert metric.name == make().name == metric.short_name
    assert metric.bind(None, None, WordVectors()) == metric == pickle.loads(pickle.dumps(metric))  # noqa: S301
    assert "|encoder:minilm@00000000|n:10|negatives:business|" in metric.signature
    assert metric.floor == "other user"


def test_an_unknown_measure_is_refused():
    with pytest.raises(UsageError, match="accuracy"):
        user_match_mrr(measure="acuracy")


def test_profiles_are_normalised_means_in_blocks():
    random = np.random.default_rng(1)
    histories = [
        tuple(f"w{i}" for i in random.integers(0, 50, random.integers(0, 5))) for _ in range(2500)
    ]
    found = profiles(WordVectors(), "fake", histories)
    assert found.dtype == np.float32
    for row in (*range(30), 1023, 1024, 1025, 2499):
        mean = np.zeros(16)
        for text in histories[row]:
            mean += WordVectors().vectors([text], "fake")[0]
        norm = np.linalg.norm(mean)
        np.testing.assert_allclose(found[row], mean / norm if norm else mean, atol=1e-6)
    assert profiles(WordVectors(), "fake", []).shape[0] == 0
    assert not profiles(WordVectors(), "fake", [()]).any()


def test_vectors_that_cancel_out_have_no_direction():
    class Opposite(WordVectors):
        def vectors(self, texts, encoder):
            return np.array([[1.0 if text == "plus" else -1.0] for text in texts], np.float32)

    batch = make_batch(
        [("q", "u", "B", ("plus", "minus"), "plus")], [("v", "B", ("plus",))], embeddings=Opposite()
    )
    assert value(HistoryLift(n=2), batch) == -1
    assert value(user_match_mrr(n=2), batch) == 0.5
