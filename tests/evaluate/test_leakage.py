"""What a model gets at prediction time, searched to the last attribute."""

from __future__ import annotations

import copy
import dataclasses
import types
from pathlib import Path

import pytest

from showcase_bench import Model, NoProgress, Query, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Workspace
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.predict.asking import ask
from showcase_bench.evaluate.predict.predictor import Predictor
from showcase_bench.types import Example, Gold


def reachable(root: object) -> list[object]:
    """Every object that attributes, slots, items, closures and bound methods lead to."""
    seen: dict[int, object] = {}
    stack = [root]
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType):
            continue
        seen[id(one)] = one
        if isinstance(one, dict):
            stack += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            stack += list(one)
        stack += list(getattr(one, "__dict__", {}).values())
        for kind in type(one).__mro__:
            for slot in getattr(kind, "__slots__", ()):
                if hasattr(one, slot):
                    stack.append(getattr(one, slot))
        if isinstance(one, types.MethodType):
            stack += [one.__self__, one.__func__]
        if isinstance(one, types.FunctionType):
            stack += [cell.cell_contents for cell in one.__closure__ or ()]
            stack += list(one.__defaults__ or ())
    return list(seen.values())


class Spy(Model):
    """Keeps what it is given, and looks at it."""

    def __init__(self) -> None:
        self.queries: list[Query] = []
        self.objects: list[object] = []

    def predict(self, queries, images):
        self.queries += queries
        self.objects += reachable((queries, images))
        return [Showcase(query.id, query.pool[: query.k], "x") for query in queries]


def spy_on(path: Path, cache: Path) -> tuple[Spy, Workspace]:
    workspace = Workspace.open(file_task(path), places=Places(cache, cache))
    workspace.prefetch()
    spy = Spy()
    list(ask("spy", spy, workspace.queries, workspace.images))
    return spy, workspace


def test_no_gold_can_be_reached(world, write_data, tmp_path):
    marks = []
    for i, row in enumerate(world["test"]):
        row["rating"] = 1.0 + 0.0625 * i + 0.001953125
        row["review_text"] = f"the secret target {i}"
        marks.append(row["rating"])
    spy, workspace = spy_on(write_data(world), tmp_path / "cache")
    assert len(spy.queries) == len(world["test"]) > 3
    assert not any(isinstance(one, Example | Gold) for one in spy.objects)
    texts = [one for one in spy.objects if isinstance(one, str)]
    assert any("pizza" in text for text in texts), "the walk must reach the histories"
    assert not any("secret target" in text for text in texts)
    assert not any(isinstance(one, float) and one in marks for one in spy.objects)
    golds = {ex.gold.image_ids for ex in workspace.scored_split}
    assert not any(isinstance(one, tuple) and one in golds for one in spy.objects)


def test_queries_do_not_depend_on_the_gold(world, write_data, tmp_path):
    """Move texts, ratings and photos between the test rows of a restaurant: no query changes."""
    for split in world.values():
        for row in split:
            row["history_reviews"] = [
                [key, f"{text} (told elsewhere)"] for key, text in row["history_reviews"]
            ]
    for row in world["test"]:
        row["history_reviews"] = []
    before, _ = spy_on(write_data(world), tmp_path / "cache")
    other = copy.deepcopy(world)
    by_business: dict[object, list[dict]] = {}
    for row in other["test"]:
        by_business.setdefault(row["business_id"], []).append(row)
    moved = 0
    for rows in by_business.values():
        for field in ("review_text", "rating", "pics"):
            values = [row[field] for row in rows]
            for row, value in zip(rows, [*values[1:], values[0]], strict=True):
                moved += row[field] != value
                row[field] = value
    assert moved >= 6
    after, _ = spy_on(write_data(other), tmp_path / "cache")
    assert before.queries == after.queries


def test_types_of_query_and_gold_share_nothing():
    query = {field.name for field in dataclasses.fields(Query)}
    assert query == {"id", "user_id", "business_id", "history", "pool", "k"}
    assert not query & {"image_ids", "texts", "rating"}


def test_the_harness_hands_over_queries_only(toy, tmp_path):
    seen = []

    class Recorder(Model):
        def predict(self, queries, images):
            seen.append((queries, images))
            return [Showcase(query.id) for query in queries]

    plan = BuildPlan("recorder", Recorder, {}, {}, "tests 0", "0" * 64)
    workspace = Workspace.open(
        file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data")
    )
    Predictor(workspace, FittedModels(None, NoProgress()), NoProgress()).run(plan, 0)
    for queries, images in seen:
        assert type(queries) is tuple
        assert all(type(query) is Query for query in queries)
        assert not any(isinstance(one, Example | Gold) for one in reachable(images))


@pytest.mark.parametrize("field", ["id", "pool", "k"])
def test_queries_cannot_be_changed(field, toy, tmp_path):
    workspace = Workspace.open(
        file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data")
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(workspace.queries[0], field, None)
