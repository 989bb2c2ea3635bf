"""Predictions and references that are compressed, for verbs that take one's own files."""

import gzip
import json
import os
import threading

import pyarrow as pa
import pytest

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission import read_predictions, read_references, read_texts, uncompressed
from showcase_bench.submission.limits import DEFAULT
from tests.submission.submission_world import GOOD, QUERIES, line

PACK = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
    "two members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
}


def put(folder, data, name="p.jsonl"):
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", PACK)
@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz", "p.jsonl.zst"])
def test_first_bytes_tell_and_not_the_name(tmp_path, how, name):
    path = put(tmp_path, PACK[how](dump_predictions(GOOD)), name)
    assert read_predictions(path, QUERIES) == list(GOOD)


@pytest.mark.parametrize("how", PACK)
def test_texts_and_references(tmp_path, how):
    rows = b"".join(b'{"id": "q%d", "references": ["x"]}\n' % n for n in range(3))
    references = read_references(put(tmp_path, PACK[how](rows), "r"))
    assert references == {f"q{n}": ("x",) for n in range(3)}
    texts = read_texts(put(tmp_path, PACK[how](dump_predictions(GOOD))), references)
    assert [one.text for one in texts] == [one.text for one in GOOD]


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_problems_have_the_lines_of_the_content(tmp_path, how):
    data = (line(text=1) + line(id="q1") + line(id="q2")).encode()
    with pytest.raises(PredictionError, match="line 1: field 'text'"):
        read_predictions(put(tmp_path, PACK[how](data)), QUERIES)


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_bombs_and_torn_files_are_refused(tmp_path, how):
    bomb = PACK[how](b" " * (DEFAULT.ratio_from + (64 << 20)))
    with pytest.raises(PredictionError, match="decompression bomb"):
        read_predictions(put(tmp_path, bomb), QUERIES)
    torn = PACK[how](dump_predictions(GOOD))[:-6]
    with pytest.raises(PredictionError, match=r"truncated|damaged") as raised:
        read_predictions(put(tmp_path, torn), QUERIES)
    assert "p.jsonl" in str(raised.value)


def test_a_pipe_is_read_as_it_comes(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(dump_predictions(GOOD),))
    writer.start()
    try:
        assert read_predictions(pipe, QUERIES) == list(GOOD)
    finally:
        writer.join()


@pytest.mark.parametrize(
    ("name", "plain"),
    [("a.jsonl.gz", "a.jsonl"), ("a.jsonl.zst", "a.jsonl"), ("a.jsonl", "a.jsonl"), (".gz", ".gz")],
)
def test_names_without_their_compression(tmp_path, name, plain):
    assert uncompressed(tmp_path / name) == tmp_path / plain


def test_score_and_compare_read_them(cli, toy, tmp_path):
    named = {}
    for model in ("random", "popular"):
        named[model] = tmp_path / f"{model}.jsonl"
        done = cli("predict", "--data", toy, "--model", model, "--out", named[model])
        assert done.exit_code == 0, done.output
    packed = {
        "random": put(tmp_path, gzip.compress(named["random"].read_bytes()), "random.jsonl.gz"),
        "popular": put(tmp_path, PACK["zst"](named["popular"].read_bytes()), "popular.jsonl.zst"),
    }
    metrics = ("--data", toy, "--metrics", "precision@3,div@3", "--json")

    def told(*arguments):
        done = cli(*arguments)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    for model, path in packed.items():
        assert told("score", path, *metrics) == told("score", named[model], *metrics)
    both = told("compare", *packed.values(), *metrics, "--trials", "100")
    assert both == told("compare", *named.values(), *metrics, "--trials", "100")
