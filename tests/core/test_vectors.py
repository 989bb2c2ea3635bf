from __future__ import annotations

import errno
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import StoreError
from showcase_bench.vectors import VectorTable, blocks, shards, text_key
from showcase_bench.vectors.keys import pack_keys, unpack_keys

KEYS = ["", "a", "b\n", "ü", "名前", "\ud800", "x\0y", "a/../b", "k" * 5000]


def rows_of(keys: Sequence[str], dim: int = 4) -> np.ndarray:
    """A row for each key that follows from the key alone."""
    made = [
        np.random.default_rng(list(key.encode("utf-8", "surrogatepass"))).normal(size=dim)
        for key in keys
    ]
    return np.array(made, dtype=np.float32).reshape(len(keys), dim)


def filled(folder: Path | None, keys: Sequence[str] = KEYS, **options: Any) -> VectorTable:
    table = VectorTable(folder, **options)
    table.add(keys, rows_of(keys))
    return table


def files(folder: Path, suffix: str = "") -> list[Path]:
    return sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())


@pytest.fixture
def all_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are mapped."""
    monkeypatch.setattr(shards, "_MAPPED_FROM", 0)


@pytest.mark.parametrize("text", ["", "a", "é", "\0", "\ud800", "\ud83d\ude00", "😀", "x" * 10**6])
def test_the_key_of_a_text_is_the_start_of_its_hash(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    assert text_key(text) == hashlib.sha256(data).hexdigest()[:32]


def test_a_pair_of_surrogates_is_not_the_character_that_it_stands_for() -> None:
    assert text_key("\ud83d\ude00") != text_key("😀")


@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_keys_are_unpacked_as_they_were_packed(keys: list[str]) -> None:
    assert unpack_keys(pack_keys(keys), len(keys)) == keys


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b""])
def test_keys_cut_short_are_refused(change: Any) -> None:
    with pytest.raises(ValueError, match=r"bytes|buffer"):
        unpack_keys(change(pack_keys(["ab", "c"])), 2)


@pytest.mark.parametrize("kept", [False, True])
def test_rows_come_in_the_order_asked_with_repeats(kept: bool, tmp_path: Path) -> None:
    table = filled(tmp_path / "t" if kept else None)
    asked = [*KEYS[::-1], KEYS[3], KEYS[3]]
    found = table.gather(asked)
    assert found.dtype == np.float32
    assert found.tobytes() == rows_of(asked).tobytes()
    assert len(table) == len(KEYS)
    assert "名前" in table
    assert "other" not in table
    assert table.missing(["z", "a", "y", "z"]) == ["z", "y"]


@pytest.mark.usefixtures("all_mapped")
def test_a_later_table_finds_them_in_mapped_files(tmp_path: Path) -> None:
    filled(tmp_path)
    table = VectorTable(tmp_path)
    assert table.gather(KEYS).tobytes() == rows_of(KEYS).tobytes()
    assert table.dim == 4
    (path,) = files(tmp_path, ".npy")
    for matrix in (shards.open_matrix(path), next(shards.read_shards(tmp_path, "float32")).vectors):
        assert isinstance(matrix.base, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            matrix[0, 0] = 1


def test_large_files_are_mapped_and_small_ones_are_not(tmp_path: Path) -> None:
    large = np.ones((1025, 256), np.float32)
    VectorTable(tmp_path / "large").add([str(i) for i in range(1025)], large)
    filled(tmp_path / "small")
    (mapped,) = shards.read_shards(tmp_path / "large", "float32")
    (read,) = shards.read_shards(tmp_path / "small", "float32")
    assert isinstance(mapped.vectors.base, np.memmap)
    assert mapped.path is not None
    assert read.path is None


def test_what_is_given_and_what_is_got_are_copies(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        given_rows = rows_of(["a", "b"])
        table = VectorTable(folder)
        table.add(["a", "b"], given_rows)
        given_rows[:] = 9
        table.gather(["a", "b"])[:] = 9
        assert table.gather(["a", "b"]).tobytes() == rows_of(["a", "b"]).tobytes()


def test_what_came_first_stays(tmp_path: Path) -> None:
    table = VectorTable(tmp_path)
    table.add(["a", "b", "a"], np.array([[1.0], [2.0], [3.0]]), notes={"a": "one"})
    table.add(["b", "a"], np.array([[4.0], [5.0]]), notes={"a": "two"})
    table.add(["c", "b"], np.array([[6.0], [7.0]]))
    for one in (table, VectorTable(tmp_path)):
        assert one.gather(["a", "b", "c"]).ravel().tolist() == [1, 2, 6]
        assert one.notes == {"a": "one"}
        assert len(one) == 3
    assert len(files(tmp_path, ".npy")) == 2


def test_ragged_rows_of_repeated_keys_are_left_out_together() -> None:
    table = VectorTable(None)
    table.add(["a", "b", "a", "c"], np.arange(7.0)[:, None], [2, 0, 3, 2])
    vectors, offsets = table.gather_ragged(["c", "b", "a"])
    assert vectors.ravel().tolist() == [5, 6, 0, 1]
    assert offsets.tolist() == [0, 2, 2, 4]


@pytest.mark.parametrize("kept", [False, True])
@given(
    cuts=st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=6),
    asked=st.lists(st.integers(0, 20), max_size=12),
    joined=st.booleans(),
)
def test_ragged_rows_equal_a_plain_dictionary(
    kept: bool,
    cuts: list[list[int]],
    asked: list[int],
    joined: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    plain: dict[str, np.ndarray] = {}
    folder = tmp_path_factory.mktemp("ragged") if kept else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "_MAPPED_FROM", 10**9 if joined else 0)
        patch.setattr(blocks, "_MERGED_UP_TO", 10**9 if joined else 0)
        patch.setattr(blocks, "_MOST_MAPS", 2)
        table = VectorTable(folder)
        for number, numbers in enumerate(cuts):
            keys = [str(one) for one in numbers]
            parts = [np.full((one % 4, 2), 100 * number + i) for i, one in enumerate(numbers)]
            for key, part in zip(keys, parts, strict=True):
                plain.setdefault(key, part)
            whole = np.concatenate([np.zeros((0, 2)), *parts])
            table.add(keys, whole, [len(part) for part in parts])
        known = [str(one) for one in asked if str(one) in plain]
        for one in (table, VectorTable(folder)) if kept else (table,):
            vectors, offsets = one.gather_ragged(known)
            assert len(one) == len(plain)
            assert np.diff(offsets).tolist() == [len(plain[key]) for key in known]
            expected = np.concatenate([np.zeros((0, 2)), *(plain[key] for key in known)])
            assert vectors.tolist() == expected.tolist()


def test_many_small_additions_stay_few_blocks() -> None:
    table = VectorTable(None)
    keys = [str(i) for i in range(3000)]
    for start in range(0, 3000, 3):
        table.add(keys[start : start + 3], rows_of(keys[start : start + 3]))
    assert table.gather(keys[::-1]).tobytes() == rows_of(keys[::-1]).tobytes()
    assert len(table._blocks._blocks) < 15


@pytest.mark.usefixtures("all_mapped")
def test_many_files_take_few_maps(tmp_path: Path) -> None:
    table = VectorTable(tmp_path)
    keys = [str(i) for i in range(70)]
    for key in keys:
        table.add([key], rows_of([key]))
    for one in (table, VectorTable(tmp_path)):
        for _ in range(2):
            assert one.gather(keys).tobytes() == rows_of(keys).tobytes()
        assert len(one._blocks._maps) == blocks._MOST_MAPS


@pytest.mark.usefixtures("all_mapped")
def test_what_was_used_last_stays_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def note(path: Path) -> np.ndarray:
        (key,) = next(s.keys for s in shards.read_shards(tmp_path, "float32") if s.path == path)
        opened.append(key)
        return shards.open_matrix(path)

    monkeypatch.setattr(blocks, "open_matrix", note)
    monkeypatch.setattr(blocks, "_MOST_MAPS", 2)
    table = VectorTable(tmp_path)
    for key in "abc":
        table.add([key], rows_of([key]))
    for key in "ababacab":
        assert table.gather([key]).tobytes() == rows_of([key]).tobytes()
    assert opened == ["a", "b", "c", "b"]


def test_half_precision_is_stored_and_single_given(tmp_path: Path) -> None:
    table = filled(tmp_path, dtype="float16")
    rounded = rows_of(KEYS).astype(np.float16).astype(np.float32)
    assert (rounded != rows_of(KEYS)).any()
    for one in (table, VectorTable(tmp_path, "float16"), filled(None, dtype="float16")):
        found = one.gather(KEYS)
        assert found.dtype == np.float32
        assert found.tobytes() == rounded.tobytes()
    (path,) = files(tmp_path, ".npy")
    assert np.load(path).dtype == np.float16
    assert len(VectorTable(tmp_path, "float32")) == 0


def test_files_of_another_dimension_are_passed_over(tmp_path: Path) -> None:
    filled(tmp_path)
    assert len(VectorTable(tmp_path, dim=5)) == 0
    assert len(VectorTable(tmp_path, dim=4)) == len(KEYS)
    other = VectorTable(tmp_path, dim=5)
    other.add(["other"], np.ones((1, 5)))
    mixed = VectorTable(tmp_path)
    assert (mixed.dim, len(mixed)) in ((4, len(KEYS)), (5, 1))
    assert mixed.gather([]).shape == (0, mixed.dim)


def test_an_empty_table(tmp_path: Path) -> None:
    for folder in (None, tmp_path, tmp_path / "not there"):
        table = VectorTable(folder)
        assert len(table) == 0
        assert table.dim is None
        assert table.gather([]).shape == (0, 0)
        vectors, offsets = table.gather_ragged([])
        assert vectors.shape == (0, 0)
        assert offsets.tolist() == [0]
        assert offsets.dtype == np.int64
        table.add([], np.zeros((0, 3)))
        assert table.missing([]) == []
    assert VectorTable(None, dim=3).gather([]).shape == (0, 3)
    assert files(tmp_path) == []


def test_keys_without_rows(tmp_path: Path) -> None:
    table = VectorTable(tmp_path)
    table.add(["a", "b"], np.zeros((0, 3)), [0, 0])
    for one in (table, VectorTable(tmp_path)):
        vectors, offsets = one.gather_ragged(["b", "a"])
        assert vectors.shape == (0, 3)
        assert offsets.tolist() == [0, 0, 0]
        with pytest.raises(ValueError, match="gather_ragged"):
            one.gather(["a"])


def test_a_missing_key_is_an_error() -> None:
    table = filled(None)
    with pytest.raises(KeyError, match="nope"):
        table.gather(["a", "nope"])
    with pytest.raises(KeyError, match="nope"):
        table.gather_ragged(["nope"])


@pytest.mark.parametrize(
    ("keys", "shape", "counts"),
    [
        (["x"], (2, 4), None),
        (["x"], (1, 3), None),
        (["x"], (4,), None),
        (["x", "y"], (3, 4), [1, 1]),
        (["x", "y"], (2, 4), [2]),
        (["x", "y"], (2, 4), [3, -1]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    keys: list[str], shape: tuple[int, ...], counts: list[int] | None
) -> None:
    table = filled(None)
    with pytest.raises(ValueError, match=r"fit|table of"):
        table.add(keys, np.zeros(shape), counts)
    assert len(table) == len(KEYS)


def test_notes_are_kept_with_their_keys_and_cannot_be_changed(tmp_path: Path) -> None:
    table = VectorTable(tmp_path)
    notes = {"\ud800": "why\n\ud801", "a": "", "not a key": "no"}
    table.add(KEYS, rows_of(KEYS), notes=notes)
    for one in (table, VectorTable(tmp_path)):
        assert one.notes == {"\ud800": "why\n\ud801", "a": ""}
        with pytest.raises(TypeError):
            one.notes["a"] = "x"  # type: ignore[index]


@pytest.mark.parametrize("mapped_from", [0, 1 << 20])
@pytest.mark.parametrize("suffix", [".npy", ".keys"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone", "garbage"])
def test_damaged_files_are_passed_over_and_made_again(
    tmp_path: Path, suffix: str, damage: str, mapped_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_MAPPED_FROM", mapped_from)
    filled(tmp_path)
    filled(tmp_path, ["other"])
    path = next(
        one
        for one in files(tmp_path, suffix)
        if b"k" * 5000 in one.with_suffix(".keys").read_bytes()
    )
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-1] ^= 1
    changed = {"cut": content[:-3], "empty": b"", "garbage": b"\x80\x04K\x01."}.get(damage, content)
    path.unlink() if damage == "gone" else path.write_bytes(bytes(changed))
    table = VectorTable(tmp_path)
    assert table.missing([*KEYS, "other"]) == KEYS
    table.add(KEYS, rows_of(KEYS))
    whole = [*KEYS, "other"]
    assert VectorTable(tmp_path).gather(whole).tobytes() == rows_of(whole).tobytes()


def forge(folder: Path, head: bytes, matrix: bytes) -> None:
    """Files that agree with their name, whatever is in them."""
    name = hashlib.sha256(head + matrix).hexdigest()
    (folder / f"{name}.npy").write_bytes(matrix)
    (folder / f"{name}.keys").write_bytes(head)


@pytest.mark.parametrize("mapped_from", [0, 1 << 20])
def test_files_that_agree_with_their_name_and_make_no_sense(
    tmp_path: Path, mapped_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_MAPPED_FROM", mapped_from)
    filled(tmp_path)
    (head,) = (one.read_bytes() for one in files(tmp_path, ".keys"))
    (matrix,) = (one.read_bytes() for one in files(tmp_path, ".npy"))
    objects = tmp_path / "objects"
    with objects.open("wb") as file:
        np.save(file, np.array([{"x": 1}] * len(KEYS), dtype=object), allow_pickle=True)
    flat = tmp_path / "flat"
    with flat.open("wb") as file:
        np.save(file, np.zeros(len(KEYS), np.float32))
    heads = [b"", b"[]\n", b"null\n", b'{"keys": 9}\n', b'{"keys": -1, "notes": {}}\n', head[:-1]]
    heads += [b'{"keys": 1e99, "notes": {}}\n', b'{"keys": 0, "notes": {}}\n', b"\xff\n" + head]
    for odd in heads:
        forge(tmp_path, odd, matrix)
    for odd in (b"", b"PK\x03\x04", matrix[:90], objects.read_bytes(), flat.read_bytes()):
        forge(tmp_path, head, odd)
    table = VectorTable(tmp_path)
    assert len(table) == len(KEYS)
    assert table.gather(KEYS).tobytes() == rows_of(KEYS).tobytes()


def test_a_file_where_the_folder_should_be_is_the_users_error(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    path.write_text("a file")
    for folder in (path, path / "below"):
        table = VectorTable(folder)
        with pytest.raises(StoreError, match="another cache folder") as caught:
            table.add(["a"], rows_of(["a"]))
        assert str(folder) in str(caught.value)
        assert "a" not in table


def test_a_full_disk_leaves_no_shard_and_the_table_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = filled(tmp_path)
    before = files(tmp_path)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shards, "replace_file", full)
        with pytest.raises(StoreError, match=r"No space left.*Make room"):
            table.add(["new"], rows_of(["new"]))
    assert files(tmp_path) == before
    assert len(table) == len(KEYS)
    table.add(["new"], rows_of(["new"]))
    assert "new" in VectorTable(tmp_path)


@pytest.mark.usefixtures("all_mapped")
def test_a_folder_that_is_cleared_meanwhile_is_named(tmp_path: Path) -> None:
    filled(tmp_path)
    table = VectorTable(tmp_path)
    for path in files(tmp_path):
        path.unlink()
    with pytest.raises(StoreError, match=r"taken away.*Run again"):
        table.gather(["a"])


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    first, second = VectorTable(tmp_path), VectorTable(tmp_path)
    first.add(KEYS, rows_of(KEYS))
    before = {path: path.read_bytes() for path in files(tmp_path)}
    second.add(KEYS, rows_of(KEYS))
    assert {path: path.read_bytes() for path in files(tmp_path)} == before
    assert len(before) == 2


def test_another_tables_keys_are_seen_by_the_next_one(tmp_path: Path) -> None:
    first, second = VectorTable(tmp_path), VectorTable(tmp_path)
    first.add(["a", "b"], rows_of(["a", "b"]))
    assert second.missing(["a", "b"]) == ["a", "b"]
    second.add(["b", "c"], rows_of(["b", "c"]))
    third = VectorTable(tmp_path)
    assert third.gather(["a", "b", "c"]).tobytes() == rows_of(["a", "b", "c"]).tobytes()
    assert len(third) == 3


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_vectors import VectorTable, rows_of
start, end = int(sys.argv[3]), int(sys.argv[4])
table = VectorTable(Path(sys.argv[2]))
for i in range(start, end, 7):
    keys = table.missing(str(j) for j in range(i, i + 10))
    table.add(keys, rows_of(keys))
"""


def test_processes_append_to_one_folder(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, here, str(tmp_path), str(a), str(b)])
        for a, b in ((0, 140), (0, 140), (70, 210))
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    table = VectorTable(tmp_path)
    keys = [str(i) for i in range(210)]
    assert table.gather(keys).tobytes() == rows_of(keys).tobytes()
    assert {path.suffix for path in files(tmp_path)} == {".npy", ".keys"}
