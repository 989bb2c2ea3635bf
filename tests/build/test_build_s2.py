"""The build of s2: what was planted is found, and the classifier is what it says."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.build import BuildOptions, Sources, build_s2, partition
from showcase_bench.datasets.build import matcher as matcher_module
from showcase_bench.datasets.build.annotations import read_annotations
from showcase_bench.datasets.build.classifier import (
    FEATURES,
    Classifier,
    best_threshold,
    fit_classifier,
    held_out,
    pair_features,
)
from showcase_bench.datasets.build.embedding import embed_images, embed_texts
from showcase_bench.errors import ContractError, DataError, ImageError, UsageError
from showcase_bench.sentences import sentences

COLORS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}


class ColorPairs:
    """A sentence is the colours that it names, a photo its mean colour."""

    signature = "color-pairs|v:1"

    def __init__(self):
        self.batches = []

    def encode_texts(self, texts):
        found = [[1.0 * (name in text) + 0.05 for name in COLORS] for text in texts]
        return self._unit(found)

    def encode_images(self, pixels):
        self.batches.append(len(pixels))
        return self._unit([one.reshape(-1, 3).mean(axis=0) for one in pixels])

    def _unit(self, rows):
        rows = np.array(rows, dtype=np.float32).reshape(-1, 3)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def paint(folder, name, color):
    path = folder / "images" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 5), COLORS[color]).save(path)


def write(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def annotate(folder, n=60):
    """Two sentences a photo; of half of the photos neither speaks."""
    names, pairs = list(COLORS), []
    for i in range(n):
        color, other = names[i % 3], names[(i + 1) % 3]
        paint(folder, f"note{i}", color)
        vague, wrong = f"Everything was good {i}.", f"The {other} dish came first."
        right = f"I liked the {color} one."
        texts = ((right, vague), (wrong, right), (vague, wrong), (vague, "No."))[i // 3 % 4]
        for text in texts:
            pairs.append({"sentence": text, "image": f"note{i}", "label": int(text == right)})
    return write(folder / "pairs.jsonl", pairs)


@pytest.fixture
def planted(tmp_path):
    """Raw reviews of which some photos are spoken of; gives the sources and those photos."""
    names, rows, true = list(COLORS), [], set()
    for user in range(60):
        for visit in range(1 + user % 4):
            color, other = names[(user + visit) % 3], names[(user + visit + 1) % 3]
            pics = [f"p{user}-{visit}-{n}" for n in range(3)]
            for name, shade in zip(pics, (color, other, color), strict=True):
                paint(tmp_path, name, shade)
            speaks = (user * 3 + visit) % 2 == 0
            subject = f"The {color} plate is superb." if speaks else "Nothing to add."
            if user % 4 and speaks:
                true |= {pics[0], pics[2]}
            rows.append(
                {
                    "user_id": f"u{user}",
                    "business_id": f"b{visit}",
                    "rating": 5,
                    "review_text": f"We came at noon. {subject}",
                    "pics": [{"id": name} for name in pics],
                }
            )
    raw = write(tmp_path / "raw.jsonl", rows)
    sources = Sources(raw, tmp_path / "s2.json", images=tmp_path)
    return sources, annotate(tmp_path), rows, true


def all_rows(path):
    result = json.loads(path.read_text(encoding="utf-8"))
    return {split: result[split] for split in ("train", "val", "test")}


def test_exactly_the_planted_photos_are_kept(planted):
    sources, pairs, rows, true = planted
    record = build_s2(sources, encoder=ColorPairs(), annotations=pairs)
    splits = all_rows(sources.out)
    kept = [row for own in splits.values() for row in own]
    assert {pic["id"] for row in kept for pic in row["pics"]} == true
    users = {split: {row["user_id"] for row in own} for split, own in splits.items()}
    assert sum(map(len, users.values())) == len(set.union(*users.values()))
    written = {}
    for row in rows:
        own = written.setdefault(row["user_id"], {})
        own[f"{row['user_id']}_{row['business_id']}"] = row["review_text"]
    for row in kept:
        others = dict(written[row["user_id"]])
        del others[f"{row['user_id']}_{row['business_id']}"]
        assert dict(row["history_reviews"]) == others
    assert [step["step"] for step in record["steps"]][-2:] == ["s1", "s2"]
    assert record["steps"][-1]["images"] == len(true)
    assert record["steps"][-1]["reviews"] == len(kept)
    assert load_dataset(sources.out, cache_dir=sources.raw.parent / "cache")


def test_the_record_has_the_classifier_and_its_inputs(planted):
    sources, pairs, _, _ = planted
    record = build_s2(sources, encoder=ColorPairs(), annotations=pairs)
    matching = record["matching"]
    assert matching["encoder"] == "color-pairs|v:1"
    assert matching["annotations_sha256"] == hashlib.sha256(pairs.read_bytes()).hexdigest()
    assert matching["annotations"]["f1"] == 1.0
    assert matching["annotations"]["pairs"] == 120
    fitted = dict(matching["classifier"])
    sha256 = fitted.pop("sha256")
    canonical = json.dumps(fitted, sort_keys=True, separators=(",", ":"))
    assert sha256 == hashlib.sha256(canonical.encode()).hexdigest()
    assert fitted.pop("features") == list(FEATURES)
    again = Classifier(**{k: tuple(v) if isinstance(v, list) else v for k, v in fitted.items()})
    assert again.accepts(np.array([0.99, 0.4, 0.0, 1.5]))
    assert not again.accepts(np.array([0.1, -0.4, -0.8, 1.5]))
    assert matching["reviews"] == record["steps"][-2]["reviews"]
    assert matching["unreadable_photos"] == 0


def test_the_same_bytes_however_the_work_is_divided(planted, monkeypatch):
    sources, pairs, _, _ = planted
    results = set()
    for shard, group in ((1 << 20, 64), (3000, 64), (900, 5)):
        monkeypatch.setattr(partition, "_SHARD_BYTES", shard)
        monkeypatch.setattr(matcher_module, "_REVIEWS", group)
        record = build_s2(sources, encoder=ColorPairs(), annotations=pairs)
        results.add(sources.out.read_bytes())
        assert record["matching"]["photos"] == record["steps"][-2]["images"]
    assert len(results) == 1


def test_a_resumed_build_does_not_encode_again(planted, monkeypatch, tmp_path):
    sources, pairs, _, _ = planted
    monkeypatch.setattr(partition, "_SHARD_BYTES", 3000)
    fresh = build_s2(sources, encoder=ColorPairs(), annotations=pairs)
    expected = sources.out.read_bytes()
    kept = Sources(sources.raw, sources.out, images=sources.images, work=tmp_path / "work")
    encoder = ColorPairs()
    dying = encoder.encode_images

    def encode(pixels):
        if len(encoder.batches) > 4:
            raise KeyboardInterrupt
        return dying(pixels)

    encoder.encode_images = encode
    with pytest.raises(KeyboardInterrupt):
        build_s2(kept, encoder=encoder, annotations=pairs)
    second = ColorPairs()
    record = build_s2(kept, encoder=second, annotations=pairs)
    assert sources.out.read_bytes() == expected
    assert record == fresh
    third = ColorPairs()
    build_s2(kept, encoder=third, annotations=pairs)
    trained = 1 + (60 - 1) // 64  # Only the annotated photos.
    assert len(third.batches) == trained < len(second.batches)


def test_other_thresholds_keep_other_photos(planted):
    sources, pairs, _, true = planted

    def kept(threshold):
        build_s2(sources, encoder=ColorPairs(), annotations=pairs, threshold=threshold)
        splits = all_rows(sources.out)
        return {pic["id"] for own in splits.values() for row in own for pic in row["pics"]}

    assert true < kept(0.0)
    with pytest.raises(DataError, match=r"no review is left.*s2 0"):
        kept(1.0)
    with pytest.raises(UsageError, match="probability"):
        kept(1.5)


def test_a_photo_that_cannot_be_read_matches_nothing(planted):
    sources, pairs, _, true = planted
    gone = sorted(true)[0]
    (sources.images / "images" / f"{gone}.png").write_bytes(b"not an image")
    record = build_s2(sources, encoder=ColorPairs(), annotations=pairs)
    splits = all_rows(sources.out)
    kept = {pic["id"] for own in splits.values() for row in own for pic in row["pics"]}
    assert kept == true - {gone}
    assert record["matching"]["unreadable_photos"] == 1


def test_s2_needs_photos(planted):
    sources, pairs, _, _ = planted
    with pytest.raises(UsageError, match="name the folder of the photos"):
        build_s2(Sources(sources.raw, sources.out), encoder=ColorPairs(), annotations=pairs)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2 is not JSON"),
        ("[" * 100_000, "line 2 is not JSON"),
        ("[]", "line 2 is not an object"),
        ('{"image": "a", "label": 1}', "line 2, field 'sentence'"),
        ('{"sentence": "x", "image": " ", "label": 1}', "line 2, field 'image'"),
        ('{"sentence": "x", "image": "a", "label": true}', "line 2, field 'label'"),
        ('{"sentence": "x", "image": "a", "label": "1"}', "line 2, field 'label'"),
        ('{"sentence": "x", "image": "a", "label": [1]}', "line 2, field 'label'"),
        ('{"sentence": "s", "image": "i", "label": 0}', "line 2, field 'label': the same pair"),
    ],
)
def test_broken_annotations(tmp_path, line, words):
    path = tmp_path / "pairs.jsonl"
    path.write_text(f'{{"sentence": "s", "image": "i", "label": 1}}\n{line}\n')
    with pytest.raises(DataError, match=words):
        read_annotations(path)


def test_annotations_that_cannot_train(tmp_path, planted):
    sources, *_ = planted

    def build(lines, **named):
        path = write(tmp_path / "few.jsonl", lines)
        build_s2(sources, encoder=ColorPairs(), annotations=path, **named)

    with pytest.raises(DataError, match="has no annotated pairs"):
        build([])
    pair = {"sentence": "The red one.", "image": "note0", "label": 1}
    with pytest.raises(DataError, match="none of its 1 photos can be read"):
        build([{**pair, "image": "../note0"}])
    with pytest.raises(DataError, match="all of one label"):
        build([pair, {**pair, "image": "note3"}])
    learned = [name for name in (f"note{i}" for i in range(20)) if not held_out([name], 0)[0]][:2]
    two = [{**pair, "image": learned[0]}, {**pair, "image": learned[1], "label": 0}]
    with pytest.raises(DataError, match="no threshold can be chosen"):
        build(two)
    build(two, threshold=0.3)


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1).filter(
        lambda pairs: any(label for _, label in pairs)
    )
)
def test_the_threshold_has_the_best_f1(pairs):
    levels = np.array([level for level, _ in pairs])
    labels = np.array([label for _, label in pairs], dtype=np.int64)

    def f1(threshold):
        taken = levels >= threshold
        return 2 * (taken & (labels == 1)).sum() / (taken.sum() + labels.sum())

    found = best_threshold(levels, labels)
    candidates = sorted(set(levels.tolist()))
    best = max(f1(one) for one in candidates)
    assert f1(found) == pytest.approx(best)
    assert not any(
        f1(one) >= best for one in candidates if (levels >= one).sum() < (levels >= found).sum()
    )


def test_the_regression_equals_a_direct_solution():
    """Newton's method on the penalised likelihood, written out."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(300, 4)) * [0.2, 0.1, 0.3, 1] + [0.3, 0, -0.1, 2]
    features[:, 3] = 1.5  # A feature that never varies has no weight.
    labels = (features[:, 0] + 0.1 * rng.normal(size=300) > 0.3).astype(np.int64)
    aside = np.arange(300) % 5 == 0
    classifier, quality = fit_classifier(features, labels, aside, None)
    x, y = features[~aside], labels[~aside]
    scale = x.std(axis=0)
    scale[3] = 1.0
    x = np.column_stack([(x - x.mean(axis=0)) / scale, np.ones(len(x))])
    penalty = np.diag([1.0, 1.0, 1.0, 1.0, 0.0])
    weights = np.zeros(5)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + penalty @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty
        weights -= np.linalg.solve(hessian, gradient)
    assert np.allclose([*classifier.weights, classifier.bias], weights, atol=2e-3)
    assert classifier.weights[3] == 0.0
    assert quality["held_out"] == 60
    own = classifier.accepts(features[aside])
    assert quality["precision"] == pytest.approx(labels[aside][own].mean())


def test_features_of_pairs():
    cosines = np.array([[0.5, 0.0], [0.1, 0.3]])
    found = pair_features(cosines, [3, 7])
    assert np.allclose(found[0, 0], [0.5, 0.2, 0.0, np.log(4)])
    assert np.allclose(found[1, 0], [0.1, -0.2, -0.4, np.log(8)])
    assert np.allclose(found[0, 1], [0.0, -0.15, -0.3, np.log(4)])
    assert pair_features(np.zeros((0, 3)), []).shape == (0, 3, 4)


def test_held_out_pairs_share_no_photo_with_the_rest():
    images = [f"i{n // 3}" for n in range(3000)]
    aside = held_out(images, 4)
    assert 0.15 < aside.mean() < 0.25
    assert not {i for i, a in zip(images, aside, strict=True) if a} & {
        i for i, a in zip(images, aside, strict=True) if not a
    }
    assert not np.array_equal(aside, held_out(images, 5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ... !? \n", []),
        ("One. Two! Three?Four", ["One.", "Two!", "Three?Four"]),
        ('She said "wow!" Then left.', ['She said "wow!', "Then left."]),
        ("Pho 3.50 only", ["Pho 3.50 only"]),
        ("好吃。便宜！再来", ["好吃。", "便宜！", "再来"]),
        ("a\r\n\r\nb", ["a", "b"]),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


class Wrong:
    signature = "wrong"

    def __init__(self, vectors):
        self._vectors = vectors

    def encode_texts(self, texts):
        return self._vectors(len(texts))

    encode_images = encode_texts


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (lambda n: np.ones((n + 1, 1)), "shape"),
        (lambda n: np.ones(n), "shape"),
        (lambda n: np.full((n, 2), 1.0), "not of length 1"),
        (lambda n: np.full((n, 2), np.nan), "not of length 1"),
        (lambda n: np.eye(n)[:, : max(1, n)], "different dimensions"),
    ],
)
def test_an_encoder_that_breaks_its_contract_is_named(vectors, words):
    with pytest.raises(ContractError, match=words):
        embed_texts(Wrong(vectors), ["x"] * 300)


def test_few_photos_are_in_memory_at_a_time():
    encoder, held = ColorPairs(), []

    def load(name):
        if name == "broken":
            raise ImageError(name, "damaged")
        held.append(name)
        return np.full((2000, 4000, 3), 90, dtype=np.uint8)

    vectors, rows = embed_images(encoder, ["a", "broken", "b", "c", "d", "e"], load)
    assert encoder.batches == [3, 2]
    assert rows == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
    assert vectors.shape == (5, 3)
    assert embed_images(encoder, [], load)[0].shape == (0, 0)


def test_the_seed_moves_users_between_splits(planted):
    sources, pairs, _, _ = planted
    results = set()
    for seed in (0, 1):
        build_s2(
            sources, BuildOptions(seed=seed), encoder=ColorPairs(), annotations=pairs, threshold=0.5
        )
        splits = all_rows(sources.out)
        results.add(frozenset(row["user_id"] for row in splits["test"]))
    assert len(results) == 2
