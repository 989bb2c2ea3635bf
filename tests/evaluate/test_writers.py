"""Writers behind selectors, and fitted models that are kept and found again."""

import json
from typing import ClassVar

import pytest

from showcase_bench import Model, NoProgress, OracleModel, Showcase, Writer
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import ContractError, RegistryError, StoreError, UsageError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.fits.checkpoint import plan_of_fit, read_fit, write_fit
from showcase_bench.evaluate.fits.fitted import FittedModels, fit_inputs
from showcase_bench.evaluate.plans import build as build_module
from showcase_bench.evaluate.plans import lookup as lookup_module
from showcase_bench.evaluate.plans.build import parse_models, plan_model
from showcase_bench.evaluate.predict.predictor import Predictor

FITS = []
ASKED = []


class Echo(Writer):
    """Writes which photos it was given, and what it learned."""

    selector: ClassVar[str] = "last"
    variants: ClassVar[dict] = {
        "loud": {"mark": "!"},
        "gold": {"selector": "teller"},
        "shy": {"selector": None},
    }
    predict_arguments = frozenset({"mark"})

    def __init__(self, word: str = "saw", mark: str = ".", share: float = 0.5) -> None:
        self.word, self.mark, self.share = word, mark, share
        self.learned = 0

    def fit(self, train, val, *, seed, workdir, progress):
        FITS.append((self.word, seed, sorted(path.name for path in workdir.iterdir())))
        (workdir / "half").write_text("done")
        if self.word == "stumble" and len(FITS) == 1:
            raise RuntimeError("cut off")
        self.learned = len(train) + seed

    def save(self, folder):
        (folder / "learned.json").write_text(json.dumps(self.learned))

    def load(self, folder):
        self.learned = json.loads((folder / "learned.json").read_text())

    def learning_curve(self):
        return [{"split": "train", "epoch": 1, "step": 1, "loss": float(self.learned)}]

    def write(self, queries, chosen, images):
        for query, photos in zip(queries, chosen, strict=True):
            assert set(photos) <= set(query.pool)
            yield f"{self.word} {len(photos)} {' '.join(photos)} {self.learned}{self.mark}"


class Last(Model):
    def predict(self, queries, images):
        ASKED.append(len(queries))
        return [Showcase(query.id, query.pool[-1:]) for query in queries]


class Teller(OracleModel):
    def predict_with_gold(self, examples, images):
        for one in examples:
            yield Showcase(one.query.id, one.gold.image_ids[: one.query.k])


class Clash(Writer):
    def __init__(self, selector: str = "last") -> None:
        pass

    def write(self, queries, chosen, images):
        return [None for _ in queries]


class Mute(Writer):
    def write(self, queries, chosen, images):
        return []


class Registry(dict):
    def registration(self, name):
        return type("Origin", (), {"distribution": "tests", "version": "0"})

    def get(self, name):
        if name not in self:
            raise RegistryError(f"unknown model {name!r}")
        return self[name]


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    FITS.clear()
    ASKED.clear()
    known = {"echo": Echo, "last": Last, "teller": Teller, "clash": Clash, "mute": Mute}
    for module in (build_module, lookup_module):
        monkeypatch.setattr(module, "MODELS", Registry(known))


@pytest.fixture
def workspace(toy, tmp_path):
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


def run(workspace, tmp_path, text, seeds=(0,), overrides=None, **options):
    suite = Suite(workspace, RunStore(tmp_path / "r"), **options)
    return suite.run(parse_models(text, overrides or {}), seeds)


def test_a_writer_writes_for_what_its_selector_chose(workspace, tmp_path):
    (stored,) = run(workspace, tmp_path, "echo").runs
    for query, shown in zip(workspace.queries, stored.predictions(), strict=True):
        assert shown.image_ids == query.pool[-1:]
        assert shown.text.startswith(" ".join(["saw", str(len(shown.image_ids)), *shown.image_ids]))
    assert stored.record.inputs.arguments["selector"] == "last"
    assert stored.record.label == "echo"


def test_variants_and_overrides_are_labelled(workspace, tmp_path):
    labels = [plan.label for plan in parse_models("echo,echo:all")]
    assert labels == ["echo", "echo:loud", "echo:gold", "echo:shy"]
    assert plan_model("echo:loud(word=heard)").label == "echo:loud(word=heard)"
    assert plan_model("echo:loud(mark=.)").arguments["mark"] == "."
    assert plan_model("echo(share=1)").arguments["share"] == 1.0
    (plan,) = parse_models("echo", {"selector": None})
    assert plan.label == "echo(selector=none)"
    assert plan.selector is None
    (kept,) = parse_models("echo:gold", {"selector": None})
    assert kept.arguments["selector"] == "teller"
    runs = run(workspace, tmp_path, "echo:shy").runs
    assert all(not shown.image_ids for shown in runs[0].predictions())
    assert runs[0].record.label == "echo:shy"


def test_gold_photos_make_a_ceiling(workspace, tmp_path):
    metrics = workspace.parse_metrics(["precision@3", "user-swap-images"])
    runs = run(workspace, tmp_path, "echo,echo:gold", metrics=metrics).runs
    by_label = {one.record.label: one for one in runs}
    gold = by_label["echo:gold"].record
    assert (gold.role, gold.flags) == ("ceiling", ("uses gold",))
    assert by_label["echo"].record.role == "system"
    assert by_label["echo"].swapped() is not None
    assert by_label["echo:gold"].swapped() is None


def test_what_differs_after_the_fit_alone_shares_it(workspace, tmp_path):
    run(workspace, tmp_path, "echo,echo:all,echo(word=heard)", seeds=(0, 1))
    assert sorted(one[:2] for one in FITS) == [("heard", 0), ("heard", 1), ("saw", 0), ("saw", 1)]
    # Each selector is asked once a seed, however many writers it chooses for.
    assert sum(ASKED) == 2 * len(workspace.queries)


def test_a_kept_fit_predicts_the_same_bytes(workspace, tmp_path):
    (first,) = run(workspace, tmp_path, "echo").runs
    (again,) = run(workspace, tmp_path / "elsewhere", "echo").runs
    assert len(FITS) == 1
    assert again.predictions() == first.predictions()
    assert again.record.checkpoint_sha256 == first.record.checkpoint_sha256 is not None
    # What the kept fit took counts both times; that of the selector, which is not kept, differs.
    (kept,) = (workspace.cache / "fits").rglob("fit.json")
    seconds = round(json.loads(kept.read_bytes())["seconds"], 4)
    assert seconds > 0
    assert min(run.record.timings.fit_seconds for run in (first, again)) >= seconds
    assert (
        again.curve()
        == first.curve()
        == [{"split": "train", "epoch": 1, "step": 1, "loss": float(len(workspace.split("train")))}]
    )
    run(workspace, tmp_path / "fresh", "echo,echo:loud", fresh=True)
    assert len(FITS) == 2


@pytest.mark.parametrize("damage", ["change", "remove", "add", "garble"])
def test_a_damaged_fit_is_made_again(workspace, tmp_path, damage):
    (first,) = run(workspace, tmp_path, "echo").runs
    (kept,) = workspace.cache.glob("fits/*/Echo-*")
    if damage == "change":
        (kept / "model" / "learned.json").write_text("77")
    elif damage == "remove":
        (kept / "model" / "learned.json").unlink()
    elif damage == "add":
        (kept / "model" / "more.json").write_text("1")
    else:
        (kept / "fit.json").write_text('{"inputs": []}')
    (again,) = run(workspace, tmp_path / "elsewhere", "echo").runs
    assert len(FITS) == 2
    assert again.predictions() == first.predictions()


def test_an_interrupted_fit_finds_its_files(workspace, tmp_path):
    result = run(workspace, tmp_path, "echo(word=stumble)")
    assert "cut off" in str(result.failures[0].error)
    run(workspace, tmp_path, "echo(word=stumble)")
    assert [names for _, _, names in FITS] == [[], ["half"]]
    assert not list(workspace.cache.glob("fits/*/.Echo*.work"))


def test_a_fit_in_a_folder_is_loaded_with_later_arguments(workspace, tmp_path):
    plan = plan_model("echo(word=heard)")
    model = plan.build()
    (tmp_path / "w").mkdir()
    train, val = workspace.split("train"), workspace.split("val")
    model.fit(train, val, seed=3, workdir=tmp_path / "w", progress=NoProgress())
    folder = tmp_path / "kept"
    write_fit(folder, plan, model, fit_inputs(plan, workspace, 3), 1.0)
    asked, seed = plan_of_fit(folder, {"mark": "?"})
    assert (asked.label, seed) == ("echo(mark=?,word=heard)", 3)
    fits = FittedModels(None, NoProgress())
    fits.put(asked, workspace, seed, read_fit(folder, asked))
    predicted = Predictor(workspace, fits, NoProgress()).run(asked, seed)
    assert len(FITS) == 1
    assert all(one.text.endswith(f" {len(train) + 3}?") for one in predicted.showcases)
    with pytest.raises(UsageError, match="was fitted with word=heard"):
        plan_of_fit(folder, {"word": "felt"})
    with pytest.raises(UsageError, match="no argument 'config'"):
        plan_of_fit(folder, {"config": "paper"})
    with pytest.raises(StoreError, match="no fitted model"):
        plan_of_fit(tmp_path)
    (folder / "model" / "learned.json").write_text("4")
    with pytest.raises(StoreError, match="sha256 differs"):
        read_fit(folder, asked)
    with pytest.raises(StoreError, match="something else"):
        write_fit(tmp_path / "w", plan, model, {}, 1.0)


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("echo:quiet", {}, "no variant 'quiet'"),
        ("last:quiet", {}, "It has none"),
        ("echo(selector=echo)", {}, "which writes"),
        ("echo(selector=nobody)", {}, "unknown model 'nobody'"),
        ("clash", {}, "rename it in the constructor"),
        ("last", {"decoding": "greedy"}, "leave --decoding out"),
        ("echo,echo:loud(mark='.',word=saw),echo", {}, "named 2 times"),
    ],
)
def test_bad_specs(text, overrides, message):
    with pytest.raises((UsageError, RegistryError), match=message):
        parse_models(text, overrides)


def test_a_writer_gives_one_text_a_query(workspace):
    predictor = Predictor(workspace, FittedModels(None, NoProgress()), NoProgress())
    with pytest.raises(ContractError, match="wrote 0 texts for"):
        predictor.run(plan_model("mute"), 0)
