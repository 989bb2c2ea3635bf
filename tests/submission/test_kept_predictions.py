"""Many predictions stay in their file, and are the same as those that are held."""

import copy
import gzip
import json
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.kept_lines import KeptLines
from showcase_bench.submission import lines as lines_module
from showcase_bench.submission import reader
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
        patch.setattr(reader, "_HELD", 0)
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
    monkeypatch.setattr(reader, "_HELD", 0)
    with pytest.raises(PredictionError) as kept:
        open_predictions(path, examples)
    assert str(held.value) == str(kept.value)
    assert len(kept.value.problems) == 4


def test_a_file_that_changes_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_HELD", 0)
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
def test_what_is_no_file_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_HELD", 0)
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False)], [0])
    content, pipe = path.read_bytes(), tmp_path / "pipe"
    os.mkfifo(pipe)
    if os.fork() == 0:
        pipe.write_bytes(content)
        os._exit(0)
    assert [one.text for one in open_predictions(pipe, examples)] == ["a"]
    os.wait()


def test_a_compressed_file_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_HELD", 0)
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False), ("b", ["p"], True)], [1, 0])
    expected = list(open_predictions(path, examples))
    packed = tmp_path / "predictions.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    assert open_predictions(packed, examples) == expected


def test_a_plain_file_may_be_larger_than_a_submission(tmp_path, monkeypatch):
    path = tmp_path / "predictions.jsonl"
    examples = written(path, [("a", [], False)], [0])
    monkeypatch.setattr(lines_module, "DEFAULT", replace(DEFAULT, file_bytes=10))
    assert [one.text for one in open_predictions(path, examples)] == ["a"]
    packed = tmp_path / "predictions.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    with pytest.raises(PredictionError, match="bytes"):
        open_predictions(packed, examples)
