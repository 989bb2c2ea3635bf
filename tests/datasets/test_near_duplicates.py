from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from showcase_bench.datasets.card import near_duplicates
from showcase_bench.datasets.card.near_duplicates import (
    MAX_THRESHOLD,
    THRESHOLD,
    distances,
    near_pairs,
    perceptual_hash,
    photo_print,
)
from showcase_bench.errors import UsageError


def scene(seed, height=180, width=240):
    """A photo-like picture: soft light, and a few things of their own colour with sharp edges."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    pixels = np.zeros((height, width, 3))
    for channel in range(3):
        a, b, c = rng.uniform(-60, 60, 3)
        pixels[..., channel] = 128 + a * x + b * y + c * np.sin(6 * x + 4 * y)
    for _ in range(12):
        cy, cx, r = rng.uniform(0, 1, 3)
        inside = (y - cy) ** 2 + (x - cx) ** 2 < (0.05 + 0.25 * r) ** 2
        pixels[inside] = rng.uniform(0, 255, 3)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def bits_between(a, b):
    return (perceptual_hash(a) ^ perceptual_hash(b)).bit_count()


def jpeg(pixels, quality):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=quality)
    return np.array(Image.open(data))


def resized(pixels, width, height):
    return np.array(Image.fromarray(pixels).resize((width, height)))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: jpeg(p, 30),
        lambda p: resized(p, 150, 112),
        lambda p: resized(p, 500, 375),
        lambda p: np.clip(p * 0.9 + 12, 0, 255).astype(np.uint8),
        lambda p: jpeg(resized(p, 160, 120), 60),
    ],
    ids=["compressed", "smaller", "larger", "brighter", "thumbnail"],
)
def test_a_photo_resembles_its_copies(change):
    far = [bits_between(scene(seed), change(scene(seed))) for seed in range(20)]
    assert max(far) <= THRESHOLD, far


def test_photos_of_other_scenes_are_far():
    codes = [perceptual_hash(scene(seed)) for seed in range(40)]
    apart = [(a ^ b).bit_count() for i, a in enumerate(codes) for b in codes[:i]]
    assert min(apart) > THRESHOLD
    assert 28 < np.mean(apart) < 36


def test_the_hash_is_the_signs_of_the_cosine_transform():
    """Every bit against the textbook formula in floating point."""
    for seed in range(5):
        pixels = scene(seed, 64, 96)
        small = Image.fromarray(pixels).convert("L").resize((32, 32), Image.Resampling.BOX)
        grey = np.asarray(small, dtype=float)
        order = sorted(
            ((u + v, u, v) for u in range(32) for v in range(32) if u + v > 0),
        )[:64]
        code = perceptual_hash(pixels)
        for j, (_, u, v) in enumerate(order):
            wave = np.outer(
                [math.cos(math.pi * u * (2 * r + 1) / 64) for r in range(32)],
                [math.cos(math.pi * v * (2 * c + 1) / 64) for c in range(32)],
            )
            value = float((grey * wave).sum())
            if abs(value) > 1:
                bit = code >> (16 * (j % 4) + j // 4) & 1
                assert bit == (value > 0), (seed, u, v)


def test_the_hash_does_not_change_between_versions():
    """A change here moves numbers on every card: raise the version in HASH_NAME with it."""
    assert near_duplicates.HASH_NAME == "dct-sign-64|v:1"
    steps = np.add.outer(np.arange(64) ** 2 // 17, 3 * np.arange(48)) % 256
    pixels = np.stack([steps, steps[::-1], 255 - steps], axis=2).astype(np.uint8)
    assert perceptual_hash(pixels) == 1875557811768853320


def test_a_frequency_that_a_photo_has_not_is_a_zero_bit():
    """In a photo that equals its mirror image, all odd horizontal frequencies are exactly 0."""
    half = scene(8, 64, 32)
    code = perceptual_hash(np.concatenate([half, half[:, ::-1]], axis=1))
    order = sorted((u + v, u, v) for u in range(11) for v in range(11) if u + v > 0)[:64]
    odd = [16 * (j % 4) + j // 4 for j, (_, _, v) in enumerate(order) if v % 2]
    assert len(odd) > 25
    assert all(code >> place & 1 == 0 for place in odd)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (500, 2, 3), (31, 33, 3)])
def test_photos_of_any_shape(shape):
    flat = np.full(shape, 77, dtype=np.uint8)
    assert perceptual_hash(flat) is None
    assert photo_print(flat).perceptual is None
    noisy = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    code = perceptual_hash(noisy)
    assert code is None or 0 <= code < 2**64
    if shape[0] > 4:
        assert perceptual_hash(np.asfortranarray(noisy)) == code


def test_the_exact_hash_is_of_pixels_and_shape():
    pixels = scene(3, 12, 20)
    assert photo_print(pixels).exact == photo_print(pixels.copy(order="F")).exact
    assert photo_print(pixels).exact != photo_print(pixels.reshape(20, 12, 3)).exact
    other = pixels.copy()
    other[-1, -1, -1] ^= 1
    assert photo_print(pixels).exact != photo_print(other).exact
    assert photo_print(pixels[:, ::-1]).exact == photo_print(pixels[:, ::-1].copy()).exact


codes = hnp.arrays(np.uint64, st.integers(0, 40), elements=st.integers(0, 2**64 - 1))


def close_codes(seed, n):
    """Hashes in clusters, with distances of all sizes between them."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, 4, dtype=np.uint64)
    found = []
    for _ in range(n):
        code = int(centres[rng.integers(4)])
        for place in rng.choice(64, rng.integers(0, 14), replace=False):
            code ^= 1 << int(place)
        found.append(code)
    return np.array(found, dtype=np.uint64)


def found_pairs(hashes, threshold):
    pairs = [
        pair
        for left, right in near_pairs(hashes, threshold)
        for pair in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert len(pairs) == len(set(pairs)), "a pair came twice"
    return set(pairs)


def all_pairs(hashes, threshold):
    values = [int(one) for one in hashes]
    return {
        (i, j)
        for j in range(len(values))
        for i in range(j)
        if (values[i] ^ values[j]).bit_count() <= threshold
    }


@settings(deadline=None, max_examples=40)
@given(codes, st.integers(0, MAX_THRESHOLD))
def test_pairs_of_any_hashes(hashes, threshold):
    assert found_pairs(hashes, threshold) == all_pairs(hashes, threshold)


@pytest.mark.parametrize("threshold", range(0, MAX_THRESHOLD + 1, 3))
@pytest.mark.parametrize("seed", range(3))
def test_pairs_of_close_hashes(seed, threshold):
    hashes = close_codes(seed, 150)
    expected = all_pairs(hashes, threshold)
    assert found_pairs(hashes, threshold) == expected
    assert threshold < 9 or len(expected) > 20


def test_pairs_at_the_edge_of_a_band():
    """The hardest spread: the bits that differ are shared out evenly over the four bands."""
    base = 0x0123_4567_89AB_CDEF
    for threshold in range(1, MAX_THRESHOLD + 1):
        evenly = [16 * (i % 4) + (5 * i) % 16 for i in range(threshold + 1)]
        inside = base ^ sum(1 << place for place in evenly[:threshold])
        outside = base ^ sum(1 << place for place in evenly)
        hashes = np.array([outside, base, inside], dtype=np.uint64)
        assert (1, 2) in found_pairs(hashes, threshold)
        assert (0, 1) not in found_pairs(hashes, threshold)


def test_many_pairs_come_in_bounded_pieces(monkeypatch):
    monkeypatch.setattr(near_duplicates, "_CHUNK", 50)
    hashes = close_codes(9, 90) & np.uint64(0xFFFF)  # three bands equal everywhere
    sizes = [len(left) for left, _ in near_pairs(hashes, 15)]
    assert max(sizes) <= 90
    assert found_pairs(hashes, 15) == all_pairs(hashes, 15)


@pytest.mark.parametrize("threshold", [-1, MAX_THRESHOLD + 1, 64])
def test_thresholds_that_cannot_be(threshold):
    with pytest.raises(UsageError, match=f"threshold is {threshold}"):
        list(near_pairs(np.zeros(2, dtype=np.uint64), threshold))


@given(codes)
def test_distances(hashes):
    found = distances(hashes[:, None], hashes[None, :])
    for i, a in enumerate(hashes):
        for j, b in enumerate(hashes):
            assert found[i, j] == (int(a) ^ int(b)).bit_count()
