"""A site that is built once for all tests of this folder, and a browser to open sites in."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The machine's Chromium, without a window; tests that need it are skipped where it is not."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()
