"""Whatever determines a value is in the key that it is kept under."""

from dataclasses import replace

import numpy as np
import pytest

from showcase_bench import NoProgress, Showcase
from showcase_bench.datasets.prepare import FORMAT_VERSION
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.encoders import EncoderShelf
from showcase_bench.encoders.feature_store import FeatureStore
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.evaluate import RunStore, Workspace
from showcase_bench.evaluate.fits import fitted as fits
from showcase_bench.evaluate.fits.checkpoint import Fitted
from showcase_bench.evaluate.fits.fitted import fit_inputs
from showcase_bench.evaluate.plans.build import plan_model
from showcase_bench.evaluate.predict import batches
from showcase_bench.evaluate.predict.answers import Answers
from showcase_bench.evaluate.predict.batches import KeptBatches
from showcase_bench.evaluate.predict.predictor import batch_inputs
from showcase_bench.evaluate.suite.recording import Recorder
from showcase_bench.site.thumbnails import Thumbnails

WRITER = "peter(epochs=1,decoding=greedy,selector=topk)"


@pytest.fixture
def workspace(toy, tmp_path):
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


class Changed:
    """An object with some attributes of its own, the others as in another one."""

    def __init__(self, one, **own):
        self._one = one
        self.__dict__.update(own)

    def __getattr__(self, name):
        return getattr(self._one, name)


def of_policy(workspace, **more):
    policy = replace(workspace.task.policy, **more)
    return replace(workspace, task=replace(workspace.task, policy=policy))


DATA = {
    "data revision": lambda w: replace(w, dataset=Changed(w.dataset, revision="0" * 64)),
    "photos": lambda w: replace(w, images=Changed(w.images, key="others")),
    "k": lambda w: of_policy(w, k=2),
    "history limit": lambda w: of_policy(w, history_limit=1),
    "masking": lambda w: of_policy(w, mask_history=not w.policy.mask_history),
    "pool": lambda w: of_policy(w, pool="cross"),
    "distractors": lambda w: of_policy(w, distractors=7),
    "exclude": lambda w: of_policy(w, exclude="no-text"),
}
MODEL = {
    "argument": "peter(epochs=2,decoding=greedy,selector=topk)",
    "configuration": "peter(epochs=1,decoding=greedy,selector=topk,config=paper)",
    "model": "show-and-tell(epochs=1,decoding=greedy,selector=topk)",
}
LATER = {
    "decoding": "peter(epochs=1,decoding='beam(size=2)',selector=topk)",
    "selector": "peter(epochs=1,decoding=greedy,selector=dpp)",
    "selector's argument": "peter(epochs=1,decoding=greedy,selector='dpp(theta=0.9)')",
}


def fit_key(workspace, plan=None, seed=0):
    return fits._key(fit_inputs(plan or plan_model(WRITER), workspace, seed))


@pytest.mark.parametrize("what", DATA)
def test_a_fit_depends_on_the_data(workspace, what):
    assert fit_key(DATA[what](workspace)) != fit_key(workspace)


@pytest.mark.parametrize("what", MODEL)
def test_a_fit_depends_on_the_model(workspace, what):
    assert fit_key(workspace, plan_model(MODEL[what])) != fit_key(workspace)


def test_a_fit_depends_on_seed_sources_version_and_format(workspace, monkeypatch):
    keys = {fit_key(workspace), fit_key(workspace, seed=1)}
    for name, value in (
        ("showcase_bench.evaluate.plans.build.source_digest", lambda *_: "0" * 64),
        ("showcase_bench.__version__", "99"),
        ("showcase_bench.evaluate.fits.fitted.SCHEMA", 99),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(name, value)
            keys.add(fit_key(workspace))
    assert len(keys) == 5


@pytest.mark.parametrize("what", LATER)
def test_writers_that_differ_only_later_share_a_fit(workspace, what):
    assert fit_key(workspace, plan_model(LATER[what])) == fit_key(workspace)


def run_id(workspace, plan=None, seed=0, store=None):
    return Recorder(workspace, RunStore(store)).inputs(plan or plan_model(WRITER), seed).run_id


def of_task(workspace, **more):
    return replace(workspace, task=replace(workspace.task, **more))


TASK = {
    "task": lambda w: of_task(w, name="other"),
    "task version": lambda w: of_task(w, version=99),
    "split": lambda w: of_task(w, split="val"),
    "name of the data": lambda w: replace(w, dataset=Changed(w.dataset, name="other")),
}


@pytest.mark.parametrize("what", [*DATA, *TASK])
def test_a_run_depends_on_task_and_data(workspace, tmp_path, what):
    changed = {**DATA, **TASK}[what](workspace)
    assert run_id(changed, store=tmp_path) != run_id(workspace, store=tmp_path)


@pytest.mark.parametrize("what", [*MODEL, *LATER])
def test_a_run_depends_on_the_model(workspace, tmp_path, what):
    changed = plan_model({**MODEL, **LATER}[what])
    assert run_id(workspace, changed, store=tmp_path) != run_id(workspace, store=tmp_path)


def test_a_run_depends_on_seed_sources_and_version(workspace, tmp_path, monkeypatch):
    plan = plan_model(WRITER)
    keys = {
        run_id(workspace, plan, store=tmp_path),
        run_id(workspace, plan, 1, store=tmp_path),
        run_id(workspace, replace(plan, code_sha256="0" * 64), store=tmp_path),
    }
    monkeypatch.setattr("showcase_bench.__version__", "99")
    keys.add(run_id(workspace, plan, store=tmp_path))
    assert len(keys) == 4


FITTED = Fitted(None, 1.0, "a" * 64)
PHOTOS = Answers((Showcase("1", ("x",)), Showcase("2", ("y",))), ())


def batches_key(workspace, plan=None, seed=0, fitted=FITTED, photos=PHOTOS, swapped=False):
    plan = plan or plan_model(WRITER)
    inputs = batch_inputs(plan, workspace, seed, fitted, photos, swapped=swapped)
    return KeptBatches(None, "x", inputs)._key


@pytest.mark.parametrize("what", [*DATA, "split"])
def test_kept_predictions_depend_on_the_data(workspace, what):
    assert batches_key({**DATA, **TASK}[what](workspace)) != batches_key(workspace)


@pytest.mark.parametrize("what", [*MODEL, *LATER])
def test_kept_predictions_depend_on_the_model(workspace, what):
    assert batches_key(workspace, plan_model({**MODEL, **LATER}[what])) != batches_key(workspace)


def test_kept_predictions_depend_on_weights_photos_seed_sources_and_format(workspace, monkeypatch):
    plan = plan_model(WRITER)
    keys = {
        batches_key(workspace, plan),
        batches_key(workspace, plan, seed=1),
        batches_key(workspace, plan, swapped=True),
        batches_key(workspace, plan, fitted=replace(FITTED, checkpoint_sha256="b" * 64)),
        batches_key(workspace, plan, photos=Answers(PHOTOS.showcases[::-1], ())),
        batches_key(workspace, plan, photos=None),
        batches_key(workspace, replace(plan, code_sha256="0" * 64)),
    }
    for name, value in (
        ("showcase_bench.__version__", "99"),
        ("showcase_bench.evaluate.predict.predictor.BATCH_SIZE", 7),
        ("showcase_bench.evaluate.predict.batches._SCHEMA", 99),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(name, value)
            keys.add(batches_key(workspace, plan))
    assert len(keys) == 10
    assert batches.SECONDS_BETWEEN_PARTS > 0


class Photos:
    def __init__(self, key):
        self.key = key

    def load(self, image_id):
        return np.zeros((8, 8, 3), np.uint8)


class Encoder:
    """Encodes both; its signature is what a test says."""

    dim, stored_as, most_tokens, default_layer = 2, "float32", 8, 1

    def __init__(self, signature):
        self.signature = signature

    def encode_images(self, images):
        return np.ones((len(images), 2), np.float32) / np.sqrt(2)

    def encode_texts(self, texts):
        return np.ones((len(texts), 2), np.float32) / np.sqrt(2)

    def token_counts(self, texts):
        return np.ones(len(texts), np.int64)


class Shelf(EncoderShelf):
    def __init__(self, signature):
        super().__init__()
        self._own = Encoder(signature)

    def get(self, name, kind):
        return self._own


def folders(root):
    return {path.parent for path in root.rglob("*.keys")}


def test_vectors_of_photos_depend_on_photos_and_encoder(tmp_path):
    seen = set()
    for key, weights in (("a", "w1"), ("b", "w1"), ("a", "w2")):
        store = FeatureStore(Photos(key), tmp_path, NoProgress(), Shelf(f"enc|{weights}"))
        store.features(["1"], "enc")
        new = folders(tmp_path) - seen
        assert len(new) == 1, (key, weights)
        seen |= new
    again = FeatureStore(Photos("a"), tmp_path, NoProgress(), Shelf("enc|w1"))
    again.features(["1"], "enc")
    assert again.encoded == 0


def test_vectors_of_texts_depend_on_text_and_encoder(tmp_path):
    for number, weights in enumerate(("w1", "w2"), start=1):
        store = TextStore(tmp_path, NoProgress(), Shelf(f"enc|{weights}"))
        store.vectors(["one", "two"], "enc")
        store.token_counts(["one"], "enc")
        assert store.encoded == 2
        assert len(list((tmp_path / "texts").iterdir())) == number
        assert len(list((tmp_path / "token-counts").iterdir())) == number
    again = TextStore(tmp_path, NoProgress(), Shelf("enc|w1"))
    again.vectors(["two", "three"], "enc")
    assert again.encoded == 1


def test_vectors_of_tokens_depend_on_layer_and_precision(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        TextStore,
        "_table",
        lambda self, kind, content, dtype: asked.append((kind, content)) or 1 / 0,
    )
    for weights, layer, precision in (
        ("w1", 1, "fp32"),
        ("w1", 2, "fp32"),
        ("w1", 1, "bf16"),
        ("w2", 1, "fp32"),
    ):
        store = TextStore(tmp_path, NoProgress(), Shelf(f"enc|{weights}"))
        with pytest.raises(ZeroDivisionError):
            store.token_vectors(["a"], "enc", layer, precision=precision, keep=True)
    assert len(set(asked)) == 4


def test_prepared_columns_depend_on_the_file_and_the_format(toy, tmp_path):
    cache = tmp_path / "cache"
    places = Places(cache, tmp_path / "no-data")
    Workspace.open(file_task(toy), places=places)
    toy.write_text(toy.read_text().replace("pizza", "pasta"))
    Workspace.open(file_task(toy), places=places)
    names = [one.name for one in (cache / "datasets").iterdir()]
    assert len(names) == 2
    assert all(name.endswith(f"-v{FORMAT_VERSION}") for name in names)


def test_thumbnails_depend_on_photos_size_and_quality(tmp_path, monkeypatch):
    import showcase_bench.site.thumbnails as module

    def folder(key="a"):
        return Thumbnails(Photos(key), tmp_path, tmp_path)._cache

    found = {folder(), folder("b")}
    for name in ("SIZE", "_QUALITY"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 50)
            found.add(folder())
    assert len(found) == 4


def test_tokens_depend_on_texts_their_order_and_the_tokenizer():
    from showcase_bench.metrics.text import cache

    keys = [
        cache._key(texts, name)
        for texts in (["a", "b"], ["b", "a"], ["ab"], ["a", "b", ""])
        for name in ("ptb", "13a")
    ]
    assert len(set(keys)) == len(keys)


def test_mined_features_depend_on_what_they_are_made_from(tmp_path):
    from showcase_bench.metrics.personalization.feature_cache import kept_or_mined

    mined = []

    def mine():
        mined.append(1)
        return {"pizza": ("pizza",)}

    for made_from in (["texts", 1], ["texts", 2], ["others", 1], ["texts", 1]):
        kept_or_mined(made_from, mine, tmp_path)
    assert len(mined) == 3
