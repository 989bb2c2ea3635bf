"""The photos of a synth folder: the same pixels as the world's, found without building it."""

from __future__ import annotations

import json
import re
import shutil
from base64 import urlsafe_b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.datasets.mini import MiniConfig, MiniImages, build_rows
from showcase_bench.datasets.mini import reviews as reviews_module
from showcase_bench.datasets.mini.photos import ACCENTS, PLACE_STYLES, SURFACES, make_look
from showcase_bench.datasets.mini.rng import Stream
from showcase_bench.datasets.synth import (
    SynthImages,
    division,
    records,
    synth,
    synth_images_beside,
    towns,
)
from showcase_bench.errors import DataError, ImageError, UsageError
from showcase_bench.types import ImageSource

CONFIG = MiniConfig(seed=3, n_train=200, n_val=10, n_test=60, noise=0.6, image_size=32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A world of five towns."""
    folder = tmp_path_factory.mktemp("synth") / "world"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(division, "TOWN_ROWS", 60)
        synth(CONFIG, folder)
        return folder, towns(CONFIG)


@pytest.fixture
def folder(made, tmp_path):
    """A copy to damage."""
    return shutil.copytree(made[0], tmp_path / "copy")


def change(folder, **fields):
    path = folder / "world.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))


def test_the_pixels_are_those_of_the_towns(made):
    folder, parts = made
    images = SynthImages(folder / "world.json")
    assert isinstance(images, ImageSource)
    compared = 0
    for town in parts:
        source = MiniImages(town)
        for image_id in source.image_ids[::7]:
            found = images.load(image_id)
            assert np.array_equal(found, source.load(image_id))
            assert found.shape == (32, 32, 3)
            compared += 1
    assert compared > 50
    assert len(images) == sum(len(MiniImages(town).image_ids) for town in parts)


def test_every_photo_of_the_file_is_found(made):
    folder, _ = made
    images = SynthImages(folder / "world.json")
    rows = json.loads((folder / "data.json").read_bytes())
    ids = [pic["id"] for part in rows.values() for row in part for pic in row["pics"]]
    assert len(set(ids)) == len(ids) == len(images)
    for image_id in (min(ids), max(ids), *ids[::40]):
        images.load(image_id)
    by_bytes = sorted(ids, key=records.id_bytes)
    images.load(by_bytes[0])
    images.load(by_bytes[-1])


def test_a_photo_is_a_new_array_each_time(made):
    images = SynthImages(made[0] / "world.json")
    image_id = MiniImages(made[1][0]).image_ids[0]
    first = images.load(image_id)
    first[:] = 0
    assert images.load(image_id).any()


@pytest.mark.parametrize(
    "image_id",
    [
        "",
        "AF1Qip",
        "AF1Qip" + "A" * 38,
        "AF1Qip" + "_" * 37 + "w",
        "AF1Qip" + "A" * 37 + "B",
        "AF1Qip" + "A" * 39,
        "AF1Qip" + "é" * 38,
        "AF1Qip" + "!" * 38,
        "../../etc/passwd",
        "x\0y",
        "\ud800",
    ],
)
def test_unknown_photos_are_image_errors(made, image_id):
    with pytest.raises(ImageError, match="no photo of this id"):
        SynthImages(made[0] / "world.json").load(image_id)


def test_a_neighbour_of_an_id_is_unknown(made):
    images = SynthImages(made[0] / "world.json")
    image_id = MiniImages(made[1][0]).image_ids[5]
    other = image_id[:-2] + ("A" if image_id[-2] != "A" else "Q") + image_id[-1]
    with pytest.raises(ImageError):
        images.load(other)


BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.binary(min_size=28, max_size=28))
def test_ids_are_read_as_they_are_written(raw):
    text = "AF1Qip" + urlsafe_b64encode(raw).decode().rstrip("=")
    assert records.id_bytes(text) == raw
    last = BASE64.index(text[-1])
    spare_bits = text[:-1] + BASE64[last + 1]
    ignored = text[:20] + "!!!!" + text[20:]
    for wrong in (text[:-1], text + "A", text[1:], spare_bits, ignored):
        assert records.id_bytes(wrong) is None


@given(st.sampled_from(PLACE_STYLES), st.integers(0, 2**62))
def test_styles_are_read_as_they_are_written(style, seed):
    look = make_look(style, Stream(seed, "any"))
    raw = records.place_record(look)
    assert len(raw) == records.PLACE.itemsize
    names = {name: tuple(values) for name, values in records.NAMES.items()}
    assert records.look_of(np.frombuffer(raw, dtype=records.PLACE)[0], names) == look
    assert look.surface in SURFACES
    assert look.accent_name in ACCENTS


def test_nothing_is_built_to_open_the_photos(made, monkeypatch):
    image_id = MiniImages(made[1][1]).image_ids[0]
    monkeypatch.setattr(reviews_module, "_timeline", None)
    reviews_module.build_world.cache_clear()
    images = SynthImages(made[0] / "world.json")
    assert images.load(image_id).any()
    assert images.key


def everything(root):
    """Every object that attributes and items lead to."""
    seen, stack = {}, [root]
    while stack:
        one = stack.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen[id(one)] = one
        if isinstance(one, dict):
            stack += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            stack += list(one)
        stack += list(getattr(one, "__dict__", {}).values())
        if isinstance(one, np.ndarray) and one.base is not None:
            stack.append(one.base)
    return list(seen.values())


def test_the_photos_do_not_tell_who_took_them(made):
    """No user, no review, no seed of a world; and the tables are in an order without meaning."""
    folder, parts = made
    images = SynthImages(folder / "world.json")
    images.load(MiniImages(parts[0]).image_ids[0])
    found = everything(images)
    seeds = {town.seed for town in parts}
    assert not any(isinstance(one, int) and one in seeds and one > 9 for one in found)
    assert not any(isinstance(one, MiniConfig) for one in found)
    rows = [row for town in parts for part in build_rows(town).values() for row in part]
    users = {row["user_id"] for row in rows}
    texts = " ".join(one for one in found if isinstance(one, str))
    assert not users & set(re.findall(r"\d{21}", texts))
    tables = (folder / "photos.idx").read_bytes() + (folder / "places.idx").read_bytes()
    for row in rows[::9]:
        assert row["user_id"].encode() not in tables
        assert bytes.fromhex(row["business_id"]) not in tables
        assert row["business_id"].encode() not in tables
    table = np.fromfile(folder / "photos.idx", dtype=records.PHOTO)
    ids = [one.tobytes() for one in table["id"]]
    assert ids == sorted(ids)
    assert set(table.dtype.names) == {"id", "seed", "place", "content"}


def test_the_key_follows_the_pixels(made, tmp_path):
    folder = made[0]
    key = SynthImages(folder / "world.json").key
    assert SynthImages(folder / "world.json").key == key
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    assert SynthImages(copy / "world.json").key == key
    config = json.loads((copy / "world.json").read_bytes())["config"]
    keys = {key}
    for fields in ({"noise": 0.5}, {"image_size": 33}):
        change(copy, config=config | fields)
        keys.add(SynthImages(copy / "world.json").key)
    change(copy, config=config | {"grounding": 0.0})
    assert SynthImages(copy / "world.json").key == key
    for name, offset in (("photos.idx", 30), ("places.idx", 10)):
        with (copy / name).open("r+b") as stream:
            stream.seek(offset)
            stream.write(b"\x55")
        keys.add(SynthImages(copy / "world.json").key)
    assert len(keys) == 5


def test_a_data_file_finds_its_photos(folder):
    images = synth_images_beside(folder / "data.json")
    assert isinstance(images, SynthImages)
    shutil.copy(folder / "data.json", folder / "other.json")
    assert synth_images_beside(folder / "other.json") is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"format": "a game"}', b"\xff", b"[" * 100_000, None]
)
def test_other_peoples_world_files_are_left_alone(folder, content):
    (folder / "world.json").unlink()
    if content is not None:
        (folder / "world.json").write_bytes(content)
    assert synth_images_beside(folder / "data.json") is None
    with pytest.raises(UsageError, match=r"world\.json is not the"):
        SynthImages(folder / "world.json")


def test_a_folder_named_world_is_no_world(folder):
    (folder / "world.json").unlink()
    (folder / "world.json").mkdir()
    assert synth_images_beside(folder / "data.json") is None


@pytest.mark.parametrize("name", ["photos.idx", "places.idx"])
def test_damaged_tables_are_named(folder, name):
    path = folder / name
    raw = path.read_bytes()
    for damaged in (raw[:-1], raw + b"\0", b""):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=rf"{re.escape(name)}.*bytes instead of"):
            synth_images_beside(folder / "data.json")
    path.unlink()
    with pytest.raises(DataError, match=rf"{re.escape(name)}.*cannot be read"):
        SynthImages(folder / "world.json")


@pytest.mark.parametrize("field", ["place", "content"])
def test_a_record_that_points_nowhere_is_a_broken_photo(folder, made, field):
    table = np.fromfile(folder / "photos.idx", dtype=records.PHOTO)
    table[field] = np.iinfo(table[field].dtype).max
    table.tofile(folder / "photos.idx")
    images = SynthImages(folder / "world.json")
    with pytest.raises(ImageError, match="damaged"):
        images.load(MiniImages(made[1][0]).image_ids[0])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"render_version": 99}, "version 99 of the drawings"),
        ({"config": {"seed": -4}}, "seed must be"),
        ({"config": {"color": 1}}, "missing or wrong"),
        ({"counts": {}}, "photos"),
        ({"names": {"styles": ["rustic"]}}, "missing or wrong"),
        ({"places": None}, "missing or wrong"),
    ],
)
def test_a_world_that_cannot_be_drawn_is_an_error(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(DataError, match=message):
        synth_images_beside(folder / "data.json")
