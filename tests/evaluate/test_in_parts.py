"""Examples scored part by part, here or in other processes, give what they give at once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import synth
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.score import framing, in_parts
from showcase_bench.evaluate.score.frame import Frame, codes
from showcase_bench.evaluate.score.statistics_files import StatisticsFiles
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics.groups import metrics_within
from showcase_bench.types import Showcase

PHOTOS = ("p", "q", "r", "s")
TRAINING = ("a b c", "the the pizza", "", "c d")
NEEDS = ("text", "references", "images", "gold images", "pools", "training texts")
METRICS = tuple(one for one in metrics_within(NEEDS) if one.label != "meteor")

texts = st.lists(st.sampled_from(["a", "b", "c", "pizza", "The", "é!"]), max_size=7).map(" ".join)
photos = st.lists(st.sampled_from(PHOTOS), max_size=3, unique=True).map(tuple)
rows = st.lists(
    st.tuples(
        st.none() | texts,
        st.lists(texts, max_size=2).map(tuple),
        photos,
        photos,
        photos,
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    max_size=9,
)
ONE = ("a b", ("a b c", ""), ("p",), ("p", "q"), PHOTOS, 0, 0)


def frame_of(rows):
    users, places = ([f"{kind}{row[at]}" for row in rows] for kind, at in (("u", 5), ("b", 6)))
    return Frame(
        ids=tuple(f"e{number}" for number in range(len(rows))),
        references=tuple(row[1] for row in rows),
        gold_images=tuple(row[3] for row in rows),
        pools=tuple(row[4] for row in rows),
        clusters=(codes(users), codes(places)),
        users=tuple(users),
        businesses=tuple(places),
        k=3,
        read_training=lambda: TRAINING,
    )


def outputs(rows):
    return [Showcase(f"e{number}", row[2], row[0]) for number, row in enumerate(rows)]


def assert_same(found, expected):
    assert found.scores == expected.scores
    assert set(found.statistics) == set(expected.statistics)
    for signature, rows in expected.statistics.items():
        assert found.statistics[signature].tobytes() == rows.tobytes(), signature


@settings(max_examples=25, deadline=None)
@given(rows=rows, size=st.integers(1, 10))
@example(rows=[], size=1)
@example(rows=[ONE], size=1)
@example(rows=[ONE, (None, (), (), (), (), 1, 1), ONE], size=2)
@example(rows=[("", (), (), (), (), 0, 0)] * 4, size=3)
def test_parts_of_any_size_give_the_same_bytes(rows, size):
    whole = Scorer(frame_of(rows), METRICS)
    expected = whole.score(outputs(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_parts, "PART_ROWS", size)
        parts = Scorer(frame_of(rows), METRICS)
        assert_same(parts.score(outputs(rows)), expected)
        selection = [one for one in METRICS if one.group == "selection"]
        apart = Scorer(frame_of(rows), selection).levels
    assert apart == Scorer(frame_of(rows), selection).levels


def test_a_system_scored_after_another_has_the_same_bytes():
    """What was tokenised before does not show in a last digit."""
    some = [ONE, ("c the é! pizza", ("the pizza", "c d"), (), (), (), 1, 1)] * 3
    other = [(f"x{number} the", *row[1:]) for number, row in enumerate(some)]
    scorer = Scorer(frame_of(some), [one for one in METRICS if one.kind != "set"])
    scorer.score(outputs(other))
    assert_same(
        scorer.score(outputs(some)), Scorer(frame_of(some), scorer.metrics).score(outputs(some))
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    synth(MiniConfig(n_train=40, n_val=0, n_test=90), folder / "world")
    places = Places(folder / "cache", folder / "data")
    return Workspace.open(file_task(folder / "world" / "data.json"), places=places)


@pytest.fixture(scope="module")
def answers(workspace):
    examples = workspace.scored_split.examples()
    return [
        Showcase(
            one.query.id,
            one.query.pool[: number % 4],
            None if number % 9 == 8 else other.gold.texts[0],
        )
        for number, (one, other) in enumerate(zip(examples, examples[::-1], strict=True))
    ]


NAMES = ("precision@3", "coverage@3", "bleu-4", "cider-d", "nist-5", "novelty-2", "ead-2", "usr")


@pytest.mark.parametrize("processes", [1, 2])
def test_other_processes_give_the_same_bytes(workspace, answers, monkeypatch, processes):
    metrics = workspace.parse_metrics([*NAMES, "div@3"])
    expected = Scorer(frame_of_workspace(workspace), metrics).score(answers)
    levels = Scorer(frame_of_workspace(workspace), metrics).levels
    for module in (in_parts, framing):
        monkeypatch.setattr(module, "PART_ROWS", 40)
    with LocalExecutor(processes) as executor:
        frame = frame_of_workspace(workspace)
        assert isinstance(frame.references, Column)
        scorer = Scorer(frame, metrics, executor=executor)
        assert_same(scorer.score(answers), expected)
        assert scorer.levels == levels
        assert scorer.unreadable == {}
        folder = executor.folder
    assert not folder.exists()


def test_a_frame_that_cannot_travel_is_scored_here(workspace, answers, monkeypatch):
    metrics = workspace.parse_metrics(NAMES)
    frame = frame_of_workspace(workspace)
    expected = Scorer(frame, metrics).score(answers)
    monkeypatch.setattr(in_parts, "PART_ROWS", 40)
    with LocalExecutor(2) as executor:
        assert_same(Scorer(replace(frame), metrics, executor=executor).score(answers), expected)
        assert not executor._idle


def test_parts_hold_what_metrics_look_at_and_no_more(workspace, monkeypatch):
    monkeypatch.setattr(framing, "PART_ROWS", 1)
    frame = frame_of_workspace(workspace)
    part = frame.part(3, 5, {"text", "references"})
    assert part.ids == tuple(frame.ids[3:5])
    assert part.references == frame.references[3:5]
    assert part.pools == ((), ())
    assert part.histories == ()
    assert part.corpus is frame.corpus
    lean = frame.part(0, len(frame), {"images", "pools"}, lean=True)
    assert set(lean.references) == {()}
    assert [set(pool) for pool in lean.pools] == [set(pool) for pool in frame.pools]
    batch = frame.part(0, 2, {"text"}, lean=True).batch(
        [Showcase(one, ("p",), "a") for one in frame.ids[:2]]
    )
    assert batch.selected == ((), ())


def test_a_column_makes_values_as_they_are_asked_for():
    column = Column(4, str)
    assert (len(column), list(column), column[1:3]) == (4, ["0", "1", "2", "3"], ("1", "2"))
    assert (column[-1], column[::-2]) == ("3", ("3", "1"))
    with pytest.raises(IndexError):
        column[4]


def test_statistics_are_appended_and_read_back(tmp_path):
    files = StatisticsFiles(["one", "two"], tmp_path)
    assert len(files["one"]) == 0
    for start in (0, 3):
        files.append("two", np.arange(start, start + 6, dtype=float).reshape(3, 2))
    assert list(files) == ["one", "two"]
    assert files["two"].tolist() == [[0, 1], [2, 3], [4, 5], [3, 4], [5, 6], [7, 8]]
    del files
    assert list(tmp_path.iterdir()) == []
