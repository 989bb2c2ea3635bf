"""What several test folders share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from leak_check import leaks, noted_leaks  # noqa: F401  (fixtures of every test)
from PIL import Image

Row = dict[str, object]

# As the command line does: threads that wait in a long loop slow encoders down on busy machines.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# The same examples on every continuous-integration run; fresh ones everywhere else.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def _pixels(number: int, size: int = 24) -> np.ndarray:
    """A photo of its own for each number: a coloured block on a coloured ground."""
    ground = np.array([(number * 37) % 256, (number * 91) % 256, (number * 53) % 256])
    pixels = np.broadcast_to(ground, (size, size, 3)).astype(np.uint8).copy()
    start = number % (size // 2)
    pixels[start : start + 8, 4:16] = 255 - ground
    return pixels


def _world() -> dict[str, list[Row]]:
    """Six users at four restaurants; every review has one or two photos of its own."""
    texts = [
        "The pizza was crisp and the cheese rich.",
        "A quiet room with warm light, perfect for a date.",
        "Cheap lunch, fast service, friendly staff!",
        "The ramen broth is deep; the noodles are springy.",
        "We loved the terrace and the view over the river.",
        "Great food. Great food. I will come back.",
    ]
    rows: list[Row] = []
    number = 0
    for user in range(6):
        for visit in range(4):
            business = (user + visit) % 4
            pics = []
            for _ in range(1 + (user + visit) % 2):
                pics.append({"id": f"AF1Qip{number:06d}", "url": [f"images/p{number}.png"]})
                number += 1
            earlier = [
                [f"{100 + user}_{(user + v) % 4:024x}", f"{texts[(user + v) % 6]} Visit {v}."]
                for v in range(visit)
            ]
            rows.append(
                {
                    "user_id": str(100 + user),
                    "business_id": f"{business:024x}",
                    "rating": float(1 + (user + visit) % 5),
                    "review_text": f"{texts[(user + visit) % 6]} Visit {visit}.",
                    "pics": pics,
                    "history_reviews": earlier,
                }
            )
    by_visit = {v: [row for i, row in enumerate(rows) if i % 4 == v] for v in range(4)}
    return {"train": by_visit[0] + by_visit[1], "val": by_visit[2], "test": by_visit[3]}


@pytest.fixture
def world() -> dict[str, list[Row]]:
    """Rows of a small GEST-shaped data set."""
    return _world()


@pytest.fixture
def write_data(tmp_path: Path) -> Callable[[dict[str, list[Row]]], Path]:
    """Write rows as ``data/toy.json`` with all photos that they name beside it."""

    def write(rows: dict[str, list[Row]]) -> Path:
        folder = tmp_path / "data"
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for split in rows.values():
            for row in split:
                for pic in row.get("pics", []):  # type: ignore[union-attr]
                    number = int(Path(pic["url"][0]).stem[1:])
                    Image.fromarray(_pixels(number)).save(folder / pic["url"][0])
        path = folder / "toy.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def toy(world: dict[str, list[Row]], write_data: Callable[[dict[str, list[Row]]], Path]) -> Path:
    """The small data set on disk."""
    return write_data(world)


@pytest.fixture(scope="session")
def meteor_cache(pytestconfig: pytest.Config) -> Path:
    """A cache folder that holds METEOR's compiled tables; compiling takes ten seconds, once."""
    from showcase_bench.metrics.ngram.meteor.tables import load_tables

    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("meteor")
    load_tables(folder)
    return folder


@pytest.fixture(scope="session")
def _shelf() -> object:
    from showcase_bench.encoders import EncoderShelf

    return EncoderShelf()


@pytest.fixture
def loaded_encoders(_shelf: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the weights that the golden examples need once for all tests."""
    monkeypatch.setattr("showcase_bench.evaluate.golden.EncoderShelf", lambda: _shelf)


@pytest.fixture
def lend_tables(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    """Put METEOR's compiled tables into a cache folder, which is made."""

    def lend(cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        for folder in request.getfixturevalue("meteor_cache").iterdir():
            if not (cache / folder.name).exists():
                (cache / folder.name).symlink_to(folder)

    return lend


@pytest.fixture
def cli(
    tmp_path: Path, lend_tables: Callable[[Path], None]
) -> Callable[[Sequence[object]], object]:
    """Run the command line in this process with a cache of its own, but for METEOR's tables."""
    from click.testing import CliRunner

    from showcase_bench.cli.main import cli as group

    def run(*arguments: object) -> object:
        if arguments[0] in ("score", "doctor"):
            lend_tables(tmp_path / "cache")
        runner = CliRunner(
            env={
                "SHOWCASE_BENCH_CACHE": str(tmp_path / "cache"),
                "SHOWCASE_BENCH_DATA": str(tmp_path / "no-data"),
            }
        )
        return runner.invoke(group, [str(one) for one in arguments], catch_exceptions=False)

    return run
