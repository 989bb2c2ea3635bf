"""A shared task that all tests of this folder look at."""

import pytest

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Workspace
from showcase_bench.sharing import ExportOptions, export_task, read_private
from tests.sharing.hidden_worlds import SALT, make_rows, write_rows


@pytest.fixture(scope="session")
def hidden_world(tmp_path_factory):
    """(workspace, public half, private half, rows of the original)."""
    folder = tmp_path_factory.mktemp("shared")
    rows = make_rows()
    path = write_rows(folder / "data", rows)
    places = Places(folder / "cache", folder / "home")
    workspace = Workspace.open(file_task(path), places=places)
    public, private = folder / "public", folder / "private"
    options = ExportOptions(cut={"validation": 0.3})
    export_task(workspace, public, private, options=options, salt=SALT)
    return workspace, public, private, rows


@pytest.fixture(scope="session")
def some_answers(hidden_world):
    """Predictions on the original split: two photos out of the pool, and a text of the data."""
    workspace, *_ = hidden_world
    examples = workspace.scored_split.examples()
    texts = [one.gold.texts[0] for one in examples]
    return [
        {
            "id": one.query.id,
            "image_ids": list(one.query.pool[: 1 + at % 3]),
            "text": (texts[at] if at % 4 == 0 else texts[at - 1][:80]),
        }
        for at, one in enumerate(examples)
    ]


@pytest.fixture(scope="session")
def public_answers(hidden_world, some_answers):
    """The same under public names."""
    names = read_private(hidden_world[2]).names
    return [
        {
            "id": names.review(one["id"]),
            "image_ids": [names.photo(photo) for photo in one["image_ids"]],
            "text": one["text"],
        }
        for one in some_answers
    ]
