"""Runs of a small world, made once for a test module."""

import pytest

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import parse_models


@pytest.fixture
def store_of(toy, tmp_path):
    """Run models into a fresh folder; gives the store."""
    workspace = Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "none"))

    def run(models, name="results", seeds=(0,)):
        store = RunStore(tmp_path / name)
        result = Suite(workspace, store).run(parse_models(models), seeds)
        assert not result.failures
        return store

    return run
