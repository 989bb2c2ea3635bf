"""What looks at other users or photos elsewhere gives the same in parts, here or in processes."""

import hashlib
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import synth
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.draws import first_from, place
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.score import framing, in_parts
from showcase_bench.evaluate.score.controls import control_showcases
from showcase_bench.evaluate.score.frame import Frame, codes
from showcase_bench.evaluate.score.part_scores import kept_corpora
from showcase_bench.evaluate.task.column import Column
from showcase_bench.evaluate.task.other_users import OtherUsers
from showcase_bench.evaluate.task.pooled import Pooled
from showcase_bench.evaluate.task.swapped import swapped_queries
from showcase_bench.metrics import MeanMetric, parse_metric
from showcase_bench.metrics.batch import Swap
from showcase_bench.metrics.grounding.other_photos import elsewhere
from showcase_bench.metrics.personalization.rivals import rivals
from showcase_bench.metrics.visits import Visit, Visits
from showcase_bench.types import Showcase
from tests.metrics.embedding.clip_world import FakeEmbeddings, FakeFeatures

NAMES = (
    "history-lift(encoder=enc,n=3)",
    "user-match-mrr(encoder=enc,n=2)",
    "user-swap-change(encoder=enc)",
    "user-swap-lift(encoder=enc)",
    "user-swap-images",
    "image-lift-other(encoder=enc)",
    "image-lift-business(encoder=enc)",
)
METRICS = tuple(map(parse_metric, NAMES))
USERS, BUSINESSES = ("u", "é", "\ud800", "寿司", "w"), ("B", "C", "é")
POOLS = {"B": ("p", "q", "r"), "C": ("lost", "q", "s", "é"), "é": ()}

texts = st.sampled_from(["a", "b c", "é!"])
histories = st.lists(texts, max_size=2).map(tuple)
visits = st.builds(
    Visit, st.sampled_from(USERS), st.sampled_from(BUSINESSES), histories, st.none() | texts
)
rows = st.lists(
    st.tuples(
        visits,
        st.none() | texts,
        st.integers(0, 7),
        st.none()
        | st.builds(
            Swap,
            st.lists(texts, min_size=1, max_size=2).map(tuple),
            st.none() | texts,
            st.just(("p",)),
        ),
    ),
    max_size=9,
)
MANY = [
    (Visit(user, business, ("a", f"b{number}")[: number % 3], "b c"), "a", number, None)
    for number, (user, business) in enumerate(product(USERS, BUSINESSES))
]


def frame_of(rows, more):
    own = Visits.of([row[0] for row in rows])
    pools = tuple(POOLS[one] for one in own.businesses)
    return Frame(
        ids=tuple(f"e{number}é" for number in range(len(rows))),
        references=tuple((row[0].text,) if row[0].text else () for row in rows),
        gold_images=tuple(pool[: row[2] % 3] for pool, row in zip(pools, rows, strict=True)),
        pools=pools,
        clusters=(codes(own.users), codes(own.businesses)),
        features=FakeFeatures(),
        embeddings=FakeEmbeddings(),
        users=own.users,
        businesses=own.businesses,
        histories=own.histories,
        k=2,
        read_visits=lambda: Visits.of([*more, *(row[0] for row in rows)]),
    )


def scored(rows, more):
    """Statistics as bytes, scores and levels."""
    scorer = Scorer(frame_of(rows, more), METRICS)
    shown = [
        Showcase(f"e{number}é", POOLS[row[0].business][: row[2] % 4], row[1])
        for number, row in enumerate(rows)
    ]
    found = scorer.score(shown, swaps=tuple(row[3] for row in rows))
    rows_of = {one: stats.tobytes() for one, stats in found.statistics.items()}
    return rows_of, found.scores, scorer.levels


@settings(max_examples=25, deadline=None)
@given(rows=rows, more=st.lists(visits, max_size=9), size=st.integers(1, 10))
@example(rows=[], more=[], size=1)
@example(rows=MANY, more=[row[0] for row in MANY], size=4)
@example(rows=[(Visit("u", "é", (), None), None, 0, None)] * 5, more=[], size=2)
@example(rows=[(Visit("u", "B", ("a",), "a"), "a", 3, Swap(("b",), None, ()))] * 5, more=[], size=2)
def test_parts_of_any_size_give_the_same_bytes(rows, more, size):
    expected = scored(rows, more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_parts, "PART_ROWS", size)
        assert scored(rows, more) == expected


def told(words):
    """A number between 0 and 1 that depends on every word."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:4]) / 2**32


class WhoElse(MeanMetric):
    """Tells the histories of the others, and the text, apart."""

    label = "who-else"
    summary = "a number for each choice of others"
    group = "personalization"
    higher_is_better = True
    bounds = (0.0, 1.0)
    scale = "unit"
    needs = frozenset({"text", "histories"})
    floor = "other user"

    def counted(self, batch):
        return rivals(batch, 4).counted

    def values(self, batch):
        drawn, values = rivals(batch, 4), np.zeros(len(batch))
        for row, places in zip(np.flatnonzero(drawn.counted), drawn.rows.tolist(), strict=True):
            others = ["|".join(drawn.histories[place]) for place in places]
            values[row] = told([batch.hypotheses[row] or "", *others])
        return values


class WhatElse(MeanMetric):
    """Tells the photos elsewhere, and those shown, apart."""

    label = "what-else"
    summary = "a number for each choice of photos"
    group = "grounding"
    higher_is_better = True
    bounds = (0.0, 1.0)
    scale = "unit"
    needs = frozenset({"images", "pools"})
    floor = "photos elsewhere"

    def values(self, batch):
        drawn = elsewhere(batch, batch.has_images)
        others = [list(shown) for shown in batch.selected]
        for row, code in zip(drawn.rows.tolist(), drawn.codes.tolist(), strict=True):
            others[row].append(drawn.images[code])
        return np.array([told(one) for one in others])


OURS = (WhoElse(), WhatElse(), parse_metric("user-swap-images"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("others")
    synth(MiniConfig(n_train=40, n_val=0, n_test=90), folder / "world")
    places = Places(folder / "cache", folder / "data")
    return Workspace.open(file_task(folder / "world" / "data.json"), places=places)


def answers(queries):
    return [Showcase(one.id, one.pool[: int(one.user_id) % 4], one.user_id) for one in queries]


@pytest.mark.parametrize("processes", [0, 2])
def test_other_processes_give_the_same_bytes(workspace, monkeypatch, processes):
    swapped = swapped_queries(workspace)
    given, swaps = answers(workspace.queries), swapped.swaps(answers(swapped.asked))
    whole = Scorer(frame_of_workspace(workspace), OURS)
    expected = whole.score(given, swaps=swaps)
    assert all(score.value for score in expected.scores)
    assert set(whole.levels) == {"who-else", "what-else"}
    for module in (in_parts, framing):
        monkeypatch.setattr(module, "PART_ROWS", 40)
    with LocalExecutor(max(processes, 1)) as executor:
        frame = frame_of_workspace(workspace)
        assert isinstance(frame.visits.histories, Column)
        scorer = Scorer(frame, OURS, executor=executor if processes else None)
        found = scorer.score(given, swaps=swaps)
        assert found.scores == expected.scores
        for signature, rows in expected.statistics.items():
            assert found.statistics[signature].tobytes() == rows.tobytes(), signature
        assert scorer.levels == whole.levels


def test_what_parts_share_is_arrays_and_no_more_than_metrics_look_at(workspace):
    frame = frame_of_workspace(workspace)
    kept = kept_corpora(frame, OURS)
    assert kept.crowd is frame.visits.crowd
    assert kept.town is frame.catalogue.town
    frame = frame_of_workspace(workspace)
    kept = kept_corpora(frame, [parse_metric("precision@3")])
    assert (kept.crowd, kept.town) == (None, None)
    assert "visits" not in frame.__dict__


def test_swapped_queries_are_those_of_whole_rows(workspace):
    swapped = swapped_queries(workspace)
    found = [query for query in swapped if query is not None]
    assert list(swapped.asked) == found
    assert len(found) > 60
    swaps = swapped.swaps(answers(found))
    given = iter(zip(found, answers(found), strict=True))
    for query, swap in zip(swapped, swaps, strict=True):
        assert (query is None) == (swap is None)
        if swap is not None:
            query, one = next(given)
            assert swap == Swap(tuple(r.text for r in query.history), one.text, one.image_ids)
    with pytest.raises(ValueError, match="answers to"):
        swapped.swaps(answers(found[1:]))


@given(st.lists(visits, max_size=9), st.sampled_from(USERS), st.sampled_from(BUSINESSES))
def test_other_users_equal_brute_force(rows, user, business):
    wanted = [bool(row.history) for row in rows]
    others = OtherUsers(Visits.of(rows), np.array(wanted, dtype=bool))
    may = [number for number, row in enumerate(rows) if row.history and row.user != user]
    here = [number for number in may if rows[number].business == business]
    away = [number for number in may if rows[number].business != business]
    for one in ("e", "é"):
        nearest = min(here, key=lambda n: (place(one, rows[n].user), n), default=None)
        assert others.at_business(one, user, business) == nearest
        drawable = [number for number, fine in enumerate(wanted) if fine]
        start = int.from_bytes(place(one, "elsewhere")[:8])
        found = first_from(drawable, start, lambda number: number in away)
        assert others.elsewhere(one, user, business) == found


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=9),
    st.integers(0, 2**64),
)
def test_the_next_pool_elsewhere_equals_brute_force(rows, start):
    pools = [("p",) * full for _, full in rows]
    found = Pooled(np.array([business for business, _ in rows]), pools)
    for number, (own, _) in enumerate(rows):
        expected = first_from(
            range(len(rows)), start, lambda i, own=own: rows[i][1] and rows[i][0] != own
        )
        assert found.next_elsewhere(number, start) == expected


def test_controls_are_made_row_by_row(workspace, monkeypatch):
    monkeypatch.setattr(framing, "PART_ROWS", 1)
    lazy, whole = frame_of_workspace(workspace), frame_of_workspace(workspace).in_memory()
    for control in ("other user", "other photos", "photos elsewhere"):
        made = control_showcases(lazy, control)
        assert isinstance(made, Column)
        assert list(made) == list(control_showcases(whole, control))
        assert made[3:5] == tuple(made)[3:5]
