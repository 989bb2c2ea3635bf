"""Files of references and of predicted texts that belong to no data set."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from showcase_bench.errors import PredictionError
from showcase_bench.submission import read_references, read_texts
from showcase_bench.submission.limits import DEFAULT
from showcase_bench.submission.lines import MAX_PROBLEMS
from showcase_bench.types import Showcase

REFERENCES = {"q0": ("good pizza", "nice"), "q1": (), "q/é": ("寿司",)}


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="texts.jsonl"):
        path = tmp_path / name
        parts = [one if isinstance(one, (str, bytes)) else json.dumps(one) + "\n" for one in lines]
        path.write_bytes(b"".join(p if isinstance(p, bytes) else p.encode() for p in parts))
        return path

    return to_file


def rows():
    return [{"id": one, "references": list(texts)} for one, texts in REFERENCES.items()]


def predictions():
    return [{"id": one, "text": f"text of {one}"} for one in REFERENCES]


def test_references_keep_the_order_of_the_file(write):
    assert list(read_references(write(rows())).items()) == list(REFERENCES.items())
    backwards = read_references(write([b"\n", *reversed(rows()), b" \r\n"]))
    assert list(backwards.items()) == list(reversed(REFERENCES.items()))


def test_texts_come_in_the_order_of_the_references(write):
    expected = [Showcase(one, (), f"text of {one}") for one in REFERENCES]
    for lines in (predictions(), reversed(predictions())):
        assert read_texts(write(lines), REFERENCES) == expected


def test_null_missing_and_empty_texts_are_told_apart_and_images_are_ignored(write):
    lines = [
        {"id": "q0", "text": None, "image_ids": ["any"]},
        {"id": "q1"},
        {"id": "q/é", "text": "", "image_ids": []},
    ]
    assert [one.text for one in read_texts(write(lines), REFERENCES)] == [None, None, ""]
    assert all(one.image_ids == () for one in read_texts(write(lines), REFERENCES))


BAD_LINES = [
    ("{not json\n", "line 2: not JSON"),
    (b'{"id": "\xff"}\n', "line 2: not UTF-8"),
    ("[1]\n", "line 2: a JSON object is expected, not list"),
    ('{"id": "q1", "id": "q1"}\n', "line 2: field 'id' is given twice"),
    ('{"id": "q1", "x": NaN}\n', "NaN is not a JSON value"),
    ({"id": 7}, "line 2: field 'id': not a string"),
    ({"di": "q1"}, "line 2: field 'id': missing"),
    (f'{{"id": "{"x" * DEFAULT.line_bytes}"}}\n', "line 2: longer than 1,048,576 bytes"),
]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        *BAD_LINES,
        ({"id": "q1"}, "line 2: field 'references': missing"),
        ({"id": "q1", "references": "good"}, "field 'references': must be a list of strings"),
        ({"id": "q1", "references": None}, "line 2: field 'references': must be a list of strings"),
        ({"id": "q1", "references": {}}, "field 'references': must be a list of strings"),
        ({"id": "q1", "references": ["a", None]}, "'references': must be a list of strings"),
        ({"id": "q1", "references": [["a"]]}, "'references': must be a list of strings"),
        ({"id": "q1", "references": [], "text": "a"}, "field 'text' is unknown"),
        ({"id": "q1", "refs": []}, "field 'refs' is unknown. Did you mean 'references'"),
        ({"id": "q1", "references": ["a", "\ud800"]}, "'references': a lone surrogate"),
        ({"id": "q0", "references": []}, "line 2: field 'id': 'q0' was already given in line 1"),
    ],
)
def test_a_wrong_line_of_references_is_named(write, bad, message):
    with pytest.raises(PredictionError) as caught:
        read_references(write([rows()[0], bad, rows()[2]]))
    assert message in str(caught.value)
    assert '"references"' in str(caught.value)
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        *BAD_LINES,
        ({"id": "q1", "text": 3.5}, "line 2: field 'text': must be a string or null, not float"),
        ({"id": "q1", "text": ["a"]}, "line 2: field 'text': must be a string or null, not list"),
        ({"id": "q1", "txet": "a"}, "field 'txet' is unknown. Did you mean 'text'"),
        ({"id": "q1", "text": "a\ud800"}, "line 2: field 'text': a lone surrogate at character 1"),
        ({"id": "q0", "text": "again"}, "line 2: field 'id': 'q0' was already given in line 1"),
        ({"id": "zz", "text": "a"}, "line 2: field 'id': 'zz' has no references"),
    ],
)
def test_a_wrong_line_of_texts_is_named(write, bad, message):
    lines = predictions()
    with pytest.raises(PredictionError) as caught:
        read_texts(write([lines[0], bad, lines[2]]), REFERENCES)
    assert message in str(caught.value)


def test_all_problems_come_at_once(write):
    lines = [{"id": "zz", "text": 1}, "x\n", {"id": "q0", "text": "\udfff"}]
    with pytest.raises(PredictionError) as caught:
        read_texts(write(lines), REFERENCES)
    text = str(caught.value)
    for part in ("line 1", "line 2", "line 3", "'zz' has no references", "2 of 3 ids are missing"):
        assert part in text


def test_missing_and_empty_files(write, tmp_path):
    with pytest.raises(PredictionError, match="no such file"):
        read_references(tmp_path / "none.jsonl")
    with pytest.raises(PredictionError, match="cannot be read"):
        read_references(tmp_path)
    with pytest.raises(PredictionError, match="no references in it"):
        read_references(write([b"\n\n"]))
    with pytest.raises(PredictionError, match="3 of 3 ids are missing"):
        read_texts(write([]), REFERENCES)


def test_files_of_garbage_stop_early(write):
    for read in (read_references, lambda path: read_texts(path, REFERENCES)):
        with pytest.raises(PredictionError) as caught:
            read(write(["x\n"] * 20_000))
        assert len(caught.value.problems) <= MAX_PROBLEMS + 2
        assert "the rest of the file was not read" in caught.value.problems[-1]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_read_or_refused_and_nothing_else(write, data):
    content = bytearray(write(rows()).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = read_references(write([bytes(content)]))
    except PredictionError:
        return
    assert all(isinstance(one, str) for texts in found.values() for one in texts)
    again = [{"id": one, "references": list(texts)} for one, texts in found.items()]
    assert read_references(write(again)) == found
