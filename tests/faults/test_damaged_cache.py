"""Each kind of what is kept, damaged in each way: found out, and made again."""

import shutil

import numpy as np
import pytest
from fault_world import call, state

from showcase_bench import NoProgress
from showcase_bench.datasets.images.tar_index import open_index
from showcase_bench.evaluate.cache_folder import KINDS
from showcase_bench.metrics.ngram.meteor import tables
from showcase_bench.metrics.text import cache as tokens
from showcase_bench.vectors import VectorTable

TRAINED = """
import json
from showcase_bench import Model, Showcase

class Trained(Model):
    def fit(self, train, val, *, seed, workdir, progress):
        self.texts = [one.gold.texts[0] for one in train]

    def predict(self, queries, images):
        images.text_features([f"Text {one.id}" for one in queries], "mini-clip")
        for number, one in enumerate(queries):
            yield Showcase(one.id, one.pool[:1], self.texts[number % len(self.texts)])

    def save(self, folder):
        (folder / "texts.json").write_text(json.dumps(self.texts))

    def load(self, folder):
        self.texts = json.loads((folder / "texts.json").read_text())
"""
METRICS = "recall@3,div@3,bleu-1,rouge-1,fmr,truncation-rate(encoder=mini-clip)"
USED = ("datasets", "features", "texts", "token-counts", "tokens", "fits", "thumbnails")


def truncated(data):
    return data[: len(data) // 2]


def flipped(data):
    """One bit in the middle, where most of the content is."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flipped_early(data):
    """One bit in the head, which says what the rest means."""
    at = min(20, len(data) - 1)
    return data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :]


DAMAGES = {
    "truncated": truncated,
    "flipped": flipped,
    "flipped early": flipped_early,
    "empty": lambda data: b"",
    "garbage": lambda data: bytes(range(256)) * (len(data) // 256 + 1),
}


def damage(folder, kind):
    """Damage every file below a folder; how many there were."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    for path in found:
        path.write_bytes(DAMAGES[kind](path.read_bytes()))
    return len(found)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A working folder with a model of its own, imported once."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "trained.py").write_text(TRAINED)
    return folder


@pytest.fixture
def suite(toy, home, monkeypatch):
    """Runs a model and builds a site, with a cache that holds all that this needs."""
    monkeypatch.chdir(home)
    monkeypatch.setattr(tokens, "_LEAST", 1)
    model = ["--models", "trained:Trained", "--metrics", METRICS, "--jobs", "1", "-q"]

    def run(cache, results):
        done = call("run", "--data", toy, *model, "--results", results, cache=cache)
        assert done.exit_code == 0, done.output
        site = ["--results", results, "--out", results / "site", "--no-open", "-q"]
        done = call("view", "--data", toy, *site, cache=cache)
        assert done.exit_code == 0, done.output
        costs = ("site/data/costs", "site/data/runs")  # and when it was
        return {name: data for name, data in state(results).items() if not name.startswith(costs)}

    return run


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_a_damaged_cache_changes_nothing_and_is_mended(suite, tmp_path, kind):
    cache = tmp_path / "cache"
    wanted = suite(cache, tmp_path / "wanted")
    assert {one.name for one in cache.iterdir() if one.is_dir()} >= set(USED)
    whole = state(cache)
    for name in USED:
        assert damage(cache / name, kind), name
    assert suite(cache, tmp_path / "found") == wanted
    mended = state(cache)
    for name, data in whole.items():
        if not name.endswith("fit.json"):
            assert mended[name] == data, name


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_each_file_of_a_fit_is_checked(suite, tmp_path, kind):
    cache = tmp_path / "cache"
    wanted = suite(cache, tmp_path / "wanted")
    for path in list((cache / "fits").rglob("*.json")):
        path.write_bytes(DAMAGES[kind](path.read_bytes()))
        assert suite(cache, tmp_path / f"found-{path.name}") == wanted


@pytest.mark.parametrize("kind", list(DAMAGES))
@pytest.mark.parametrize("suffix", [".keys", ".npy"])
def test_vectors_of_every_kind(tmp_path, kind, suffix):
    """The table behind photos, texts, tokens and pairs of texts."""
    table = VectorTable(tmp_path / "t", dim=3)
    table.add(["a", "b"], np.arange(6, dtype=np.float32).reshape(2, 3))
    (path,) = (tmp_path / "t").glob(f"*{suffix}")
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    again = VectorTable(tmp_path / "t", dim=3)
    assert again.missing(["a", "b"]) == ["a", "b"]
    again.add(["a", "b"], np.arange(6, dtype=np.float32).reshape(2, 3))
    assert len(VectorTable(tmp_path / "t", dim=3)) == 2


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_the_tables_of_meteor(tmp_path, monkeypatch, kind):
    arrays = {name: np.arange(4, dtype=np.int32) for name in tables.PhraseTree._fields}
    for path in [tmp_path / "t" / name for name in ("index.json", "first.npy")]:
        tables._write(tmp_path / "t", arrays)
        assert tables._read(tmp_path / "t") is not None
        path.write_bytes(DAMAGES[kind](path.read_bytes()))
        assert tables._read(tmp_path / "t") is None


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_the_index_of_an_archive(tmp_path, kind):
    import io
    import tarfile

    path = tmp_path / "photos.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("a.jpg", "b.jpg"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    before = open_index(path, tmp_path / "cache", NoProgress())
    (kept,) = (tmp_path / "cache" / "tars").iterdir()
    data = kept.read_bytes()
    kept.write_bytes(DAMAGES[kind](data))
    assert list(open_index(path, tmp_path / "cache", NoProgress()).ids) == list(before.ids)
    assert kept.read_bytes() == data


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_the_file_of_the_embedded_task(tmp_path, monkeypatch, kind):
    from showcase_bench.datasets import mini_task
    from showcase_bench.datasets.tasks import Places

    monkeypatch.setattr(mini_task, "load_dataset", lambda path, **_: path.read_bytes())
    places = Places(tmp_path / "cache", tmp_path)
    data = mini_task.mini.open(places, NoProgress())
    (path,) = (tmp_path / "cache" / "mini").iterdir()
    path.write_bytes(DAMAGES[kind](data))
    assert mini_task.mini.open(places, NoProgress()) == data


@pytest.mark.parametrize("kind", list(DAMAGES))
def test_the_other_split_of_gest(toy, tmp_path, monkeypatch, kind):
    from showcase_bench.datasets import gest_tasks
    from showcase_bench.datasets.tasks import Places

    monkeypatch.setattr(gest_tasks, "open_file", lambda path, *_, **__: path.read_bytes())
    folder = tmp_path / "own" / "gest"
    folder.mkdir(parents=True)
    shutil.copy(toy, folder / "filter_all_t.json")
    places = Places(tmp_path / "cache", tmp_path / "own")
    data = gest_tasks.gest_warm.open(places, NoProgress())
    for path in sorted((tmp_path / "cache" / "gest-warm").iterdir()):
        path.write_bytes(DAMAGES[kind](path.read_bytes()))
        assert gest_tasks.gest_warm.open(places, NoProgress()) == data


def test_every_kind_of_cache_is_tried_here():
    table = {"tokens-fp32", "tokens-bf16", "embeddings"}
    own = {"mini", "gest-warm", "tars", "meteor"}
    kept_batches = {"predictions"}  # in test_kept_batches.py
    assert {*USED, *table, *own, *kept_batches} == set(KINDS)
