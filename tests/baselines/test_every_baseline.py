"""What holds for every baseline that needs no training, whatever it chooses."""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
import pytest
from baseline_world import ListSplit, Store, fit, queries, world

from showcase_bench import Example, Gold, Model, Query, Showcase
from showcase_bench.models import MODELS

SELECTORS = {"topk", "mmr", "dpp"}
IMAGES_ONLY = {"random", "popular", "unseen-photos", *SELECTORS}
TEXT_ONLY = {"copy-history", "modal-sentence"}
BOTH = {"history-nearest", "train-reference"}
TRAINED_SELECTORS = {"elvis", "brie"}
WRITERS = {"peter", "pepler", "ref2seq", "text-gpt2", "show-and-tell", "r2gen", "image-gpt2"}
TRAINED = TRAINED_SELECTORS | WRITERS | {"showcase", "peter-feature"}
"""Their tests are in files of their own."""
MODELS_HERE = sorted(IMAGES_ONLY | TEXT_ONLY | BOTH)
ALL = [*MODELS_HERE, "reference"]


def run(model: Any, asked: Sequence[Query], images: Store | None = None) -> list[Showcase]:
    if isinstance(model, Model):
        return list(model.predict(asked, images or Store()))
    examples = [
        Example(one, Gold((*one.pool[::-1], "elsewhere"), ("", f"text of {one.id}")))
        for one in asked
    ]
    return list(model.predict_with_gold(examples, images or Store()))


def build(name: str, train: ListSplit, seed: int = 0) -> Any:
    return fit(MODELS.get(name)(), train, seed)


@pytest.fixture(params=ALL)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_registered_baselines_are_tested() -> None:
    points = metadata.entry_points(group="showcase_bench.models")
    ours = {point.name for point in points if point.value.startswith("baselines.")}
    assert ours == set(ALL) | TRAINED
    for name in TRAINED:
        assert MODELS.get(name).can_save(), name
        assert MODELS.get(name).__doc__, name


@pytest.mark.parametrize("train", [world(), ListSplit()], ids=["world", "empty"])
def test_output_is_valid(name: str, train: ListSplit) -> None:
    asked = queries()
    given = run(build(name, train), asked)
    assert [one.id for one in given] == [one.id for one in asked]
    for one, showcase in zip(asked, given, strict=True):
        assert isinstance(showcase.image_ids, tuple)
        assert len(set(showcase.image_ids)) == len(showcase.image_ids) <= one.k
        assert set(showcase.image_ids) <= set(one.pool)
        assert showcase.text is None or showcase.text.strip()
        if name in IMAGES_ONLY | {"history-nearest", "reference"}:
            assert len(showcase.image_ids) == min(one.k, len(one.pool))
        if name in IMAGES_ONLY:
            assert showcase.text is None
        if name in TEXT_ONLY:
            assert showcase.image_ids == ()


def test_unfitted_models_give_valid_output_too(name: str) -> None:
    given = run(MODELS.get(name)(), queries())
    assert len(given) == len(queries())


def test_same_seed_same_output_and_no_global_randomness(name: str) -> None:
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    before = (np.random.get_state()[1].tobytes(), random.getstate())  # noqa: NPY002
    first = run(build(name, world()), queries())
    after = (np.random.get_state()[1].tobytes(), random.getstate())  # noqa: NPY002
    assert before == after
    np.random.seed(2)  # noqa: NPY002
    assert run(build(name, world()), queries()) == first


def test_fitting_again_forgets_the_first_time(name: str) -> None:
    for train in (ListSplit(world()[:15]), ListSplit()):
        model = build(name, world(), seed=4)
        fit(model, train, seed=0)
        assert run(model, queries()) == run(build(name, train), queries())


def test_other_queries_of_the_call_do_not_matter(name: str) -> None:
    model, asked = build(name, world()), queries()
    whole = run(model, asked)
    assert [run(model, [one])[0] for one in asked] == whole
    assert run(model, asked[::-1]) == whole[::-1]
    assert run(model, asked * 20)[-len(asked) :] == whole


def test_no_query_gives_nothing(name: str) -> None:
    assert run(build(name, world()), []) == []


def test_order_of_the_pool_does_not_matter(name: str) -> None:
    if name == "reference":
        pytest.skip("its gold is made from the pool here")
    model, asked = build(name, world()), queries()
    turned = [
        Query(one.id, one.user_id, one.business_id, one.history, one.pool[::-1], one.k)
        for one in asked
    ]
    assert run(model, turned) == run(model, asked)


def test_roles_and_flags(name: str) -> None:
    kind = MODELS.get(name)
    role = "system" if name in SELECTORS else "ceiling" if name == "reference" else "control"
    flags = {"reference": ("uses gold",), "unseen-photos": ("exploits leak",)}
    assert kind.role == role
    assert kind.flags == flags.get(name, ())
    assert kind.__doc__


def test_photos_are_encoded_only_where_needed(name: str) -> None:
    store = Store()
    model = build(name, world())
    asked = [one for one in queries() if one.id in {"unseen", "short-pool"}]
    run(model, asked, store)
    assert store.asked <= {image_id for one in asked for image_id in one.pool}


@pytest.mark.parametrize("name", ["random", "train-reference", "unseen-photos"])
def test_seed_changes_what_is_random(name: str) -> None:
    outputs = [run(build(name, world(), seed), queries()) for seed in range(3)]
    assert outputs[0] != outputs[1] != outputs[2] != outputs[0]


@pytest.mark.parametrize("name", sorted(SELECTORS | {"popular", "modal-sentence"}))
def test_seed_does_not_change_what_is_not(name: str) -> None:
    assert run(build(name, world(), 1), queries()) == run(build(name, world(), 2), queries())
