"""Each knob moves its statistic, in order, over at least four levels."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from showcase_bench.datasets.mini import MiniConfig, MiniImages, build_rows, truth
from showcase_bench.datasets.mini.catalogue import DISHES
from showcase_bench.datasets.mini.sentences import GENERIC
from showcase_bench.datasets.synth import truth_levels

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def rises(values, least=0.0):
    """Whether each value is above the one before by more than ``least``."""
    return all(later - earlier > least for earlier, later in pairwise(values))


def lifts(knob):
    """What knowing the preference is worth for each metric, mean over two seeds."""
    found = {}
    for seed in (1, 2):
        config = MiniConfig(seed=seed, n_train=100, n_val=0, n_test=600, personalization=knob)
        for metric, levels in truth_levels(config).items():
            found.setdefault(metric, []).append(levels["oracle"] - levels["random"])
    return {metric: statistics.mean(values) for metric, values in found.items()}


def test_personalization_moves_what_the_true_preference_is_worth():
    found = [lifts(knob) for knob in LEVELS]
    for metric in found[0]:
        values = [one[metric] for one in found]
        assert rises(values, 0.01), (metric, values)
    precision = [one["precision@3"] for one in found]
    assert abs(precision[0]) < 0.02, "without the knob the preference is worth nothing"
    assert precision[-1] > 0.12


def test_personalization_does_not_move_the_preferences_themselves():
    shared = None
    for knob in LEVELS:
        config = MiniConfig(n_train=0, n_val=0, n_test=60, personalization=knob)
        rows = truth(config)["test"]
        likes = {
            (row.id, subject): row.utility[image]
            for row in rows
            for image, subject in row.subject.items()
        }
        # The first visit of a user is drawn before the knob is asked for, so some rows recur.
        if shared is not None:
            both = shared.keys() & likes.keys()
            assert len(both) > 30
            ratios = [likes[key] / shared[key] for key in both]
            assert ratios == pytest.approx([1.0] * len(ratios))
        shared = likes


def share_that_names_a_photographed_dish(knob):
    config = MiniConfig(
        seed=5, n_train=0, n_val=0, n_test=600, grounding=knob, generic=0.0, noise=0.0
    )
    named = []
    for row, planted in zip(build_rows(config)["test"], truth(config)["test"], strict=True):
        text = row["review_text"].lower()
        shown = {planted.subject[pic["id"]] for pic in row["pics"]} & set(DISHES)
        if shown:
            names = [name.lower() for dish in shown for name in DISHES[dish].names]
            named.append(any(name in text for name in names))
    assert len(named) > 400
    return statistics.mean(named)


def test_grounding_moves_how_many_texts_name_what_is_shown():
    shares = [share_that_names_a_photographed_dish(knob) for knob in LEVELS]
    assert rises(shares, 0.02), shares
    assert shares[-1] - shares[0] > 0.3


def generic_shares(knob):
    config = MiniConfig(seed=9, n_train=0, n_val=0, n_test=500, generic=knob, noise=0.0)
    rows = truth(config)["test"]
    planted = sum(row.n_generic for row in rows) / sum(row.n_sentences for row in rows)
    fixed = {line.rstrip(".").lower() for line in GENERIC if "{" not in line}
    sentences = [
        sentence
        for row in build_rows(config)["test"]
        for sentence in re.split(r"[.!] ?", row["review_text"].lower())
        if sentence
    ]
    return planted, sum(sentence in fixed for sentence in sentences) / len(sentences)


def test_generic_moves_the_share_of_generic_sentences():
    planted, written = zip(*map(generic_shares, LEVELS), strict=True)
    assert rises(planted, 0.1), planted
    assert rises(written, 0.05), written
    assert planted[0] == 0.0
    for knob, share in zip(LEVELS, planted, strict=True):
        assert abs(share - knob) < 0.2


def fine_detail(knob):
    """Mean energy of the differences between neighbours that no smooth surface has."""
    config = MiniConfig(seed=11, n_train=0, n_val=0, n_test=40, noise=knob, image_size=64)
    images = MiniImages(config)
    energies = []
    for image_id in images.image_ids[:40]:
        grey = images.load(image_id).astype(float).mean(axis=2)
        mixed = grey[:-1, :-1] - grey[1:, :-1] - grey[:-1, 1:] + grey[1:, 1:]
        # The median leaves out the edges of the drawing.
        energies.append(np.median(mixed**2))
    return statistics.mean(energies)


def test_noise_moves_the_fine_detail_of_the_photos():
    energies = [fine_detail(knob) for knob in LEVELS]
    assert rises(energies), energies
    assert energies[-1] > 3 * energies[0]


def rare_words(knob):
    """Share of the words that occur once, as slips do."""
    config = MiniConfig(seed=12, n_train=0, n_val=0, n_test=500, noise=knob)
    words = Counter()
    for row in build_rows(config)["test"]:
        words.update(re.findall(r"[a-z]{5,}", row["review_text"].lower()))
    return sum(count == 1 for count in words.values()) / sum(words.values())


def test_noise_moves_the_typing_slips():
    shares = [rare_words(knob) for knob in LEVELS]
    assert rises(shares, 0.001), shares


def test_sizes_move_the_counts():
    counts = []
    for factor in (1, 2, 4, 8):
        config = MiniConfig(n_train=60 * factor, n_val=7 * factor, n_test=20 * factor)
        rows = build_rows(config)
        every = [row for part in rows.values() for row in part]
        assert [len(rows[name]) for name in ("train", "val", "test")] == [
            60 * factor,
            7 * factor,
            20 * factor,
        ]
        counts.append(
            (
                len(every),
                sum(len(row["pics"]) for row in every),
                len({row["user_id"] for row in every}),
                len({row["business_id"] for row in every}),
            )
        )
    for values in zip(*counts, strict=True):
        assert rises(values, 0)


def test_the_number_of_businesses_moves_the_pools():
    sizes = []
    for n_businesses in (160, 80, 40, 20):
        config = MiniConfig(n_train=300, n_val=0, n_test=100, n_businesses=n_businesses)
        sizes.append(statistics.mean(len(row.utility) for row in truth(config)["test"]))
    assert rises(sizes, 1.0), sizes


def test_knobs_leave_each_others_statistics_alone():
    """Grounding and generic words do not move photos; noise does not move who posts what."""
    base = MiniConfig(n_train=100, n_val=0, n_test=200)

    def photographed(**knobs):
        config = MiniConfig(n_train=100, n_val=0, n_test=200, **knobs)
        return truth_levels(config)["precision@3"]

    expected = truth_levels(base)["precision@3"]
    for knobs in ({"grounding": 0.0}, {"generic": 0.9}, {"noise": 1.0}):
        found = photographed(**knobs)
        for level in ("random", "oracle", "best"):
            assert abs(found[level] - expected[level]) < 0.05, (knobs, level)
