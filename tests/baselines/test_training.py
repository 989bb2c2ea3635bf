"""The training loop: updates, resumption, early stopping, and what it must not touch."""

from __future__ import annotations

import copy
import math
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import nn
from training_world import (
    HARD,
    Interrupting,
    Sentences,
    Stop,
    Training,
    Words,
    digest,
    fresh,
    run,
)

from baselines.neural import state as states
from baselines.neural import training as loop
from baselines.neural.batches import draw_of, share, sorted_batches, training_batches
from baselines.neural.contracts import Batch, Losses
from baselines.neural.devices import accelerated
from baselines.neural.optimizer import Updater
from showcase_bench import NoProgress
from showcase_bench.errors import (
    ContractError,
    ShowcaseError,
    StoreError,
    TrainingError,
    UsageError,
)

HERE = Path(__file__).parent
PLAIN = Training(1, 100, 0.1, optimizer="sgd", clip=None)
UPDATES = 4 * math.ceil(math.ceil(45 / 4) / 2)


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in network.named_parameters()}


def largest_difference(one: nn.Module, other: nn.Module) -> float:
    a, b = weights(one), weights(other)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


# Updates against plain torch


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_updates_are_those_of_a_plain_loop(tmp_path: Path, optimizer: str) -> None:
    training = Training(
        5, 100, 0.02, optimizer=optimizer, clip=0.5, weight_decay=0.01, schedule="linear"
    )
    network, curve = run(tmp_path, training, network=fresh(0.0), val=0, drop=0.0)

    expected = fresh(0.0).train()
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    peer = kinds[optimizer](expected.parameters(), lr=0.02, weight_decay=0.01)
    losses = []
    for step in range(5):
        peer.param_groups[0]["lr"] = 0.02 * (5 - step) / 5
        peer.zero_grad()
        found = expected(Sentences(45).batch(range(45), None))
        found.total.backward()
        nn.utils.clip_grad_norm_(expected.parameters(), 0.5)
        peer.step()
        losses.append(float(found.total.detach()))
    assert largest_difference(network, expected) < 1e-6
    assert [point["loss"] for point in curve] == pytest.approx(losses, abs=1e-6)


@pytest.mark.parametrize("clip", [None, 0.01])
@pytest.mark.parametrize("parts", [2, 3, 45])
def test_accumulated_parts_make_the_update_of_one_batch(
    tmp_path: Path, parts: int, clip: float | None
) -> None:
    whole = Training(3, 45, 0.5, optimizer="sgd", clip=clip)
    size = math.ceil(45 / parts)
    pieces = Training(3, size, 0.5, optimizer="sgd", clip=clip, accumulate=parts)
    one, curve = run(tmp_path / "a", whole, network=fresh(0.0), drop=0.0)
    other, same = run(tmp_path / "b", pieces, network=fresh(0.0), drop=0.0)
    assert largest_difference(one, fresh(0.0)) > 1e-3
    assert largest_difference(one, other) < 1e-6
    for a, b in zip(curve, same, strict=True):
        assert a == pytest.approx(b, abs=1e-6)


def test_each_group_has_its_own_learning_rate(tmp_path: Path) -> None:
    class Grouped(Words):
        def parameter_groups(self) -> list[dict[str, object]]:
            mix = list(self.mix.parameters())
            rest = [self.embedding.weight, self.out.bias]
            return [{"params": rest, "scale": 1.0}, {"params": mix, "scale": 0.25}]

    plain = fresh(0.0)
    grouped = Grouped(0.0)
    grouped.load_state_dict(plain.state_dict())
    before = weights(plain)
    run(tmp_path / "a", PLAIN, network=plain, drop=0.0, val=0)
    run(tmp_path / "b", PLAIN, network=grouped, drop=0.0, val=0)
    for name, one in weights(grouped).items():
        scale = 0.25 if name.startswith("mix") else 1.0
        moved = scale * (weights(plain)[name] - before[name])
        torch.testing.assert_close(one - before[name], moved, atol=1e-7, rtol=1e-4)


def test_a_parameter_left_out_of_the_groups_is_refused(tmp_path: Path) -> None:
    network = fresh()
    network.parameter_groups = lambda: [{"params": [network.out.bias], "scale": 1.0}]
    with pytest.raises(ContractError, match=r"leaves out embedding\.weight"):
        run(tmp_path, network=network)


def test_frozen_parameters_stay_and_all_others_move(tmp_path: Path) -> None:
    network = fresh()
    network.mix[0].weight.requires_grad_(False)
    before = weights(network)
    run(tmp_path, network=network)
    still = {name for name, one in weights(network).items() if torch.equal(one, before[name])}
    assert still == {"mix.0.weight"}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        ("cosine", [0.5, 1, *((1 + math.cos(math.pi * i / 6)) / 2 for i in range(6))]),
        ("plateau", [0.5, 1, *([0.5**3] * 6)]),
    ],
)
def test_learning_rates(schedule: str, expected: list[float]) -> None:
    training = Training(1, 1, 2.0, schedule=schedule, warmup=0.25, plateau_factor=0.5)
    found = [training.rate(step, 8, 3) for step in range(8)]
    assert found == pytest.approx([2 * one for one in expected])


# Batches


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 40), max_size=300),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(1, 3),
)
def test_each_row_comes_once_and_like_sizes_meet(
    sizes: list[int], batch_size: int, seed: int, epoch: int
) -> None:
    rows = np.array(sizes, dtype=np.int64)
    batches = training_batches(rows, batch_size, seed, epoch)
    assert sorted(int(i) for batch in batches for i in batch) == list(range(len(sizes)))
    assert len(batches) == math.ceil(len(sizes) / batch_size)
    assert sum(len(batch) != batch_size for batch in batches) <= 1
    assert [b.tolist() for b in batches] == [
        b.tolist() for b in training_batches(rows, batch_size, seed, epoch)
    ]
    if len(sizes) <= 50 * batch_size:
        spans = sorted((rows[b].min(), rows[b].max()) for b in batches)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
    placed = [int(i) for batch in sorted_batches(rows, batch_size) for i in batch]
    assert placed == sorted(range(len(sizes)), key=lambda i: sizes[i])


def test_batches_differ_between_epochs_and_seeds_and_are_not_in_order_of_size() -> None:
    sizes = np.repeat(np.arange(40), 5)
    found = [
        [b.tolist() for b in training_batches(sizes, 4, seed, epoch)]
        for seed, epoch in ((0, 1), (0, 2), (1, 1))
    ]
    assert found[0] != found[1] != found[2] != found[0]
    means = [np.mean(sizes[b]) for b in found[0]]
    assert means != sorted(means)


def test_shares_of_processes_make_the_batch() -> None:
    rows = np.array([5, 3, 9, 1, 7])
    for processes in (1, 2, 3, 7):
        shares = [share(rows, one, processes) for one in range(processes)]
        assert sorted(row for own in shares for row in own) == sorted(rows)


def test_draws_depend_on_every_part_of_their_key() -> None:
    keys = [(0, 1, 2, 0), (1, 1, 2, 0), (0, 2, 2, 0), (0, 1, 3, 0), (0, 1, 2, 1)]
    found = {(draw_of(*key)[0].integers(2**60), draw_of(*key)[1]) for key in keys}
    assert len(found) == len(keys)
    assert all(0 <= seed < 2**63 for _, seed in found)


# The curve, early stopping, the best weights


class Told(nn.Module):
    """A network whose validation losses are given; its weight counts the epochs."""

    def __init__(self, val: list[float]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.val = val
        self.register_buffer("epoch", torch.zeros((), dtype=torch.int64))

    def forward(self, batch: Batch) -> Losses:
        if self.training:
            self.epoch += 1
            return Losses(-self.weight.sum(), 1.0, {})
        loss = self.val[int(self.epoch) - 1]
        sizes = (batch["tokens"] != 0).sum(1)
        return Losses(torch.tensor(loss * float(sizes.float().mean())), float(len(sizes)), {})


def tell(folder: Path, val: list[float], rows: int = 9, **given: object) -> tuple[Told, list]:
    training = Training(len(val), 100, 1.0, optimizer="sgd", clip=None, **given)
    network = Told(val)
    return network, run(folder, training, network=network, val=rows)[1]


def test_the_best_epoch_is_kept_and_patience_ends_training(tmp_path: Path) -> None:
    network, curve = tell(tmp_path, [5.0, 3.0, 4.0, 2.0, 2.0, 9.0, 2.5, 1.0], patience=3)
    assert [point["epoch"] for point in curve if point["split"] == "val"] == list(range(1, 8))
    assert int(network.epoch) == 4
    assert float(network.weight.detach()) == 4.0


def test_an_empty_validation_split_never_stops_and_keeps_the_last_weights(tmp_path: Path) -> None:
    network, curve = tell(tmp_path, [1.0] * 6, rows=0, patience=1)
    assert [point["split"] for point in curve] == ["train"] * 6
    assert float(network.weight.detach()) == 6.0


def test_the_learning_rate_falls_after_each_epoch_that_is_not_the_best(tmp_path: Path) -> None:
    _, curve = tell(tmp_path, [5.0, 6.0, 4.0, 4.5, 3.0], schedule="plateau", plateau_factor=0.1)
    rates = [point["learning_rate"] for point in curve if point["split"] == "train"]
    assert rates == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01])


def test_validation_is_the_mean_weighted_by_the_batches(tmp_path: Path) -> None:
    _, curve = tell(tmp_path, [1.0], rows=9)
    lengths = [len(row) for row in Sentences(9, 1).rows]
    assert curve[-1]["loss"] == pytest.approx(np.mean(lengths), rel=1e-6)
    small = Training(1, 2, 0.0)
    network, curve = run(tmp_path / "b", small, network=fresh(0.0), drop=0.0)
    rows = Sentences(9, 1)
    with torch.no_grad():
        whole = network.eval()(rows.batch(range(9), None))
    assert curve[-1]["loss"] == pytest.approx(float(whole.total), rel=1e-5)
    assert curve[-1]["hits"] == pytest.approx(whole.parts["hits"], rel=1e-5)


def test_points_of_the_curve(tmp_path: Path) -> None:
    _, curve = run(tmp_path, Training(2, 1, 0.01), n=130, val=3)
    train = [point for point in curve if point["split"] == "train"]
    assert len(train) == 2 * 22  # Each 6 of 130 updates, and the epoch's.
    assert [point["step"] for point in train[:3]] == [6, 12, 18]
    first = [point for point in train if point["epoch"] == 1]
    assert first[-1]["step"] == 130
    assert min(p["loss"] for p in first[:-1]) < first[-1]["loss"] < max(p["loss"] for p in first)
    assert set(first[0]) == {"split", "epoch", "step", "loss", "hits", "learning_rate"}
    val = [point for point in curve if point["split"] == "val"]
    assert [(point["epoch"], point["step"]) for point in val] == [(1, 130), (2, 260)]
    _, short = run(tmp_path / "b", Training(2, 2, 0.01), n=130, val=0)
    assert len(short) == 2


@pytest.mark.parametrize(("n", "epochs"), [(0, 3), (20, 0)])
def test_nothing_to_learn_leaves_all_as_it_is(tmp_path: Path, n: int, epochs: int) -> None:
    network = fresh()
    before = copy.deepcopy(network.state_dict())
    _, curve = run(tmp_path / "none", Training(epochs, 4, 0.1), network=network, n=n)
    assert curve == []
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert not (tmp_path / "none").exists()


def test_a_network_without_trainable_parameters_is_left_alone(tmp_path: Path) -> None:
    network = fresh().requires_grad_(False)
    assert run(tmp_path, network=network)[1] == []


def test_batches_of_no_weight_count_for_nothing(tmp_path: Path) -> None:
    class Sometimes(Words):
        def forward(self, batch: Batch) -> Losses:
            found = super().forward(batch)
            if batch["tokens"].shape[1] == 7:
                return Losses(found.total * float("nan"), 0.0, {})
            return found

    network, curve = run(tmp_path, Training(2, 3, 0.01), network=Sometimes(), drop=0.0)
    assert all(math.isfinite(point["loss"]) for point in curve)
    assert all(torch.isfinite(one).all() for one in network.parameters())


def test_a_small_batch_is_learned_by_heart(tmp_path: Path) -> None:
    class First(Sentences):
        def __init__(self) -> None:
            super().__init__(8)
            self.rows = [np.arange(1, 2 + i) for i in range(8)]

    network = fresh(0.0)
    curve = loop.train_network(
        network,
        First(),
        Sentences(0),
        Training(80, 8, 0.1),
        seed=0,
        workdir=tmp_path,
        progress=NoProgress(),
        label="words",
    )
    assert curve[-1]["loss"] < 0.02 < curve[0]["loss"]


def test_progress_is_told_what_goes_on(tmp_path: Path) -> None:
    class Listening(NoProgress):
        def __init__(self) -> None:
            self.said: list[str] = []
            self.planned: list[int] = []

        def track(self, items, *, label, total=None):
            self.said.append(label)
            self.planned.append(len(items))
            yield from items

        def describe(self, label: str) -> None:
            self.said.append(label)

    shown = Listening()
    _, curve = run(tmp_path, Training(3, 20, 0.01), progress=shown)
    assert shown.planned == [9]
    assert shown.said[0] == "Training words, epoch 1 of at most 3"
    train, val = curve[-2]["loss"], curve[-1]["loss"]
    assert (
        shown.said[-1] == f"Training words, epoch 3 of at most 3, loss {train:.2f}, val {val:.2f}"
    )


# Randomness and what is not ours


def test_same_seed_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one = digest(*run(tmp_path / "a"))
    assert digest(*run(tmp_path / "b")) == one
    assert digest(*run(tmp_path / "c", seed=1)) != one


def test_nothing_of_the_caller_is_touched(tmp_path: Path) -> None:
    torch.manual_seed(7), np.random.seed(7), random.seed(7)  # noqa: NPY002
    torch.optim.SGD([nn.Parameter(torch.zeros(1))])  # Its first use sets a variable.

    def found() -> list[object]:
        return [
            torch.get_rng_state().tolist(),
            np.random.get_state()[1].tolist(),  # noqa: NPY002
            random.getstate(),
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_grad_enabled(),
            dict(os.environ),
            [dict(one._shared_state) for one in (AcceleratorState, GradientState, PartialState)],
        ]

    before = found()
    network = fresh().eval()
    run(tmp_path / "a", network=network)
    assert not network.training
    with pytest.raises(Stop):
        run(tmp_path / "b", progress=Interrupting(3))
    assert found() == before


def test_an_accelerator_of_the_caller_stays_usable(tmp_path: Path) -> None:
    with accelerated("bf16") as own:
        run(tmp_path)
        assert own.mixed_precision == "bf16"


def test_bf16_learns_and_fp16_needs_a_gpu(tmp_path: Path) -> None:
    _, curve = run(tmp_path / "a", Training(6, 8, 0.05, precision="bf16"), drop=0.0)
    assert curve[-1]["loss"] < curve[1]["loss"]
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="needs a GPU"):
            run(tmp_path / "b", Training(6, 8, 0.05, precision="fp16"))


class Scaled:
    """Stands for an accelerator in half precision."""

    num_processes = 1
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)

    def backward(self, loss: torch.Tensor) -> None:
        self.scaler.scale(loss).backward()


def test_the_loss_scale_changes_no_update_and_gives_way_to_overflow() -> None:
    network, plain = nn.Linear(2, 1), nn.Linear(2, 1)
    plain.load_state_dict(network.state_dict())
    training = Training(1, 1, 0.1, optimizer="sgd", clip=0.5)
    updater = Updater(network, training, Scaled())
    x = torch.tensor([[1.0, 2.0]])
    updater.learn(Losses(network(x).sum(), 4.0, {}))
    norm = updater.update(0.1, 4.0)
    plain(x).sum().backward()
    assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(plain.parameters(), 0.5)))
    torch.optim.SGD(plain.parameters(), lr=0.1).step()
    assert largest_difference(network, plain) < 1e-7

    norms = []
    for _ in range(4):
        updater.learn(Losses(network(x * float("inf")).sum(), 1.0, {}))
        norms.append(updater.update(0.1, 1.0))
    assert norms[:3] == [0.0, 0.0, 0.0]
    assert not math.isfinite(norms[3])
    assert largest_difference(network, plain) < 1e-7
    scalars, tensors = updater.state()
    again = Updater(network, training, Scaled())
    again.restore(scalars, tensors)
    assert again.state() == (scalars, tensors)
    assert scalars["scale"]["scale"] == 0.5


# Interruption


@pytest.mark.parametrize("seconds", [0.0, 600.0])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_an_interrupted_training_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, optimizer: str
) -> None:
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", seconds)
    training = Training(**{**HARD.__dict__, "optimizer": optimizer})
    whole = digest(*run(tmp_path / "whole", training))
    assert UPDATES == 24
    for at in (0, 5, 7, 23):
        folder = tmp_path / str(at)
        with pytest.raises(Stop):
            run(folder, training, progress=Interrupting(at))
        network = fresh(0.3, seed=99)  # What it starts from no longer matters once it has begun.
        if at < (1 if not seconds else 6):
            network = fresh()
        assert digest(*run(folder, training, network=network)) == whole
        assert digest(*run(folder, training)) == whole


def test_a_training_interrupted_again_and_again_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    training = Training(1, 1, 0.02)  # A long epoch: points of the curve within.
    whole = digest(*run(tmp_path / "whole", training, n=101, val=2))
    for _ in range(2):
        with pytest.raises(Stop):
            run(tmp_path / "cut", training, n=101, val=2, progress=Interrupting(39))
    assert digest(*run(tmp_path / "cut", training, n=101, val=2)) == whole


class Failing:
    """A function that raises when it is called for the n-th time."""

    def __init__(self, function: Callable[..., None], at: int) -> None:
        self.function, self.at, self.calls = function, at, 0

    def __call__(self, *arguments: object) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Stop
        self.function(*arguments)


def test_a_kill_between_the_two_files_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digest(*run(tmp_path / "whole"))
    for fail_at in (1, 2, 3):
        failing = Failing(states.write_facts, fail_at)
        with monkeypatch.context() as patched:
            patched.setattr(states, "write_facts", failing)
            with pytest.raises(Stop):
                run(tmp_path / str(fail_at))
        assert len(list((tmp_path / str(fail_at)).glob("*.safetensors"))) == min(fail_at, 2)
        assert digest(*run(tmp_path / str(fail_at))) == whole
        assert len(list((tmp_path / str(fail_at)).iterdir())) == 2


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    child = [sys.executable, str(HERE / "training_world.py"), str(tmp_path / "cut"), "9"]
    done = subprocess.run(child, check=False, env=_environment())
    assert done.returncode == -9
    (tmp_path / "cut" / ".tensors-left").write_bytes(b"half")
    (tmp_path / "cut" / "own.safetensors").write_bytes(b"of the model")
    assert digest(*run(tmp_path / "cut")) == digest(*run(tmp_path / "whole"))
    left = {path.name.partition("-")[0] for path in (tmp_path / "cut").iterdir()}
    assert left == {"training.json", "training", "own.safetensors"}


def test_two_processes_make_the_updates_of_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    both = []
    for rank in ("0", "1"):
        ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_PORT": port}
        own = {**ranks, "MASTER_ADDR": "127.0.0.1", "ACCELERATE_USE_CPU": "true"}
        command = [sys.executable, str(HERE / "training_world.py"), str(tmp_path), "share"]
        both.append(subprocess.Popen(command, env=_environment() | own))
    assert [one.wait(timeout=120) for one in both] == [0, 0]
    training = Training(3, 6, 0.05, clip=0.1, accumulate=2)
    alone, _ = run(tmp_path / "alone", training, network=fresh(0.0), n=25, drop=0.0)
    together = load_file(tmp_path / "trained.safetensors")
    for name, one in alone.named_parameters():
        torch.testing.assert_close(together[name], one.detach(), atol=1e-6, rtol=1e-5)


def _environment() -> dict[str, str]:
    root = str(HERE.parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, str(HERE)]), "OMP_NUM_THREADS": "1"}


# Checkpoints that do not fit, numbers that are not finite


@pytest.mark.parametrize(
    ("named", "changed"),
    [
        ("label is 'words' there and 'other' here", {"label": "other"}),
        ("seed is 0 there and 1 here", {"seed": 1}),
        ("learning_rate is 0.05 there and 0.5 here", {"training": Training(4, 4, 0.5)}),
        ("rows of train is '45 ", {"n": 44}),
        ("rows of val is '9 ", {"val": 8}),
        ("network is ", {"network": Words(dim=7)}),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, named: str, changed: dict
) -> None:
    run(tmp_path)
    with pytest.raises(StoreError, match=named) as caught:
        run(tmp_path, **changed)
    assert str(tmp_path / "training.json") in str(caught.value)
    assert "Delete" in str(caught.value)


def test_rows_of_other_lengths_are_another_training(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(StoreError, match=r"rows of train is '45 .* there and '45 "):
        loop.train_network(
            fresh(),
            Sentences(45, 3),
            Sentences(9, 1),
            HARD,
            seed=0,
            workdir=tmp_path,
            progress=NoProgress(),
            label="words",
        )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"state":', b'"stat":'),
        (b'"epoch":5', b'"epoch":"5"'),
        (b'"curve":[', b'"curve":3,"more":['),
        (b'"stale":', b'"stalest":'),
        (b'"sha256":"', b'"sha256":"0'),
        (b'"file":"', b'"file":"../'),
        (b'"optimizer":{"values"', b'"optimizer":{"valu"'),
        (b'{"identity"', b'["identity"'),
        (b'"best":', b'"best":NaN,"b":'),
    ],
)
def test_a_damaged_checkpoint_is_named(tmp_path: Path, before: bytes, after: bytes) -> None:
    run(tmp_path)
    path = tmp_path / "training.json"
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after, 1))
    with pytest.raises(StoreError, match="Delete"):
        run(tmp_path)


def test_tensors_that_are_missing_or_cut_are_named(tmp_path: Path) -> None:
    run(tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match=path.name):
        run(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match=r"is missing\. Delete"):
        run(tmp_path)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("total", "the term 'total' of the loss is nan"),
        ("hits", "the term 'hits' of the loss is inf"),
        ("gradient", "the norm of the gradient is inf"),
    ],
)
def test_a_number_that_is_not_finite_stops_with_the_last_checkpoint(
    tmp_path: Path, kind: str, what: str
) -> None:
    network = fresh()
    network.poison = (14, kind)  # In epoch 2, which begins with batch 13.
    with pytest.raises(TrainingError, match=what) as caught:
        run(tmp_path, network=network)
    assert isinstance(caught.value, ShowcaseError)
    assert "training of words stopped in epoch 2, after 6 updates" in str(caught.value)
    assert f"kept: {tmp_path / 'training.json'}" in str(caught.value)
    assert digest(*run(tmp_path)) == digest(*run(tmp_path.with_name("whole")))
    network.poison = (int(network.calls) + 1, kind)
    with pytest.raises(TrainingError, match="no checkpoint yet"):
        run(tmp_path.with_name("other"), network=network)


def test_a_validation_loss_that_is_not_finite_stops(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="'total' of the validation loss is nan"):
        tell(tmp_path, [1.0, math.nan])


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": -1},
        {"batch_size": 0},
        {"learning_rate": -0.1},
        {"learning_rate": math.nan},
        {"optimizer": "adamax"},
        {"schedule": "step"},
        {"warmup": 1.5},
        {"plateau_factor": 2},
        {"patience": 0},
        {"clip": 0},
        {"accumulate": 0},
        {"precision": "fp8"},
        {"weight_decay": -1},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    (name,) = wrong
    with pytest.raises(UsageError, match=name):
        Training(**{"epochs": 1, "batch_size": 1, "learning_rate": 0.1, **wrong})


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        run(tmp_path / "file")
