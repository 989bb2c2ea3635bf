"""Many predictions stay in their file, and are the same as those that are held."""

import copy
import gzip
import json
import os
import threading
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import PredictionError, StoreError
from showcase_bench.evaluate.showcases.kept_lines import KeptLines
from showcase_bench.submission import kept_showcases
from showcase_bench.submission import lines as lines_module
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.limits import DEFAULT
from showcase_bench.submission.reader import open_predictions

POOL = ("p", "q", "é")

lines = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
        st.none() | st.lists(st.sampled_from(POOL), max_size=2, unique=True),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def written(path, rows, order):
    """One line for each row, in this order, some with blanks or blank lines between."""
    content = ""
    for number in order:
        text, images, spaced = rows[number]
        row = {"id": f"e{number}", "text": text, "image_ids": images}
        content += ("\n \n" if spaced else "") + json.dumps(row, ensure_ascii=spaced) + "\n"
    path.write_bytes(content.encode())
    return Examples(tuple(f"e{number}" for number in range(len(rows))), 2, lambda _: POOL)


@settings(max_examples=40)
@given(rows=lines, data=st.data())
def test_kept_and_held_predictions_are_the_same(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("kept") / "predictions.jsonl"
    examples = written(path, rows, data.draw(st.permutations(range(len(rows)))))
    held = open_predictions(path, examples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_showcases, "_HELD", 0)
        kept = open_predictions(path, examples)
    assert isinstance(kept, KeptLines)
    assert list(kept) == held
    start, stop = sorted(data.draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))
    part = kept[start:stop]
    assert (list(part), len(part)) == (held[start:stop], len(held[start:stop]))
    assert list(copy.deepcopy(part)) == held[start:stop]
    assert kept[-1] == held[-1]


def test_problems_are_told_alike(tmp_path, monkeypatch):
    path = tmp_path / "predictions.jsonl"
    rows = [("a", ["p"], False), ("b", ["elsewhere"], False), ("c", ["p", "q", "é"], False)]
    examples = written(path, rows, [0, 1, 2, 1])
    with pytest.raises(PredictionError) as held:
        open_predictions(path, examples)
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    with pytest.raises(PredictionError) as kept:
        open_predictions(path, examples)
    assert str(held.value) == str(kept.value)
    assert len(kept.value.problems) == 4


def test_a_file_that_changes_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False), ("b", [], False)], [0, 1])
    kept = open_predictions(path, examples)
    assert [one.text for one in kept] == ["a", "b"]
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(PredictionError, match="was changed while it was scored"):
        list(kept)
    path.unlink()
    with pytest.raises(PredictionError, match="cannot be read"):
        list(kept)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_is_kept_in_a_file_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False), ("é", ["p"], True)], [1, 0])
    expected = list(open_predictions(path, examples))
    content, pipe, folder = path.read_bytes(), tmp_path / "pipe", tmp_path / "made" / "spool"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    kept = open_predictions(pipe, examples, folder)
    writer.join(timeout=10)
    assert isinstance(kept, KeptLines)
    assert list(kept) == list(kept) == expected
    assert len(list(folder.iterdir())) == 1
    del kept
    assert not list(folder.iterdir())


@settings(max_examples=30, deadline=None)
@given(rows=lines, data=st.data(), zstd=st.booleans())
def test_what_is_compressed_is_read_as_if_it_were_not(tmp_path_factory, rows, data, zstd):
    folder = tmp_path_factory.mktemp("kept")
    path, packed, spools = (folder / name for name in ("plain.jsonl", "packed", "spools"))
    examples = written(path, rows, data.draw(st.permutations(range(len(rows)))))
    content = path.read_bytes()
    packed.write_bytes(
        pa.compress(content, "zstd", asbytes=True) if zstd else gzip.compress(content, mtime=0)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_showcases, "_HELD", 0)
        kept = open_predictions(packed, examples, spools)
    expected = open_predictions(path, examples)
    assert isinstance(kept, KeptLines)
    assert list(kept) == expected
    # Parts outlive the whole; other processes read the same file.
    part = kept[1:]
    del kept
    assert list(part) == list(copy.deepcopy(part)) == expected[1:]
    del part
    assert not list(spools.iterdir())


def test_problems_of_what_is_compressed_are_those_of_the_file_itself(tmp_path, monkeypatch):
    path, packed, spools = (tmp_path / name for name in ("plain.jsonl", "packed.gz", "spools"))
    rows = [("a", ["p"], False), ("b", ["elsewhere"], False), ("c", ["p", "q", "é"], False)]
    examples = written(path, rows, [0, 1, 2, 1])
    path.write_bytes(path.read_bytes() + b'{"id": "e0", "text": "\\ud800"}\n[]\n')
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    with pytest.raises(PredictionError) as plain:
        open_predictions(path, examples)
    with pytest.raises(PredictionError) as spooled:
        open_predictions(packed, examples, spools)
    assert spooled.value.problems == plain.value.problems
    assert len(spooled.value.problems) == 7
    assert not list(spools.iterdir())


@pytest.mark.parametrize("spool_is_a_file", [False, True])
def test_a_missing_file_or_a_folder_that_is_none_is_named(tmp_path, monkeypatch, spool_is_a_file):
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    path, spools = tmp_path / "packed.gz", tmp_path / "spools"
    examples = Examples(("e0",), 2, lambda _: POOL)
    if not spool_is_a_file:
        with pytest.raises(PredictionError, match="no such file"):
            open_predictions(path, examples, spools)
        assert not spools.exists()
        return
    spools.write_text("")
    path.write_bytes(gzip.compress(b'{"id": "e0"}\n'))
    with pytest.raises(StoreError, match=r"spools: predictions cannot be kept there"):
        open_predictions(path, examples, spools)


def test_a_bomb_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    packed, spools = tmp_path / "packed.gz", tmp_path / "spools"
    line = b'{"id": "e0", "text": "' + b"a" * 900_000 + b'"}\n'
    packed.write_bytes(gzip.compress(line * 40))
    with pytest.raises(PredictionError, match="decompression bomb"):
        open_predictions(packed, Examples(("e0", "e1"), 2, lambda _: POOL), spools)
    assert not list(spools.iterdir())


def test_a_plain_file_may_be_larger_than_a_submission(tmp_path, monkeypatch):
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False)], [0])
    monkeypatch.setattr(lines_module, "DEFAULT", replace(DEFAULT, file_bytes=10))
    assert [one.text for one in open_predictions(path, examples)] == ["a"]
    packed = tmp_path / "predictions.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    with pytest.raises(PredictionError, match="bytes"):
        open_predictions(packed, examples)
