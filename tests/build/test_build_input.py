"""Raw files that are broken, hostile or merely odd."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.build import BuildOptions, Sources, build_s1, lines, partition
from showcase_bench.errors import DataError, UsageError

LENIENT = BuildOptions(max_broken=1.0)


def row(**changes):
    value = {
        "user_id": "u",
        "business_id": "b",
        "rating": 4,
        "review_text": "Good soup.",
        "pics": [{"id": "p", "url": ["https://x.org/p"]}],
    }
    return {key: one for key, one in {**value, **changes}.items() if one is not ...}


def good(n=3):
    """Reviews of one user that make a result of their own."""
    return [row(user_id="good", business_id=f"g{i}", pics=[{"id": f"g{i}"}]) for i in range(n)]


def encode(one):
    return one if isinstance(one, bytes) else json.dumps(one).encode()


def build(folder, lines, options=LENIENT, end=b"\n"):
    raw = folder / "raw.jsonl"
    raw.write_bytes(b"\n".join(encode(one) for one in lines) + end)
    record = build_s1(Sources(raw, folder / "s1.json"), options)
    return record, json.loads((folder / "s1.json").read_text(encoding="utf-8"))


def all_rows(result):
    return [row for split in ("train", "val", "test") for row in result[split]]


DEEP = b'{"user_id": "u", "pics": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BROKEN = [
    (b"not json", "broken_json", "is not JSON"),
    (b'{"user_id": "u"', "broken_json", "is not JSON"),
    (b'{"user_id": "u", "rating": NaN}', "broken_json", "NaN is not a JSON number"),
    (b'{"rating": ' + b"9" * 5000 + b"}", "broken_json", "is not JSON"),
    (b'{"user_id": "\xff\xfe"}', "not_utf8", "is not UTF-8"),
    (DEEP, "nested_too_deep", "nested too deep"),
    (b"[1, 2]", "not_an_object", "must be a JSON object"),
    (b"null", "not_an_object", "must be a JSON object"),
    (row(user_id=...), "bad_field", "field 'user_id': missing"),
    (row(user_id=7), "bad_field", "field 'user_id': must be a text"),
    (row(business_id=" "), "bad_field", "field 'business_id': empty"),
    (row(user_id="\0"), "bad_field", "field 'user_id': empty"),
    (row(rating="5"), "bad_field", "field 'rating': must be a number"),
    (b'{"user_id":"u","business_id":"b","rating":1e999}', "bad_field", "field 'rating'"),
    (row(review_text=["x"]), "bad_field", "field 'review_text'"),
    (row(pics=[{"id": 3}]), "bad_field", "field 'pics[0].id'"),
    (row(pics=[{}]), "bad_field", "field 'pics[0]': has neither"),
    (row(pics={}), "bad_field", "field 'pics': must be a list"),
    (row(time="yesterday"), "bad_field", "field 'time'"),
    (row(time=True), "bad_field", "field 'time'"),
    (row(time=[1]), "bad_field", "field 'time'"),
    (row(time=10**400), "bad_field", "field 'time'"),
    (row(user_id="../../etc"), "id_with_path_separator", "field 'user_id'"),
    (row(business_id="a\\b"), "id_with_path_separator", "field 'business_id'"),
    (row(user_id=".."), "id_with_path_separator", "field 'user_id'"),
    (row(pics=[{"id": "ok"}, {"id": "/p"}]), "id_with_path_separator", "field 'pics.id'"),
]


@pytest.mark.parametrize(("line", "kind", "words"), BROKEN, ids=lambda one: str(one)[:30])
def test_an_unusable_line_is_named_counted_and_left_out(tmp_path, line, kind, words):
    record, result = build(tmp_path, [good(3)[0], line, *good(3)[1:]])
    assert record["raw_lines"]["unusable"] == {kind: 1}
    (problem,) = record["raw_lines"]["first_unusable"]
    assert problem.startswith("line 2: ")
    assert words in problem
    assert len(problem) < 300
    assert [row["business_id"] for row in all_rows(result)] != []
    assert {row["user_id"] for row in all_rows(result)} == {"good"}
    with pytest.raises(DataError, match=r"1 of 4 lines are unusable .*--max-broken") as caught:
        build(tmp_path, [good(3)[0], line, *good(3)[1:]], BuildOptions())
    assert problem in str(caught.value)


def test_the_limit_is_a_share_of_the_lines_and_the_first_problems_are_listed(tmp_path):
    lines = [*good(75), *([b"{"] * 25)]
    build(tmp_path, lines, BuildOptions(max_broken=0.25))
    with pytest.raises(DataError, match="25 of 100 lines") as caught:
        build(tmp_path, lines, BuildOptions(max_broken=0.2499))
    assert "line 76: " in str(caught.value)
    assert "line 94: " in str(caught.value)
    assert "line 97: " not in str(caught.value)


def test_line_numbers_go_on_over_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(partition, "CHUNK_BYTES", 300)
    record, _ = build(tmp_path, [*good(9), b"{", b"", *good(4), b"[", *good(3)])
    names = [one.partition(":")[0] for one in record["raw_lines"]["first_unusable"]]
    assert names == ["line 10", "line 16"]
    assert record["raw_lines"]["lines"] == 18


def test_a_long_line_is_passed_over_without_being_held(tmp_path):
    long = row(review_text="x" * 10_000_000)
    raw = tmp_path / "raw.jsonl"
    raw.write_bytes(b"\n".join(map(encode, [good()[0], long, *good()[1:], long])))
    del long
    tracemalloc.start()
    record = build_s1(Sources(raw, tmp_path / "s1.json"), LENIENT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert record["raw_lines"]["unusable"] == {"too_long": 2}
    assert [one.partition(":")[0] for one in record["raw_lines"]["first_unusable"]] == [
        "line 2",
        "line 5",
    ]
    assert record["rows"] == {"train": 1, "val": 1, "test": 1}
    assert peak < 10_000_000


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_the_longest_line(tmp_path, monkeypatch, excess):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 400)
    bare = len(encode(row(review_text="")))
    edge = row(review_text="x" * (400 - bare + excess))
    for end in (b"\n", b""):
        record, _ = build(tmp_path, [*good(), edge], end=end)
        assert record["raw_lines"]["unusable"] == ({"too_long": 1} if excess > 0 else {})


def test_odd_but_usable(tmp_path):
    lines = [
        b"\xef\xbb\xbf" + encode(row(user_id="a_b", business_id="b1")),
        b"   ",
        encode(row(user_id="a_b", business_id="b2", review_text="N\0U\0L")),
        encode(row(user_id="a_b", business_id="b3")).replace(b"Good", b"Go\0od"),
        encode(row(user_id="a_b", business_id="b4", review_text="lone \ud800 surrogate")) + b"\r",
        encode(row(user_id="a_b", business_id="b5", review_text=None, pics=[{"url": "x/y.jpg"}])),
        encode(row(user_id="a_b", business_id="b6", rating=..., review_id="r", history_reviews=5)),
        encode(row(user_id="a_b", business_id="b7", pics=[{"id": "é", "url": None}, {"id": "é"}])),
    ]
    record, result = build(tmp_path, lines, BuildOptions())
    texts = {row["business_id"]: row["review_text"] for row in all_rows(result)}
    assert texts["b2"] == "NUL"
    assert texts["b3"] == "Good soup."
    assert texts["b4"] == "lone \ufffd surrogate"
    assert texts["b5"] == ""
    pics = {row["business_id"]: row["pics"] for row in all_rows(result)}
    assert pics["b5"] == [{"id": "y", "url": ["x/y.jpg"]}]
    assert pics["b7"] == [{"id": "é", "url": []}]
    assert record["raw_lines"]["lines"] == 7
    assert record["raw_lines"]["unknown_fields"] == {"review_id": 1}
    assert record["raw_lines"]["imperfect"] == {
        "derived_photo_ids": 1,
        "empty_texts": 1,
        "histories_made_anew": 1,
        "missing_ratings": 1,
        "repeated_photos_in_a_row": 1,
        "replaced_surrogates": 1,
        "stripped_nul_bytes": 1,
        "stripped_nul_characters": 2,
    }
    assert len(load_dataset(tmp_path / "s1.json", cache_dir=tmp_path / "cache").image_ids()) == 3


def test_times_as_numbers_and_dates(tmp_path):
    times = ["2020-05-01T00:00:00+02:00", "2020-05-01", 1588291201, "2019-01-01T00:00:00", 9e9]
    lines = [row(business_id=f"b{i}", time=time) for i, time in enumerate(times)]
    _, result = build(tmp_path, lines, BuildOptions())
    last = result["test"][0]
    assert last["business_id"] == "b4"
    assert [one for one, _ in last["history_reviews"]] == ["u_b3", "u_b0", "u_b1", "u_b2"]
    assert last["time"] == 9e9
    assert result["train"][0]["time"] == "2019-01-01T00:00:00"


def test_the_last_of_several_reviews_of_a_pair_stays(tmp_path):
    def review(text, **changes):
        return row(business_id="b", review_text=text, **changes)

    other = row(business_id="other")

    def kept(*reviews):
        _, result = build(tmp_path, [*reviews, other], BuildOptions())
        return next(r["review_text"] for r in all_rows(result) if r["business_id"] == "b")

    assert kept(review("a"), review("b")) == "b"
    assert kept(review("a", time=2), review("b", time=1)) == "a"
    assert kept(review("a", time=2), review("b", time=2)) == "b"
    assert kept(review("a", time=-5), review("b")) == "a"
    assert kept(review("a"), review("b", time=1), review("c")) == "b"


def test_many_unknown_fields_are_bounded(tmp_path):
    lines = [{**one, f"x{i}": 1} for i, one in enumerate(good(150))]
    record, _ = build(tmp_path, lines, BuildOptions())
    unknown = record["raw_lines"]["unknown_fields"]
    assert len(unknown) == 101
    assert unknown["(others)"] == 50


@pytest.mark.parametrize("data", [b"", b"\n\n  \n"])
def test_a_file_without_reviews(tmp_path, data):
    raw = tmp_path / "raw.jsonl"
    raw.write_bytes(data)
    with pytest.raises(DataError, match=r"no reviews\nExpected JSON Lines"):
        build_s1(Sources(raw, tmp_path / "s1.json"))


def test_nothing_left_says_where_it_went(tmp_path):
    with pytest.raises(DataError, match=r"no review is left.*raw 2, unique 2, repeat_users 0"):
        build(tmp_path, [row(), row(user_id="v")])
    assert not (tmp_path / "s1.json").exists()


def test_sources_that_cannot_work(tmp_path):
    raw = tmp_path / "raw.jsonl"
    raw.write_text(json.dumps(row()))
    with pytest.raises(DataError, match="no such file"):
        build_s1(Sources(tmp_path / "none", tmp_path / "s1.json"))
    with pytest.raises(UsageError, match="is read by the build"):
        build_s1(Sources(raw, tmp_path / "sub" / ".." / "raw.jsonl"))
    with pytest.raises(UsageError, match="is a folder"):
        build_s1(Sources(raw, tmp_path))
    with pytest.raises(UsageError, match="does not exist or is not a folder"):
        build_s1(Sources(raw, tmp_path / "s1.json", images=raw))
    with pytest.raises(DataError, match="cannot be read"):
        build_s1(Sources(raw, tmp_path / "s1.json", journal=tmp_path / "none"))
    assert raw.read_text() == json.dumps(row())


@pytest.mark.parametrize(
    "line",
    ["{", "3", '{"status": "gone"}', '{"id": "a"}', '{"id": 4, "status": "gone"}', "[" * 100_000],
)
def test_a_file_that_is_no_journal(tmp_path, line):
    raw = tmp_path / "raw.jsonl"
    raw.write_text(json.dumps(row()))
    (tmp_path / "fetch.jsonl").write_text(f"{line}\n")
    with pytest.raises(DataError, match="none of its 1 lines tells what became of a photo"):
        build_s1(Sources(raw, tmp_path / "s1.json", journal=tmp_path / "fetch.jsonl"))


@pytest.mark.parametrize(
    "parameters", [{"history_limit": -1}, {"max_broken": 1.5}, {"max_broken": float("nan")}]
)
def test_options_out_of_range(parameters):
    with pytest.raises(UsageError, match="must be"):
        BuildOptions(**parameters)
