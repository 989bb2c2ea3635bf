"""Shapes against brute force, and the promises of the image source."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.mini import MiniConfig, MiniImages, build_rows, contact_sheet
from showcase_bench.datasets.mini.photos import (
    DISH_DRAWINGS,
    PLACE_STYLES,
    Look,
    PhotoSpec,
    make_look,
    render,
)
from showcase_bench.datasets.mini.photos.canvas import Canvas
from showcase_bench.datasets.mini.photos.ground import direction
from showcase_bench.datasets.mini.photos.texture import field, grain
from showcase_bench.datasets.mini.rng import Stream
from showcase_bench.errors import ImageError, UsageError
from showcase_bench.types import ImageSource

SMALL = MiniConfig(n_train=60, n_val=10, n_test=30)
WHITE = (1.0, 1.0, 1.0)
at = st.floats(-1.2, 1.2)
radius = st.floats(0.1, 0.9)
PACKAGE = Path(str(files("showcase_bench.datasets.mini")))


def brute(inside, size=32, fine=8):
    """Share of each pixel that lies inside, by 64 samples a pixel."""
    axis = (np.arange(size * fine) + 0.5) * (2.0 / (size * fine)) - 1.0
    hits = inside(axis[None, :], axis[:, None]) * np.ones((size * fine, size * fine))
    return hits.reshape(size, fine, size, fine).mean(axis=(1, 3))


def drawn(paint, size=32):
    canvas = Canvas(size)
    paint(canvas)
    assert canvas.rgb.dtype == np.float32
    return canvas.rgb[0].astype(float)


def close(found, expected):
    assert np.abs(found - expected).max() < 0.35
    assert np.abs(found - expected).mean() < 0.012


@settings(max_examples=15, deadline=None)
@given(at, at, radius)
def test_a_disc_covers_what_it_should(cx, cy, r):
    found = drawn(lambda canvas: canvas.ellipse(cx, cy, r, r, WHITE))
    close(found, brute(lambda x, y: (x - cx) ** 2 + (y - cy) ** 2 < r * r))


@settings(max_examples=15, deadline=None)
@given(at, at, radius, radius, st.floats(0, 1))
def test_a_turned_box_covers_what_it_should(cx, cy, hx, hy, turn):
    c, s = direction(turn)

    def inside(x, y):
        u, v = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
        return (np.abs(u) < hx) & (np.abs(v) < hy)

    close(drawn(lambda canvas: canvas.box(cx, cy, hx, hy, WHITE, turn=turn)), brute(inside))


@settings(max_examples=15, deadline=None)
@given(at, at, at, at)
def test_a_line_covers_what_it_should(x0, y0, x1, y1):
    def inside(x, y):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
        return (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2 < 0.2**2

    found = drawn(lambda canvas: canvas.line((x0, y0), (x1, y1), 0.4, WHITE))
    close(found, brute(inside))


def test_a_polygon_covers_what_it_should():
    found = drawn(lambda canvas: canvas.polygon([(-0.5, -0.6), (0.7, 0.1), (-0.4, 0.8)], WHITE))

    def inside(x, y):
        def right_of(ax, ay, bx, by):
            return (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0

        return (
            right_of(-0.5, -0.6, 0.7, 0.1)
            & right_of(0.7, 0.1, -0.4, 0.8)
            & right_of(-0.4, 0.8, -0.5, -0.6)
        )

    close(found, brute(inside))
    assert found.max() == 1.0


spots = st.lists(st.tuples(at, at, st.floats(0.05, 0.2), st.floats(0.6, 1.6)), max_size=6)


@settings(max_examples=15, deadline=None)
@given(spots)
def test_many_specks_are_the_same_as_one_after_another(items):
    items = [(cx, cy, rx, rx * ratio) for cx, cy, rx, ratio in items]
    batch = drawn(lambda canvas: canvas.specks([(*item, WHITE) for item in items]), 24)

    def singly(canvas):
        for cx, cy, rx, ry in items:
            canvas.ellipse(cx, cy, rx, ry, WHITE)

    # the windows differ by a pixel, where the fringe of a long ellipse is faint
    assert np.abs(batch - drawn(singly, 24)).max() < 0.04


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(at, at, at, at), max_size=6))
def test_many_strokes_are_the_same_as_one_after_another(items):
    batch = drawn(lambda canvas: canvas.strokes([(*item, WHITE) for item in items], 0.1), 24)

    def singly(canvas):
        for x0, y0, x1, y1 in items:
            canvas.line((x0, y0), (x1, y1), 0.1, WHITE)

    assert np.abs(batch - drawn(singly, 24)).max() < 2e-3


def test_shapes_off_the_picture_change_nothing():
    def paint(canvas):
        canvas.ellipse(9.0, 9.0, 0.5, 0.5, WHITE)
        canvas.box(-9.0, 0.0, 0.5, 0.5, WHITE, turn=0.1)
        canvas.line((5.0, 5.0), (6.0, 5.0), 0.1, WHITE)
        canvas.ring(0.0, -7.0, 0.5, 0.5, 0.1, WHITE)
        canvas.polygon([(4.0, 4.0), (5.0, 4.0), (5.0, 5.0)], WHITE)
        canvas.specks([(9.0, 9.0, 0.1, 0.1, WHITE)])
        canvas.strokes([(-9.0, 9.0, -8.0, 9.0, WHITE)], 0.1)

    assert not drawn(paint).any()


def test_clipping_ends_with_its_block():
    canvas = Canvas(32)
    with canvas.inside(0.0, 0.0, 0.4, 0.4), canvas.above(0.0):
        canvas.fill((0.0, 0.0, 0.0))
        canvas.box(0.0, 0.0, 2.0, 2.0, WHITE)
    half_disc = brute(lambda x, y: (x * x + y * y < 0.16) & (y < 0))
    close(canvas.rgb[0], half_disc)
    canvas.box(0.0, 0.0, 2.0, 2.0, WHITE)
    assert canvas.rgb.min() == 1.0


@given(st.floats(-3, 3))
def test_directions_are_unit_vectors_near_the_true_angle(turn):
    c, s = direction(turn)
    assert abs(c * c + s * s - 1.0) < 1e-12
    true = np.array([np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)])
    assert np.abs(true - (c, s)).max() < 0.02


def test_noise_stays_in_its_range_and_depends_on_its_key():
    assert 0.0 <= field(7, 64, 5, 9).min() <= field(7, 64, 5, 9).max() <= 1.0
    speckle = grain(7, 64)
    assert -1.0 <= speckle.min() <= speckle.max() <= 1.0
    assert abs(speckle.mean()) < 0.03
    assert not np.array_equal(speckle, grain(8, 64))


def spec_of(dish="", kind="dish", seed=5, style="rustic"):
    return PhotoSpec(kind, dish, make_look(style, Stream(1, style)), seed)


@pytest.mark.parametrize("size", [16, 33, 200])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_photos_come_in_any_size_and_noise(size, noise):
    for spec in (spec_of("guacamole"), spec_of(kind="interior"), spec_of("burger")):
        pixels = render(spec, size, noise)
        assert pixels.shape == (size, size, 3)
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert pixels.std() > 10


def test_every_drawing_is_different_from_every_other():
    specs = [spec_of(dish) for dish in DISH_DRAWINGS]
    specs += [spec_of(kind=kind) for kind in ("interior", "exterior", "menu")]
    small = [
        render(spec, 64, 0.0).astype(float).reshape(16, 4, 16, 4, 3).mean((1, 3)) for spec in specs
    ]
    flat = np.stack([picture.ravel() for picture in small])
    distance = np.sqrt(((flat[:, None] - flat[None]) ** 2).mean(axis=2))
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > 6.0


def test_photos_of_one_place_are_alike_and_two_photos_never_equal():
    pictures = {
        (style, seed): render(spec_of("margherita", seed=seed, style=style), 64, 0.0)
        for style in PLACE_STYLES
        for seed in (1, 2)
    }
    assert len({picture.tobytes() for picture in pictures.values()}) == len(pictures)


@pytest.fixture(scope="module")
def images():
    return MiniImages(SMALL)


def test_the_source_keeps_its_protocol(images):
    assert isinstance(images, ImageSource)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", images.key)
    ids = [pic["id"] for part in build_rows(SMALL).values() for row in part for pic in row["pics"]]
    assert images.image_ids == tuple(sorted(ids))
    first = images.load(ids[0])
    assert first.shape == (128, 128, 3)
    assert first.dtype == np.uint8
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(images.load(ids[0]), kept)


def test_equal_settings_give_equal_photos_and_keys(images):
    twin = MiniImages(dataclasses.replace(SMALL))
    assert twin.key == images.key
    for image_id in images.image_ids[:12]:
        assert np.array_equal(twin.load(image_id), images.load(image_id))


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"noise": 0.9}, {"image_size": 64}, {"generic": 0.5}, {"n_businesses": 20}],
)
def test_other_settings_have_another_key(images, change):
    assert MiniImages(dataclasses.replace(SMALL, **change)).key != images.key


def test_photos_do_not_depend_on_the_order_of_loading(images):
    ids = images.image_ids[:6]
    forward = [images.load(image_id) for image_id in ids]
    backward = [images.load(image_id) for image_id in reversed(ids)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forward, backward, strict=True))


@pytest.mark.parametrize("image_id", ["", "AF1QipNothing", "../etc/passwd", "AF1Qip" + "é" * 38])
def test_an_unknown_id_is_an_image_error(images, image_id):
    with pytest.raises(ImageError, match="no photo of this id"):
        images.load(image_id)


def walk(thing, seen):
    """Every object that can be reached through attributes and containers."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, dict):
        inner = [*thing, *thing.values()]
    elif isinstance(thing, tuple | list | set | frozenset):
        inner = list(thing)
    else:
        names = [*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())]
        inner = [getattr(thing, name) for name in names if hasattr(thing, name)]
    for part in inner:
        walk(part, seen)


def test_nothing_reachable_from_the_source_tells_who_took_a_photo(images):
    reached = {}
    walk(images, reached)
    kinds = {type(thing) for thing in reached.values()}
    assert kinds <= {MiniImages, PhotoSpec, Look, dict, tuple, str, int, float}
    texts = {thing for thing in reached.values() if isinstance(thing, str)}
    every = [row for part in build_rows(SMALL).values() for row in part]
    for row in every:
        assert not texts & {row["user_id"], row["business_id"], row["review_text"] or "-"}
        assert not any(row["user_id"] in text for text in texts)
    assert {field_.name for field_ in dataclasses.fields(PhotoSpec)} == {
        "kind",
        "dish",
        "look",
        "seed",
    }
    assert inspect.signature(images.load).parameters.keys() == {"image_id"}


def test_the_order_of_ids_does_not_group_photos_by_review():
    config = MiniConfig()
    owner, pools = {}, {}
    for part in build_rows(config).values():
        for number, row in enumerate(part):
            for pic in row["pics"]:
                owner[pic["id"]] = (row["user_id"], number)
                pools.setdefault(row["business_id"], []).append(pic["id"])
    together, expected = 0, 0.0
    for pool in pools.values():
        pool.sort()
        together += sum(owner[a] == owner[b] for a, b in pairwise(pool))
        pairs = sum(owner[a] == owner[b] for i, a in enumerate(pool) for b in pool[i + 1 :])
        expected += 2.0 * pairs / len(pool)
    assert abs(together - expected) < 4 * expected**0.5


def test_a_contact_sheet_holds_the_photos_in_rows(images):
    ids = list(images.image_ids[:5])
    sheet = contact_sheet(SMALL, ids, 3)
    assert sheet.shape == (2 * 132, 3 * 132, 3)
    assert np.array_equal(sheet[132 : 132 + 128, 132 : 132 + 128], images.load(ids[4]))
    assert (sheet[132:, 264:] == 255).all()
    assert contact_sheet(SMALL, [], 3).shape[0] == 0
    with pytest.raises(UsageError, match="columns"):
        contact_sheet(SMALL, ids, 0)


EXACT_NUMPY = {
    "abs",
    "arange",
    "array",
    "ascontiguousarray",
    "float32",
    "floating",
    "floor",
    "full",
    "intp",
    "maximum",
    "minimum",
    "sqrt",
    "uint32",
    "uint8",
    "zeros",
}
INEXACT_METHODS = {"sum", "mean", "std", "var", "dot", "cumsum", "prod", "matmul", "einsum"}


def names_after(tree, module):
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_operations_that_every_platform_rounds_alike(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert names_after(tree, "np") <= EXACT_NUMPY
    assert names_after(tree, "math") <= {"floor", "sqrt"}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            assert isinstance(node.left, ast.Constant)
            assert isinstance(node.left.value, int)
        assert not isinstance(node, ast.MatMult)
        if isinstance(node, ast.Attribute) and "photos" in path.parts:
            assert node.attr not in INEXACT_METHODS
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"hash", "pow", "round", "eval", "exec", "id"}
            if node.func.id == "sum":
                assert path.stem == "fingerprint"  # counts of whole numbers
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            imported = {alias.name for alias in node.names} | {module}
            assert not imported & {"random", "numpy.random", "time", "datetime", "cmath", "os"}
