"""A site that is built once for all tests of this folder."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from showcase_bench.site import build_site
from showcase_bench.types import NoProgress
from tests.site.site_world import open_world, run_world


@pytest.fixture(scope="session")
def world_site(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Workspace, runs and the site of the hostile world."""
    folder: Path = tmp_path_factory.mktemp("world")
    workspace = open_world(folder)
    runs = run_world(workspace, folder / "results")
    site = build_site(runs, workspace, folder / "site", NoProgress())
    return SimpleNamespace(
        workspace=workspace, runs=runs, site=site, folder=site.folder, home=folder
    )
