"""What trained models save and load: equal bytes, and every kind of damage named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

from baselines.neural import tensor_files
from baselines.neural.checkpoint import load_checkpoint, save_checkpoint
from baselines.neural.tensor_files import read_tensors, write_tensors
from showcase_bench.errors import StoreError


class Tied(nn.Module):
    """Tied weights, a count, short floats, a transposed tensor and one of no size."""

    def __init__(self, rows: int = 5) -> None:
        super().__init__()
        self.words = nn.Embedding(rows, 3)
        self.out = nn.Linear(3, rows)
        self.out.weight = self.words.weight
        self.turned = nn.Parameter(torch.randn(2, 4).T)
        self.register_buffer("count", torch.tensor(7))
        self.register_buffer("short", torch.randn(3).to(torch.bfloat16))
        self.register_buffer("none", torch.zeros(0, 3))


FACTS = {"ids": ["u1", "ü🍜", "\ud800", ""], "curve": [{"loss": 0.1 + 0.2}], "z": 1, "a": None}


def saved(folder: Path, network: nn.Module | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    made = Tied() if network is None else network
    save_checkpoint(folder, "tied", 2, FACTS, made.state_dict())
    return folder


def rewrite(folder: Path, change: Callable[[dict], object]) -> None:
    path = folder / "model.json"
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))


def retell(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Other tensors with the hash that fits them."""
    save_file(tensors, folder / "model.safetensors")
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    rewrite(folder, lambda content: content["tensors"].update(sha256=sha256))


def test_a_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    network, other = Tied(), Tied()
    found = load_checkpoint(saved(tmp_path, network), "tied", 2)
    found.into(other)
    for name, value in network.state_dict().items():
        again = other.state_dict()[name]
        assert again.dtype == value.dtype
        assert torch.equal(again, value)
    assert other.out.weight is other.words.weight
    assert found.facts == FACTS
    assert list(found.facts) == list(FACTS)
    assert found.path == tmp_path / "model.json"


def test_equal_networks_give_equal_bytes_and_tied_weights_are_there_once(tmp_path: Path) -> None:
    network = Tied()
    twin = Tied()
    twin.load_state_dict(network.state_dict())
    saved(tmp_path / "a", network), saved(tmp_path / "b", twin)
    for name in ("model.json", "model.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "model.json",
        "model.safetensors",
    ]
    assert len(load_file(tmp_path / "a" / "model.safetensors")) == len(network.state_dict()) - 1


def test_parts_of_one_memory_that_differ_are_kept_apart(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    tensors = {"whole": whole, "row": whole[1], "turned": whole.T, "same": whole}
    again = read_tensors(tmp_path, write_tensors(tmp_path, "t", tensors), "")
    assert {name: one.tolist() for name, one in again.items()} == {
        name: one.tolist() for name, one in tensors.items()
    }


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
            lambda name: name != "__metadata__"
        ),
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=4),
        max_size=5,
    )
)
def test_any_tensors_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    tensors = {name: torch.tensor(row, dtype=torch.float32) for name, row in rows.items()}
    again = read_tensors(folder, write_tensors(folder, "t", tensors), "")
    assert set(again) == set(tensors)
    assert all(torch.equal(again[name], one) for name, one in tensors.items())


def test_a_second_save_takes_the_place_of_the_first(tmp_path: Path) -> None:
    network = Tied()
    saved(tmp_path), saved(tmp_path, network)
    other = Tied()
    load_checkpoint(tmp_path, "tied", 2).into(other)
    assert torch.equal(other.words.weight, network.words.weight)


def test_a_save_that_was_cut_off_is_not_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path)

    def fail(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("baselines.neural.checkpoint.write_facts", fail)
    with pytest.raises(KeyboardInterrupt):
        saved(tmp_path)
    with pytest.raises(StoreError, match="SHA-256 differs"):
        load_checkpoint(tmp_path, "tied", 2)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda f: (f / "model.json").unlink(), r"model\.json is missing"),
        (lambda f: (f / "model.safetensors").unlink(), r"model\.safetensors is missing"),
        (lambda f: (f / "model.json").write_text("{"), "is not JSON"),
        (lambda f: (f / "model.json").write_bytes(b"\xff\xfe"), "is not JSON"),
        (lambda f: (f / "model.json").write_text("[" * 200_000), "is not JSON"),
        (lambda f: (f / "model.json").write_text("[]"), "not a JSON object"),
        (lambda f: (f / "model.json").write_text('{"a":NaN}'), "NaN, which is not a number"),
        (
            lambda f: rewrite(f, lambda c: c.update(kind="peter")),
            "of the model 'peter', not 'tied'",
        ),
        (lambda f: rewrite(f, lambda c: c.update(version=1)), "version 1 of 'tied'.*version 2"),
        (lambda f: rewrite(f, lambda c: c.pop("facts")), "no object 'facts'"),
        (lambda f: rewrite(f, lambda c: c.pop("tensors")), "does not name a file of tensors"),
        (
            lambda f: rewrite(f, lambda c: c["tensors"].update(file="../model.safetensors")),
            "does not name a file of tensors",
        ),
        (
            lambda f: rewrite(f, lambda c: c["tensors"].update(shared={"x": "nowhere"})),
            "does not fit",
        ),
        (lambda f: rewrite(f, lambda c: c["tensors"].update(sha256="0" * 64)), "SHA-256 differs"),
    ],
)
def test_damage_is_named_with_file_and_fix(
    tmp_path: Path, damage: Callable[[Path], object], named: str
) -> None:
    damage(saved(tmp_path))
    with pytest.raises(StoreError, match=named) as caught:
        load_checkpoint(tmp_path, "tied", 2)
    assert str(tmp_path) in str(caught.value)
    assert "Fit the model again" in str(caught.value)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated_tensors_are_refused_with_and_without_the_right_hash(
    tmp_path: Path, kept: int
) -> None:
    path = saved(tmp_path) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StoreError, match="SHA-256 differs"):
        load_checkpoint(tmp_path, "tied", 2)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(tmp_path, lambda content: content["tensors"].update(sha256=sha256))
    with pytest.raises(StoreError, match=r"model\.safetensors cannot be read"):
        load_checkpoint(tmp_path, "tied", 2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_neither_written_nor_read(
    tmp_path: Path, value: float
) -> None:
    network = Tied()
    folder = saved(tmp_path, network)
    tensors = load_file(folder / "model.safetensors")
    tensors["turned"][1, 1] = value
    retell(folder, tensors)
    with pytest.raises(StoreError, match="'turned' holds numbers that are not finite"):
        load_checkpoint(folder, "tied", 2)
    with torch.no_grad():
        network.short[0] = value
    with pytest.raises(StoreError, match="'short' holds numbers that are not finite"):
        saved(tmp_path / "other", network)
    assert not list((tmp_path / "other").iterdir())


def test_a_network_of_another_shape_is_left_as_it_was(tmp_path: Path) -> None:
    found = load_checkpoint(saved(tmp_path), "tied", 2)
    other = Tied(6)
    other.extra = nn.Parameter(torch.zeros(1))
    del other.short
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(StoreError) as caught:
        found.into(other)
    for part in (
        "extra is missing",
        "short is not expected",
        "words.weight is float32[5, 3] instead of float32[6, 3]",
        str(found.path),
    ):
        assert part in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


def test_the_json_is_bounded_in_both_directions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path)
    monkeypatch.setattr(tensor_files, "MOST_JSON", 50)
    with pytest.raises(StoreError, match="larger than 50 bytes"):
        load_checkpoint(tmp_path, "tied", 2)
    with pytest.raises(StoreError, match="more than the 50 that can be read again"):
        saved(tmp_path / "other")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write into .*nowhere"):
        save_checkpoint(tmp_path / "nowhere", "tied", 2, {}, Tied().state_dict())
