"""The committed fingerprint: this platform makes the published world, pixel by pixel."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from showcase_bench.datasets.mini import (
    MiniConfig,
    check_fingerprint,
    fingerprint,
    stored_fingerprint,
)
from showcase_bench.datasets.mini.fingerprint import SAMPLE
from showcase_bench.errors import DataError, ShowcaseError, UsageError

SMALL = MiniConfig(n_train=30, n_val=5, n_test=10)
SOURCE = sys.modules["showcase_bench.datasets.mini.fingerprint"]


def test_rows_and_all_pixels_are_the_published_ones():
    stored = stored_fingerprint()
    found = fingerprint(MiniConfig(), pixels=True)
    assert {name: stored[name] for name in found} == found


def test_rows_and_the_sample_are_the_published_ones():
    stored = stored_fingerprint()
    found = fingerprint(MiniConfig(), pixels=SAMPLE)
    assert found["sample_size"] == SAMPLE
    assert {name: stored[name] for name in found} == found
    check_fingerprint()


@pytest.mark.parametrize("field", ["rows_sha256", "sample_sha256"])
def test_another_world_is_reported_with_both_hashes(monkeypatch, field):
    stored = {**stored_fingerprint(), field: "0" * 64}
    monkeypatch.setattr(SOURCE, "stored_fingerprint", lambda: stored)
    real = fingerprint(MiniConfig(), pixels=SAMPLE)[field]
    with pytest.raises(DataError, match="different embedded world") as caught:
        check_fingerprint()
    assert isinstance(caught.value, ShowcaseError)
    assert "0" * 64 in str(caught.value)
    assert real in str(caught.value)


def test_what_a_fingerprint_holds():
    none, some, every = (fingerprint(SMALL, pixels=pixels) for pixels in (False, 7, True))
    assert "sample_sha256" not in none
    assert "pixels_sha256" not in none
    assert some["sample_size"] == 7
    assert len(every["pixels_sha256"]) == 64
    assert none["counts"]["train"] == 30
    assert json.loads(json.dumps(every)) == every
    whole = fingerprint(SMALL, pixels=10**6)
    assert whole["sample_size"] == whole["counts"]["photos"]
    assert whole["sample_sha256"] == every["pixels_sha256"]


def test_every_setting_moves_the_fingerprint():
    base = fingerprint(SMALL, pixels=3)
    for change in (
        {"seed": 1},
        {"personalization": 0.1},
        {"grounding": 0.1},
        {"generic": 0.9},
        {"n_businesses": 30},
    ):
        config = MiniConfig(n_train=30, n_val=5, n_test=10, **change)
        assert fingerprint(config, pixels=0)["rows_sha256"] != base["rows_sha256"]
    for change in ({"noise": 0.8}, {"image_size": 64}):
        config = MiniConfig(n_train=30, n_val=5, n_test=10, **change)
        assert fingerprint(config, pixels=3)["sample_sha256"] != base["sample_sha256"]


@pytest.mark.parametrize("pixels", [-1, 5])
def test_sizes_that_cannot_be_compared_are_refused(pixels):
    with pytest.raises(UsageError, match="pixels"):
        check_fingerprint(pixels=pixels)
    if pixels < 0:
        with pytest.raises(UsageError, match="pixels"):
            fingerprint(SMALL, pixels=pixels)


PROGRAM = """
import json, random, numpy
from showcase_bench.datasets.mini import MiniConfig, fingerprint
before = random.getstate(), numpy.random.get_state()[1].tolist()
result = fingerprint(MiniConfig(n_train=30, n_val=5, n_test=10), pixels=3)
assert before == (random.getstate(), numpy.random.get_state()[1].tolist())
print(json.dumps(result))
"""


@pytest.mark.parametrize("hash_seed", ["1", "271828"])
def test_hash_seed_and_global_randomness_play_no_part(hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == fingerprint(SMALL, pixels=3)
