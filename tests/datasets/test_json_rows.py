from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets import json_rows
from showcase_bench.datasets.json_rows import JsonRows
from showcase_bench.errors import DataError


class Dribble:
    """A stream that gives a few bytes at a time, whatever it is asked for."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data = data
        self.step = step
        self.asked: list[int] = []

    def read(self, size: int, /) -> bytes:
        self.asked.append(size)
        step = min(size, self.step)
        head, self.data = self.data[:step], self.data[step:]
        return head


def read(text: str | bytes, step: int = 1 << 30) -> list[tuple[str, int, object]]:
    data = text.encode() if isinstance(text, str) else text
    return [tuple(row) for row in JsonRows(Dribble(data, step), "x.json")]


def problem(text: str | bytes) -> str:
    with pytest.raises(DataError) as caught:
        read(text)
    assert str(caught.value).startswith("x.json: ")
    return str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    rows=st.dictionaries(
        st.sampled_from(["train", "val", "test"]), st.lists(VALUES, max_size=5), max_size=3
    ),
    step=st.integers(1, 40),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 3]),
)
def test_any_rows_come_back_however_the_bytes_arrive(rows, step, ascii_only, indent):
    text = json.dumps(rows, ensure_ascii=ascii_only, indent=indent)
    expected = [(split, i, row) for split, ones in rows.items() for i, row in enumerate(ones)]
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate can be in a file only as an escape
        data = json.dumps(rows, indent=indent).encode()
    assert read(data, step) == expected


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_numbers_cut_anywhere(step):
    text = "[0.0, 1e5, -1.5E-3, 12, -0, 1.25e+10]"
    expected = [("test", i, one) for i, one in enumerate(json.loads(text))]
    assert read(f'{{"n": 0.5, "test": {text}}}', step) == expected
    for i in range(1, 25):
        cut = f'{{"test": [{" " * i}1.5e3]}}'
        assert read(cut, step)[0][2] == 1500.0


def test_any_order_of_the_splits_and_other_names_of_val():
    assert read('{"test": [1], "valid": [2], "train": [3]}') == [
        ("test", 0, 1),
        ("val", 0, 2),
        ("train", 0, 3),
    ]
    for name in ("val", "valid", "validation", "dev"):
        assert read(f'{{"{name}": [7]}}') == [("val", 0, 7)]


def test_unknown_keys_are_passed_over_and_named():
    text = '{"about": {"a": [1, 2]}, "n": 123, "train": [1], "last": "x"}'
    for step in (1, 1000):
        rows = JsonRows(Dribble(text.encode(), step), "x")
        assert [row.value for row in rows] == [1]
        assert rows.unknown_keys == ["about", "n", "last"]


def test_byte_order_mark_is_no_problem():
    assert read(b"\xef\xbb\xbf" + b'{"train": [1]}') == [("train", 0, 1)]


@pytest.mark.parametrize("text", ["{}", ' {"train": []} ', '{"train": [ ], "val": []}\n'])
def test_no_rows(text):
    assert read(text) == []


def test_every_truncation_is_an_error_that_says_so():
    whole = '{"train": [{"a": "é\\n", "b": [1, 2.5]}, {"c": null}], "test": [{"d": 1}]}'
    data = whole.encode()
    for end in range(1, len(data)):
        message = problem(data[:end])
        assert "truncated" in message or "not UTF-8" in message, (data[:end], message)


def test_truncation_names_split_and_row():
    message = problem('{"train": [{}, {}, {"a": "some long text that just sto')
    assert "ends in the middle of split 'train', after row 1" in message
    assert "Download it again" in message
    assert "before its first row" in problem('{"train": [{"a"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        (" \n\t ", "the file is empty"),
        ("[1]", "the top level is not an object"),
        ('"x"', "the top level is not an object"),
        ('{"train": {"a": 1}}', "split 'train' is not a list"),
        ('{"train": null}', "split 'train' is not a list"),
        ('{"train": [], "train": []}', "given twice"),
        ('{"dev": [], "val": []}', "given twice"),
        ('{"train": [{"a": NaN}]}', "constant NaN"),
        ('{"train": [{"a": -Infinity}]}', "constant -Infinity"),
        ('{"x": Infinity, "train": []}', "constant Infinity"),
        ('{"train": [1]} {"train": [1]}', "more after the end"),
        ('{"user_id": "u"}\n{"user_id": "v"}\n', "JSON Lines"),
        ('{"train": [1 2]}', "malformed JSON: expected a comma"),
        ('{"train": [{"a": 1 "b": 2, "filler": "xxxxxxxxxxxxxxxxxxxxxxxx"}]}', "malformed JSON"),
        ('{"train": [{"a": tru, "filler": "xxxxxxxxxxxxxxxxxxxxxxxxxx"}]}', "malformed JSON"),
        ('{"train": [1],}', "expected a key in double quotes"),
        ('{"train" [1]}', "expected a colon"),
        ("{'train': [1]}", "expected a key in double quotes"),
        ('{"train": [' + "[" * 200_000, "nested too deep"),
        ('{"train": [' + '{"a":' * 200_000, "nested too deep"),
        ('{"train": [' + "9" * 5000 + "]}", "in split 'train', before its first row"),
    ],
)
def test_bad_files(text, expected):
    assert expected in problem(text)


def test_invalid_utf8_names_the_byte():
    head = b'{"train": [{"a": "'
    assert f"at byte {len(head)}" in problem(head + b'\xff"}]}')
    for step in (1, 2, 3):
        with pytest.raises(DataError, match=f"at byte {len(head)},"):
            read(head + b'\xc3(filler filler"}]}', step)
    far = b'{"train": ["' + b"x" * 3_000_000
    message = problem(far + b"\xc3(" + b'"]}')
    assert f"at byte {len(far):,}" in message


def test_a_character_cut_by_the_end_of_the_file_is_not_utf8():
    assert "not UTF-8" in problem('{"train": ["é'.encode()[:-1])


def test_a_long_row_is_read_in_linear_work(monkeypatch):
    monkeypatch.setattr(json_rows, "_CHUNK", 64)
    stream = Dribble(b'{"train": ["' + b"x" * 1_000_000 + b'"]}', 1 << 30)
    assert len(next(iter(JsonRows(stream, "x"))).value) == 1_000_000
    assert len(stream.asked) < 40


@pytest.mark.parametrize("tail", ['"]}', ""])
def test_a_row_beyond_the_bound_is_refused_without_reading_on(monkeypatch, tail):
    monkeypatch.setattr(json_rows, "_CHUNK", 1 << 10)
    monkeypatch.setattr(json_rows, "_MOST", 1 << 12)
    stream = io.BytesIO(b'{"train": ["' + b"x" * 1_000_000 + tail.encode())
    with pytest.raises(DataError, match="has more than"):
        list(JsonRows(stream, "x"))
    assert stream.tell() < 100_000


def test_a_failing_disk_is_an_error_of_the_data():
    class Failing:
        def read(self, size: int, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(DataError, match="Input/output error"):
        JsonRows(Failing(), "x.json")
