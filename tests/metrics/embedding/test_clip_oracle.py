"""CLIPScore and its kin against a computation straight through open_clip, with random weights."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from showcase_bench.encoders.feature_store import FeatureStore
from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import ImageError
from showcase_bench.metrics import Batch
from showcase_bench.metrics.embedding.clip_align import ClipAlign
from showcase_bench.metrics.embedding.clipscore import ClipScore
from showcase_bench.metrics.embedding.refclipscore import RefClipScore
from showcase_bench.metrics.embedding.truncation_rate import TruncationRate
from showcase_bench.metrics.grounding.image_lift import ImageLift
from showcase_bench.sentences import sentences
from showcase_bench.types import NoProgress

open_clip = pytest.importorskip("open_clip")
torch = pytest.importorskip("torch")

ARCH = "clip-metrics-test"
CONFIG = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {
        "context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2,
    },
}  # fmt: skip
TOLERANCE = 1e-4
GEST_LIKE = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "gest_like"


class Photos:
    """Random photos of many shapes, one pixel among them; one cannot be read."""

    key = "photos of the oracle test"

    def __init__(self):
        rng = np.random.default_rng(0)
        sizes = [(1, 1), (1, 90), (64, 3), (33, 47), *rng.integers(8, 90, size=(16, 2)).tolist()]
        self.pixels = {}
        for number, (height, width) in enumerate(sizes):
            ramp = np.linspace(0, rng.integers(40, 255), max(height * width * 3, 1))
            noisy = rng.permutation(ramp).reshape(height, width, 3) * rng.random(3)
            self.pixels[f"p{number}"] = noisy.astype(np.uint8)

    def load(self, image_id):
        if image_id not in self.pixels:
            raise ImageError(image_id, "it is lost")
        return self.pixels[image_id]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Name of an encoder with random weights, and the model behind it as open_clip gives it."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("clip")
    (folder / f"{ARCH}.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    open_clip.add_model_config(folder / f"{ARCH}.json")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model, _, transform = open_clip.create_model_and_transforms(ARCH)
        with torch.no_grad():
            for one in model.parameters():
                one.add_(torch.randn_like(one) * 0.05)
    save_file(model.state_dict(), folder / "tiny.safetensors")
    return f"open_clip:{ARCH}/{folder}/tiny.safetensors", model.eval(), transform


class Oracle:
    """Vectors of single texts and photos, or of many at once, the way open_clip's manual says."""

    def __init__(self, model, transform, together):
        self.model, self.transform, self.together = model, transform, together
        self.tokenizer = open_clip.get_tokenizer(ARCH)

    def encode(self, items, encode):
        found = []
        with torch.no_grad():
            for start in range(0, len(items), self.together):
                one = encode(items[start : start + self.together])
                found.append((one / one.norm(dim=-1, keepdim=True)).double().numpy())
        return dict(zip(items, np.concatenate(found), strict=True))

    def texts(self, texts):
        wanted = list(dict.fromkeys(texts))
        return self.encode(wanted, lambda some: self.model.encode_text(self.tokenizer(some)))

    def images(self, photos):
        def encode(names):
            pixels = [Image.fromarray(photos.pixels[one]) for one in names]
            return self.model.encode_image(torch.stack([self.transform(p) for p in pixels]))

        return self.encode(list(photos.pixels), encode)


def examples():
    draw = random.Random(1)
    words = [
        "crisp",
        "pizza",
        "the",
        "ramen",
        "broth",
        "quiet",
        "it's",
        "café",
        "寿司",
        "🍜",
        "$12",
    ]
    sizes = [0, 1, 5, 30, 64, 80, 200, *(draw.randint(1, 40) for _ in range(12))]
    texts = [" ".join(draw.choices(words, k=size)) for size in sizes]
    texts += ["One. Two!  Three?", "good. " * 60, "a" * 400, "  spaces\n\nand lines  "]
    rows = []
    for number, text in enumerate(texts):
        pool = [f"p{i}" for i in draw.sample(range(20), k=6)] + ["lost"]
        shown = draw.sample(pool, k=1 + number % 3)
        references = tuple(draw.choices(texts, k=number % 3 + 1))
        rows.append((text, references, tuple(shown), tuple(pool)))
    rows[0] = (*rows[0][:2], ("p0",), rows[0][3])
    return rows


@pytest.fixture(scope="module")
def batch(tiny):
    rows = examples()
    shelf = EncoderShelf()
    texts, references, shown, pools = zip(*rows, strict=True)
    return Batch(
        tuple(map(str, range(len(rows)))),
        texts,
        references,
        shown,
        pools=pools,
        features=FeatureStore(Photos(), None, NoProgress(), shelf).features,
        embeddings=TextStore(None, NoProgress(), shelf),
    )


@pytest.mark.parametrize("together", [1, 64])
def test_equal_to_open_clip(tiny, batch, together):
    name, model, transform = tiny
    oracle, rows, before = Oracle(model, transform, together), examples(), "A photo depicts "
    every = [t for text, references, *_ in rows for t in (text, *references)]
    parts = [one for text in every for one in (text, *(sentences(text) or [text]))]
    texts = oracle.texts([*(before + one for one in parts), *parts])
    images = oracle.images(Photos())
    found = {
        label: metric.statistics(batch)
        for label, metric in {
            "clipscore": ClipScore(name), "plain": ClipScore(name, None),
            "best": ClipScore(name, aggregate="max"), "ref": RefClipScore(name),
            "align": ClipAlign(name), "lift": ImageLift("business", name),
        }.items()
    }  # fmt: skip
    compared = 0
    for row, (text, references, shown, pool) in enumerate(rows):
        seen = [images[one] for one in shown if one != "lost"]
        if not seen:
            assert all(stats[row].tolist() == [0, 0] for stats in found.values())
            continue
        compared += 1
        scores = [2.5 * max(float(texts[before + text] @ one), 0) for one in seen]
        near = max(max(float(texts[before + text] @ texts[before + r]), 0) for r in references)
        clip = np.mean(scores)
        align = np.mean([texts[text] @ one for one in seen])
        rest = [images[one] for one in pool if one not in shown and one != "lost"]
        expected = {
            "clipscore": clip,
            "plain": np.mean([2.5 * max(float(texts[text] @ one), 0) for one in seen]),
            "best": max(scores),
            "ref": 2 * clip * near / (clip + near) if clip + near else 0.0,
            "align": align,
            "lift": align - np.mean([texts[text] @ one for one in rest]),
        }
        for label, value in expected.items():
            assert found[label][row] == pytest.approx([value, 1], abs=TOLERANCE), (label, row)
    assert compared > 15
    assert np.ptp(found["align"][:, 0]) > 0.05


def test_the_sentence_window_is_equal_where_every_sentence_fits(tiny, batch):
    name, model, transform = tiny
    oracle, before = Oracle(model, transform, 64), "A photo depicts "
    found = ClipScore(name, window="sentence").values(batch)
    images = oracle.images(Photos())
    checked = 0
    for row, (text, _, shown, _) in enumerate(examples()):
        parts = sentences(text) or [text]
        lengths = [len(oracle.tokenizer.encode(before + one)) + 2 for one in parts]
        seen = [images[one] for one in shown if one != "lost"]
        if not seen or max(lengths) > 77:
            continue
        vectors = oracle.texts([before + one for one in parts])
        every = [2.5 * max(float(vectors[before + p] @ one), 0) for p in parts for one in seen]
        assert found[row] == pytest.approx(np.mean(every), abs=TOLERANCE)
        checked += 1
    assert checked > 10


def test_truncation_counts_the_tokens_of_open_clip(tiny, batch):
    name, model, transform = tiny
    tokenizer = Oracle(model, transform, 1).tokenizer
    for prompt, before in (("depicts", "A photo depicts "), (None, "")):
        expected = [len(tokenizer.encode(before + text)) + 2 > 77 for text, *_ in examples()]
        assert TruncationRate(name, prompt).values(batch).tolist() == expected
        assert 0 < sum(expected) < len(expected)


def test_a_second_scoring_encodes_nothing(tiny, tmp_path):
    name, *_ = tiny
    rows = examples()
    texts, references, shown, pools = zip(*rows, strict=True)
    metrics = [
        ClipScore(name), ClipScore(name, window="sentence"), RefClipScore(name), ClipAlign(name),
        TruncationRate(name), ImageLift("business", name),
    ]  # fmt: skip

    def score():
        shelf = EncoderShelf()
        photos = FeatureStore(Photos(), tmp_path, NoProgress(), shelf)
        store = TextStore(tmp_path, NoProgress(), shelf)
        batch = Batch(tuple(map(str, range(len(rows)))), texts, references, shown, pools=pools,
                      features=photos.features, embeddings=store)  # fmt: skip
        return [one.statistics(batch) for one in metrics], store.encoded, photos.encoded

    first, *encoded = score()
    assert all(number > 0 for number in encoded)
    second, *encoded = score()
    assert encoded == [0, 0]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


class Folder:
    """The photos of gest_like."""

    key = "gest_like"

    def load(self, image_id):
        with Image.open(GEST_LIKE / "images" / f"{image_id}.jpg") as photo:
            return np.asarray(photo.convert("RGB"))


@pytest.mark.skipif(not GEST_LIKE.is_dir(), reason="needs the data beside the checkout")
def test_real_photos_and_texts_have_values(tiny):
    name, *_ = tiny
    data = json.loads((GEST_LIKE / "gest_like.json").read_text(encoding="utf-8"))
    rows = data["test"][:60]
    pools = {}
    for row in rows:
        pools.setdefault(row["business_id"], []).extend(pic["id"] for pic in row["pics"])
    texts = tuple(row["review_text"] for row in rows)
    shelf = EncoderShelf()
    batch = Batch(
        tuple(row["review_id"] for row in rows),
        texts,
        tuple((text,) for text in texts),
        tuple(tuple(pic["id"] for pic in row["pics"]) for row in rows),
        pools=tuple(tuple(pools[row["business_id"]]) for row in rows),
        businesses=tuple(row["business_id"] for row in rows),
        features=FeatureStore(Folder(), None, NoProgress(), shelf).features,
        embeddings=TextStore(None, NoProgress(), shelf),
    )
    metrics = [
        ClipScore(name), ClipScore(name, window="sentence"), RefClipScore(name), ClipAlign(name),
        TruncationRate(name), ImageLift("business", name), ImageLift("other", name),
    ]  # fmt: skip
    for metric in metrics:
        stats = metric.statistics(batch)
        assert np.isfinite(stats).all()
        low, high = metric.bounds
        assert low <= metric.score(stats.sum(axis=0)) <= high
        assert stats[:, 1].sum() >= (60 if metric.label != "image-lift" else 10)
    assert TruncationRate(name).values(batch).mean() > 0.05
