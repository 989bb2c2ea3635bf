"""The planted truth: it explains who posts which photo, as far as the knob lets it."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from showcase_bench.datasets.mini import MiniConfig, build_rows, truth
from showcase_bench.datasets.mini.catalogue import DISHES, SCENES, TRAITS


def oracle_and_chance(config, k=3):
    """Precision at k of ranking by utility (exact over ties) and of a random ranking."""
    oracle, chance = [], []
    for row, planted in zip(build_rows(config)["test"], truth(config)["test"], strict=True):
        gold = {pic["id"] for pic in row["pics"]}
        utility = planted.utility
        shown = min(k, len(utility))
        bar = sorted(utility.values(), reverse=True)[shown - 1]
        above = {image for image, value in utility.items() if value > bar}
        level = {image for image, value in utility.items() if value == bar}
        hits = len(gold & above) + len(gold & level) * (shown - len(above)) / len(level)
        oracle.append(hits / k)
        chance.append(shown * len(gold) / len(utility) / k)
    return oracle, chance


@pytest.fixture(scope="module")
def planted():
    config = MiniConfig(n_train=400, n_val=0, n_test=200)
    return build_rows(config), truth(config)


def test_truth_is_aligned_with_the_rows_and_covers_their_pools(planted):
    rows, truths = planted
    pools = defaultdict(set)
    for part in rows.values():
        for row in part:
            pools[row["business_id"]] |= {pic["id"] for pic in row["pics"]}
    for split, part in rows.items():
        for row, true in zip(part, truths[split], strict=True):
            assert true.id == f"{row['user_id']}_{row['business_id']}"
            assert set(true.utility) == set(true.subject) == pools[row["business_id"]]
            assert list(true.utility) == sorted(true.utility)
            assert all(0.0 < value <= 1.0 for value in true.utility.values())
            assert set(true.subject.values()) <= set(DISHES) | set(SCENES)
            assert 0 <= true.n_generic <= true.n_sentences
            assert bool(row["review_text"]) == bool(true.n_sentences)


def test_photos_of_one_subject_are_equally_liked(planted):
    _, truths = planted
    for true in truths["test"]:
        values = defaultdict(set)
        for image, subject in true.subject.items():
            values[subject].add(true.utility[image])
        assert all(len(found) == 1 for found in values.values())


def test_users_of_one_business_differ(planted):
    _, truths = planted
    favourites = defaultdict(set)
    for true in truths["train"]:
        business = true.id.split("_")[1]
        favourites[business].add(true.subject[max(true.utility, key=true.utility.__getitem__)])
    busy = [found for business, found in favourites.items() if len(found)]
    assert statistics.mean(len(found) for found in busy) > 2


def test_personalization_moves_the_ceiling():
    sizes = {"n_train": 400, "n_val": 0, "n_test": 800, "seed": 3}
    found = []
    for knob in (0.0, 0.5, 1.0):
        oracle, chance = oracle_and_chance(MiniConfig(personalization=knob, **sizes))
        error = statistics.pstdev(oracle) / math.sqrt(len(oracle))
        found.append((statistics.mean(oracle) - statistics.mean(chance), error))
    (none, error), (half, _), (full, _) = found
    assert abs(none) < 4 * error
    assert none + 0.04 < half < full - 0.02
    assert full > 0.12


def test_the_default_world_has_signal_and_headroom():
    oracle, chance = oracle_and_chance(MiniConfig())
    assert statistics.mean(oracle) > 2 * statistics.mean(chance)
    assert statistics.mean(oracle) < 0.5


@cache
def features(subject):
    """What a perfect recogniser sees: the traits of the dish, or the kind of scene."""
    names = (*TRAITS, *SCENES)
    shown = DISHES[subject].traits if subject in DISHES else (subject,)
    row = np.array([name in shown for name in names], dtype=float)
    return row / np.linalg.norm(row)


def test_history_texts_tell_what_the_user_posts():
    """A ridge map from the words of the history to what the photos show beats chance by far."""
    config = MiniConfig()
    rows, truths = build_rows(config), truth(config)

    def history(split):
        return [" ".join(text for _, text in row["history_reviews"]) for row in rows[split]]

    def wanted(row, true):
        gold = np.mean([features(true.subject[pic["id"]]) for pic in row["pics"]], axis=0)
        return gold - np.mean([features(subject) for subject in true.subject.values()], axis=0)

    words = TfidfVectorizer(min_df=3, sublinear_tf=True)
    known = words.fit_transform(history("train"))
    targets = [wanted(*pair) for pair in zip(rows["train"], truths["train"], strict=True)]
    wishes = Ridge(alpha=5.0).fit(known, targets).predict(words.transform(history("test")))
    hits, chance = [], []
    for row, true, wish in zip(rows["test"], truths["test"], wishes, strict=True):
        gold = {pic["id"] for pic in row["pics"]}
        score = {image: float(features(s) @ wish) for image, s in true.subject.items()}
        best = sorted(score, key=lambda image: (-score[image], image))[:3]
        hits.append(len(gold & set(best)) / 3)
        chance.append(len(best) * len(gold) / len(score) / 3)
    error = statistics.pstdev(hits) / math.sqrt(len(hits))
    assert statistics.mean(hits) > statistics.mean(chance) + 4 * error
