from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.sources import partition as module
from showcase_bench.datasets.sources.partition import Partition

RECORDS = st.lists(
    st.tuples(st.text("abcé", max_size=3), st.text() | st.lists(st.integers())), max_size=60
)


def naive(records):
    def order(key):
        return hashlib.blake2b(key.encode(), digest_size=8).digest()

    keys = sorted({key for key, _ in records}, key=lambda key: (order(key), key))
    return [(key, [one for other, one in records if other == key]) for key in keys]


def grouped(folder, records, bucket_bytes):
    with Partition(folder, bucket_bytes=bucket_bytes) as partition:
        for key, record in records:
            partition.add(key, record)
    found = list(partition.groups())
    left = list(folder.iterdir())
    folder.rmdir()
    assert left == []
    return found


@settings(max_examples=60, deadline=None)
@given(records=RECORDS, bucket_bytes=st.sampled_from([0, 100, 1000, 1 << 20]))
def test_groups_equal_the_naive_ones(records, bucket_bytes, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "partition"
    assert grouped(folder, records, bucket_bytes) == naive(records)


@pytest.mark.parametrize("bucket_bytes", [50, 5000, 1 << 20])
def test_many_keys(tmp_path, bucket_bytes):
    records = [(f"user{i % 700}", i) for i in range(3000)]
    assert grouped(tmp_path / "p", records, bucket_bytes) == naive(records)


def test_files_that_are_read_whole_are_small(tmp_path, monkeypatch):
    load, sizes = module._load, []

    def measured(path):
        sizes.append(path.stat().st_size)
        return load(path)

    monkeypatch.setattr(module, "_load", measured)
    records = [(f"user{i}", i) for i in range(6000)]
    grouped(tmp_path / "p", records, 300)
    assert max(sizes) <= 300
    assert len(sizes) > 64 * 20


def test_one_large_key_is_held_whole(tmp_path):
    records = [("one", "x" * 1000)] * 50
    assert grouped(tmp_path / "p", records, 100) == [("one", ["x" * 1000] * 50)]
