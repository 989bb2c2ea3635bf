"""Every problem of a submission is told, with its line and field, and nothing wrong gets by."""

import gzip
import json

import pyarrow as pa
import pytest

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission.card import card_toml
from showcase_bench.submission.limits import Limits
from tests.submission.submission_world import CARD, GOOD, check, line, told, write


def good_lines():
    return dump_predictions(GOOD).splitlines(keepends=True)


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


def test_a_good_file_is_accepted_in_any_order(tmp_path):
    for lines in (good_lines(), good_lines()[::-1], [b"\n", *good_lines(), b" \t\r\n"]):
        found = check(write(tmp_path, lines))
        assert found.sound, told(found)
        assert found.showcases == GOOD
        assert found.card == CARD


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_compressed_file_is_the_same(tmp_path, pack):
    data = dump_predictions(GOOD)
    for packed in (pack(data), pack(data[:50]) + pack(data[50:])):
        found = check(write(tmp_path, [packed], name="preds.jsonl.gz"))
        assert found.showcases == GOOD, told(found)


def test_showcases_are_kept_only_where_they_are_asked_for(tmp_path):
    found = check(write(tmp_path, good_lines()), keep=False)
    assert found.sound
    assert found.showcases is None


@pytest.mark.parametrize(
    ("bad", "code", "message"),
    [
        ("{not json\n", "not-json", "line 2: not JSON"),
        (b'{"id": "\xff"}\n', "not-utf8", "line 2: not UTF-8: invalid start byte at byte 8"),
        (b'\xef\xbb\xbf{"id": "q0"}\n', "not-json", "line 2: not JSON: Unexpected UTF-8 BOM"),
        ("[1]\n", "not-an-object", "line 2: a JSON object is expected, not list"),
        ('{"text": "x"}\n', "id-missing", "line 2, field 'id': is missing"),
        (line(id=7), "id-type", "line 2, field 'id': must be a string, not a number"),
        (line(id="zz"), "id-unknown", "line 2, field 'id': 'zz' is not an example"),
        (line(id="q1"), "id-repeated", "line 2, field 'id': 'q1' was already given in line 1"),
        (line(image_ids="a"), "images-type", "line 2, field 'image_ids': must be a list of str"),
        (line(image_ids={}), "images-type", "line 2, field 'image_ids': must be a list of str"),
        (line(image_ids=["a", 0]), "images-type", "one of them is a number"),
        (line(image_ids=[None]), "images-type", "one of them is null"),
        (line(image_ids=["a", "a"]), "image-repeated", "image 'a' is shown twice"),
        (line(image_ids=["zz"]), "image-outside-pool", "image 'zz' is not in the pool"),
        (line(image_ids=[*"abcd"]), "images-too-many", "4 images, at most 3 are allowed"),
        (line(text=3.5), "text-type", "line 2, field 'text': must be a string or null"),
        (line(text=["a"]), "text-type", "line 2, field 'text': must be a string or null"),
        (line(text="x" * 10_001), "text-too-long", "10,001 characters, at most 10,000"),
        (line(text="ab\x00"), "control-character", "U+0000 at character 2"),
        (line(text="a\x85"), "control-character", "U+0085 at character 1"),
        (line(text="\x1b[31m"), "control-character", "U+001B at character 0"),
        ('{"id": "q0", "text": "x\\ud800"}\n', "lone-surrogate", "lone surrogate at character 1"),
        (line(txet="x"), "field-unknown", "field 'txet': is unknown; leave it out. Did you mean"),
        ('{"id": "q0", "id": "q0"}\n', "key-repeated", "field 'id' is given twice"),
        ('{"id": "q0", "\\u0069d": "q1"}\n', "key-repeated", "field 'id' is given twice"),
        ('{"id": "q0", "text": NaN}\n', "not-finite", "NaN is not a JSON value"),
        ('{"id": "q0", "x": [-Infinity]}\n', "not-finite", "-Infinity is not a JSON value"),
        ("[" * 200_000 + "\n", "not-json", "nested too deep"),
        (f'{{"id": {"9" * 5000}}}\n', "not-json", "line 2: not JSON"),
        (f'{{"id": "{"x" * (1 << 20)}"}}\n', "line-too-long", "line 2: longer than 1,048,576"),
    ],
)
def test_each_problem_is_told_with_its_line_and_field(tmp_path, bad, code, message):
    path = write(tmp_path, [line(id="q1"), bad, line(id="q2")])
    found = check(path)
    assert found.showcases is None
    assert code in found.problems.counts
    assert message in told(found)
    assert len(told(found)) < 1000
    assert told(found).replace("\n", "").isprintable()
    assert code in json.dumps(found.to_dict())


def test_tabs_line_ends_and_any_other_character_are_allowed_in_texts(tmp_path):
    text = "tab\tline\r\nemoji 😀 \u202e \u2028 \ufffe é"
    found = check(write(tmp_path, [line(text=text), line(id="q1"), line(id="q2")]))
    assert found.showcases[0].text == text, told(found)


def test_all_problems_come_at_once(tmp_path):
    lines = [line(text=1, image_ids=["zz", "a", "a"]), line(id="q1", txet=""), "x\n"]
    found = check(write(tmp_path, lines, card=card_toml(CARD).replace("seed = 1", "seed = -1")))
    assert found.problems.counts == {
        "card-field": 1,
        "image-outside-pool": 1,
        "image-repeated": 1,
        "text-type": 1,
        "field-unknown": 1,
        "not-json": 1,
        "id-absent": 1,
    }
    assert found.missing == ("q2",)
    assert "1 of 3 ids are missing, first 'q2'" in told(found)


def test_a_file_for_another_split_says_so(tmp_path):
    found = check(write(tmp_path, [line(id=f"other{i}") for i in range(50)]))
    assert "none of its ids is an example of this split, whose first is 'q0'" in told(found)
    assert found.problems.counts["id-unknown"] == 50


def test_an_empty_file_lacks_all_ids(tmp_path):
    found = check(write(tmp_path, []))
    assert found.missing == ("q0", "q1", "q2")
    assert found.problems.counts == {"id-absent": 1}


def test_problems_beyond_the_cap_are_counted(tmp_path):
    limits = Limits(kept_problems=10, wrong_lines=1000)
    found = check(write(tmp_path, ["x\n"] * 500), limits=limits)
    assert len(found.problems.kept) == 10
    assert found.problems.total == 501
    assert found.to_dict()["not_listed"] == 491
    assert not found.problems.stopped


def test_too_many_wrong_lines_end_the_reading(tmp_path):
    found = check(write(tmp_path, ["x\n"] * 500), limits=Limits(wrong_lines=100, kept_problems=5))
    assert found.problems.stopped
    assert found.lines == 100
    assert found.problems.total == 101
    assert "100 lines have problems: the rest of the file was not read" in told(found)


def test_too_many_lines_end_the_reading(tmp_path):
    found = check(write(tmp_path, [*good_lines(), b"\n" * 100]), limits=Limits(lines=50))
    assert found.showcases is None
    assert "line 51: more than 50 lines: the rest of the file was not read" in told(found)


def test_a_file_is_refused_by_its_size_before_it_is_read(tmp_path):
    found = check(write(tmp_path, good_lines()), limits=Limits(file_bytes=100))
    assert found.lines == 0
    assert found.problems.counts == {"file-too-large": 1}
    assert "and 100 bytes are allowed" in told(found)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_content_is_refused_by_its_size_while_it_is_read(tmp_path, pack):
    data = dump_predictions(GOOD) + b" " * 5000
    found = check(write(tmp_path, [pack(data)]), limits=Limits(file_bytes=1000))
    assert found.problems.counts == {"file-too-large": 1}
    assert "more than 1,000 bytes, and 1000 bytes are allowed" in told(found)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_bombs_are_refused_by_their_ratio(tmp_path, pack):
    bomb = pack(b" " * (40 << 20))
    found = check(write(tmp_path, [bomb]))
    assert found.problems.counts == {"compression": 1}
    assert "more than 200 to 1: refused as a decompression bomb" in told(found)
    # It stops soon after the 16 MiB from which the ratio counts.
    assert 16_000_000 < int(told(found).split(" bytes come out")[0].replace(",", "")) < 17_500_000


def test_a_window_that_takes_much_memory_is_refused(tmp_path):
    # A frame with a window of 64 MiB (exponent 16, mantissa 0) and one empty, last, raw block.
    frame = b"\x28\xb5\x2f\xfd" + bytes([0x00, 16 << 3]) + b"\x01\x00\x00"
    found = check(write(tmp_path, [frame]))
    assert "a window of 64 MiB, at most 32 are allowed" in told(found)
    small = b"\x28\xb5\x2f\xfd" + bytes([0x00, 10 << 3]) + b"\x01\x00\x00"
    assert check(write(tmp_path, [small])).problems.counts == {"id-absent": 1}


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_many_tiny_streams_are_refused(tmp_path, pack):
    data = dump_predictions(GOOD)
    found = check(write(tmp_path, [pack(data), *[pack(b"\n")] * 1001]))
    assert "more than 1,000" in told(found)
    assert found.problems.counts == {"compression": 1}


def test_many_tiny_blocks_are_refused(tmp_path):
    frame = b"\x28\xb5\x2f\xfd" + bytes([0x00, 0]) + b"\x00\x00\x00" * 200 + b"\x01\x00\x00"
    found = check(write(tmp_path, [frame]), limits=Limits(blocks=100))
    assert "too many tiny Zstandard blocks" in told(found)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_damaged_and_truncated_streams_are_refused(tmp_path, pack):
    whole = pack(dump_predictions(GOOD))
    for end in range(1, len(whole)):
        found = check(write(tmp_path, [whole[:end]]))
        assert found.showcases is None
    assert "truncated" in told(found)
    found = check(write(tmp_path, [whole + b"more"]))
    assert found.problems.counts == {"compression": 1}, told(found)


def test_missing_files(tmp_path):
    with pytest.raises(PredictionError, match="no such file"):
        check(tmp_path / "none.jsonl")
    with pytest.raises(PredictionError, match="it is a folder, not a file"):
        check(tmp_path)
    path = write(tmp_path, good_lines(), card=None)
    assert "there is no" in told(check(path))
    assert check(path).problems.counts == {"card-absent": 1}
    assert check(path, need_card=False).showcases == GOOD
    with pytest.raises(PredictionError, match="card"):
        check(path, card=tmp_path / "card.toml")


def test_a_file_for_another_split_is_told_before_all_else(tmp_path):
    lines = [line(id=f"other {number}") for number in range(1500)]
    found = check(write(tmp_path, lines))
    assert found.problems.kept[0].code == "wrong-split"
    assert found.problems.counts["wrong-split"] == 1
