from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from showcase_bench.encoders import ENCODERS, ImageEncoder, get_encoder
from showcase_bench.encoders.color_layout import ColorLayout
from showcase_bench.errors import RegistryError, UsageError

PHOTOS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


def solid(color: tuple[int, int, int], side: int = 8) -> np.ndarray:
    return np.tile(np.array(color, dtype=np.uint8), (side, side, 1))


def stripes(side: int, period: int, upright: bool) -> np.ndarray:
    line = (np.arange(side) // period % 2 * 255).astype(np.uint8)
    plane = np.tile(line, (side, 1))
    return np.repeat((plane if upright else plane.T)[..., None], 3, axis=2)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    a, b = ColorLayout().encode_images([one, other]).astype(np.float64)
    return float(a @ b)


def test_is_found_by_its_name_and_says_what_it_is() -> None:
    encoder = get_encoder("color-layout", ImageEncoder)
    assert isinstance(encoder, ImageEncoder)
    assert "color-layout" in ENCODERS
    assert encoder.dim == 240
    assert encoder.signature.startswith("color-layout|")
    assert encoder.signature.endswith("|v:1")


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(RegistryError, match="color-layout"):
        get_encoder("colour-layout", ImageEncoder)


@given(st.lists(PHOTOS, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_rows_have_length_one_and_do_not_depend_on_the_batch(photos: list[np.ndarray]) -> None:
    encoder = ColorLayout()
    together = encoder.encode_images(photos)
    assert together.dtype == np.float32
    assert together.shape == (len(photos), encoder.dim)
    np.testing.assert_allclose(np.linalg.norm(together.astype(float), axis=1), 1, atol=1e-6)
    alone = np.concatenate([encoder.encode_images([one]) for one in photos])
    assert together.tobytes() == alone.tobytes()


def test_no_photo_gives_no_row() -> None:
    assert ColorLayout().encode_images([]).shape == (0, 240)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3)])
def test_extreme_shapes(shape: tuple[int, int, int]) -> None:
    for value in (0, 127, 255):
        row = ColorLayout().encode_images([np.full(shape, value, dtype=np.uint8)])
        np.testing.assert_allclose(np.linalg.norm(row), 1, atol=1e-6)


def test_size_does_not_matter_for_the_same_picture() -> None:
    small = np.random.default_rng(3).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    large = small.repeat(7, axis=0).repeat(5, axis=1)
    assert cosine(small, large) == pytest.approx(1, abs=1e-6)


def test_colours_are_told_apart_and_near_ones_are_near() -> None:
    red, pink, blue = solid((200, 30, 30)), solid((200, 60, 60)), solid((30, 30, 200))
    assert cosine(red, pink) > cosine(red, blue) + 0.2


def test_place_of_colours_matters() -> None:
    left = np.concatenate([solid((255, 0, 0)), solid((0, 0, 255))], axis=1)
    assert cosine(left, left[:, ::-1]) < cosine(left, left) - 0.1


def test_orientation_of_edges_matters_when_colours_are_equal() -> None:
    upright, level = stripes(64, 8, True), stripes(64, 8, False)
    assert cosine(upright, stripes(96, 12, True)) > cosine(upright, level) + 0.1


def test_views_that_are_not_contiguous_are_read_right() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    flipped = photo[::-1, ::-2]
    encoder = ColorLayout()
    assert (
        encoder.encode_images([flipped]).tobytes()
        == encoder.encode_images([flipped.copy()]).tobytes()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_arrays_that_are_no_photo_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(UsageError, match="uint8"):
        ColorLayout().encode_images([wrong])
