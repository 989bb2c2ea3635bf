"""CLIPScore and its kin: by hand on made-up vectors, and through open_clip itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics.embedding.clip_align import ClipAlign
from showcase_bench.metrics.embedding.clipscore import ClipScore
from showcase_bench.metrics.embedding.refclipscore import RefClipScore
from showcase_bench.metrics.embedding.truncation_rate import TruncationRate
from showcase_bench.metrics.embedding.windows import windows
from showcase_bench.metrics.parse import METRICS, parse_metric
from showcase_bench.sentences import sentences
from tests.metrics.embedding.clip_world import (
    FakeEmbeddings,
    make_clip_batch,
    random_rows,
    readable,
    vector,
)

ALL = [ClipScore(), RefClipScore(), ClipAlign(), TruncationRate()]


def cosine(encoder, one, other):
    a, b = (vector(f"{encoder} {name}").astype(np.float32).astype(float) for name in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def by_hand(text, shown, encoder, prompt, pieces, best):
    before = "A photo depicts " if prompt else ""
    scores = []
    for piece in pieces:
        found = [2.5 * max(cosine(encoder, before + piece, one), 0) for one in readable(shown)]
        scores.append(max(found) if best else mean(found))
    return mean(scores)


def expect(metric, rows, value):
    """Rows of statistics, given what one attempted example with a readable photo scores."""
    expected = []
    for row in rows:
        text, references, shown, *_ = row
        if "references" in metric.needs and not references:
            expected.append([0.0, 0.0])
        elif text is None or not shown:
            expected.append([metric.worst, 1.0])
        elif not readable(shown):
            expected.append([0.0, 0.0])
        else:
            expected.append([value(row), 1.0])
    return np.array(expected)


@pytest.mark.parametrize("aggregate", ["mean", "max"])
@pytest.mark.parametrize("window", ["text", "sentence"])
@pytest.mark.parametrize("prompt", ["depicts", None])
def test_clipscore_equals_the_formula(prompt, window, aggregate):
    rows = random_rows(3, 300)
    batch = make_clip_batch(rows, embeddings=FakeEmbeddings(most=99))
    metric = ClipScore("enc", prompt, window, aggregate)

    def value(row):
        pieces = [row[0]] if window == "text" else (sentences(row[0]) or [row[0]])
        return by_hand(row[0], row[2], "enc", prompt, pieces, aggregate == "max")

    found = metric.statistics(batch)
    np.testing.assert_allclose(found, expect(metric, rows, value), rtol=0, atol=1e-12)
    attempted = [row[0] is not None and bool(row[2]) for row in rows]
    assert metric.scored(batch).tolist() == (found[:, 1].astype(bool) & attempted).tolist()
    assert 0 < found[:, 0].max() <= 2.5


@pytest.mark.parametrize("prompt", ["depicts", None])
def test_refclipscore_equals_the_formula(prompt):
    rows = random_rows(4, 400)
    metric = RefClipScore("enc", prompt)
    before = "A photo depicts " if prompt else ""

    def value(row):
        text, references, shown, *_ = row
        photos = by_hand(text, shown, "enc", prompt, [text], False)
        nearest = max(cosine("enc", before + text, before + one) for one in references)
        if photos == 0 or nearest <= 0:
            return 0.0
        return 2 / (1 / photos + 1 / nearest)

    found = metric.statistics(make_clip_batch(rows))
    np.testing.assert_allclose(found, expect(metric, rows, value), rtol=0, atol=1e-12)
    assert (found[:, 0] > 0.5).any()


def test_clip_align_equals_the_formula():
    rows = random_rows(5, 300)
    metric = ClipAlign("enc")

    def value(row):
        return mean(cosine("enc", row[0], one) for one in readable(row[2]))

    found = metric.statistics(make_clip_batch(rows))
    np.testing.assert_allclose(found, expect(metric, rows, value), rtol=0, atol=1e-12)
    assert (found[:, 0] < 0).any()


def test_truncation_begins_behind_the_last_token():
    rows = [("a b c",), ("a b c d",), ("",), (None,), ("a b c d e f",)]
    batch = make_clip_batch(rows, embeddings=FakeEmbeddings(most=8))
    assert TruncationRate().statistics(batch)[:, 0].tolist() == [0, 1, 0, 1, 1]
    assert TruncationRate(prompt=None).statistics(batch)[:, 0].tolist() == [0, 0, 0, 1, 0]
    assert TruncationRate().scored(batch).tolist() == [True, True, True, False, True]
    nothing = make_clip_batch([(None,)] * 2, embeddings=None)
    assert TruncationRate().statistics(nothing).tolist() == [[1, 1], [1, 1]]


def test_the_bounds_are_reached():
    class Along:
        """Photos and texts that all point one way, or the other."""

        def __init__(self, sign):
            self.sign = sign

        def __call__(self, ids, encoder):
            return np.tile(np.float32([self.sign, 0]), (len(ids), 1))

    class Texts(FakeEmbeddings):
        def vectors(self, texts, encoder):
            return np.tile(np.float32([1, 0]), (len(texts), 1))

    for sign, expected in ((1, [2.5, 10 / 7, 1]), (-1, [0, 0, -1])):
        batch = make_clip_batch([("a", ["b"], ["p"])], features=Along(sign), embeddings=Texts())
        found = [float(one.values(batch)[0]) for one in ALL[:3]]
        assert found == expected
        for metric, value in zip(ALL[:3], found, strict=True):
            assert metric.bounds[sign > 0] == pytest.approx(value)


def test_vectors_kept_in_half_precision_are_scaled():
    class Half(FakeEmbeddings):
        def vectors(self, texts, encoder):
            return np.tile(np.float32([1.001, 0]), (len(texts), 1))

    batch = make_clip_batch(
        [("a", ["b"], ["p"])],
        embeddings=Half(),
        features=lambda ids, encoder: np.float32([[0.6006, 0.8008]]),
    )
    assert ClipScore().values(batch)[0] == pytest.approx(1.5)
    assert ClipAlign().values(batch)[0] == pytest.approx(0.6)


def test_the_prompt_ends_in_a_space_and_the_text_follows_as_it_is():
    batch = make_clip_batch([(" Two  spaces. ", [" a "], ["p"]), ("", [""], ["p", "q"])])
    RefClipScore("enc").statistics(batch)
    ClipAlign("enc").statistics(batch)
    asked = {text for texts, _ in batch.embeddings.asked for text in texts}
    assert asked == {
        "A photo depicts  Two  spaces. ", "A photo depicts  a ", "A photo depicts ",
        " Two  spaces. ", "",
    }  # fmt: skip
    assert {encoder for _, encoder in batch.embeddings.asked + batch.features.asked} == {"enc"}


def test_what_is_encoded_is_shared_and_nothing_else_is_encoded():
    rows = [("one", ["r"], ["p", "q"]), (None, ["r2"], ["n"]), ("two", ["r3"], []),
            ("one", [], ["q", "p"])]  # fmt: skip
    batch = make_clip_batch(rows)
    for metric in (ClipScore("e"), ClipScore("e", aggregate="max"), RefClipScore("e")):
        metric.statistics(batch)
        metric.scored(batch)
    assert batch.features.asked == [(["p", "q"], "e")]
    before = "A photo depicts "
    assert batch.embeddings.asked == [
        ([before + "one", before + "one"], "e"),
        ([before + "one", before + "r"], "e"),
    ]


@pytest.mark.parametrize("metric", ALL, ids=str)
def test_nothing_attempted_asks_for_nothing_and_costs_everything(metric):
    rows = [(None, ["r"], ["p"]), (None, ["r"], [])]
    stats = metric.statistics(make_clip_batch(rows, features=None, embeddings=None))
    assert stats.tolist() == [[metric.worst, 1.0]] * 2
    assert metric.statistics(make_clip_batch([], features=None, embeddings=None)).shape == (0, 2)


def test_what_is_missing_is_named():
    rows = [("a", ["r"], ["p"])]
    for metric in ALL:
        with pytest.raises(UsageError, match="embeddings of texts"):
            metric.statistics(make_clip_batch(rows, embeddings=None))
    for metric in ALL[:3]:
        with pytest.raises(UsageError, match="features of images"):
            metric.statistics(make_clip_batch(rows, features=None))


@pytest.mark.parametrize("metric", ALL, ids=str)
def test_examples_do_not_touch_each_other(metric):
    rows = random_rows(6, 40)
    whole = metric.statistics(make_clip_batch(rows))
    parts = [metric.statistics(make_clip_batch(part)) for part in (rows[:17], rows[17:])]
    np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-12, atol=1e-14)
    back = metric.statistics(make_clip_batch(rows[::-1]))
    np.testing.assert_allclose(whole, back[::-1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("cls", "bad"),
    [
        *((cls, {"encoder": one}) for cls in map(type, ALL) for one in ("", None, "a|b", 3)),
        *((cls, {"prompt": "photo"}) for cls in (ClipScore, RefClipScore, TruncationRate)),
        (ClipScore, {"window": "word"}),
        (ClipScore, {"window": None}),
        (ClipScore, {"aggregate": "min"}),
    ],
)
def test_senseless_parameters_are_refused(cls, bad):
    with pytest.raises(UsageError, match=f"{next(iter(bad))} of {cls.label}"):
        cls(**bad)


def test_names_and_signatures_carry_the_encoder_and_its_weights():
    metric = ClipScore("open_clip:ViT-B-32/openai", window="sentence")
    assert metric.name == "clipscore(encoder=open_clip:ViT-B-32/openai,window=sentence)"
    assert ClipScore("mini-clip@0123abcd").name == "clipscore"
    assert str(ClipScore(prompt=None)) == (
        "clipscore|encoder:mini-clip|prompt:none|window:text|aggregate:mean|w:2.5|impl:sb|v:1"
    )
    for one in (metric, *ALL, ClipScore(prompt=None, aggregate="max")):
        if one.label in METRICS:
            assert parse_metric(str(one)) == parse_metric(one.name) == one


words = st.text(alphabet='ab é寿。.!?…)"\n\u2028 ', max_size=60)


@given(texts=st.lists(words, max_size=5), most=st.integers(1, 9))
def test_windows_fit_and_lose_no_word(texts, most):
    pieces, owners = windows(texts, lambda some: np.array([len(one) > most for one in some]))
    assert sorted(set(owners.tolist())) == list(range(len(texts)))
    assert all(len(one) <= most for one in pieces)
    for i, text in enumerate(texts):
        own = sorted("".join(p for p, o in zip(pieces, owners, strict=True) if o == i))
        assert [c for c in own if c.isalnum()] == sorted(c for c in text if c.isalnum())


def test_sentences_end_where_they_should():
    assert sentences('Good. "Great!" (Yes…) Is it?No.\r\n 3.5 stars\u2028寿司。うまい！') == [
        "Good.", '"Great!', "(Yes…", "Is it?No.", "3.5 stars", "寿司。", "うまい！",
    ]  # fmt: skip
    assert sentences("") == sentences(" !? ") == []


def test_a_long_sentence_is_halved_at_the_space_before_its_middle():
    asked = []

    def too_long(pieces):
        asked.append(list(pieces))
        return np.array([len(one.split()) > 2 for one in pieces])

    pieces, owners = windows(["one two three four five. Six seven.", "ten"], too_long)
    assert asked == [
        ["one two three four five.", "Six seven.", "ten"],
        ["one two", "three four five."],
        ["three", "four five."],
    ]
    assert sorted(zip(owners.tolist(), pieces, strict=True)) == [
        (0, "Six seven."), (0, "four five."), (0, "one two"), (0, "three"), (1, "ten"),
    ]  # fmt: skip


def test_the_sentence_window_sees_what_the_text_window_cuts():
    """A text whose end alone fits the photo: the encoder here reads ten words and no further."""

    class Cutting(FakeEmbeddings):
        def vectors(self, texts, encoder):
            seen = [one.split()[: self.most - 2] for one in texts]
            return np.float32([[1, 0] if "ramen" in one else [0, 1] for one in seen])

    text = "We came late and the room was full of people. But the ramen !"
    batch = make_clip_batch(
        [(text, [], ["p"])],
        embeddings=Cutting(most=12),
        features=lambda ids, encoder: np.float32([[1, 0]]),
    )
    assert TruncationRate().values(batch).tolist() == [1.0]
    assert ClipScore().values(batch).tolist() == [0.0]
    assert ClipScore(window="sentence").values(batch)[0] > 0
