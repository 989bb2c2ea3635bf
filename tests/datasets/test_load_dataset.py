from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets import SplitPolicy, load_dataset, prepared
from showcase_bench.datasets.prepare import FORMAT_VERSION
from showcase_bench.errors import DataError, UsageError
from showcase_bench.files import temporary_folder
from showcase_bench.files.temporary import PREFIX
from showcase_bench.types import Example, Gold, Query, Review

GEST_LIKE = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "gest_like" / "gest_like.json"
)


class NoPhotos:
    key = "none"

    def load(self, image_id):
        raise NotImplementedError

    def features(self, image_ids, encoder):
        return np.zeros((len(image_ids), 1), dtype=np.float32)


def row(user, business, text="Nice.", pics=(), history=(), rating=4.0, **more):
    return {
        "user_id": user,
        "business_id": business,
        "rating": rating,
        "review_text": text,
        "pics": [{"id": one, "url": [f"images/{one}.jpg"]} for one in pics],
        "history_reviews": [list(one) for one in history],
        **more,
    }


def load(folder: Path, splits, **options):
    path = folder / "data.json"
    path.write_text(json.dumps(splits), encoding="utf-8")
    return load_dataset(path, cache_dir=folder / "cache", **options)


def problems_of(folder: Path, splits) -> DataError:
    with pytest.raises(DataError) as caught:
        load(folder, splits)
    left = list((folder / "cache" / "datasets").iterdir())
    assert left == [], "nothing half-written stays"
    return caught.value


# --- against an implementation that shares no code ------------------------------------------


def squeezed(text):
    return " ".join(text.split())


def naive_examples(file, asked, policy):
    """All examples of a split, straight from the definition; quadratic."""
    rows, used, contents = [], [], []
    for split, ones in file.items():
        for one in ones:
            base = one.get("review_id") or pair_of(one)
            content = {**one, "pics": photos_of(one), "review_id": base, "split": split}
            if content in contents:
                continue
            contents.append(content)
            name, n = base, 2
            while name in used:
                name, n = f"{base}#{n}", n + 1
            used.append(name)
            rows.append((split, name, base, one))
    catalogue = sorted({pic["id"] for _, _, _, one in rows for pic in one["pics"]})
    return [
        naive_example(rows, catalogue, name, base, one, policy)
        for split, name, base, one in rows
        if split == asked
    ]


def pair_of(one):
    return f"{one['user_id']}_{one['business_id']}"


def photos_of(one):
    return tuple(dict.fromkeys(pic["id"] for pic in one["pics"]))


def naive_example(rows, catalogue, name, base, one, policy):
    history = []
    for review_id, text in one["history_reviews"]:
        if not squeezed(text):
            continue
        own = review_id in (name, base, pair_of(one)) or (
            squeezed(text) == squeezed(one["review_text"])
        )
        answer = any(
            review_id in (n, b, pair_of(other)) or squeezed(text) == squeezed(other["review_text"])
            for split, n, b, other in rows
            if split != "train"
        )
        if policy.mask_history and (own or answer):
            continue
        history.append(naive_review(rows, one["user_id"], review_id, text))
    if policy.history_limit is not None:
        history = history[-policy.history_limit :] if policy.history_limit else []
    own_pool = {
        photo
        for _, _, _, other in rows
        if other["business_id"] == one["business_id"]
        for photo in photos_of(other)
    }
    pool = sorted(own_pool, key=lambda x: hashlib.sha256(f"{name}\0{x}".encode()).digest())
    if policy.pool == "cross":
        others = [photo for photo in catalogue if photo not in own_pool]
        if len(others) <= 4 * policy.distractors:
            others.sort(key=lambda x: hashlib.sha256(f"{name}\0{x}".encode()).digest())
            pool += others[: policy.distractors]
        else:
            pool += naive_draws(name, catalogue, own_pool, policy.distractors)
        pool.sort(key=lambda x: hashlib.sha256(f"{name}\0{x}".encode()).digest())
    query = Query(name, one["user_id"], one["business_id"], tuple(history), tuple(pool), policy.k)
    return Example(query, Gold(photos_of(one), (one["review_text"],), one["rating"]))


def naive_draws(name, catalogue, own, number):
    chosen, block = [], 0
    while len(chosen) < number:
        digest = hashlib.sha256(f"{name}\0distractors\0{block}".encode()).hexdigest()
        for start in (0, 16, 32, 48):
            one = catalogue[int(digest[start : start + 16], 16) % len(catalogue)]
            if one not in own and one not in chosen and len(chosen) < number:
                chosen.append(one)
        block += 1
    return chosen


def naive_review(rows, user, review_id, text):
    train = [(name, other) for split, name, _, other in rows if split == "train"]
    found = [other for name, other in train if name == review_id]
    found += [other for _, other in train if pair_of(other) == review_id]
    if review_id.startswith(f"{user}_"):
        business = review_id[len(user) + 1 :]
    else:
        business = review_id.split("_", 1)[1] if "_" in review_id else ""
    photos, rating = (photos_of(found[0]), found[0]["rating"]) if found else ((), None)
    return Review(review_id, user, business or None, text, photos, rating)


USERS, BUSINESSES = ["u", "v", "ü_1"], ["b", "c"]
TEXTS = ["", " ", "good soup", "good  soup ", "bad tea", "Ωραία 😀", "long " * 50]
REVIEW_IDS = ["r1", "r2", "u_b", "u_b#2", "u_c"]
HISTORY_IDS = [*REVIEW_IDS, "v_b", "ü_1_c", "x", "", "_"]
ROWS = st.builds(
    row,
    st.sampled_from(USERS),
    st.sampled_from(BUSINESSES),
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from([f"p{i}" for i in range(7)]), max_size=3),
    st.lists(st.tuples(st.sampled_from(HISTORY_IDS), st.sampled_from(TEXTS)), max_size=4),
    st.sampled_from([None, 1.0, 4.5]),
) | st.builds(
    row,
    st.sampled_from(USERS),
    st.sampled_from(BUSINESSES),
    st.sampled_from(TEXTS),
    st.just(["p9"]),
    review_id=st.sampled_from(REVIEW_IDS),
)
POLICIES = st.builds(
    SplitPolicy,
    k=st.integers(1, 4),
    history_limit=st.none() | st.integers(0, 3),
    mask_history=st.booleans(),
    pool=st.sampled_from(["business", "cross"]),
    distractors=st.integers(0, 3),
)


@settings(max_examples=100, deadline=None)
@given(
    train=st.lists(ROWS, min_size=1, max_size=7),
    val=st.lists(ROWS, max_size=3),
    test=st.lists(ROWS, max_size=5),
    policy=POLICIES,
    batch_rows=st.sampled_from([1, 3, 4096]),
)
def test_examples_equal_the_naive_ones(train, val, test, policy, batch_rows):
    from showcase_bench.datasets import columns

    file = {"train": train, "val": val, "test": test}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_BATCH_ROWS", batch_rows)
        data = load(Path(folder), file)
        again = load(Path(folder), file)
        for name in file:
            expected = naive_examples(file, name, policy)
            split = data.split(name, policy, NoPhotos())
            assert list(split) == expected
            assert split.queries() == tuple(one.query for one in expected)
            assert list(again.split(name, policy, NoPhotos())) == expected


# --- imperfect data ---------------------------------------------------------------------------


def test_duplicates_are_dropped_and_namesakes_told_apart(tmp_path):
    one = row("u", "b", "first", ["p1"])
    other = row("u", "b", "second", ["p2"])
    data = load(tmp_path, {"train": [one, one, other, other], "val": [one], "test": [one]})
    ids = [
        query.id
        for name in data.split_names
        for query in data.split(name, SplitPolicy(), NoPhotos()).queries()
    ]
    assert ids == ["u_b", "u_b#2", "u_b#3", "u_b#4"]
    assert data.counts["train"]["dropped_duplicate_rows"] == 2
    assert data.counts["train"]["renamed_examples"] == 1
    assert data.counts["file"]["photos_of_several_rows"] == 1


def test_a_suffix_never_takes_an_id_of_the_file(tmp_path):
    rows = [
        row("u", "b", review_id="x#2"),
        row("u", "b", "a", review_id="x"),
        row("u", "b", "b", review_id="x"),
        row("u", "b", "c", review_id="x#2"),
    ]
    split = load(tmp_path, {"train": rows}).split("train", SplitPolicy(), NoPhotos())
    assert [one.id for one in split.queries()] == ["x#2", "x", "x#3", "x#2#2"]


def test_many_namesakes_cost_little(tmp_path):
    rows = [row("u", "b", f"text {i}") for i in range(3000)]
    split = load(tmp_path, {"train": rows}).split("train", SplitPolicy(), NoPhotos())
    assert split[2999].query.id == "u_b#3000"
    assert split[2999].gold.texts == ("text 2999",)


def test_a_photo_of_two_businesses_is_in_both_pools(tmp_path):
    data = load(tmp_path, {"train": [row("u", "b", pics=["p"]), row("u", "c", pics=["p", "q"])]})
    split = data.split("train", SplitPolicy(), NoPhotos())
    assert [set(one.pool) for one in split.queries()] == [{"p"}, {"p", "q"}]


def test_unknown_keys_and_missing_splits(tmp_path):
    data = load(tmp_path, {"about": 1, "test": [row("u", "b")], "notes": []})
    assert data.split_names == ("train", "val", "test")
    assert [len(data.split(n, SplitPolicy(), NoPhotos())) for n in data.split_names] == [0, 0, 1]
    assert data.counts["file"]["unknown_keys"] == 2
    assert data.image_ids() == ()
    assert data.split("train", SplitPolicy(), NoPhotos()).examples() == ()


def test_lone_surrogates_are_replaced_and_stored(tmp_path):
    path = tmp_path / "data.json"
    text = (
        r'{"test": [{"user_id": "u\ud800", "business_id": "b", "review_text": "a\u0000\udfffz"}]}'
    )
    path.write_text(text, encoding="utf-8")
    data = load_dataset(path, cache_dir=tmp_path / "c")
    (one,) = data.split("test", SplitPolicy(), NoPhotos())
    assert (one.query.user_id, one.gold.texts) == ("u\ufffd", ("a\ufffdz",))
    assert data.counts["test"]["replaced_surrogates"] == 2
    assert data.counts["test"]["stripped_nul_characters"] == 1


# --- broken data ------------------------------------------------------------------------------


def test_all_problems_are_listed_at_once(tmp_path):
    error = problems_of(
        tmp_path,
        {"train": [row("u", "b"), row("", "b")], "test": [row("u", 3), 5, row("u", "b")]},
    )
    assert error.problems == (
        "train row 1, field 'user_id': empty; give a text that is not empty",
        "test row 0, field 'business_id': must be a text, not a number",
        "test row 1: a row must be an object, not a number",
    )


def test_at_most_twenty_problems_are_listed(tmp_path):
    error = problems_of(tmp_path, {"train": [row("", "b")] * 30})
    assert len(error.problems) == 20
    assert "train row 19" in error.problems[-1]


def test_problems_before_a_syntax_error_are_kept(tmp_path):
    path = tmp_path / "data.json"
    path.write_text('{"train": [{"user_id": 1}, {"user_i', encoding="utf-8")
    with pytest.raises(DataError, match="truncated") as caught:
        load_dataset(path, cache_dir=tmp_path / "cache")
    assert "train row 0, field 'user_id'" in caught.value.problems[0]
    assert "after row 0" in caught.value.problems[1]


@pytest.mark.parametrize("splits", [{}, {"train": []}, {"train": [], "val": [], "test": []}])
def test_all_splits_empty(tmp_path, splits):
    assert "all splits are empty" in str(problems_of(tmp_path, splits))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_dataset(tmp_path / "none.json", cache_dir=tmp_path)
    with pytest.raises(DataError, match="is a folder"):
        load_dataset(tmp_path, cache_dir=tmp_path)


def test_empty_and_foreign_files(tmp_path):
    for content, words in ((b"", "empty"), (b"PK\x03\x04", "not an object"), (b"\xff", "UTF-8")):
        path = tmp_path / "data.json"
        path.write_bytes(content)
        with pytest.raises(DataError, match=words):
            load_dataset(path, cache_dir=tmp_path / "cache")


def test_a_file_that_changes_meanwhile(tmp_path, monkeypatch):
    path = tmp_path / "data.json"
    path.write_text(json.dumps({"train": [row("u", "b")]}), encoding="utf-8")
    monkeypatch.setattr("showcase_bench.datasets.dataset.file_sha256", lambda path: "0" * 64)
    with pytest.raises(DataError, match="changed while"):
        load_dataset(path, cache_dir=tmp_path / "cache")


# --- the face ---------------------------------------------------------------------------------


def test_names_and_arguments(tmp_path):
    splits = {"test": [row("u", "b")]}
    data = load(tmp_path, splits)
    assert data.name == "data"
    assert data.path == tmp_path / "data.json"
    assert data.revision == hashlib.sha256(json.dumps(splits).encode()).hexdigest()
    assert load(tmp_path, splits, name="mine").name == "mine"
    photos = NoPhotos()
    assert load(tmp_path, splits, images=photos).images is photos
    with pytest.raises(UsageError, match="not both"):
        load(tmp_path, splits, images=photos, images_root=tmp_path)
    with pytest.raises(UsageError, match="not a folder"):
        load(tmp_path, splits, images_root=tmp_path / "none")
    with pytest.raises(UsageError, match="no split 'dev'; its splits are train, val, test"):
        data.split("dev", SplitPolicy(), photos)


def test_a_split_is_a_sequence(tmp_path):
    rows = [row(f"u{i}", "b", pics=[f"p{i}"]) for i in range(5)]
    photos = NoPhotos()
    split = load(tmp_path, {"test": rows}).split("test", SplitPolicy(), photos)
    every = list(split)
    assert len(split) == 5
    assert (split.name, split.images) == ("test", photos)
    assert split[-1] == every[4] == split[np.int64(4)]
    assert split[1:4] == tuple(every[1:4])
    assert split[::-2] == tuple(every[::-2])
    assert split[9:] == ()
    assert split.examples() == tuple(every)
    assert every[2] in split
    for i in (5, -6):
        with pytest.raises(IndexError, match="has 5 examples"):
            split[i]
    with pytest.raises(TypeError):
        split["0"]


def test_queries_hold_plain_values_only(tmp_path):
    rows = [row("u", "b", pics=["p"], history=[["u_c", "text"]])]
    queries = load(tmp_path, {"train": rows}).split("train", SplitPolicy(), NoPhotos()).queries()
    seen, todo = set(), list(queries)
    while todo:
        one = todo.pop()
        seen.add(type(one))
        if isinstance(one, tuple):
            todo.extend(one)
        elif isinstance(one, Query | Review):
            todo.extend(getattr(one, name) for name in one.__dataclass_fields__)
    assert seen <= {Query, Review, tuple, str, int, float, type(None)}


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_golds_of_one_business_do_not_touch_the_queries(order):
    golds = [("good", 5.0, ["p1"]), ("bad", 1.0, ["p2", "p3"]), ("", None, []), ("so", 3.0, ["p4"])]
    train = [row("t", "b", "words", ["p0"])]

    def queries(which):
        test = [
            row(f"u{i}", "b", golds[g][0], golds[g][2], [[f"u{i}_c", "earlier"]], golds[g][1])
            for i, g in enumerate(which)
        ]
        with tempfile.TemporaryDirectory() as folder:
            data = load(Path(folder), {"train": train, "test": test})
            return [
                repr(data.split("test", SplitPolicy(pool=pool), NoPhotos()).queries()).encode()
                for pool in ("business", "cross")
            ]

    assert queries(order) == queries(range(4))


def test_a_policy_alone_imports_neither_arrow_nor_pillow():
    code = (
        "import sys, showcase_bench.datasets as d; d.SplitPolicy; "
        "sys.exit(bool({'pyarrow', 'PIL'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the cache --------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path):
    data = load(tmp_path, {"train": [row("u", "b", pics=["p"], history=[["h", "t"]])]})
    (folder,) = (tmp_path / "cache" / "datasets").iterdir()
    return data, folder


def reload_counting(data, folder, monkeypatch):
    """Load again; how often preparation ran, and the examples."""
    calls = []
    real = prepared.prepare
    monkeypatch.setattr(prepared, "prepare", lambda *a: calls.append(1) or real(*a))
    again = load_dataset(data.path, cache_dir=folder.parents[1])
    return len(calls), list(again.split("train", SplitPolicy(), NoPhotos()))


def test_preparation_runs_once(cached, monkeypatch):
    data, folder = cached
    assert folder.name == f"{data.revision[:16]}-v{FORMAT_VERSION}"
    runs, examples = reload_counting(data, folder, monkeypatch)
    assert runs == 0
    assert examples == list(data.split("train", SplitPolicy(), NoPhotos()))


def replace(path, content):
    """Write another file of this name; the old one stays mapped where it is."""
    path.unlink()
    path.write_bytes(content)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, bytes(content))


@pytest.mark.parametrize("action", ["remove", "truncate", "flip", "empty", "folder"])
@pytest.mark.parametrize(
    "name", ["prepared.json", "train.arrow", "train.history.arrow", "photos.arrow", "val.arrow"]
)
def test_damage_is_found_and_repaired(cached, monkeypatch, action, name):
    data, folder = cached
    expected = list(data.split("train", SplitPolicy(), NoPhotos()))
    file = folder / name
    if action == "truncate":
        replace(file, file.read_bytes()[:-9])
    elif action == "flip" and name != "prepared.json":
        flip(file)
    elif action == "empty":
        replace(file, b"")
    else:
        file.unlink()
        if action == "folder":
            file.mkdir()
    runs, examples = reload_counting(data, folder, monkeypatch)
    assert runs == 1
    assert examples == expected
    assert [one.name for one in folder.parent.iterdir()] == [folder.name]
    assert list(data.split("train", SplitPolicy(), NoPhotos())) == expected


@pytest.mark.parametrize("content", ["[]", "{}", "nul", '{"sha256": 3}', "\xff"])
def test_a_foreign_record_is_replaced(cached, monkeypatch, content):
    data, folder = cached
    (folder / "prepared.json").write_text(content, encoding="latin-1")
    assert reload_counting(data, folder, monkeypatch)[0] == 1


def test_a_process_that_comes_second_uses_the_first_ones_work(tmp_path, monkeypatch):
    real = prepared.prepare
    nested = []

    def slow(path, sha256, folder, progress):
        counts = real(path, sha256, folder, progress)
        if not nested:
            nested.append(1)
            load_dataset(path, cache_dir=tmp_path / "cache")
        return counts

    monkeypatch.setattr(prepared, "prepare", slow)
    data = load(tmp_path, {"train": [row("u", "b")]})
    assert len(data.split("train", SplitPolicy(), NoPhotos())) == 1
    assert len(list((tmp_path / "cache" / "datasets").iterdir())) == 1


def test_processes_at_once(tmp_path):
    path = tmp_path / "data.json"
    rows = [row(f"u{i}", f"b{i % 9}", pics=[f"p{i}"]) for i in range(2000)]
    path.write_text(json.dumps({"train": rows}), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path\n"
        "from showcase_bench.datasets import load_dataset, SplitPolicy\n"
        "data = load_dataset(Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))\n"
        "b = data.examples('train', SplitPolicy())\n"
        "print(sum(len(b.query(i).pool) for i in range(len(b))))\n"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "cache")]
    runs = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for seed in range(3)
    ]  # fmt: skip
    outputs = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert len(list((tmp_path / "cache" / "datasets").iterdir())) == 1


def test_leftovers_of_killed_processes_are_swept_and_those_of_living_ones_are_not(tmp_path):
    datasets = tmp_path / "cache" / "datasets"
    left = datasets / f"{PREFIX}left"
    left.mkdir(parents=True)
    (left / "train.arrow").write_bytes(b"half")
    with temporary_folder(datasets) as living:
        load(tmp_path, {"train": [row("u", "b")]})
        assert living.exists()
    assert not left.exists()


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(UsageError, match="the cache folder"):
        load(tmp_path, {"train": [row("u", "b")]})


def test_a_full_disk(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared, "prepare", full)
    with pytest.raises(UsageError, match="No space left on device"):
        load(tmp_path, {"train": [row("u", "b")]})
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []


def test_prepared_files_are_the_same_bytes_every_time(tmp_path):
    rows = [row(f"u{i}", f"b{i % 3}", pics=[f"p{i % 7}"], history=[["h", "t"]]) for i in range(50)]
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        load(tmp_path / name, {"train": rows, "test": rows[:5]})
        (folder,) = (tmp_path / name / "cache" / "datasets").iterdir()
        contents.append({file.name: file.read_bytes() for file in sorted(folder.iterdir())})
    assert contents[0] == contents[1]


# --- real data beside the checkout ------------------------------------------------------------


@pytest.mark.skipif(not GEST_LIKE.exists(), reason="needs the shared data beside the checkout")
def test_gest_like_against_the_naive_examples(tmp_path):
    data = load_dataset(GEST_LIKE, cache_dir=tmp_path)
    file = json.loads(GEST_LIKE.read_text(encoding="utf-8"))
    policy = SplitPolicy(pool="cross")
    for name, size in (("train", 288), ("val", 48), ("test", 145)):
        split = data.split(name, policy, NoPhotos())
        assert len(split) == size
        if name == "val":
            assert list(split) == naive_examples(file, name, policy)
    assert len(data.image_ids()) == 547
    assert list(data.image_ids()) == sorted(data.image_ids())
    assert data.images.load(data.image_ids()[0]).shape[2] == 3
