"""Asking again on behalf of other users, and the controls that frame a score."""

import json

import numpy as np
import pytest

from showcase_bench import Model, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Scorer, Suite, Workspace, frame_of_workspace
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.score.controls import control_showcases, reference_showcases
from showcase_bench.evaluate.task.other_users import OtherUsers
from showcase_bench.evaluate.task.swapped import swapped_queries
from showcase_bench.metrics import MeanMetric
from showcase_bench.metrics.visits import Visit, Visits

METRICS = ["precision@3", "user-swap-images"]


class Personal(Model):
    """Shows photos that depend on the user; counts how often it was asked."""

    asked = 0

    def predict(self, queries, images):
        for query in queries:
            type(self).asked += 1
            start = int(query.user_id) % len(query.pool)
            yield Showcase(query.id, (query.pool + query.pool)[start : start + 1], query.user_id)


@pytest.fixture
def workspace(toy, tmp_path):
    places = Places(tmp_path / "cache", tmp_path / "no-data")
    return Workspace.open(file_task(toy), places=places)


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.setattr(Personal, "asked", 0)
    return BuildPlan("personal", Personal, {}, {}, "tests 1", "code")


def suite(workspace, root, names):
    return Suite(workspace, RunStore(root), metrics=workspace.parse_metrics(names))


def test_a_swapped_query_is_the_same_business_for_another_user(workspace):
    swapped = swapped_queries(workspace)
    assert len(swapped) == len(workspace.queries)
    assert any(query is not None for query in swapped)
    histories = {(row.query.user_id, row.query.history) for row in workspace.rows}
    for own, other in zip(workspace.queries, swapped, strict=True):
        if other is not None:
            assert other.user_id != own.user_id
            assert other.history
            assert (other.user_id, other.history) in histories
            assert (other.id, other.business_id, other.pool, other.k) == (
                own.id,
                own.business_id,
                own.pool,
                own.k,
            )


def test_the_harness_asks_again_only_where_a_metric_needs_it(workspace, plan, tmp_path):
    n = len(workspace.queries)
    plain = suite(workspace, tmp_path / "runs", METRICS[:1]).run([plan], [0])
    assert Personal.asked == n
    assert not (plain.runs[0].folder / "swapped.jsonl").exists()
    again = sum(query is not None for query in swapped_queries(workspace))

    both = suite(workspace, tmp_path / "runs", METRICS).run([plan], [0])
    assert both.made == 1
    assert Personal.asked == 2 * n + again
    lines = (both.runs[0].folder / "swapped.jsonl").read_text().splitlines()
    assert len(lines) == again
    asked = [query for query in swapped_queries(workspace) if query is not None]
    assert [json.loads(line)["text"] for line in lines] == [query.user_id for query in asked]
    score = both.runs[0].record.scores[1]
    assert score.name == "user-swap-images"
    assert score.value is not None
    assert score.n_scored == again

    more = suite(workspace, tmp_path / "runs", ["hit@3", *METRICS]).run([plan], [0])
    assert (more.made, more.rescored) == (0, 1)
    assert Personal.asked == 2 * n + again
    assert more.runs[0].record.scores[2].value == score.value
    assert (more.runs[0].folder / "swapped.jsonl").read_text().splitlines() == lines


def test_a_changed_swapped_file_is_named(workspace, plan, tmp_path):
    from showcase_bench.errors import StoreError

    run = suite(workspace, tmp_path / "runs", METRICS).run([plan], [0]).runs[0]
    with (run.folder / "swapped.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(StoreError, match=r"swapped\.jsonl"):
        run.swapped()


def others_of(visits):
    return OtherUsers(Visits.of(visits), np.ones(len(visits), dtype=bool))


def test_others_are_drawn_by_id_and_not_by_order():
    visits = [Visit(f"u{i}", f"b{i % 3}", ("x",), f"t{i}") for i in range(30)]
    forward, backward = others_of(visits), others_of(visits[::-1])
    for one in "abcdef":
        first = forward.at_business(one, "u0", "b0")
        second = backward.at_business(one, "u0", "b0")
        assert visits[first] == visits[::-1][second]
        assert visits[first].user != "u0"
        assert visits[first].business == "b0"
        elsewhere = visits[forward.elsewhere(one, "u0", "b0")]
        assert elsewhere.business != "b0"
    assert forward.at_business("a", "u0", "nowhere") is None
    assert others_of([]).elsewhere("a", "u", "b") is None


def test_controls_swap_one_thing_and_keep_the_other(workspace):
    frame = frame_of_workspace(workspace)
    clean = reference_showcases(frame)
    users, photos = (control_showcases(frame, c) for c in ("other user", "other photos"))
    for i, one in enumerate(clean):
        assert one.text == frame.references[i][0]
        assert set(one.image_ids) <= set(frame.gold_images[i]) & set(frame.pools[i])
        assert users[i].image_ids == one.image_ids
        assert users[i].text != one.text
        writers = {v.user for v in frame.visits if v.text == users[i].text}
        assert frame.users[i] not in writers
        assert photos[i].text == one.text
        assert not set(photos[i].image_ids) & set(frame.gold_images[i])
        assert set(photos[i].image_ids) <= set(frame.pools[i])


class OwnText(MeanMetric):
    """1 where the text is the reference."""

    label = "own-text"
    summary = "whether the text is the reference"
    group = "personalization"
    higher_is_better = True
    bounds = (0.0, 1.0)
    scale = "unit"
    needs = frozenset({"text", "references", "histories"})
    floor = "other user"

    def values(self, batch):
        pairs = zip(batch.hypotheses, batch.references, strict=True)
        return np.array([float(text in known) for text, known in pairs])


def test_levels_are_the_controls(workspace):
    levels = Scorer(frame_of_workspace(workspace), [OwnText()]).levels["own-text"]
    assert (levels.expected, levels.best) == (0.0, 1.0)
    assert levels.normalised(0.25) == 0.25
