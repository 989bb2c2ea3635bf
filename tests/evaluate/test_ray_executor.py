"""A Ray cluster of two nodes on this machine: the same bytes, and nodes that are lost."""

import functools
import os
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import synth
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import DataError, ExecutorError
from showcase_bench.evaluate import RunStore, Scorer, Suite, Workspace, frame_of_workspace
from showcase_bench.evaluate.executors import RayExecutor, in_order
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.evaluate.score import framing, in_parts
from showcase_bench.types import Showcase

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")


NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}


@pytest.fixture(scope="module", autouse=True)
def short_folder():
    """Ray's sockets need a short path, which the temporary folder of a test is not."""
    folder = tempfile.mkdtemp(prefix="sbr", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        yield
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def cluster(short_folder):
    head = {**NODE, "include_dashboard": False}
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.fixture
def second_node(cluster):
    node = cluster.add_node(**NODE)
    yield node
    if node in cluster.list_all_nodes():
        cluster.remove_node(node)


@pytest.fixture
def executor(cluster, second_node):
    with RayExecutor(cluster.address) as made:
        yield made


def square(number):
    return number**2


def fail_of_data():
    raise DataError("file.json", "row 3: no id")


def fail_of_ours():
    raise KeyError("oops")


def total(shared):
    return float(shared.get()["rows"].sum())


def node_of(path, seconds):
    """Note where this is done, and take some time."""
    with path.open("a") as file:
        file.write(f"{ray.get_runtime_context().get_node_id()}\n")
    time.sleep(seconds)
    return len(path.read_text().splitlines())


def text_of(path):
    return path.read_text()


def die_until(path, times):
    with path.open("a") as file:
        file.write("x")
    if path.stat().st_size <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return path.stat().st_size


def test_jobs_errors_and_shared_values(executor):
    assert executor.processes == 2
    jobs = [functools.partial(square, number) for number in range(9)]
    assert list(in_order(executor, jobs)) == [number**2 for number in range(9)]
    shared = executor.share({"rows": np.arange(10.0)})
    assert executor.submit(functools.partial(total, shared)).result() == 45.0
    with pytest.raises(DataError, match=r"file\.json: row 3: no id"):
        executor.submit(fail_of_data).result()
    with pytest.raises(RuntimeError, match=r"(?s)fail_of_ours.*KeyError: 'oops'"):
        executor.submit(fail_of_ours).result()


def test_relative_paths_begin_where_those_of_the_command_do(executor, tmp_path, monkeypatch):
    (tmp_path / "here").write_text("found")
    monkeypatch.chdir(tmp_path)
    assert executor.submit(functools.partial(text_of, Path("here"))).result() == "found"


def test_a_job_whose_process_is_lost_is_done_again(executor, tmp_path):
    job = functools.partial(die_until, tmp_path / "twice", 2)
    assert executor.submit(job).result() == 3


def test_a_lost_node_costs_nothing(cluster, second_node, executor, tmp_path):
    """Jobs that ran on a node that goes away are done on the other one."""
    paths = [tmp_path / str(number) for number in range(2)]
    pending = [executor.submit(functools.partial(node_of, path, 4)) for path in paths]
    while not all(path.exists() and path.read_text() for path in paths):
        time.sleep(0.1)
    there = [second_node.node_id in path.read_text() for path in paths]
    cluster.remove_node(second_node, allow_graceful=False)
    tries = [one.result() for one in pending]
    assert sum(there) == 1, "the two jobs were not spread over the two nodes"
    assert tries == [2 if lost else 1 for lost in there]


def test_the_cluster_gives_the_same_bytes(executor, tmp_path, monkeypatch):
    synth(MiniConfig(n_train=40, n_val=0, n_test=90), tmp_path / "world")
    places = Places(tmp_path / "cache", tmp_path / "data")
    workspace = Workspace.open(file_task(tmp_path / "world" / "data.json"), places=places)
    names = ("ndcg@3", "coverage@3", "bleu-4", "cider-d", "nist-5", "copy-rate", "distinct-2")
    metrics = workspace.parse_metrics(names)
    queries = workspace.queries
    answers = [Showcase(one.id, one.pool[:2], one.pool[0] + " is good") for one in queries]
    here = Scorer(frame_of_workspace(workspace), metrics)
    expected = here.score(answers)
    for module in (in_parts, framing):
        monkeypatch.setattr(module, "PART_ROWS", 25)
    away = Scorer(frame_of_workspace(workspace), metrics, executor=executor)
    found = away.score(answers)
    assert found.scores == expected.scores
    for signature, rows in expected.statistics.items():
        assert found.statistics[signature].tobytes() == rows.tobytes()
    assert away.levels == here.levels


MODELS = """
import os
from pathlib import Path
from showcase_bench import Writer


class Words(Writer):
    selector = "random"

    def fit(self, train, val, *, seed, workdir, progress):
        self.learned = f"{len(train)}, {seed}"
        with (Path(__file__).parent / "processes").open("a") as file:
            file.write(f"{os.getpid()}\\n")

    def write(self, queries, chosen, images):
        return [f"{one.user_id} {own} {self.learned}" for one, own in zip(queries, chosen)]

    def save(self, folder):
        (folder / "learned").write_text(self.learned)

    def load(self, folder):
        self.learned = (folder / "learned").read_text()


class Unfit(Words):
    def fit(self, train, val, *, seed, workdir, progress):
        raise ValueError("nothing to learn")
"""


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    (tmp_path / "ray_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def test_the_cluster_fits_and_answers_with_the_same_bytes(own_models, executor, tmp_path):
    synth(MiniConfig(n_train=40, n_val=0, n_test=600), tmp_path / "world")
    task = replace(file_task(tmp_path / "world" / "data.json"), metrics=("ndcg@3",))
    specs = "random,ray_models:Words,ray_models:Words(selector=unseen-photos),ray_models:Unfit"
    plans, found, fitted_by = parse_models(specs), {}, {}
    for name, away in (("here", None), ("away", executor)):
        places = Places(tmp_path / f"cache-{name}", tmp_path / "data")
        suite = Suite(Workspace.open(task, places=places), RunStore(tmp_path / name), executor=away)
        result = suite.run(plans, [0])
        (failure,) = result.failures
        assert "nothing to learn" in str(failure.error)
        found[name] = [(run.record.id, run.predictions()) for run in result.runs]
        fitted_by[name] = (tmp_path / "processes").read_text().split()
        (tmp_path / "processes").unlink()
    assert found["away"] == found["here"]
    assert len(found["here"]) == 3
    # The two writers share one fit, which a process of the cluster made.
    assert fitted_by["here"] == [str(os.getpid())]
    assert len(fitted_by["away"]) == 1
    assert fitted_by["away"] != fitted_by["here"]


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_without_a_cluster_is_said(scheme):
    ray.shutdown()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(ExecutorError, match=f"no Ray cluster answers at {address} "):
        RayExecutor(address)


def test_being_told_to_end_means_what_it_meant_before(cluster, second_node):
    def own(number, frame):
        raise AssertionError("nobody was told")

    before = signal.signal(signal.SIGTERM, own)
    try:
        with RayExecutor(cluster.address):
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
