"""A build that is killed goes on and ends with the same bytes, in any process."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from showcase_bench.datasets.build import Sources, build_s1, partition, record_path
from showcase_bench.datasets.build.work import Stage, work_folder
from showcase_bench.errors import DataError, StoreError, UsageError

CHILD = """
import os, signal, sys
from pathlib import Path
from showcase_bench.datasets.build import Sources, build_s1, partition

partition.CHUNK_BYTES, partition._SHARD_BYTES = 4000, 3000
raw, out, work, deadly = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
events = 0

def counted(function):
    def call(self, *arguments, **named):
        global events
        if function.__name__ == "replace" or (arguments and arguments[0] == "wb"):
            events += 1
            if events == deadly:
                if function.__name__ == "open":
                    self.write_bytes(b"torn")
                os.kill(os.getpid(), signal.SIGKILL)
        return function(self, *arguments, **named)
    return call

if deadly:
    Path.replace, Path.open = counted(Path.replace), counted(Path.open)
build_s1(Sources(raw, out, work=work))
"""


def write_raw(path, n_users=60):
    rows = [
        {
            "user_id": f"u{user}",
            "business_id": f"b{(user * 7 + visit) % 23}",
            "rating": 3,
            "review_text": f"Visit {visit} of {user}. " * (1 + visit),
            "pics": [{"id": f"p{user}-{visit}", "url": ["https://x.org/p"]}],
        }
        for visit in range(6)
        for user in range(n_users)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(partition, "CHUNK_BYTES", 4000)
    monkeypatch.setattr(partition, "_SHARD_BYTES", 3000)


def child(folder, work, deadly, **environment):
    return subprocess.run(
        [
            sys.executable,
            "-c",
            CHILD,
            *map(str, (folder / "raw.jsonl", folder / "s1.json", work, deadly)),
        ],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def result(folder, name="s1.json"):
    return (folder / name).read_bytes(), record_path(folder / name).read_bytes()


def test_killed_ten_times_it_ends_with_the_same_bytes(tmp_path, small):
    raw = write_raw(tmp_path / "raw.jsonl")
    build_s1(Sources(raw, tmp_path / "s1.json"))
    expected = result(tmp_path)
    for path in (tmp_path / "s1.json", record_path(tmp_path / "s1.json")):
        path.unlink()
    work = tmp_path / "work"
    rng = random.Random(3)
    kills, points = 0, [1, 2, 3, *(rng.randint(2, 24) for _ in range(12))]
    for deadly in points:
        done = child(tmp_path, work, deadly)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
    assert kills >= 10
    done = child(tmp_path, work, 0)
    assert done.returncode == 0, done.stderr
    assert result(tmp_path) == expected
    assert not list(tmp_path.rglob("*.tmp"))


def test_killed_while_the_result_is_written(tmp_path, small):
    raw = write_raw(tmp_path / "raw.jsonl")
    work = tmp_path / "work"
    build_s1(Sources(raw, tmp_path / "s1.json", work=work))
    expected = result(tmp_path)
    for deadly in (1, 2, 3, 4):  # Only the result and its record are left to be written.
        (tmp_path / "s1.json").unlink(missing_ok=True)
        record_path(tmp_path / "s1.json").unlink(missing_ok=True)
        assert child(tmp_path, work, deadly).returncode == -signal.SIGKILL
        assert (tmp_path / "s1.json").exists() == (deadly > 2)
        assert child(tmp_path, work, 0).returncode == 0
        assert result(tmp_path) == expected


def test_the_order_of_hashing_does_not_show(tmp_path, small):
    write_raw(tmp_path / "raw.jsonl")
    results = set()
    for seed in ("0", "1", "77"):
        done = child(tmp_path, tmp_path / f"work{seed}", 0, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        parts = sorted((tmp_path / f"work{seed}").rglob("*.part"))
        results.add((*result(tmp_path), b"".join(part.read_bytes() for part in parts)))
    assert len(results) == 1


def test_finished_parts_are_not_made_again_and_damaged_ones_are(tmp_path, small, monkeypatch):
    raw = write_raw(tmp_path / "raw.jsonl")
    sources = Sources(raw, tmp_path / "s1.json", work=tmp_path / "work")
    saved = []
    save = Stage.save
    monkeypatch.setattr(
        Stage, "save", lambda self, number, *rest: saved.append(number) or save(self, number, *rest)
    )
    build_s1(sources)
    expected, first = result(tmp_path), len(saved)
    assert first > 10
    build_s1(sources)
    assert len(saved) == first
    parts = sorted((tmp_path / "work").rglob("*.part"))
    manifests = sorted((tmp_path / "work").rglob("*.json"))
    data = bytearray(parts[3].read_bytes())
    data[len(data) // 2] ^= 1
    parts[3].write_bytes(data)
    parts[-1].write_bytes(b"")
    manifests[1].write_bytes(b'{"sha256": ')
    manifests[-2].unlink()
    build_s1(sources)
    assert len(saved) == first + 4
    assert result(tmp_path) == expected


def test_a_changed_raw_file_does_not_meet_old_parts(tmp_path, small):
    raw = write_raw(tmp_path / "raw.jsonl")
    sources = Sources(raw, tmp_path / "s1.json", work=tmp_path / "work")
    build_s1(sources)
    raw.write_text(raw.read_text().replace("Visit 2 of 7.", "Visit 9 of 7."))
    build_s1(sources)
    kept = result(tmp_path)
    build_s1(Sources(raw, tmp_path / "s1.json"))
    assert result(tmp_path) == kept
    assert b"Visit 9 of 7." in kept[0]


def test_two_builds_do_not_share_a_folder(tmp_path):
    raw = write_raw(tmp_path / "raw.jsonl", 5)
    with (
        work_folder(tmp_path / "work", keep=True),
        pytest.raises(UsageError, match="another build is at work"),
    ):
        build_s1(Sources(raw, tmp_path / "s1.json", work=tmp_path / "work"))
    build_s1(Sources(raw, tmp_path / "s1.json", work=tmp_path / "work"))


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    raw = write_raw(tmp_path / "raw.jsonl", 5)
    from showcase_bench.datasets.build import construct

    def changing(*arguments):
        parts = partition.partition(*arguments)
        raw.write_bytes(raw.read_bytes() + b"\n")
        return parts

    monkeypatch.setattr(construct, "partition", changing)
    with pytest.raises(DataError, match="changed while it was read"):
        build_s1(Sources(raw, tmp_path / "s1.json"))
    assert not (tmp_path / "s1.json").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_full_disk_is_reported_and_the_build_goes_on_later(tmp_path, small, monkeypatch):
    raw = write_raw(tmp_path / "raw.jsonl")
    build_s1(Sources(raw, tmp_path / "s1.json"))
    expected = result(tmp_path)
    sources = Sources(raw, tmp_path / "s1.json", work=tmp_path / "work")
    from pathlib import Path

    replace, calls = Path.replace, []

    def failing(self, target):
        calls.append(target)
        if len(calls) == 9:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(StoreError, match=r"No space left on device.*goes on from here"):
        build_s1(sources)
    assert not list(tmp_path.rglob("*.tmp"))
    build_s1(sources)
    assert result(tmp_path) == expected


def test_the_work_folder_can_be_unusable(tmp_path):
    raw = write_raw(tmp_path / "raw.jsonl", 5)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used to work in"):
        build_s1(Sources(raw, tmp_path / "s1.json", work=tmp_path / "file" / "work"))
