from __future__ import annotations

import math
from pathlib import Path

import neural_world
import numpy as np
import pytest
import torch
from baseline_world import ListSplit, query, row
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.brie import Brie
from baselines.brie.network import BrieNetwork
from baselines.elvis import Elvis
from baselines.elvis.network import ElvisNetwork
from baselines.neural.authorship import AuthorshipRows, Sampling, others_of, prepared
from baselines.neural.ids import IdTable
from baselines.neural.training import Training, train_network
from showcase_bench import NoProgress
from showcase_bench.errors import UsageError

STORE = neural_world.NeuralStore()
DIM = neural_world.DIM
DEFAULT = Sampling()
BOTH = pytest.mark.parametrize("kind", [Elvis, Brie])
NETWORKS = pytest.mark.parametrize("kind", [ElvisNetwork, BrieNetwork])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@given(st.integers(1, 12), st.data())
@settings(max_examples=100, deadline=None)
def test_others_are_all_but_the_own_ones_each_equally_often(n: int, data: st.DataObject) -> None:
    own = sorted(data.draw(st.sets(st.integers(0, n - 1), max_size=n - 1)))
    left = [i for i in range(n) if i not in own]
    draws = (np.arange(3 * len(left)) + 0.5) / (3 * len(left))
    found = others_of(n, np.array(own, dtype=np.int64), draws)
    assert found.tolist() == [one for one in left for _ in range(3)]


def test_prepared_is_centred_and_of_one_length() -> None:
    features = np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 0.0]], dtype=np.float32)
    rows = prepared(features, np.array([0.6, 0.0]))
    np.testing.assert_allclose(rows, [[0, math.sqrt(2)], [math.sqrt(2), 0], [0, 0]], atol=1e-6)
    assert rows.dtype == np.float32


def rows_of(
    examples: list[object], sampling: Sampling = DEFAULT, users: tuple[str, ...] = ()
) -> AuthorshipRows:
    return AuthorshipRows(examples, STORE, "any", np.zeros(DIM), IdTable(users), sampling)


def test_photos_of_others_are_never_the_users_own_and_come_from_where_asked() -> None:
    rng = np.random.default_rng(0)
    examples = [
        row(f"r{i}", f"u{i % 5}", f"b{i % 3}", "", [f"pizza-{i}-{j}" for j in range(1 + i % 3)])
        for i in range(30)
    ]
    examples[7] = row("r7", "u2", "b1", "", ["bad-1", *examples[0].gold.image_ids])
    rows = rows_of(examples, Sampling(4, 6))
    ids = [
        one
        for one in dict.fromkeys(one for example in examples for one in example.gold.image_ids)
        if not one.startswith("bad")
    ]
    taken: dict[str, set[str]] = {}
    there: dict[str, set[str]] = {}
    pairs = []
    for example in examples:
        for one in example.gold.image_ids:
            if not one.startswith("bad"):
                taken.setdefault(example.query.user_id, set()).add(one)
                there.setdefault(example.query.business_id, set()).add(one)
                pairs.append((example.query.user_id, example.query.business_id))
    assert len(rows) == len(pairs)
    seen: set[str] = set()
    for i, (user, business) in enumerate(pairs):
        others = [ids[j] for j in rows.others(i, rng)]
        assert len(others) == 10
        assert not taken[user].intersection(others)
        assert there[business].issuperset(others[:4])
        assert not there[business].intersection(others[4:])
        seen.update(others)
    assert len(seen) > 0.9 * len(ids)


def test_where_one_kind_is_missing_the_other_steps_in() -> None:
    one_business = [row("a", "u", "b", "", ["pizza-1"]), row("c", "v", "b", "", ["pizza-2"])]
    one_each = [row("a", "u", "b", "", ["pizza-1"]), row("c", "v", "d", "", ["pizza-2"])]
    for examples in (one_business, one_each):
        rows = rows_of(examples, Sampling(2, 2))
        assert rows.others(0, np.random.default_rng(0)).tolist() == [1, 1, 1, 1]
    assert len(rows_of([row("a", "u", "b", "", ["pizza-1", "pizza-2"])])) == 0
    assert len(rows_of([row("a", "u", "b", "", ["bad-1"]), row("c", "v", "b", "", [])])) == 0


def test_training_draws_from_its_generator_and_validation_is_always_the_same() -> None:
    examples = list(neural_world.split(40))
    rows = rows_of(examples, Sampling(3, 3, id_dropout=0.5), tuple(f"u{i}" for i in range(8)))
    first, again = (rows.batch(range(20), np.random.default_rng(1)) for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(
        first["others"], rows.batch(range(20), np.random.default_rng(2))["others"]
    )
    assert 0 < int((first["user"] == 0).sum()) < 20
    quiet = rows.batch(range(20), None)
    assert quiet["user"].all()
    alone = rows.batch([7], None)
    assert all(torch.equal(alone[name][0], quiet[name][7]) for name in quiet)
    assert quiet["others"].shape == (20, 6, DIM)


def test_brie_scores_and_loses_by_hand() -> None:
    net = BrieNetwork(users=2, features=2, width=2, dropout=0.0)
    with torch.no_grad():
        net.users.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
        net.images.weight.copy_(torch.tensor([[1.0, 1.0], [0.0, 3.0]]))
    user = torch.tensor([0, 1])
    image = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    others = torch.tensor([[[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]])
    assert net.score(user, others).tolist() == [[7.0, 8.0], [0.0, 0.0]]
    losses = net({"user": user, "image": image, "others": others})
    gaps = [1 - 7, 1 - 8, -3 - 0, -3 - 0]
    assert losses.total.item() == pytest.approx(
        float(np.mean([math.log(1 + math.exp(-gap)) for gap in gaps])), abs=1e-6
    )
    assert losses.parts["won"] == 0.0
    assert losses.weight == 2


def test_elvis_scores_and_loses_by_hand() -> None:
    net = ElvisNetwork(users=1, features=1, width=1, dropout=0.0)
    with torch.no_grad():
        for one, value in (
            (net.users.weight, [[2.0]]),
            (net.images.weight, [[1.0]]),
            (net.images.bias, [0.5]),
            (net.mixed.weight, [[1.0, -1.0]]),
            (net.mixed.bias, [0.0]),
            (net.out.weight, [[2.0]]),
            (net.out.bias, [-1.0]),
        ):
            one.copy_(torch.tensor(value))
    user = torch.tensor([0])
    others = torch.tensor([[[-3.0], [1.0], [9.0]]])
    odds = [2 * 2 - 1, 2 * 0.5 - 1, -1]
    assert net.score(user, others).tolist() == [pytest.approx(odds)]
    losses = net({"user": user, "image": torch.tensor([[1.0]]), "others": others})

    def chance(odd: float) -> float:
        return 1 / (1 + math.exp(-odd))

    own = -math.log(chance(0.0))
    wrong = float(np.mean([-math.log(1 - chance(one)) for one in odds]))
    assert losses.total.item() == pytest.approx((own + wrong) / 2, abs=1e-6)
    assert losses.parts["own"] == pytest.approx(own, abs=1e-6)
    assert losses.weight == 1


class Fixed:
    """The same batch of eight."""

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(0)
        self.rows = {
            "user": torch.arange(8),
            "image": torch.randn(8, DIM, generator=draw),
            "others": torch.randn(8, 4, DIM, generator=draw),
        }

    def __len__(self) -> int:
        return 8

    def size(self, row: int) -> int:
        return 1

    def batch(self, rows: object, rng: object) -> dict[str, torch.Tensor]:
        return {name: one[list(rows)] for name, one in self.rows.items()}  # type: ignore[call-overload]


class Nothing(Fixed):
    def __len__(self) -> int:
        return 0


@NETWORKS
def test_overfits_a_batch_of_eight(kind: type[ElvisNetwork], tmp_path: Path) -> None:
    torch.manual_seed(0)
    curve = train_network(
        kind(users=8, features=DIM, width=16, dropout=0.0),
        Fixed(),
        Nothing(),
        Training(epochs=100, batch_size=8, learning_rate=2e-2, optimizer="adam"),
        seed=0,
        workdir=tmp_path,
        progress=NoProgress(),
        label="test",
    )
    assert curve[-1]["loss"] < 0.02


@NETWORKS
def test_gradients_reach_every_parameter(kind: type[ElvisNetwork]) -> None:
    torch.manual_seed(0)
    net = kind(users=8, features=DIM, width=16, dropout=0.0)
    net(Fixed().rows).total.backward()
    for name, one in net.named_parameters():
        assert one.grad is not None, name
        assert one.grad.abs().sum() > 0, name


@BOTH
def test_fit_answers_saves_and_loads_the_same_bytes(kind: type[Elvis], tmp_path: Path) -> None:
    asked = neural_world.queries()
    model = neural_world.fit(kind(epochs=2), tmp_path / "work")
    shown = list(model.predict(asked, STORE))
    assert [one.id for one in shown] == [one.id for one in asked]
    for one, answer in zip(asked, shown, strict=True):
        assert len(answer.image_ids) == len(set(answer.image_ids)) == min(one.k, len(one.pool))
        assert set(answer.image_ids) <= set(one.pool)
        assert answer.text is None
    by_id = {one.id: one.image_ids for one in shown}
    assert by_id["broken"] == ("bad-1", "bad-2")
    assert by_id["half-broken"] == ("salad-2", "bad-1")
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    loaded = kind(epochs=2)
    loaded.load(tmp_path / "saved")
    assert list(loaded.predict(asked, STORE)) == shown
    assert list(loaded.predict(asked[::-1], STORE))[::-1] == shown
    assert [next(iter(loaded.predict([one], STORE))) for one in asked] == shown
    again = neural_world.fit(kind(epochs=2), tmp_path / "again")
    (tmp_path / "second").mkdir()
    again.save(tmp_path / "second")
    for name in ("model.safetensors", "model.json"):
        first, second = (tmp_path / one / name for one in ("saved", "second"))
        assert first.read_bytes() == second.read_bytes()


@BOTH
def test_learns_whose_photos_are_whose(kind: type[Elvis], tmp_path: Path) -> None:
    """Users who take photos of one dish each, at all businesses."""
    dishes = neural_world.DISHES
    examples = [
        row(f"r{i}", f"u{i % 6}", f"b{i // 6}", "", [f"{dishes[i % 6]}-{i}"]) for i in range(60)
    ]
    model = kind(epochs=60, learning_rate=1e-2)
    split = ListSplit(examples, STORE)
    model.fit(split, ListSplit([], STORE), seed=0, workdir=tmp_path, progress=NoProgress())
    pool = [f"{dish}-new" for dish in dishes]
    asked = [query(f"q{i}", f"u{i}", "b0", pool, k=1) for i in range(6)]
    shown = [one.image_ids[0] for one in model.predict(asked, STORE)]
    assert shown == [f"{dish}-new" for dish in dishes]


@BOTH
def test_equal_photos_go_by_id(kind: type[Elvis], tmp_path: Path) -> None:
    class Same(neural_world.NeuralStore):
        def features(self, image_ids, encoder):  # type: ignore[no-untyped-def]
            return super().features([one.partition("=")[0] for one in image_ids], encoder)

    model = neural_world.fit(kind(epochs=1), tmp_path)
    pool = ["ramen-1=c", "ramen-1=a", "ramen-1=b"]
    (shown,) = model.predict([query("q", "u1", "b1", pool, k=3)], Same())
    assert shown.image_ids == tuple(sorted(pool))


@BOTH
def test_empty_splits_and_users_without_photos(kind: type[Elvis], tmp_path: Path) -> None:
    for name, examples in {"none": [], "bare": [row("a", "u", "b", "text")]}.items():
        model = kind(epochs=1)
        split = ListSplit(examples, STORE)
        model.fit(split, split, seed=0, workdir=tmp_path / name, progress=NoProgress())
        assert len(list(model.predict(neural_world.queries(), STORE))) == len(
            neural_world.queries()
        )


@BOTH
@pytest.mark.parametrize("arguments", [{"config": "large"}, {"epochs": 1.5}, {"batch_size": 0}])
def test_wrong_arguments(kind: type[Elvis], arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        kind(**arguments)  # type: ignore[arg-type]
