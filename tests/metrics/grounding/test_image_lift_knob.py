"""Image lift on worlds whose grounding is known, with an encoder that reads photos perfectly."""

import random
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from showcase_bench.datasets.mini import MiniConfig, build_rows, truth
from showcase_bench.metrics import Batch
from showcase_bench.metrics.grounding.image_lift import ImageLift
from showcase_bench.stats.intervals import interval

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def words(text):
    return re.findall(r"[a-z]+", text.lower())


@cache
def rows_and_subjects(grounding, personalization=0.7):
    """Rows of the test split, photos of every business, and what is on each photo."""
    config = MiniConfig(
        n_train=1200, n_val=0, n_test=500, grounding=grounding, personalization=personalization
    )
    split = build_rows(config)
    subjects = {k: v for row in truth(config)["test"] for k, v in row.subject.items()}
    pools = {}
    for row in (one for rows in split.values() for one in rows):
        pools.setdefault(row["business_id"], []).extend(pic["id"] for pic in row["pics"])
    return split, subjects, pools, truth(config)["train"]


class Reader:
    """Sees the subject of each photo, and has learned by ridge regression which words name it."""

    folder = None

    def __init__(self):
        split, _, _, known = rows_and_subjects(1.0)
        rows = split["train"]
        texts = [row["review_text"] for row in rows]
        counts = Counter(word for text in texts for word in set(words(text)))
        self.words = {word: i for i, word in enumerate(sorted(w for w in counts if counts[w] > 3))}
        seen = [
            [one.subject[pic["id"]] for pic in row["pics"]]
            for row, one in zip(rows, known, strict=True)
        ]
        self.subjects = {name: i for i, name in enumerate(sorted({s for one in seen for s in one}))}
        x, y = self.bags(texts), np.zeros((len(rows), len(self.subjects)))
        for place, names in enumerate(seen):
            for name in names:
                y[place, self.subjects[name]] += 1 / len(names)
        self.weights = np.linalg.solve(x.T @ x + 0.3 * np.eye(x.shape[1]), x.T @ (y - y.mean(0)))

    def bags(self, texts):
        bags = np.zeros((len(texts), len(self.words)))
        for place, text in enumerate(texts):
            for word in words(text):
                if word in self.words:
                    bags[place, self.words[word]] += 1
        return bags / np.maximum(np.linalg.norm(bags, axis=1, keepdims=True), 1)

    def vectors(self, texts, encoder):
        return (self.bags(texts) @ self.weights).astype(np.float32)

    def features(self, subject_of):
        eye = np.eye(len(self.subjects), dtype=np.float32)
        return lambda ids, encoder: eye[[self.subjects[subject_of[one]] for one in ids]]


@pytest.fixture(scope="module")
def reader():
    return Reader()


def lift(reader, grounding, against, swapped=False, personalization=0.7):
    """Score and 95 % interval of the reviews with their own photos, or with others of the pool."""
    split, subjects, pools, _ = rows_and_subjects(grounding, personalization)
    rows = split["test"]
    draw = random.Random(0)
    shown = [tuple(pic["id"] for pic in row["pics"]) for row in rows]
    if swapped:
        shown = [
            tuple(draw.sample(sorted(pools[row["business_id"]]), k=len(own)))
            for row, own in zip(rows, shown, strict=True)
        ]
    batch = Batch(
        tuple(f"{row['user_id']}_{row['business_id']}" for row in rows),
        tuple(row["review_text"] for row in rows),
        ((),) * len(rows),
        tuple(shown),
        pools=tuple(tuple(pools[row["business_id"]]) for row in rows),
        businesses=tuple(row["business_id"] for row in rows),
        features=reader.features(subjects),
        embeddings=reader,
    )
    metric = ImageLift(against, "reader")
    stats = metric.statistics(batch)
    value = float(metric.score(stats.sum(axis=0)))
    low, high = interval(value, metric.influence(stats), (), level=0.95, bounds=metric.bounds)
    return value, low, high


@pytest.mark.parametrize("against", ["business", "other"])
def test_it_rises_with_the_grounding_of_the_texts(reader, against):
    found = [lift(reader, level, against) for level in LEVELS]
    values = [value for value, *_ in found]
    assert all(later - earlier > 0.02 for earlier, later in pairwise(values)), values
    assert found[0][2] < found[2][1] < found[2][2] < found[4][1]


@pytest.mark.parametrize("grounding", [0.0, 0.5, 1.0])
def test_photos_of_the_pool_drawn_at_random_bring_it_to_its_floor(reader, grounding):
    value, low, high = lift(reader, grounding, "business", swapped=True)
    assert low <= 0 <= high
    assert abs(value) < 0.03


def test_texts_without_grounding_have_lift_only_as_far_as_taste_chose_the_photos(reader):
    """Without grounding a text still names what its user likes, and taste chooses the photos."""
    _, low, high = lift(reader, 0.0, "business", personalization=0.0)
    assert low <= 0 <= high
    assert lift(reader, 0.0, "business", personalization=0.7)[1] > high
    # It also names what the place has, which only photos of other places lack.
    assert lift(reader, 0.0, "other", personalization=0.0)[1] > 0.02
