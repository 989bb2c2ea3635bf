from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.sources import lines as module
from showcase_bench.datasets.sources.lines import (
    FieldError,
    JsonLines,
    number_field,
    text_field,
)
from showcase_bench.errors import DataError


def same(value):
    return value


def reader(path, parse=same, max_broken=100):
    return JsonLines(path, parse, expected="a thing with x", max_broken=max_broken)


def read(path, data, **options):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    lines = reader(path, **options)
    return list(lines), lines


OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), st.text() | st.integers()), min_size=1)


@settings(max_examples=60, deadline=None)
@given(objects=OBJECTS, end=st.sampled_from(["\n", "\r\n", "\n\n \n"]), last=st.booleans(),
       packed=st.booleans(), bom=st.booleans())  # fmt: skip
def test_all_objects_come_back(objects, end, last, packed, bom, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    text = end.join(json.dumps(one) for one in objects) + (end if last else "")
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    found, lines = read(path, gzip.compress(data, mtime=0) if packed else data)
    assert found == objects
    assert (lines.n_sound, lines.n_broken) == (len(objects), 0)
    assert lines.n_lines == text.count("\n") + (not text.endswith("\n"))


def deep(n):
    return b'{"x": ' + b"[" * n + b"]" * n + b"}"


BROKEN = [
    (b"{", "malformed JSON: "),
    (b'{"x": 1} {"x": 2}', "malformed JSON: Extra data at character 10"),
    (b'{"x": "\xff"}', "not UTF-8: invalid start byte at byte 7"),
    (b'{"x": NaN}', "the constant NaN is not a JSON number"),
    (b'{"x": [-Infinity]}', "the constant -Infinity is not"),
    (b"[1]", "not an object"),
    (b"null", "not an object"),
    (b'{"x": ' + b"9" * 5000 + b"}", "a number has too many digits"),
    (deep(100_000), "nested too deep"),
    (b'{"x": "' + b"a" * (4 << 20) + b'"}', "longer than 4 MiB"),
    (b'{"x": "' + b"a" * (9 << 20) + b'"}', "longer than 4 MiB"),
]


@pytest.mark.parametrize(("line", "words"), BROKEN)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_broken_lines_are_counted_and_the_others_are_read(tmp_path, line, words, place):
    whole = [b'{"x": 0}', b'{"x": 1}']
    whole.insert(place, line)
    found, lines = read(tmp_path / "a", b"\n".join(whole))
    assert found == [{"x": 0}, {"x": 1}]
    assert lines.counts()["broken"] == 1
    assert lines.counts()["lines"] == 3
    (named,) = lines.first_broken
    assert named.startswith(f"line {place + 1}: {words}")


def test_the_longest_line_that_is_read(tmp_path):
    frame = len('{"x": ""}\n')
    for extra, n in ((0, 2), (1, 1)):
        text = "a" * ((4 << 20) - frame + extra)
        found, _ = read(tmp_path / "a", json.dumps({"x": text}) + '\n{"y": 1}\n')
        assert len(found) == n


def test_one_broken_line_too_many_is_an_error(tmp_path):
    path = tmp_path / "a.jsonl"
    data = '{"x": 1}\n' + "oops\n" * 3
    found, lines = read(path, data, max_broken=3)
    assert len(found) == 1
    assert lines.n_broken == 3
    with pytest.raises(DataError) as caught:
        read(path, data, max_broken=2)
    message = str(caught.value)
    assert message.startswith(f"{path}:\n  - more than 2 broken lines\n  - line 2: malformed")
    assert "a thing with x" in message
    with pytest.raises(DataError, match="more than 0 broken lines"):
        read(path, data, max_broken=0)


def test_parse_tells_the_field(tmp_path):
    def parse(value):
        return text_field(value, "x"), number_field(value, "y")

    data = '{"x": "a", "y": 1}\n{"x": 3, "y": 1}\n{"x": "b"}\n{"x": "b", "y": true}\n'
    data += '{"x": "b", "y": 1e999}\n{"x": "", "y": 2.5}\n{"x": "b", "y": 1' + "0" * 400 + "}\n"
    found, lines = read(tmp_path / "a", data, parse=parse)
    assert found == [("a", 1.0), ("", 2.5)]
    assert lines.first_broken == [
        "line 2, field 'x': must be a text",
        "line 3, field 'y': missing",
        "line 4, field 'y': must be a number",
        "line 5, field 'y': the number is too large",
        "line 7, field 'y': the number is too large",
    ]


def test_only_the_first_broken_lines_are_named(tmp_path):
    _, lines = read(tmp_path / "a", "oops\n" * 50 + '{"x": 1}')
    assert len(lines.first_broken) == 20
    assert lines.n_broken == 50


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (b"[\n {\n", "no line is sound"),
        (b"\x89PNG\r\n\x1a\n" * 30, "no line is sound"),
        (gzip.compress(b'{"x": 1}\n' * 9999, mtime=0)[:-30], "gzip after line"),
        (gzip.compress(b'{"x": 1}\n' * 9999, mtime=0)[:12], "gzip after line 0"),
        (gzip.compress(b'{"x": 1}\n', mtime=0) + b"garbage", "gzip after line"),
        (b"\x1f\x8b\x08rest is nonsense", "gzip after line 0"),
        (b"\x1f\x8b", "gzip after line 0"),
    ],
)
def test_wrong_files(tmp_path, data, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path / "a", data)


def test_a_flipped_bit_in_a_gzip(tmp_path):
    data = bytearray(gzip.compress(b'{"x": 1}\n' * 999, mtime=0))
    data[-6] ^= 1
    with pytest.raises(DataError, match="damaged or truncated gzip"):
        read(tmp_path / "a", bytes(data))


def test_missing_files(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        list(reader(tmp_path / "gone"))
    with pytest.raises(DataError, match="is a folder"):
        list(reader(tmp_path))


@pytest.mark.parametrize("unit", [b" ", b"\n", b'{"x": 1}\n'])
def test_a_decompression_bomb(tmp_path, unit, monkeypatch):
    monkeypatch.setattr(module, "_MOST_LINE", 1 << 16)
    monkeypatch.setattr(module, "_RATIO_FROM", 1 << 16)
    path = tmp_path / "bomb.gz"
    squeezed = zlib.compressobj(9, wbits=31)
    block = unit * (1 << 18)
    path.write_bytes(squeezed.compress(block * 2) + squeezed.flush())
    lines = reader(path)
    with pytest.raises(DataError, match="expands more than 200 times"):
        list(lines)


def test_a_gzip_that_expands_as_reviews_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_RATIO_FROM", 1 << 10)
    objects = [{"x": f"{i * i:x} some words {i}"} for i in range(5000)]
    data = gzip.compress("\n".join(map(json.dumps, objects)).encode())
    assert read(tmp_path / "a", data)[0] == objects


def test_text_that_cannot_be_stored_is_replaced():
    assert text_field({"x": "a\0b\ud800c\udc00\U0001f600é"}, "x") == "ab\ufffdc\ufffd\U0001f600é"
    with pytest.raises(FieldError, match="missing"):
        text_field({"x": None}, "x")
