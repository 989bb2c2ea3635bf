import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission import read_predictions
from showcase_bench.submission.limits import DEFAULT
from showcase_bench.types import Query, Showcase

QUERIES = tuple(
    Query(f"q{i}", f"u{i}", "b", (), ("a", "b", "c", "d", "é/1"), k=3) for i in range(3)
)
GOOD = [Showcase("q0", ("a", "b"), "x"), Showcase("q1", (), None), Showcase("q2", ("é/1",), "")]


def write(tmp_path, lines):
    path = tmp_path / "preds.jsonl"
    path.write_bytes(b"".join(one if isinstance(one, bytes) else one.encode() for one in lines))
    return path


def line(**fields):
    return json.dumps({"id": "q0", "image_ids": [], "text": None, **fields}) + "\n"


def test_what_is_written_reads_back_in_any_order(tmp_path):
    lines = dump_predictions(GOOD).splitlines(keepends=True)
    assert read_predictions(write(tmp_path, reversed(lines)), QUERIES) == GOOD
    assert read_predictions(write(tmp_path, [b"\n", *lines, b"  \n"]), QUERIES) == GOOD


def test_fields_may_be_left_out(tmp_path):
    lines = [f'{{"id": "q{i}"}}\r\n' for i in range(3)]
    assert read_predictions(write(tmp_path, lines), QUERIES) == [
        Showcase(f"q{i}") for i in range(3)
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{not json\n", "line 1: not JSON"),
        (b'{"id": "\xff"}\n', "line 1: not UTF-8"),
        ("[1]\n", "line 1: a JSON object is expected, not list"),
        ('"q0"\n', "line 1: a JSON object is expected, not str"),
        ('{"text": "x"}\n', "line 1: field 'id': missing"),
        (line(id=7), "line 1: field 'id': not a string"),
        (line(id="zz"), "line 1: field 'id': 'zz' is not an example"),
        (line(image_ids="a"), "line 1: field 'image_ids': must be a list of strings"),
        (line(image_ids=0), "line 1: field 'image_ids': must be a list of strings"),
        (line(image_ids=["a", 1]), "line 1: field 'image_ids': must be a list of strings"),
        (line(image_ids=["a", "a"]), "image 'a' is shown twice"),
        (line(image_ids=["zz"]), "image 'zz' is not in the candidate pool"),
        (line(image_ids=["a", "b", "c", "d"]), "4 images, at most 3 are allowed"),
        (line(text=3.5), "line 1: field 'text': must be a string or null, not float"),
        (line(txet="x"), "field 'txet' is unknown. Did you mean 'text'"),
        ('{"id": "q0", "text": "\\ud800"}\n', "a lone surrogate at character 0"),
        ('{"id": "q0", "id": "q0"}\n', "field 'id' is given twice"),
        ('{"id": "q0", "x": NaN}\n', "NaN is not a JSON value"),
        ("[" * 200_000 + "\n", "line 1: not JSON"),
        (f'{{"id": "{"x" * DEFAULT.line_bytes}"}}\n', "line 1: longer than"),
        (line() + line(), "line 2: field 'id': 'q0' was already given in line 1"),
    ],
)
def test_each_problem_is_named_with_its_line(tmp_path, bad, message):
    with pytest.raises(PredictionError) as caught:
        read_predictions(write(tmp_path, [bad, line(id="q1"), line(id="q2")]), QUERIES)
    assert message in str(caught.value)
    assert "preds.jsonl" in str(caught.value)


def test_all_problems_come_at_once(tmp_path):
    lines = [line(text=1), line(id="q1", image_ids=["zz"]), "x\n"]
    with pytest.raises(PredictionError) as caught:
        read_predictions(write(tmp_path, lines), QUERIES)
    text = str(caught.value)
    assert all(part in text for part in ("line 1", "line 2", "line 3", "1 of 3 ids are missing"))


def test_missing_file_empty_file_and_folder(tmp_path):
    with pytest.raises(PredictionError, match="no such file"):
        read_predictions(tmp_path / "none.jsonl", QUERIES)
    with pytest.raises(PredictionError, match="3 of 3 ids are missing"):
        read_predictions(write(tmp_path, []), QUERIES)
    with pytest.raises(PredictionError, match="cannot be read"):
        read_predictions(tmp_path, QUERIES)


def test_a_file_for_another_split_says_so_once(tmp_path):
    lines = [f'{{"id": "other{i}"}}\n' for i in range(50)]
    with pytest.raises(PredictionError, match="none of its ids") as caught:
        read_predictions(write(tmp_path, lines), QUERIES)
    assert len(caught.value.problems) == 1
    assert "--split" in str(caught.value)


def test_a_file_of_garbage_stops_early(tmp_path):
    with pytest.raises(PredictionError) as caught:
        read_predictions(write(tmp_path, ["x\n"] * 50_000), QUERIES)
    assert "the rest of the file was not read" in caught.value.problems[-1]
    assert len(str(caught.value)) < 5000


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_read_or_refused_and_nothing_else(tmp_path, data):
    content = bytearray(dump_predictions(GOOD))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not content:
            break
    path = write(tmp_path, [bytes(content)])
    try:
        read = read_predictions(path, QUERIES)
    except PredictionError:
        return
    assert [one.id for one in read] == [query.id for query in QUERIES]
    path.write_bytes(dump_predictions(read))
    assert read_predictions(path, QUERIES) == read
