from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.sources import gest_file
from showcase_bench.datasets.sources.amazon import convert_amazon, photo_id
from showcase_bench.datasets.sources.review import ConvertOptions
from showcase_bench.errors import DataError, UsageError
from showcase_bench.types import NoProgress

HOUR = 3_600_000
START = 1_588_687_728_923


def image(stem, **changes):
    base = f"https://images-na.ssl-images-amazon.com/images/I/{stem}"
    return {
        "small_image_url": f"{base}._SL256_.jpg",
        "medium_image_url": f"{base}._SL800_.jpg",
        "large_image_url": f"{base}._SL1600_.jpg",
        "attachment_type": "IMAGE",
        **changes,
    }


def review(user="AGKHLEW2SOWHNMFQIJGBECAF7INQ", parent="B00YQ6X8EO", hours=0, **changes):
    """One line in the form that the data's authors document."""
    return {
        "rating": 5.0,
        "title": "Such a lovely scent but not overpowering.",
        "text": "This spray is really nice.",
        "images": [image(f"71{parent}{user[-2:]}{hours}")],
        "asin": "B00YQ6X8EX",
        "parent_asin": parent,
        "user_id": user,
        "timestamp": START + hours * HOUR,
        "helpful_vote": 0,
        "verified_purchase": True,
        **changes,
    }


def write(path, reviews):
    lines = [one if isinstance(one, str) else json.dumps(one) for one in reviews]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def convert(tmp_path, reviews, **options):
    source = write(tmp_path / "reviews.jsonl", reviews)
    out = tmp_path / "out.json"
    report = convert_amazon(source, out, ConvertOptions(**options))
    found = json.loads(out.read_bytes())
    assert found.pop("conversion") == json.loads(json.dumps(report.to_json()))
    assert report.read == report.kept + sum(report.history_only.values()) + sum(
        report.dropped.values()
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.json", "reviews.jsonl"]
    return found, report


def all_rows(found):
    return [row for split in ("train", "val", "test") for row in found[split]]


def test_a_line_becomes_a_row(tmp_path):
    earlier = review(hours=0, images=[], parent="B1", text="Earlier.")
    # Two rows are needed: the last one of all tests.
    found, report = convert(tmp_path, [review(hours=1), earlier, review("AB", hours=9)])
    assert found["train"] == [
        {
            "user_id": "AGKHLEW2SOWHNMFQIJGBECAF7INQ",
            "business_id": "B00YQ6X8EO",
            "rating": 5.0,
            "review_text": "This spray is really nice.",
            "pics": [
                {
                    "id": "71B00YQ6X8EONQ1",
                    "url": [
                        "https://images-na.ssl-images-amazon.com/images/I/"
                        "71B00YQ6X8EONQ1._SL1600_.jpg"
                    ],
                }
            ],
            "history_reviews": [["AGKHLEW2SOWHNMFQIJGBECAF7INQ_B1", "Earlier."]],
            "time": START + HOUR,
        }
    ]
    assert [row["user_id"] for row in found["test"]] == ["AB"]
    assert report.history_only == {"few_photos": 1}
    assert report.notes["cut"]["test_from"] == "2020-05-05T23:08:48.923Z"
    assert report.files["reviews"]["lines"] == 3


def naive(reviews, options):
    """All rows by definition, from lists in memory."""
    clean = []
    urls = lambda r: [one["large_image_url"] for one in r["images"]]  # noqa: E731
    for one in sorted(reviews, key=lambda r: (r["timestamp"], r["rating"], r["text"], urls(r))):
        pair = (one["user_id"], one["parent_asin"])
        if all(pair != (r["user_id"], r["parent_asin"]) for r in clean):
            clean.append(one)
    kept = [
        one
        for one in clean
        if len(one["images"]) >= options["min_photos"]
        and len(one["text"].split()) >= options["min_words"]
    ]
    times = sorted(one["timestamp"] for one in kept)
    rows = {"train": {}, "val": {}, "test": {}}
    for one in kept:
        if options["split"] == "time":
            before = sum(time <= one["timestamp"] for time in times)
            first = times.index(one["timestamp"])
            assert first < before
            split = "train"
            if one["timestamp"] >= times[len(times) * 8 // 10]:
                split = "val"
            if one["timestamp"] >= times[len(times) * 9 // 10]:
                split = "test"
        else:
            mine = [r for r in kept if r["user_id"] == one["user_id"]]
            key = lambda r: (r["timestamp"], r["parent_asin"])  # noqa: E731
            later = sum(key(r) > key(one) for r in mine)
            split = "test" if later == 0 and len(mine) > 1 else "train"
            split = "val" if later == 1 and len(mine) > 2 else split
        past = [
            r
            for r in sorted(clean, key=lambda r: (r["timestamp"], r["parent_asin"]))
            if r["user_id"] == one["user_id"] and r["timestamp"] < one["timestamp"] and r["text"]
        ]
        limit = options["history"]
        history = [r["parent_asin"] for r in past[max(0, len(past) - limit) :]]
        rows[split][one["user_id"], one["parent_asin"]] = (one["text"], one["rating"], history)
    return rows


REVIEWS = st.lists(
    st.builds(
        review,
        user=st.sampled_from(["AA", "AB", "AC"]),
        parent=st.sampled_from(["B1", "B2", "B3", "B4", "B5"]),
        hours=st.integers(0, 8),
        rating=st.sampled_from([1.0, 2.5]),
        text=st.sampled_from(["", "good", "very good", "not so good"]),
        images=st.sampled_from([[], [image("71a")], [image("71b"), image("71c")]]),
    ),
    max_size=16,
)
OPTIONS = st.fixed_dictionaries(
    {
        "split": st.sampled_from(["time", "user"]),
        "min_photos": st.integers(0, 2),
        "min_words": st.integers(0, 3),
        "history": st.integers(0, 3),
    }
)


@settings(max_examples=120, deadline=None)
@given(reviews=REVIEWS, options=OPTIONS, data=st.data())
def test_any_reviews_in_any_order_give_the_naive_rows(reviews, options, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("amazon")
    mixed = data.draw(st.permutations(reviews))
    expected = naive(reviews, options)
    try:
        found, _ = convert(folder, mixed, **options)
    except DataError:
        assert not expected["train"]
        return
    for split, rows in expected.items():
        got = {
            (row["user_id"], row["business_id"]): (
                row["review_text"],
                row["rating"],
                [one.partition("_")[2] for one, _ in row["history_reviews"]],
            )
            for row in found[split]
        }
        assert got == rows
        assert len(found[split]) == len(rows)


def many(n=400):
    return [
        review(f"AE{i % 37:03d}", f"B{i * i % 101:03d}", hours=i * 7 % 211, text=f"Text {i}.")
        for i in range(n)
    ]


def test_the_order_of_lines_and_gzip_change_nothing(tmp_path):
    reviews = many()
    outs = []
    for i, lines in enumerate((reviews, reviews[::-1], sorted(reviews, key=lambda r: r["text"]))):
        (tmp_path / str(i)).mkdir()
        source = write(tmp_path / str(i) / "r.jsonl", lines)
        out = tmp_path / f"{i}.json"
        if i == 2:
            source.write_bytes(gzip.compress(source.read_bytes()))
        convert_amazon(source, out)
        outs.append(out.read_bytes())
    assert outs[0] == outs[1] == outs[2]


def test_history_never_holds_what_comes_later(tmp_path):
    for split in ("time", "user"):
        found, _ = convert(tmp_path, many(), split=split, history=3)
        times = {(r["user_id"], r["business_id"]): r["time"] for r in all_rows(found)}
        seen = 0
        for row in all_rows(found):
            assert len(row["history_reviews"]) <= 3
            for review_id, _ in row["history_reviews"]:
                user, _, business = review_id.partition("_")
                assert user == row["user_id"]
                assert times[user, business] < row["time"]
                seen += 1
        assert seen > 300
        if split == "time":
            latest = max(r["time"] for r in found["train"])
            assert latest < min(r["time"] for r in found["val"])
            assert max(r["time"] for r in found["val"]) < min(r["time"] for r in found["test"])
            sizes = [len(found[name]) for name in ("train", "val", "test")]
            total = sum(sizes)
            assert 0.75 <= sizes[0] / total <= 0.8
            assert sizes[2] / total < 0.15
        else:
            tested = [row["user_id"] for row in found["test"]]
            assert len(tested) == len(set(tested)) == 37


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    source = write(tmp_path / "r.jsonl", many(100))
    code = (
        "import sys; from pathlib import Path;"
        "from showcase_bench.datasets.sources.amazon import convert_amazon;"
        "convert_amazon(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    found = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.json"
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, source, out], check=True, env=env)
        found.append(out.read_bytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_id": "a/../b"}, "unsafe_id"),
        ({"user_id": ".."}, "unsafe_id"),
        ({"user_id": ""}, "unsafe_id"),
        ({"parent_asin": "B\\1"}, "unsafe_id"),
        ({"parent_asin": "B\0/1"}, "unsafe_id"),
        ({"parent_asin": "/etc"}, "unsafe_id"),
        ({"text": " \n"}, "empty_text"),
        ({"text": "<br />&nbsp;<BR>"}, "empty_text"),
        ({"text": "[[VIDEOID:be8d3d8a]]"}, "empty_text"),
    ],
)
def test_dropped(tmp_path, changes, reason):
    good = [review("AA", hours=1), review("AB", hours=2)]
    found, report = convert(tmp_path, [*good, review("AC", **changes)])
    assert report.dropped == {reason: 1}
    assert len(all_rows(found)) == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"user_id": None}, "field 'user_id': missing"),
        ({"user_id": 7}, "field 'user_id': must be a text"),
        ({"parent_asin": ["B"]}, "field 'parent_asin': must be a text"),
        ({"rating": None}, "field 'rating': missing"),
        ({"rating": "5"}, "field 'rating': must be a number"),
        ({"rating": True}, "field 'rating': must be a number"),
        ({"rating": float("nan")}, "the constant NaN"),
        ({"text": None}, "field 'text': missing"),
        ({"timestamp": None}, "field 'timestamp': missing"),
        ({"timestamp": "2020"}, "field 'timestamp': must be whole milliseconds"),
        ({"timestamp": 1.5}, "field 'timestamp': must be whole milliseconds"),
        ({"timestamp": -1}, "field 'timestamp': must be whole milliseconds"),
        ({"timestamp": 10**18}, "field 'timestamp': must be whole milliseconds"),
        ({"images": {}}, "field 'images': must be a list"),
        ({"images": ["x"]}, "field 'images[0]': must be an object"),
        ({"images": [image("a"), image("b", large_image_url=3)]}, "field 'images[1].large_image"),
    ],
)
def test_broken(tmp_path, changes, problem):
    good = [review("AA", hours=1), review("AB", hours=2)]
    found, report = convert(tmp_path, [good[0], review("AC", **changes), good[1]])
    assert len(all_rows(found)) == 2
    (named,) = report.files["reviews"]["first_broken"]
    assert named.startswith("line 2")
    assert problem in named


def test_the_other_name_of_the_time(tmp_path):
    one = review("AA")
    one["sort_timestamp"] = one.pop("timestamp")
    found, _ = convert(tmp_path, [one, review("AB", hours=1)])
    assert found["train"][0]["time"] == START


def test_text_without_mark_up(tmp_path):
    text = "[[VIDEOID:x1]]Nice &amp; soft.<br /><br>It&#34;s \ud83d good\0."
    found, _ = convert(tmp_path, [review("AA", text=text), review("AB", hours=1)])
    assert found["train"][0]["review_text"] == 'Nice & soft.\n\nIt"s \ufffd good.'


def test_sizes_kinds_and_repeats_of_photos(tmp_path):
    images = [
        image("71A", large_image_url=None),
        image("71A"),
        image("71B", large_image_url="", medium_image_url=None),
        image("71C", attachment_type="VIDEO"),
        {"small_image_url": "ftp://x/71D.jpg", "attachment_type": "IMAGE"},
        {"large_image_url": "https://[bad/71E.jpg"},
        {"large_image_url": "http://x.org/../a.b/71F.png?size=2"},
    ]
    found, report = convert(tmp_path, [review("AA", images=images), review("AB", hours=1)])
    pics = found["train"][0]["pics"]
    assert [pic["url"][0].rsplit("/", 1)[1] for pic in pics] == [
        "71A._SL800_.jpg",
        "71B._SL256_.jpg",
        "71F.png?size=2",
    ]
    assert [pic["id"] for pic in pics][:2] == ["71A", "71B"]
    assert report.photos == {
        "listed": 8,
        "not_an_image": 1,
        "repeated_in_a_review": 1,
        "without_address": 2,
    }


SAFE = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_+-]{0,20}", fullmatch=True)


@given(stem=SAFE, host=st.sampled_from(["m.media-amazon.com", "images-na.ssl-images-amazon.com"]))
def test_photo_ids_of_amazon_are_the_stems(stem, host):
    for size in ("._SL256_", "._SL1600_", ""):
        assert photo_id(f"https://{host}/images/I/{stem}{size}.jpg") == stem


@given(url=st.text(st.characters(codec="utf-8"), max_size=30), other=st.text("ab/.?#%", max_size=9))
def test_photo_ids_are_safe_and_distinct(url, other):
    try:
        ids = [photo_id(f"https://x.org/{one}") for one in (url, other)]
    except ValueError:
        return
    for one in ids:
        assert set(one) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-")
        assert 11 <= len(one) <= 71
    assert (ids[0] == ids[1]) == (url == other)


def test_a_traversing_photo_name(tmp_path):
    bad = {"large_image_url": "https://m.media-amazon.com/images/I/..%2F..%2Fetc.jpg"}
    worse = {"large_image_url": "https://m.media-amazon.com/images/I/../../../etc/passwd"}
    found, _ = convert(tmp_path, [review("AA", images=[bad, worse]), review("AB", hours=1)])
    for pic in found["train"][0]["pics"]:
        assert "/" not in pic["id"]
        assert ".." not in pic["id"]


def test_nothing_to_keep(tmp_path):
    source = write(tmp_path / "r.jsonl", [review(images=[]), review(parent="B2", text="")])
    with pytest.raises(DataError, match="no review can be kept") as caught:
        convert_amazon(source, tmp_path / "o.json")
    assert "of 2, 1 are dropped and 1 have too few" in str(caught.value)
    write(source, [review("AA"), review("AB")])
    with pytest.raises(DataError, match="no row is left for training"):
        convert_amazon(source, tmp_path / "o.json")
    convert_amazon(source, tmp_path / "o.json", ConvertOptions(split="user"))


def test_broken_lines_beyond_the_limit_leave_the_old_file(tmp_path):
    source = write(tmp_path / "r.jsonl", [*many(20), "oops", "oops"])
    out = tmp_path / "o.json"
    out.write_text("before")
    with pytest.raises(DataError, match="line 21: malformed"):
        convert_amazon(source, out, ConvertOptions(max_broken=1))
    assert out.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["o.json", "r.jsonl"]


def test_another_file_is_refused(tmp_path, toy):
    with pytest.raises(DataError, match="no line is sound"):
        convert_amazon(toy, tmp_path / "o.json")


def test_output_and_input_are_kept_apart(tmp_path):
    source = write(tmp_path / "r.jsonl", many(20))
    with pytest.raises(UsageError, match="also an input"):
        convert_amazon(source, source)
    with pytest.raises(UsageError, match="is a folder"):
        convert_amazon(source, tmp_path)
    convert_amazon(source, tmp_path / "new" / "folder" / "o.json")


def test_a_full_disk(tmp_path, monkeypatch):
    source = write(tmp_path / "r.jsonl", many(20))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gest_file.os, "fsync", full)
    with pytest.raises(UsageError, match="cannot be written: No space left"):
        convert_amazon(source, tmp_path / "o.json")
    assert [one.name for one in tmp_path.iterdir()] == ["r.jsonl"]


class Interrupt(NoProgress):
    def track(self, items, *, label, total=None):
        for i, item in enumerate(items):
            if i == 10:
                raise KeyboardInterrupt
            yield item


def test_an_interruption_leaves_nothing(tmp_path):
    source = write(tmp_path / "r.jsonl", many(20))
    with pytest.raises(KeyboardInterrupt):
        convert_amazon(source, tmp_path / "o.json", progress=Interrupt())
    assert [one.name for one in tmp_path.iterdir()] == ["r.jsonl"]


def test_the_reader_takes_the_file(tmp_path):
    source = write(tmp_path / "r.jsonl", many())
    out = tmp_path / "o.json"
    report = convert_amazon(source, out)
    dataset = load_dataset(out, cache_dir=tmp_path / "cache")
    for split, n in report.splits.items():
        assert len(dataset.examples(split, SplitPolicy())) == n
    example = dataset.examples("test", SplitPolicy()).example(0)
    assert example.gold.image_ids
    assert set(example.gold.image_ids) <= set(example.query.pool)
    assert example.gold.rating == 5.0
    assert dataset.counts["file"].get("renamed_examples", 0) == 0
