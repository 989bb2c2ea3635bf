import dataclasses
import json
import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import MissingDependencyError, UsageError
from showcase_bench.metrics import Batch, TextTable
from showcase_bench.metrics.personalization import features, phrases
from showcase_bench.metrics.personalization.feature_cache import kept_or_mined
from showcase_bench.metrics.personalization.feature_coverage import FCR
from showcase_bench.metrics.personalization.feature_diversity import FeatureDiv
from showcase_bench.metrics.personalization.feature_matching import FMR
from showcase_bench.metrics.personalization.features import FeatureIndex, feature_index
from showcase_bench.metrics.personalization.mining import count_phrases, frequent
from showcase_bench.metrics.personalization.phrases import noun_phrases, words
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.types import NoProgress

EVERY = (FMR, FCR, FeatureDiv)
DISHES = ["pork tacos", "tacos", "ramen", "ice cream", "cream", "cosy patio", "dish", "dishes"]
TRAINING = tuple(f"We loved the {dish}." for dish in DISHES for _ in range(5))
TRAINING += tuple(f"I came back in {year}." for year in range(20))
# Of these, tacos and dishes are named with and without their plural.
NAMES = ["cream", "dish", "ice cream", "patio", "pork tacos", "ramen", "tacos"]


def make_batch(rows, training=TRAINING, **more):
    """From rows of (text, references)."""
    texts, references = [tuple(one) for one in zip(*rows, strict=True)] or [(), ()]
    ids = tuple(f"q{i}" for i in range(len(rows)))
    return Batch(ids, texts, references, training=training, **more)


def value(metric, batch):
    return float(metric.score(metric.statistics(batch).sum(axis=0)))


def named(text):
    """Names of the features in a text, by brute force."""
    padded = f" {' '.join(words(text))} "
    forms = {name: [name] for name in NAMES} | {"dish": ["dish", "dishes"]}
    return {name for name in NAMES if any(f" {form} " in padded for form in forms[name])}


pieces = st.sampled_from([*DISHES, "Tacos!", "ice", "CREAM", "dishés", "🍕", "pork", "and", "the"])
texts = st.lists(pieces, max_size=6).map(" ".join)
rows = st.lists(
    st.tuples(st.one_of(st.none(), texts), st.lists(texts, max_size=2).map(tuple)), max_size=7
)
SHARED = TextTable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The crispy pork belly tacos", {"pork belly tacos", "belly tacos", "tacos"}),
        ("the fish & chips", {"fish", "chips"}),
        ("Great ice-cream.", {"ice cream", "cream"}),
        ("Joe’s tacos weren’t bad", {"tacos"}),
        ("pizza/pasta, salads", {"pizza", "pasta", "salads"}),
        ("We had pizza\nstaff came", {"pizza", "staff"}),
        ("We had pizza\r\n\u2028staff came", {"pizza", "staff"}),
        ("the CAFE\u0301", {"café"}),
        ("", set()),
        (" \n\t", set()),
        ("!!! ... ///", set()),
        ("she ate quickly", set()),
    ],
)
def test_noun_phrases(text, expected):
    found = {" ".join(phrase) for phrase in noun_phrases(text)}
    assert expected <= found
    assert not (expected == set() and found)
    assert all(found)


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_every_text_can_be_parsed_and_phrases_are_words_of_it(text):
    listed = words(text)
    for phrase in noun_phrases(text):
        assert phrase
        assert set(phrase) <= {*listed, *words(text.replace("/", " / "))}


@pytest.mark.parametrize(
    "text", ["!" * 5000, "a" * 50_000, "'" * 2000, "good food " * 3000, "\ud800 x", "(" * 3000]
)
def test_odd_texts_do_no_harm(text):
    assert all(all(phrase) for phrase in noun_phrases(text))


def test_words():
    assert words("Joe's ICE-cream_isn't 5/5, naïve 寿司!") == [
        *("joe", "ice", "cream", "is", "not", "5", "5", "naïve", "寿司"),
    ]
    assert words("cafe\u0301") == words("café") == ["café"]
    assert words("") == words("🍕 ... '") == []


def mined(training, least=5):
    return frequent(count_phrases(training, NoProgress()), least)


def test_what_is_a_feature():
    found = mined(TRAINING)
    assert list(found) == NAMES
    assert found["dish"] == ("dish", "dishes")
    assert found["ice cream"] == ("ice cream",)
    assert list(mined(TRAINING, 6)) == ["cream", "dish", "tacos"]
    assert mined(()) == mined(("", " ")) == {}


@pytest.mark.parametrize(("copies", "kept"), [(3, False), (4, True), (10, True), (11, False)])
def test_a_feature_is_in_enough_reviews_and_not_in_too_many(copies, kept):
    training = ["We like the ramen, yes the ramen."] * copies + ["Hello."] * (50 - copies)
    assert ("ramen" in mined(training, 4)) == kept


@pytest.mark.parametrize(
    ("plural", "singular", "merged"),
    [
        ("brownies", "brownie", True),
        ("berries", "berry", True),
        ("dishes", "dish", True),
        ("glass", "glas", False),
        ("bites", "bit", False),
        ("gas", "ga", False),
        ("potatoes", "potato", True),
    ],
)
def test_plurals_count_as_the_singular_that_is_there(plural, singular, merged):
    training = [f"We like the {one}." for one in (plural, singular) for _ in range(4)]
    found = mined([*training, *["Hello."] * 40], 4)
    expected = {singular: tuple(sorted([singular, plural]))}
    alone = {one: (one,) for one in sorted([singular, plural])}
    assert found == (expected if merged else alone)
    assert mined([f"We like the {plural}."] * 4 + ["Hello."] * 40, 4) == {plural: (plural,)}


def test_a_review_with_singular_and_plural_counts_once():
    training = ["We like the taco and the tacos."] * 4 + ["Hello."] * 40
    assert mined(training, 4) == {"taco": ("taco", "tacos")}
    assert mined(training, 5) == {}


@given(st.permutations(TRAINING))
@settings(max_examples=5)
def test_the_order_of_reviews_changes_nothing(training):
    assert mined(training) == mined(TRAINING)


@given(texts)
def test_finding_equals_brute_force(text):
    index = feature_index(make_batch([], table=SHARED), 5)
    assert {index.names[one] for one in index.find(text)} == named(text)


def test_no_features_are_found_without_features():
    index = FeatureIndex({})
    assert len(index) == 0
    assert index.find("tacos") == set()


@given(rows)
def test_fmr_equals_brute_force(rows):
    batch = make_batch(rows, table=SHARED)
    expected = np.zeros((len(rows), 2))
    for row, (text, references) in enumerate(rows):
        gold = set().union(*map(named, references))
        if gold:
            expected[row] = len(gold & named(text or "")) / len(gold), 1
    np.testing.assert_allclose(FMR().statistics(batch), expected, atol=1e-15)
    attempted = [
        text is not None and row[1] > 0 for (text, _), row in zip(rows, expected, strict=True)
    ]
    assert FMR().scored(batch).tolist() == attempted


def coverage(texts):
    return len(set().union(*(named(text or "") for text in texts))) / len(NAMES)


def common(texts):
    found = [named(text) for text in texts if text is not None]
    pairs = [len(one & other) for one, other in combinations(found, 2)]
    return sum(pairs) / len(pairs) if pairs else None


@given(rows)
def test_set_metrics_equal_brute_force_also_without_each_example(rows):
    batch = make_batch(rows, table=SHARED)
    texts = [text for text, _ in rows]
    for metric, brute in ((FCR(), coverage), (FeatureDiv(), common)):
        stats = metric.statistics(batch)
        total = stats.sum(axis=0)
        whole, score = brute(texts), float(metric.score(total))
        if not rows or whole is None:
            assert np.isnan(score)
        else:
            assert score == pytest.approx(whole)
        for left_out in range(len(rows)):
            rest = texts[:left_out] + texts[left_out + 1 :]
            found = metric.value(total[0] - stats[left_out, 1], total[2] - stats[left_out, 3])
            if brute(rest) is None:
                assert np.isnan(found)
            else:
                assert float(found) == pytest.approx(brute(rest))


@given(rows, st.integers(0, 99))
def test_the_order_of_examples_changes_nothing(rows, seed):
    order = random.Random(seed).sample(range(len(rows)), k=len(rows))
    for make in EVERY:
        stats = make().statistics(make_batch(rows, table=SHARED))
        moved = make().statistics(make_batch([rows[i] for i in order], table=SHARED))
        np.testing.assert_allclose(moved, stats[order], atol=1e-12)


def test_references_have_all_features_and_missing_texts_none():
    rows = [(text, (text,)) for text in ("pork tacos", "ice cream", "ramen dishes", "nothing")]
    assert value(FMR(), make_batch(rows)) == 1
    assert value(FMR(), make_batch([*rows, (None, ("ramen",))])) == 0.75
    assert value(FCR(), make_batch(rows)) == pytest.approx(6 / 7)
    assert value(FCR(), make_batch([(None, ("ramen",))] * 3)) == 0
    assert np.isnan(value(FeatureDiv(), make_batch([("ramen", ()), (None, ())])))
    assert value(FeatureDiv(), make_batch([("ice cream", ()), ("ice cream", ())])) == 2


@pytest.mark.parametrize("training", [(), ("",), ("Hello.",), ("12 12",) * 9])
def test_without_features_nothing_is_scored(training):
    batch = make_batch([("ramen", ("ramen",)), ("tacos", ())], training=training)
    for make in EVERY:
        assert np.isnan(value(make(), batch))
        assert not make().scored(batch).any()


def kept_files(cache):
    return sorted((cache / "features").iterdir())


class Counting(NoProgress):
    def __init__(self):
        self.labels = []

    def track(self, items, *, label, total=None):
        self.labels.append((label, total))
        return super().track(items, label=label, total=total)


def test_features_are_mined_once_and_kept(tmp_path):
    rows, progress = [("ramen", ("ramen",))], Counting()
    batch = make_batch(rows, table=TextTable(tmp_path, progress))
    for make in EVERY:
        make().statistics(batch)
    FMR().statistics(make_batch(rows, table=batch.table))
    assert progress.labels == [("Finding noun phrases", len(set(TRAINING)))]
    (kept,) = kept_files(tmp_path)
    later = make_batch(rows, table=TextTable(tmp_path, progress))
    assert feature_index(later, 5).names == tuple(NAMES)
    assert feature_index(make_batch(rows, TRAINING[::-1], table=TextTable(tmp_path, progress)), 5)
    assert len(progress.labels) == 1
    assert kept_files(tmp_path) == [kept]
    # Other numbers of reviews need no second look at them, and are kept beside.
    feature_index(batch, 6)
    assert len(progress.labels) == 1
    assert len(kept_files(tmp_path)) == 2
    feature_index(make_batch(rows, TRAINING[1:], table=TextTable(tmp_path, progress)), 5)
    assert len(progress.labels) == 2
    assert len(kept_files(tmp_path)) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"ramen", b"ramex"),
        lambda data: b"[]",
        lambda data: b"{}",
        lambda data: b"[" * 100_000,
        lambda data: b"\xff\xfe",
        lambda data: json.dumps({"sha256": "0" * 64, "features": {"a": ["a"]}}).encode(),
        lambda data: json.dumps({"sha256": None, "features": None}).encode(),
        lambda data: json.dumps({"sha256": "\ud800", "features": {"\ud800": [1]}}).encode(),
        lambda data: b'{"features":NaN,"sha256":"x"}',
    ],
)
def test_damaged_files_are_made_again(tmp_path, damage):
    table = TextTable(tmp_path)
    feature_index(make_batch([], table=table), 5)
    (path,) = kept_files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    again = feature_index(make_batch([], table=TextTable(tmp_path)), 5)
    assert again.names == tuple(NAMES)
    assert path.read_bytes() == whole


def test_a_file_of_other_features_is_not_taken(tmp_path):
    one = kept_or_mined(["a"], lambda: {"x": ("x",)}, tmp_path)
    (path,) = kept_files(tmp_path)
    kept_or_mined(["b"], lambda: {"y": ("y", "ys")}, tmp_path)
    (other,) = [each for each in kept_files(tmp_path) if each != path]
    other.write_bytes(path.read_bytes())
    assert kept_or_mined(["b"], lambda: {"y": ("y", "ys")}, tmp_path) == {"y": ("y", "ys")}
    assert kept_or_mined(["b"], dict, tmp_path) == {"y": ("y", "ys")}
    assert kept_or_mined(["a"], dict, tmp_path) == one == {"x": ("x",)}


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert feature_index(make_batch([], table=TextTable(blocked)), 5).names == tuple(NAMES)


def test_without_textblob_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(phrases.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match="pip install textblob"):
        feature_index(make_batch([]), 5)


@pytest.mark.parametrize("make", EVERY)
def test_they_are_values_bound_to_the_training_texts(make):
    for wrong in (0, -1, True, 2.5, "5"):
        with pytest.raises(UsageError, match="min_count"):
            make(min_count=wrong)
    corpus = TextCorpus(tuple((text,) for text in TRAINING))
    bound = make().bind(TextCorpus(()), corpus)
    assert f"|train:{corpus.key}|mined:textblob-np|textblob:{phrases.PARSER_VERSION}|" in str(bound)
    assert bound.name == make().name
    assert dataclasses.replace(bound, train=None) == make()
    with pytest.raises(UsageError, match="training texts"):
        bound.bind(TextCorpus(()), TextCorpus((("other",),)))


def test_facts_name_what_defines_the_features():
    assert features.FACTS["mined"] == phrases.METHOD
    assert Counter(features.FACTS) == Counter(FMR.facts) == Counter(FCR.facts)
