"""The build of s1 against a plain implementation that holds everything in memory."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets import SplitPolicy, load_dataset
from showcase_bench.datasets.build import BuildOptions, Sources, build_s1, partition, record_path
from showcase_bench.datasets.build.records import RawPhoto, Record
from showcase_bench.datasets.build.reviews import Step, UserReview, drop_photos


def drawn(*parts):
    text = "\0".join(str(one) for one in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def by_shares(user, seed):
    place = drawn(seed, "split", user) / 2**64
    return "train" if place < 0.8 else "val" if place < 0.9 else "test"


def naive_s1(rows, options, gone=frozenset()):
    """Rows of each split, and (images, reviews, users, businesses, words) at each step."""
    counts = {}

    def note(step, left):
        counts[step] = (
            len({pic["id"] for row in left for pic in row["pics"]}),
            len(left),
            len({row["user_id"] for row in left}),
            len({row["business_id"] for row in left}),
            sum(len(row["review_text"].split()) for row in left),
        )

    def of_repeat_users(left):
        users = [row["user_id"] for row in left]
        return [row for row in left if users.count(row["user_id"]) > 1]

    left = [{**row, "pics": distinct(row["pics"]), "at": i} for i, row in enumerate(rows)]
    note("raw", left)
    best = {}
    for row in left:
        key = (row["time"] is not None, row["time"] or 0, row["at"])
        pair = (row["user_id"], row["business_id"])
        if pair not in best or key > best[pair][0]:
            best[pair] = (key, row)
    left = [row for row in left if best[row["user_id"], row["business_id"]][1] is row]
    note("unique", left)
    if options.drop_empty_texts:
        left = [row for row in left if row["review_text"].strip()]
        note("with_text", left)
    left = of_repeat_users(left)
    note("repeat_users", left)
    left = [{**row, "pics": [p for p in row["pics"] if p["id"] not in gone]} for row in left]
    left = [row for row in left if row["pics"]]
    note("with_images", left)
    if options.iterate:
        left = of_repeat_users(left)
    note("s1", left)

    splits = {"train": [], "val": [], "test": []}
    for user in sorted({row["user_id"] for row in left}, key=drawn):
        own = [row for row in left if row["user_id"] == user]
        timed = all(row["time"] is not None for row in own)
        own.sort(
            key=lambda row: (
                row["time"] if timed else 0,
                drawn(options.seed, "order", user, row["business_id"]),
            )
        )
        for place, row in enumerate(own):
            from_end = len(own) - 1 - place
            if len(own) >= 3:
                split = {0: "test", 1: "val"}.get(from_end, "train")
            else:
                split = "train" if from_end else by_shares(user, options.seed)
            earlier = [
                [f"{user}_{other['business_id']}", other["review_text"]]
                for other in own[:place]
                if other["review_text"].strip()
            ]
            limit = options.history_limit
            made = {key: value for key, value in row.items() if key != "at"}
            made["history_reviews"] = earlier[-limit:] if limit else []
            if made["time"] is None:
                del made["time"]
            splits[split].append(made)
    return splits, counts


def distinct(pics):
    seen = {}
    for pic in pics:
        seen.setdefault(pic["id"], pic)
    return list(seen.values())


def write(path, rows):
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


texts = st.sampled_from(
    ["", "  ", "Good soup.", "Größe 寿司 🍣", "a\u2028b", 'quote " and \\ back']
)
rows = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from([f"u_{i}" for i in range(6)]),
        "business_id": st.sampled_from([f"b{i}" for i in range(7)]),
        "rating": st.sampled_from([None, 1, 4.5]),
        "review_text": texts,
        "pics": st.lists(
            st.sampled_from([{"id": f"p{i}", "url": [f"https://x.org/{i}"]} for i in range(9)]),
            max_size=3,
        ),
        "time": st.one_of(st.none(), st.integers(0, 4), st.sampled_from([2.5, -1])),
    }
)
options = st.builds(
    BuildOptions,
    seed=st.integers(-3, 2**40),
    history_limit=st.integers(0, 4),
    iterate=st.booleans(),
    drop_empty_texts=st.booleans(),
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=40),
    options,
    st.sets(st.sampled_from([f"p{i}" for i in range(9)]), max_size=6),
    st.sampled_from([(1, 2000), (300, 900), (1000, 5000), (1 << 20, 1 << 20)]),
)
def test_it_equals_the_plain_way(rows, options, gone, sizes):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition, "CHUNK_BYTES", sizes[0])
        patch.setattr(partition, "_SHARD_BYTES", sizes[1])
        folder = Path(name)
        raw = write(folder / "raw.jsonl", rows)
        journal = write(
            folder / "fetch.jsonl", [{"id": one, "status": "gone"} for one in sorted(gone)]
        )
        out = folder / "s1.json"
        sources = Sources(raw, out, journal=journal)
        splits, counts = naive_s1(rows, options, gone)
        if not any(splits.values()):
            with pytest.raises(Exception, match="no review is left"):
                build_s1(sources, options)
            assert not out.exists()
            return
        record = build_s1(sources, options)
        assert json.loads(out.read_text(encoding="utf-8")) == splits
        found = {
            row["step"]: (
                *(row[name] for name in ("images", "reviews", "users", "businesses")),
                round((row["mean_words"] or 0) * row["reviews"]),
            )
            for row in record["steps"]
        }
        assert found == counts
        assert record["rows"] == {split: len(own) for split, own in splits.items()}
        left = ["fetch.jsonl", "raw.jsonl", "s1.build.json", "s1.json"]
        assert sorted(one.name for one in folder.iterdir()) == left


def many(n_users=40):
    """A raw file with every kind of user."""
    return [
        {
            "user_id": f"u{user}",
            "business_id": f"b{(user * 7 + visit) % 23}",
            "rating": 1 + (user + visit) % 5,
            "review_text": f"Visit {visit} of {user}. Nice!",
            "pics": [
                {"id": f"p{user}-{visit}-{n}", "url": [f"images/p{user}.jpg"]} for n in (0, 1)
            ],
            "time": None if user % 3 == 0 else 100 - visit,
        }
        for user in range(n_users)
        for visit in range(user % 6)
    ]


def test_the_result_is_a_data_set_and_no_history_holds_its_own_answer(tmp_path):
    raw = write(tmp_path / "raw.jsonl", many())
    record = build_s1(Sources(raw, tmp_path / "s1.json"))
    dataset = load_dataset(tmp_path / "s1.json", cache_dir=tmp_path / "cache")
    sizes = {name: len(dataset.examples(name, SplitPolicy())) for name in dataset.split_names}
    assert sizes == record["rows"]
    assert sum("history_kept" in dataset.counts[name] for name in sizes) > 0
    assert not any("history_own" in dataset.counts[name] for name in sizes)
    assert dataset.revision == record["output"]["sha256"]
    assert len(dataset.image_ids()) == record["steps"][-1]["images"]
    assert json.loads(record_path(tmp_path / "s1.json").read_text()) == record
    assert record["steps"][0]["paper"]["reviews"] == 1_771_160


def test_other_parameters_give_other_results_and_the_same_ones_the_same_bytes(tmp_path):
    raw = write(tmp_path / "raw.jsonl", many())

    def built(name, **parameters):
        build_s1(Sources(raw, tmp_path / name), BuildOptions(**parameters))
        return (tmp_path / name).read_bytes()

    assert built("a.json") == built("b.json")
    assert built("a.json") != built("c.json", seed=1)
    assert built("a.json") != built("d.json", history_limit=1)


def test_the_layout_of_the_work_does_not_show(tmp_path, monkeypatch):
    raw = write(tmp_path / "raw.jsonl", many())
    results = set()
    for chunk, shard in ((1 << 20, 1 << 20), (700, 300), (1, 5000)):
        monkeypatch.setattr(partition, "CHUNK_BYTES", chunk)
        monkeypatch.setattr(partition, "_SHARD_BYTES", shard)
        build_s1(Sources(raw, tmp_path / "s1.json"))
        results.add(
            (tmp_path / "s1.json").read_bytes() + record_path(tmp_path / "s1.json").read_bytes()
        )
    assert len(results) == 1


def test_a_folder_of_photos_decides_what_is_expired(tmp_path):
    rows = [
        {
            "user_id": "u",
            "business_id": f"b{i}",
            "review_text": "x",
            "pics": [{"id": f"AF1Qipabcd{i}", "url": []}, {"id": f"q{i}", "url": [f"sub/{i}.png"]}],
        }
        for i in range(5)
    ]
    photos = tmp_path / "photos"
    for name in ("images/AF1Qipabcd0.jpg", "AF1Qip/ab/cd/AF1Qipabcd1.jpg", "sub/2.png", "q3.webp"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(b"x")
    raw = write(tmp_path / "raw.jsonl", rows)
    record = build_s1(Sources(raw, tmp_path / "s1.json", images=photos))
    result = json.loads((tmp_path / "s1.json").read_text())
    kept = {pic["id"] for split in result.values() for row in split for pic in row["pics"]}
    assert kept == {"AF1Qipabcd0", "AF1Qipabcd1", "q2", "q3"}
    assert "folder of photos has no file" in record["expired"]
    everything = build_s1(Sources(raw, tmp_path / "all.json"))
    assert everything["steps"][-1]["images"] == 10
    assert "No photo counts as expired" in everything["expired"]


def test_the_last_word_of_the_journal_counts_and_torn_lines_do_not(tmp_path):
    journal = tmp_path / "fetch.jsonl"
    journal.write_bytes(
        b'{"id": "a", "status": "gone"}\n{"id": "b", "status": "gone", "reason": "HTTP 404"}\n'
        b'{"id": "a", "status": "ok", "bytes": 7}\n\n{"id": "c", "status": "go\n'
        b'{"id": "d", "status": "failed"}\n{"id": "f", "status": "ok"}\n'
        b'{"id": "f", "status": "gone"}\n{"id": "e", "status": "gone"}'
    )
    rows = [
        {"user_id": "u", "business_id": name, "pics": [{"id": name}], "review_text": name}
        for name in "abcdef"
    ]
    raw = write(tmp_path / "raw.jsonl", rows)
    record = build_s1(Sources(raw, tmp_path / "s1.json", journal=journal))
    result = json.loads((tmp_path / "s1.json").read_text())
    kept = {pic["id"] for split in result.values() for row in split for pic in row["pics"]}
    assert kept == {"a", "c", "d", "e"}
    assert "(2 photos)" in record["expired"]
    assert record["journal_sha256"] == hashlib.sha256(journal.read_bytes()).hexdigest()
    journal.write_bytes(b"")
    assert build_s1(Sources(raw, tmp_path / "s1.json", journal=journal))["rows"]["test"] == 1


def test_the_journal_of_a_real_download_is_understood(tmp_path):
    from showcase_bench.datasets.fetch.journal import Journal, Outcome

    path = tmp_path / "fetch.jsonl"
    with Journal(path) as journal:
        for name, status in (("a", "ok"), ("b", "gone"), ("c", "failed"), ("d", "gone")):
            journal.add(Outcome(name, status))
        journal.add(Outcome("d", "ok"))
    rows = [
        {"user_id": "u", "business_id": name, "pics": [{"id": name}], "review_text": name}
        for name in "abcd"
    ]
    raw = write(tmp_path / "raw.jsonl", rows)
    build_s1(Sources(raw, tmp_path / "s1.json", journal=path))
    result = json.loads((tmp_path / "s1.json").read_text())
    kept = {pic["id"] for split in result.values() for row in split for pic in row["pics"]}
    assert kept == {"a", "c", "d"}


def test_a_photo_that_was_dropped_does_not_come_back():
    photos = [RawPhoto(name, None, []) for name in "abc"]
    record = Record("u", "b", None, "x", None, None, photos)
    review = UserReview(record, 1, Step.REPEAT_USERS, [Step.REPEAT_USERS] * 3)
    drop_photos(review, [True, False, True], Step.WITH_IMAGES)
    review.reach(Step.S1)
    drop_photos(review, [True, True, False], Step.S2)
    assert [photo.id for photo in review.photos(Step.S2)] == ["a"]
    assert review.photo_steps == [Step.S2, Step.REPEAT_USERS, Step.S1]
    review.step = Step.S1
    drop_photos(review, [False, True, False], Step.S2)
    assert review.step == Step.S1
