from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from showcase_bench.datasets.images.folder import FolderImages
from showcase_bench.encoders import feature_store, names
from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.encoders.color_layout import ColorLayout
from showcase_bench.encoders.feature_store import FeatureStore
from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.errors import ContractError, ImageError, RegistryError, StoreError
from showcase_bench.types import ImageSource, ImageStore, NoProgress

ENCODER = "color-layout"


class Photos:
    """Photos made from their ids; those whose id starts with "bad" cannot be read."""

    def __init__(self, key: str = "photos-1") -> None:
        self.key = key
        self.loads: Counter[str] = Counter()
        self._lock = threading.Lock()

    def load(self, image_id: str) -> np.ndarray:
        with self._lock:
            self.loads[image_id] += 1
        if image_id.startswith("bad"):
            raise ImageError(image_id, "file is truncated")
        seed = int.from_bytes(image_id.encode("utf-8", "surrogatepass")[:8])
        return np.random.default_rng(seed).integers(0, 256, (9, 7, 3), dtype=np.uint8)


class CountingProgress:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int | None, int]] = []

    def track(self, items: Iterable[Any], *, label: str, total: int | None = None) -> Iterator[Any]:
        n = 0
        for item in items:
            n += 1
            yield item
        self.seen.append((label, total, n))


class BrokenEncoder(ImageEncoder):
    signature = "broken|v:1"
    identity = "broken"
    dim = 2
    output: Any = None

    def encode_images(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        return self.output(len(pixels))


def store(photos: ImageSource, cache: Path | None = None) -> FeatureStore:
    return FeatureStore(photos, cache, NoProgress())


def files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def direct(ids: Sequence[str]) -> np.ndarray:
    photos = Photos()
    return ColorLayout().encode_images([photos.load(one) for one in ids])


def test_is_an_image_store() -> None:
    assert isinstance(store(Photos()), ImageStore)
    assert store(Photos("k")).key == "k"


def test_rows_are_the_encoders_in_the_order_asked_with_repeats() -> None:
    ids = ["b", "a", "b", "ü", "a"]
    rows = store(Photos()).features(ids, ENCODER)
    assert rows.dtype == np.float32
    assert rows.tobytes() == direct(ids).tobytes()


def test_no_id_gives_no_row() -> None:
    assert store(Photos()).features([], ENCODER).shape == (0, 240)


def test_each_photo_is_loaded_once_across_calls() -> None:
    photos = Photos()
    one = store(photos)
    ids = [f"p{i}" for i in range(150)]
    one.prefetch(ids[:100], ENCODER)
    one.features(ids * 2, ENCODER)
    one.features(ids[::-1], ENCODER)
    assert set(photos.loads.values()) == {1}
    assert len(photos.loads) == 150


def test_result_does_not_depend_on_how_calls_are_cut() -> None:
    ids = [f"p{i}" for i in range(130)]
    whole = store(Photos()).features(ids, ENCODER)
    pieces = store(Photos())
    for i in range(0, 130, 7):
        pieces.features(ids[i : i + 7], ENCODER)
    assert pieces.features(ids, ENCODER).tobytes() == whole.tobytes()


def test_callers_cannot_change_the_store() -> None:
    one = store(Photos())
    one.features(["a"], ENCODER)[:] = 9
    one.unreadable["a"] = "x"  # type: ignore[index]
    assert one.features(["a"], ENCODER).tobytes() == direct(["a"]).tobytes()
    assert one.unreadable == {}


def test_unreadable_photos_are_zero_and_reported_only_when_asked_for(tmp_path: Path) -> None:
    first = store(Photos(), tmp_path)
    rows = first.features(["a", "bad2", "b", "bad1"], ENCODER)
    assert not rows[[1, 3]].any()
    assert rows[[0, 2]].tobytes() == direct(["a", "b"]).tobytes()
    assert list(first.unreadable.items()) == [
        ("bad1", "file is truncated"),
        ("bad2", "file is truncated"),
    ]
    photos = Photos()
    second = store(photos, tmp_path)
    assert second.unreadable == {}
    second.features(["a", "bad1"], ENCODER)
    assert second.unreadable == {"bad1": "file is truncated"}
    assert not photos.loads


def test_only_unreadable_photos() -> None:
    rows = store(Photos()).features(["bad"], ENCODER)
    assert rows.shape == (1, 240)
    assert not rows.any()


def test_a_second_process_finds_the_features(tmp_path: Path) -> None:
    ids = [f"p{i}" for i in range(40)] + ["\ud800", "名前", "a/../b"]
    rows = store(Photos(), tmp_path).features(ids, ENCODER)
    photos = Photos()
    again = store(photos, tmp_path).features(ids, ENCODER)
    assert again.tobytes() == rows.tobytes()
    assert not photos.loads


def test_another_source_key_shares_nothing(tmp_path: Path) -> None:
    store(Photos("one"), tmp_path).features(["a"], ENCODER)
    photos = Photos("two")
    store(photos, tmp_path).features(["a"], ENCODER)
    assert photos.loads == {"a": 1}


def test_one_prefetch_writes_one_shard_and_nothing_new_writes_none(tmp_path: Path) -> None:
    one = store(Photos(), tmp_path)
    one.prefetch([f"p{i}" for i in range(300)], ENCODER)
    assert sorted(path.suffix for path in files(tmp_path)) == [".keys", ".npy"]
    one.features(["p1", "p2"], ENCODER)
    assert len(files(tmp_path)) == 2


def test_shards_are_cut_so_that_a_killed_run_keeps_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    class Deadly(Photos):
        def load(self, image_id: str) -> np.ndarray:
            if image_id == "p290":
                raise Killed
            return super().load(image_id)

    monkeypatch.setattr(feature_store, "_SHARD_PHOTOS", 100)
    ids = [f"p{i}" for i in range(300)]
    with pytest.raises(Killed):
        store(Deadly(), tmp_path).prefetch(ids, ENCODER)
    assert len([one for one in files(tmp_path) if one.suffix == ".npy"]) == 2
    photos = Photos()
    rows = store(photos, tmp_path).features(ids, ENCODER)
    assert len(photos.loads) <= 200
    assert rows.tobytes() == direct(ids).tobytes()


def test_an_interrupted_run_keeps_what_it_encoded(tmp_path: Path) -> None:
    class Interrupted(Photos):
        def load(self, image_id: str) -> np.ndarray:
            if image_id == "p290":
                raise KeyboardInterrupt
            return super().load(image_id)

    ids = [f"p{i}" for i in range(300)]
    with pytest.raises(KeyboardInterrupt):
        store(Interrupted(), tmp_path).prefetch(ids, ENCODER)
    again = store(Photos(), tmp_path)
    assert again.features(ids, ENCODER).tobytes() == direct(ids).tobytes()
    assert again.encoded == 300 - 4 * 64


@pytest.mark.parametrize("suffix", [".npy", ".keys"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone", "garbage"])
def test_damaged_shards_are_passed_over_and_rebuilt(
    tmp_path: Path, suffix: str, damage: str
) -> None:
    ids = ["a", "b", "bad"]
    store(Photos(), tmp_path).features(ids, ENCODER)
    (path,) = (one for one in files(tmp_path) if one.suffix == suffix)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-9] ^= 1
    changed = {"cut": content[:-3], "empty": b"", "garbage": b"\x80\x04K\x01."}.get(damage, content)
    path.unlink() if damage == "gone" else path.write_bytes(bytes(changed))
    for expected_loads in (3, 0):
        photos = Photos()
        again = store(photos, tmp_path)
        rows = again.features(ids, ENCODER)
        assert photos.loads.total() == expected_loads
        assert rows[:2].tobytes() == direct(ids[:2]).tobytes()
        assert again.unreadable == {"bad": "file is truncated"}


def test_a_pickle_in_the_cache_is_never_loaded(tmp_path: Path) -> None:
    store(Photos(), tmp_path).features(["a"], ENCODER)
    (matrix,) = (one for one in files(tmp_path) if one.suffix == ".npy")
    with matrix.open("wb") as file:
        np.save(file, np.array([{"x": 1}], dtype=object), allow_pickle=True)
    assert store(Photos(), tmp_path).features(["a"], ENCODER).shape == (1, 240)


def test_leftover_temporary_files_do_no_harm(tmp_path: Path) -> None:
    store(Photos(), tmp_path).features(["a"], ENCODER)
    (files(tmp_path)[0].parent / ".writing-xyz").write_bytes(b"half")
    photos = Photos()
    store(photos, tmp_path).features(["a"], ENCODER)
    assert not photos.loads


def test_a_cache_that_cannot_be_written_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "features").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="another cache folder"):
        store(Photos(), tmp_path).features(["a"], ENCODER)


def test_a_failing_write_leaves_no_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(StoreError, match="No space left"):
            store(Photos(), tmp_path).features(["a"], ENCODER)
    assert files(tmp_path) == []


def test_threads_share_a_store() -> None:
    photos = Photos()
    one = store(photos)
    ids = [f"p{i}" for i in range(80)]
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(one.features(ids, ENCODER).tobytes()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [direct(ids).tobytes()] * 4
    assert set(photos.loads.values()) == {1}


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_feature_store import ENCODER, Photos, store
start, end = int(sys.argv[3]), int(sys.argv[4])
one = store(Photos(), Path(sys.argv[2]))
for i in range(start, end, 5):
    one.features([f"p{j}" for j in range(i, i + 5)], ENCODER)
"""


def test_processes_share_a_folder(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, here, str(tmp_path), str(a), str(b)])
        for a, b in ((0, 60), (0, 60), (30, 90))
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    photos = Photos()
    ids = [f"p{i}" for i in range(90)]
    rows = store(photos, tmp_path).features(ids, ENCODER)
    assert rows.tobytes() == direct(ids).tobytes()
    assert not photos.loads


def test_progress_covers_the_photos_to_encode_and_only_them() -> None:
    progress = CountingProgress()
    one = FeatureStore(Photos(), None, progress)
    one.prefetch(["a", "b", "a"], ENCODER)
    one.features(["a", "b"], ENCODER)
    assert progress.seen == [("Encoding photos", 2, 2)]


def test_unknown_encoder() -> None:
    with pytest.raises(RegistryError, match="Known: "):
        store(Photos()).features(["a"], "nope")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (lambda n: np.zeros((n, 3), np.float32), "shape"),
        (lambda n: np.zeros((n, 2), np.float32), "length 1"),
        (lambda n: np.full((n, 2), np.nan, np.float32), "length 1"),
        (lambda n: np.ones((n, 2), np.float32), "length 1"),
    ],
)
def test_an_encoder_that_breaks_its_contract_is_named(
    monkeypatch: pytest.MonkeyPatch, output: Any, message: str
) -> None:
    monkeypatch.setattr(BrokenEncoder, "output", staticmethod(output))
    monkeypatch.setattr(names, "get_encoder", lambda name, kind: BrokenEncoder())
    with pytest.raises(ContractError, match=message):
        store(Photos()).features(["a"], "broken")


def test_a_source_that_breaks_its_contract_is_named() -> None:
    class Grey(Photos):
        def load(self, image_id: str) -> np.ndarray:
            return np.zeros((3, 3), np.uint8)

    with pytest.raises(ContractError, match=r"image a: its source gave uint8 \[3, 3\]"):
        store(Grey()).features(["a"], ENCODER)


def test_load_decodes_and_passes_errors_on() -> None:
    one = store(Photos())
    assert one.load("a").tobytes() == Photos().load("a").tobytes()
    with pytest.raises(ImageError, match="truncated"):
        one.load("bad")


def test_photos_encoded_are_counted_and_a_second_store_encodes_none(tmp_path: Path) -> None:
    first = store(Photos(), tmp_path)
    first.features(["a", "b", "a", "bad"], ENCODER)
    assert first.encoded == 2
    first.features(["c", "b"], ENCODER)
    assert first.encoded == 3
    second = store(Photos(), tmp_path)
    second.features(["a", "b", "c", "bad"], ENCODER)
    assert second.encoded == 0


def test_stores_share_the_encoders_of_a_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def make(name: str, kind: type) -> ColorLayout:
        made.append(name)
        return ColorLayout()

    monkeypatch.setattr(names, "get_encoder", make)
    shelf = EncoderShelf()
    for _ in range(2):
        FeatureStore(Photos(), None, NoProgress(), shelf).features(["a"], ENCODER)
    assert made == [ENCODER]


def test_an_encoder_may_ask_for_half_precision_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Half(ColorLayout):
        stored_as = "float16"

    monkeypatch.setattr(names, "get_encoder", lambda name, kind: Half())
    ids = ["a", "b"]
    rows = [store(Photos(), tmp_path).features(ids, ENCODER) for _ in range(2)]
    assert rows[0].tobytes() == rows[1].tobytes()
    assert rows[0].tobytes() == direct(ids).astype(np.float16).astype(np.float32).tobytes()
    (matrix,) = (one for one in files(tmp_path) if one.suffix == ".npy")
    assert np.load(matrix).dtype == np.float16


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it has ``side`` by ``side`` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", side.to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def write_odd_photos(folder: Path) -> dict[str, str | None]:
    """Photos that encoders stumble over; path of each by id."""
    ramp = np.arange(0, 65_536, 64, dtype=np.uint16).reshape(32, 32)
    frames = [Image.new("P", (12, 9), color) for color in (3, 200)]
    frames[0].putpalette([value for i in range(256) for value in (i, 255 - i, i // 2)])
    Image.new("RGB", (1, 1), (7, 200, 30)).save(folder / "one-pixel.png")
    Image.new("RGB", (3000, 1), (7, 200, 30)).save(folder / "strip.png")
    Image.new("CMYK", (20, 10), (200, 10, 30, 0)).save(folder / "cmyk.jpg")
    Image.fromarray(ramp).save(folder / "deep.png")
    Image.fromarray(ramp).save(folder / "deep.tiff")
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    frames[0].convert("RGB").save(
        folder / "animated.webp", save_all=True, append_images=[frames[1].convert("RGB")]
    )
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(folder / "clear.png")
    (folder / "huge.png").write_bytes(bomb(8_000))
    (folder / "vast.png").write_bytes(bomb(60_000))
    noise = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(noise, "JPEG")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(noise.getvalue()[:-1000])
    (folder / "text.jpg").write_text("<html>gone</html>")
    locations: dict[str, str | None] = {path.stem: path.name for path in folder.iterdir()}
    return locations | {
        "deep16": "deep.tiff",
        "deep": "deep.png",
        "moving": "animated.webp",
        "animated": "animated.gif",
        "gone": None,
    }


def test_odd_photos_give_a_feature_or_a_reason(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    locations = write_odd_photos(folder)
    ids = sorted(locations)
    first = store(FolderImages(folder, locations), tmp_path / "cache")
    rows = first.features(ids, ENCODER)
    assert dict(first.unreadable) == {
        "cut": "truncated",
        "empty": "the file is empty",
        "gone": "no file",
        "huge": "larger than 50 megapixels",
        "text": "not an image",
        "vast": "larger than 50 megapixels",
    }
    readable = np.array([one not in first.unreadable for one in ids])
    assert not rows[~readable].any()
    np.testing.assert_allclose(np.linalg.norm(rows[readable], axis=1), 1, atol=1e-5)
    assert first.encoded == readable.sum() == 8
    row = dict(zip(ids, rows, strict=True))
    assert row["one-pixel"].tobytes() == row["strip"].tobytes()
    np.testing.assert_allclose(row["deep"], row["deep16"], atol=1e-6)
    shown = np.asarray(Image.open(folder / "animated.gif").convert("RGB"))
    assert row["animated"].tobytes() == ColorLayout().encode_images([shown])[0].tobytes()
    again = store(FolderImages(folder, locations), tmp_path / "cache")
    assert again.features(ids, ENCODER).tobytes() == rows.tobytes()
    assert dict(again.unreadable) == dict(first.unreadable)
    assert again.encoded == 0


class Drawn:
    """Like :class:`Photos`, but computed; knows nothing of locks, and so can be pickled."""

    is_computed = True
    key = "photos-1"

    def load(self, image_id: str) -> np.ndarray:
        if image_id == "deadly":
            os._exit(9)
        return Photos().load(image_id)


def test_photos_that_are_computed_are_so_in_other_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feature_store, "_PHOTOS_WORTH_PROCESSES", 40)
    monkeypatch.setattr(Drawn, "load", None)  # of this process; the others import it whole
    ids = [*(f"p{i}" for i in range(40)), "bad"]
    one = store(Drawn())
    one.prefetch(ids, ENCODER, processes=2)
    assert one.features(ids[:40], ENCODER).tobytes() == direct(ids[:40]).tobytes()
    assert one.unreadable == {"bad": "file is truncated"}
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_while_it_loads_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_store, "_PHOTOS_WORTH_PROCESSES", 40)
    ids = [*(f"p{i}" for i in range(39)), "deadly"]
    with pytest.raises(StoreError, match="ended from outside"):
        store(Drawn(), tmp_path).prefetch(ids, ENCODER, processes=2)
    assert multiprocessing.active_children() == []
