"""Models named ``module:Class``: what is found, what is recorded, and what each mistake says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from showcase_bench.errors import (
    ContractError,
    MissingDependencyError,
    RegistryError,
    ShowcaseError,
    UsageError,
)
from showcase_bench.evaluate.plans.build import parse_models, plan_model
from showcase_bench.evaluate.plans.errand import Errand
from showcase_bench.evaluate.plans.lookup import is_module_name
from showcase_bench.evaluate.plans.sources import imported_sources, source_digest

ROOT = Path(__file__).parents[2]
MODEL = """
    from showcase_bench import Model, Showcase

    class Mine(Model):
        variants = {"one": {"count": 1}, "two": {"count": 2}}

        def __init__(self, count: int = 3) -> None:
            self.count = count

        def predict(self, queries, images):
            for query in queries:
                yield Showcase(query.id, query.pool[: min(self.count, query.k)])
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder; modules that are loaded out of it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))


def test_a_class_of_the_working_folder_is_a_model(here):
    write(here / "wf_plain.py", MODEL)
    plan = plan_model("wf_plain:Mine(count=2)")
    assert plan.label == "wf_plain:Mine(count=2)"
    assert plan.arguments == {"count": 2}
    assert plan.distribution == f"wf_plain.py sha256:{plan.code_sha256[:12]}"
    again = plan_model(plan.label)
    assert (again.cls, again.code_sha256) == (plan.cls, plan.code_sha256)


def test_it_may_lie_in_a_package_and_import_what_lies_beside(here):
    write(here / "wf_pack/inner/models.py", "from ..base import Mine\nimport wf_beside\n")
    write(here / "wf_pack/base.py", MODEL)
    write(here / "wf_beside.py", "")
    plan = plan_model("wf_pack.inner.models:Mine")
    assert plan.distribution.startswith("wf_pack/inner/models.py sha256:")
    assert str(here) not in repr(plan)


def test_variants_of_it_have_a_second_colon(here):
    write(here / "wf_variants.py", MODEL)
    plan = plan_model("wf_variants:Mine:one")
    assert (plan.name, plan.variant, plan.arguments) == ("wf_variants:Mine", "one", {"count": 1})
    assert plan_model(plan.label).arguments == plan.arguments
    labels = [one.label for one in parse_models("wf_variants:Mine:all,random")]
    assert labels == ["wf_variants:Mine:one", "wf_variants:Mine:two", "random"]
    with pytest.raises(UsageError, match=r"no variant 'on'\. Did you mean 'one'"):
        plan_model("wf_variants:Mine:on")


def test_it_chooses_photos_for_a_writer(here):
    write(here / "wf_selector.py", MODEL)
    write(
        here / "wf_writer.py",
        """
        from showcase_bench import Writer
        class Words(Writer):
            def write(self, queries, chosen, images):
                return [f"{len(ids)} photos" for ids in chosen]
        """,
    )
    plan = plan_model("wf_writer:Words(selector='wf_selector:Mine(count=1)')")
    assert plan.selector is not None
    assert plan.selector.label == "wf_selector:Mine(count=1)"
    assert plan_model(plan.label).arguments == plan.arguments


def test_a_registered_name_goes_first(here):
    write(here / "popular.py", MODEL)
    assert plan_model("popular").distribution.startswith("showcase-bench ")
    with pytest.raises(RegistryError, match=r"no variant 'Mine'; popular\.py.*rename that file"):
        plan_model("popular:Mine")
    assert not is_module_name("showcase:no-ccl")
    assert not is_module_name("popular")
    assert not is_module_name("showcas:no-ccl")
    assert is_module_name("showcas:gold")


@pytest.mark.parametrize(
    ("file", "name", "kind", "says"),
    [
        ("", "wf_nowher:Mine", RegistryError, "no module 'wf_nowher'.*Did you mean 'wf_nowhere'"),
        ("", "showcas:gold", RegistryError, "no module 'showcas'(.|\n)*Did you mean 'showcase'"),
        ("", "showcas:no-ccl", RegistryError, "unknown model 'showcas'. Did you mean 'showcase'"),
        ("", "wf_a.b:Mine", RegistryError, "no module 'wf_a'"),
        ("", "show-and-tel:x", RegistryError, "unknown model.*Did you mean 'show-and-tell'"),
        ("", "wf_nowhere.Mine", RegistryError, "with a colon: wf_nowhere:Mine"),
        ("", "wf_nowhere", RegistryError, "is written wf_nowhere:CLASS"),
        ("", "wf_nowhere:9", RegistryError, "is written wf_nowhere:CLASS"),
        ("", "wf_nowhere:Mine", RegistryError, "has no 'Mine'. It has no model at all"),
        ("", "json:Mine", RegistryError, r"module 'json' \(.*json.__init__.py\) has no 'Mine'"),
        ("class Mine: pass", "*:Mine", RegistryError, "must be a subclass of showcase_bench.Model"),
        ("def Mine(): pass", "*:Mine", RegistryError, "must be a subclass of showcase_bench.Model"),
        (MODEL, "*:Mien", RegistryError, "no 'Mien'. Did you mean 'Mine'"),
        (MODEL, "*:Mine(cuont=1)", UsageError, "Did you mean 'count'"),
        (MODEL, "*:Mine@3", UsageError, "takes no cutoff"),
        (
            "from showcase_bench import Model\nclass Mine(Model): pass",
            "*:Mine",
            RegistryError,
            "lacks the method predict",
        ),
        ("x = 1\nraise KeyError('k')", "*:Mine", RegistryError, "fails: KeyError: 'k'\n.*line 2"),
        ("raise SystemExit(3)", "*:Mine", RegistryError, "fails: SystemExit: 3\n.*line 1"),
        ("def f(:", "*:Mine", RegistryError, r"fails: SyntaxError: .*line 1"),
        ("import wf_no_such", "*:Mine", MissingDependencyError, "needs the package 'wf_no_such'"),
        (
            MODEL.replace("self.count = count", "1 / 0"),
            "*:Mine",
            ContractError,
            r"cannot be built: ZeroDivisionError",
        ),
    ],
)
def test_each_mistake_says_what_and_how_to_mend_it(here, request, file, name, kind, says):
    write(here / "wf_nowhere.py", "")
    module = f"wf_case_{abs(hash(request.node.name))}"
    write(here / f"{module}.py", file)
    with pytest.raises(kind, match=says) as error:
        plan_model(name.replace("*", module))
    assert isinstance(error.value, ShowcaseError)


def test_a_file_that_another_module_hides_is_refused(here):
    write(here / "numpy.py", MODEL)
    with pytest.raises(RegistryError, match=r"hidden by the module 'numpy'.*rename the file"):
        plan_model("numpy:Mine")
    write(here / "queue.py", MODEL)
    with pytest.raises(RegistryError, match=r"standard library; rename the file"):
        plan_model("queue:Mine")


def test_the_hash_follows_what_the_module_imports(here):
    write(here / "wf_hash.py", f"import wf_one\n{textwrap.dedent(MODEL)}")
    write(here / "wf_one.py", "def late():\n    from wf_sub import two\n")
    write(here / "wf_sub/two.py", "A = 1\n")
    write(here / "unrelated.py", "A = 1\n")
    plan = plan_model("wf_hash:Mine")

    def digest():
        return source_digest.__wrapped__(plan.cls, plan.root)  # what a new process would compute

    first = digest()
    assert first == plan.code_sha256 == plan.own_code_sha256
    write(here / "unrelated.py", "A = 2\n")
    assert digest() == first
    write(here / "wf_sub/two.py", "A = 2\n")
    second = digest()
    assert second != first
    with (here / "wf_hash.py").open("a") as file:
        file.write("# changed\n")
    assert digest() not in (first, second)
    assert plan.code_sha256 == plan_model(plan.label).code_sha256  # of what this process runs


def test_imports_are_found_in_every_form(tmp_path):
    write(tmp_path / "a.py", "import b.c as x, numpy\nfrom d import e\nimport a\n")
    write(tmp_path / "b/__init__.py", "from . import f\nfrom .g.h import *\n")
    for name in ("b/c.py", "b/f.py", "b/g/h.py", "b/not.py", "e.py"):
        write(tmp_path / name, "")
    write(tmp_path / "d/e.py", "from ..a import z\ndef broken(:\n")
    found = {
        str(path.relative_to(tmp_path)) for path in imported_sources([tmp_path / "a.py"], tmp_path)
    }
    assert found == {"a.py", "b/__init__.py", "b/c.py", "b/f.py", "b/g/h.py", "d/e.py"}
    assert imported_sources([], tmp_path) == set()


def test_a_worker_refuses_sources_that_were_changed_meanwhile(here):
    write(here / "wf_errand.py", MODEL)
    plan = plan_model("wf_errand:Mine")
    assert Errand.of(plan, 0).plan().cls is plan.cls
    with pytest.raises(ContractError, match="changed after the command was started"):
        Errand(plan.label, 0, "0" * 64).plan()


TRAINED = """
    import os
    from showcase_bench import Model, Showcase

    class Counting(Model):
        def fit(self, train, val, *, seed, workdir, progress):
            self.n = len(train) + seed

        def save(self, folder):
            (folder / "n").write_text(str(self.n))

        def load(self, folder):
            self.n = int((folder / "n").read_text())

        def predict(self, queries, images):
            import wf_lazy  # found although the working folder stands last on the path
            for query in queries:
                yield Showcase(query.id, (), wf_lazy.words(self.n, os.getpid()))
"""


@pytest.fixture
def work(here):
    """A working folder with a model that imports what lies beside it when it predicts."""
    write(here / "wf_trained.py", TRAINED)
    write(here / "wf_lazy.py", "def words(n, process):\n    return f'{n} rows by {process}'\n")
    return here


def test_the_command_line_runs_it_here_and_in_workers(work, toy):
    """As the installed script does, which has no working folder on its path."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "showcase_bench", "run", "--models", "wf_trained:Counting"),
            *("--data", str(toy), "--seeds", "2", "--jobs", "2", "--no-report", "--quiet"),
        ],
        cwd=work,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONSAFEPATH": "1",
            "SHOWCASE_BENCH_CACHE": str(work / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    folder = work / "results"
    records = [json.loads(path.read_text()) for path in folder.glob("*/*/*/run.json")]
    assert sorted(one["inputs"]["seed"] for one in records) == [0, 1]
    assert {one["distribution"].split(":")[0] for one in records} == {"wf_trained.py sha256"}
    assert {one["inputs"]["model"] for one in records} == {"wf_trained:Counting"}
    processes = set()
    for path in folder.glob("*/*/*/predictions.jsonl"):
        processes.add(path.read_text().partition(" by ")[2].partition('"')[0])
    assert len(processes) == 2  # both were worked on at the same time, each in its own process


def test_it_is_fitted_and_asked_by_the_other_verbs(work, toy, cli):
    name = "wf_trained:Counting"
    assert cli("fit", "--model", name, "--data", toy, "--out", "fitted", "-q").exit_code == 0
    done = cli("predict", "--checkpoint", "fitted", "--data", toy, "--out", "-")
    assert '"text": "12 rows by ' in done.output
    done = cli("predict", "--model", name, "--seed", 3, "--data", toy, "--out", "-")
    assert '"text": "15 rows by ' in done.output
    done = cli("predict", "--model", "wf_trained:Countin", "--data", toy, "--out", "-")
    assert done.exit_code == 2
    assert "Did you mean 'Counting'" in done.output
