from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.sources.review import ConvertOptions
from showcase_bench.datasets.sources.yelp import YelpFiles, YelpLink, convert_yelp
from showcase_bench.errors import DataError, UsageError

CAPTION = YelpLink("caption")


def review(user, business, day=1, text="Lovely pizza.", **changes):
    """One line in the form that Yelp documents."""
    return {
        "review_id": f"r{user}{business}{day}",
        "user_id": user,
        "business_id": business,
        "stars": 4.0,
        "useful": 0,
        "funny": 1,
        "cool": 0,
        "text": text,
        "date": f"2016-03-{day:02d} 18:35:00",
        **changes,
    }


def photo(name, business, caption="", label="food"):
    return {"photo_id": name, "business_id": business, "caption": caption, "label": label}


def business(name, categories="Restaurants, Pizza"):
    return {"business_id": name, "name": "A place", "stars": 4.5, "categories": categories}


def write(path, values):
    lines = [one if isinstance(one, str) else json.dumps(one) for one in values]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def convert(folder, reviews, photos, businesses=None, images=None, link=None, **more):
    categories = more.pop("categories", ("Restaurants",))
    files = YelpFiles(
        write(folder / "review.json", reviews),
        write(folder / "photos.json", photos),
        None if businesses is None else write(folder / "business.json", businesses),
        images,
    )
    before = sorted(one.name for one in folder.iterdir())
    out = folder / "out.json"
    report = convert_yelp(
        files, out, ConvertOptions(**more), link=link or YelpLink(), categories=categories
    )
    found = json.loads(out.read_bytes())
    assert found.pop("conversion") == json.loads(json.dumps(report.to_json()))
    assert report.read == report.kept + sum(report.history_only.values()) + sum(
        report.dropped.values()
    )
    assert sorted({*before, "out.json"}) == sorted(one.name for one in folder.iterdir())
    return found, report


def rows_of(found):
    return [row for split in ("train", "val", "test") for row in found[split]]


def test_a_line_becomes_a_row_without_photos(tmp_path):
    found, report = convert(
        tmp_path,
        [review("u", "b", 3), review("u", "c", 1, "Earlier."), review("v", "b", 5)],
        [photo("p2", "b"), photo("p1", "b", None), photo("p3", "elsewhere")],
        min_photos=1,
    )
    assert found["train"] == [
        {
            "user_id": "u",
            "business_id": "b",
            "rating": 4.0,
            "review_text": "Lovely pizza.",
            "pics": [],
            "history_reviews": [["u_c", "Earlier."]],
            "time": 1_457_030_100_000,
        },
        {
            "user_id": "catalogue",
            "business_id": "b",
            "rating": None,
            "review_text": "",
            "pics": [{"id": "p1", "url": ["p1.jpg"]}, {"id": "p2", "url": ["p2.jpg"]}],
            "history_reviews": [],
            "catalogue": True,
        },
    ]
    assert [row["user_id"] for row in found["test"]] == ["v"]
    assert report.splits == {"train": 2, "val": 0, "test": 1}
    assert (report.kept, report.history_only) == (2, {"few_photos": 1})
    assert report.notes["link"] == {"rule": "none", "catalogue_rows": 1, "synthetic_link": False}
    assert report.photos == {
        "duplicate": 0,
        "in_catalogue_rows": 2,
        "of_businesses_without_reviews": 1,
        "read": 3,
    }


def test_captions_link_and_say_so(tmp_path):
    reviews = [
        review("u", "b", 1, "The pizza margherita was crisp."),
        review("v", "b", 2, "Sunny terrace with a view."),
        review("w", "b", 3, "Nothing special."),
        review("w", "c", 4, "Sunny terrace here too."),
    ]
    photos = [
        photo("p1", "b", "Pizza Margherita!"),
        photo("p2", "b", "the terrace, sunny"),
        photo("p3", "b", "unrelated words"),
        photo("p4", "b", " "),
        photo("p5", "c", "terrace"),
    ]
    found, report = convert(tmp_path, reviews, photos, link=CAPTION, split="user")
    got = {(r["user_id"], r["business_id"]): r["pics"] for r in rows_of(found)}
    mark = {"synthetic_link": True}
    assert got == {
        ("u", "b"): [{"id": "p1", "url": ["p1.jpg"], **mark}],
        ("v", "b"): [{"id": "p2", "url": ["p2.jpg"], **mark}],
        ("w", "c"): [{"id": "p5", "url": ["p5.jpg"], **mark}],
    }
    assert report.notes["link"] == {"rule": "caption", "min_similarity": 0.2, **mark}
    assert report.photos["linked"] == 3
    assert report.photos["unlinked"] == 1
    assert report.photos["without_caption"] == 1
    assert report.history_only == {"few_photos": 1}
    assert "catalogue" not in json.dumps(found)


def test_reviews_with_too_few_words_get_no_photo(tmp_path):
    reviews = [
        review("u", "b", 1, "pizza"),
        review("v", "b", 2, "pizza and wine"),
        review("w", "b", 3, "no words about it"),
    ]
    found, report = convert(
        tmp_path, reviews, [photo("p", "b", "pizza")], link=CAPTION, min_words=2, split="user"
    )
    assert [row["user_id"] for row in rows_of(found)] == ["v"]
    assert report.history_only == {"few_photos": 2}


TEXTS = st.sampled_from(["", "pizza", "good pizza", "soup and wine", "good", "wine pizza bar"])
FILES = st.tuples(
    st.lists(
        st.builds(
            review,
            st.sampled_from("uvw"),
            st.sampled_from("bcd"),
            st.integers(1, 5),
            TEXTS,
        ),
        max_size=14,
    ),
    st.lists(
        st.builds(
            lambda number, business, caption: (number, business, caption),
            st.integers(0, 5),
            st.sampled_from("bcde"),
            TEXTS,
        ),
        max_size=10,
        unique_by=lambda one: one[:2],
    ).map(lambda ones: [photo(f"{b}{n}", b, caption) for n, b, caption in ones]),
)


def distinct(reviews):
    kept = {}
    for one in sorted(reviews, key=lambda r: (r["date"], r["user_id"], r["text"])):
        kept.setdefault((one["user_id"], one["business_id"]), one)
    return list(kept.values())


def naive_links(reviews, photos, least, min_words):
    """scikit-learn over all pairs of captions and reviews of a business."""
    owner = {}
    for name in {one["business_id"] for one in photos}:
        able = [
            r
            for r in distinct(reviews)
            if r["business_id"] == name and len(r["text"].split()) >= max(1, min_words)
        ]
        if not able:
            continue
        words = sorted({w for r in reviews + photos for w in r.get("text", "").split()}
                       | {w for p in photos for w in p["caption"].split()})  # fmt: skip
        tfidf = TfidfVectorizer(token_pattern=r"\w+", vocabulary=words)
        vectors = tfidf.fit_transform([r["text"] for r in able])
        for one in photos:
            if one["business_id"] == name:
                scores = (vectors @ tfidf.transform([one["caption"]]).T).toarray()[:, 0].round(9)
                if scores.max() > 0 and scores.max() >= least:
                    best = able[int(np.argmax(scores))]
                    owner[one["photo_id"]] = (best["user_id"], name)
    return owner


@settings(max_examples=60, deadline=None)
@given(files=FILES, rule=st.sampled_from(["none", "caption"]), least=st.sampled_from([0.0, 0.51]),
       min_words=st.integers(0, 2), data=st.data())  # fmt: skip
def test_any_files_in_any_order(files, rule, least, min_words, data, tmp_path_factory):
    reviews, photos = files
    folder = tmp_path_factory.mktemp("yelp")
    at_business = defaultdict(set)
    for one in photos:
        at_business[one["business_id"]].add(one["photo_id"])
    links = naive_links(reviews, photos, least, min_words) if rule == "caption" else {}
    owned = defaultdict(set)
    for name, pair in links.items():
        owned[pair].add(name)
    expected = {}
    for one in distinct(reviews):
        pair = (one["user_id"], one["business_id"])
        n = len(owned[pair] if rule == "caption" else at_business[pair[1]])
        if n >= 1 and len(one["text"].split()) >= min_words:
            expected[pair] = owned[pair]
    try:
        found, _ = convert(
            folder,
            data.draw(st.permutations(reviews)),
            data.draw(st.permutations(photos)),
            link=YelpLink(rule, least),
            split="user",
            min_words=min_words,
        )
    except DataError:
        assert not expected or not reviews or not photos
        return
    reviewed = {one["business_id"] for one in reviews}
    catalogue = {r["business_id"]: r["pics"] for r in rows_of(found) if r.get("catalogue")}
    got = {
        (r["user_id"], r["business_id"]): {p["id"] for p in r["pics"]}
        for r in rows_of(found)
        if not r.get("catalogue")
    }
    assert got == expected
    if rule == "none":
        assert {b: {p["id"] for p in pics} for b, pics in catalogue.items()} == {
            b: ids for b, ids in at_business.items() if ids and b in reviewed
        }
    else:
        assert not catalogue


def test_categories(tmp_path):
    businesses = [
        business("b", "Pizza, restaurants"),
        business("c", "Restaurants Supplies"),
        business("d", None),
        business("e", "Bars,Nightlife"),
        business("f", "Restaurants"),
    ]
    reviews = [review("u", name, day) for day, name in enumerate("bcdef", 1)]
    photos = [photo(f"p{name}", name) for name in "bcdef"]
    found, report = convert(tmp_path, reviews, photos, businesses)
    assert {row["business_id"] for row in rows_of(found)} == {"b", "f"}
    assert report.dropped == {"other_category": 3}
    assert report.photos["other_category"] == 3
    found, _ = convert(tmp_path, reviews, photos, businesses, categories=("bars ", "PIZZA"))
    assert {row["business_id"] for row in rows_of(found)} == {"b", "e"}
    with pytest.raises(DataError, match="none of 5 businesses is in the categories Zoos"):
        convert(tmp_path, reviews, photos, businesses, categories=("Zoos",))


def test_ids_that_are_refused(tmp_path):
    reviews = [
        review("u", "b"),
        review("u", "c", 3),
        review("../u", "b", 2),
        review("v", "b/c", 2),
        review("catalogue", "b", 2),
    ]
    photos = [photo("p", "b"), photo("q", "c"), photo("../p", "b"), photo("", "b")]
    found, report = convert(tmp_path, reviews, photos)
    assert report.dropped == {"unsafe_id": 3}
    assert report.photos["unsafe_id"] == 2
    assert len(rows_of(found)) == 4


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"date": "2016-02-30 10:00:00"}, "field 'date': must be YYYY-MM-DD HH:MM:SS"),
        ({"date": "2016-02-03T10:00:00"}, "field 'date': must be"),
        ({"date": "20160203"}, "field 'date': must be"),
        ({"date": 7}, "field 'date': must be a text"),
        ({"date": None}, "field 'date': missing"),
        ({"stars": "4"}, "field 'stars': must be a number"),
        ({"stars": None}, "field 'stars': missing"),
        ({"text": None}, "field 'text': missing"),
        ({"business_id": 3}, "field 'business_id': must be a text"),
    ],
)
def test_broken_reviews(tmp_path, changes, problem):
    reviews = [review("u", "b"), review("x", "b", **changes), review("v", "b", 3)]
    found, report = convert(tmp_path, reviews, [photo("p", "b")])
    assert report.files["reviews"]["broken"] == 1
    assert report.files["reviews"]["first_broken"][0].startswith(f"line 2, {problem}")
    assert len(rows_of(found)) == 3


def test_old_dates_without_a_time(tmp_path):
    reviews = [review("u", "b", date="2011-01-26"), review("v", "b")]
    found, _ = convert(tmp_path, reviews, [photo("p", "b")])
    assert found["train"][0]["time"] == 1_296_000_000_000


@pytest.mark.parametrize("wrong", ["review.json", "photos.json", "business.json"])
def test_files_that_are_mixed_up(tmp_path, wrong):
    right = {
        "review.json": [review("u", "b")],
        "photos.json": [photo("p", "b")],
        "business.json": [business("b")],
    }
    other = {"review.json": "photos.json", "photos.json": "business.json"}
    right[wrong] = right[other.get(wrong, "review.json")]
    with pytest.raises(DataError, match="no line is sound") as caught:
        convert(tmp_path, *right.values())
    assert caught.value.path.endswith(wrong)
    assert "field '" in str(caught.value)


def test_broken_photo_lines_count_too(tmp_path):
    photos = [photo("p", "b"), "oops", {"photo_id": "q"}, photo("r", "b", 7)]
    reviews = [review("u", "b"), review("v", "b", 3)]
    _, report = convert(tmp_path, reviews, photos)
    assert [one.split(":")[0] for one in report.files["photos"]["first_broken"]] == [
        "line 2",
        "line 3, field 'business_id'",
        "line 4, field 'caption'",
    ]
    with pytest.raises(DataError, match="more than 2 broken lines"):
        convert(tmp_path, reviews, photos, max_broken=2)


def test_photos_listed_twice(tmp_path):
    photos = [photo("p", "b", "x"), photo("p", "b", "a")]
    found, report = convert(tmp_path, [review("u", "b"), review("v", "b", 3)], photos)
    assert [len(r["pics"]) for r in rows_of(found) if r.get("catalogue")] == [1]
    assert report.photos["duplicate"] == 1


@pytest.mark.parametrize("similarity", [-0.1, 1.1, float("nan")])
def test_similarities_that_cannot_be(similarity):
    with pytest.raises(UsageError, match="min_similarity must be in 0 to 1"):
        YelpLink("caption", similarity)


def test_a_link_that_there_is_not():
    with pytest.raises(UsageError, match="no link 'owner'"):
        YelpLink("owner")


def draw(folder, names):
    folder.mkdir(parents=True)
    for i, name in enumerate(names):
        Image.new("RGB", (20, 20), (40 * i, 90, 200)).save(folder / f"{name}.jpg")
    return folder


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("rule", ["none", "caption"])
def test_photos_are_found_from_the_file(tmp_path, inside, rule):
    home = tmp_path / "home"
    home.mkdir()
    images = draw((home if inside else tmp_path) / "yelp photos", ["-p", "q"])
    photos = [photo(one, "b", "pizza") for one in ("-p", "q", "gone")]
    _, report = convert(
        home,
        [review("u", "b"), review("v", "b", 3, "No.")],
        photos,
        images=images,
        link=YelpLink(rule),
        split="user",
    )
    assert report.photos["without_file"] == 1
    dataset = load_dataset(
        home / "out.json",
        cache_dir=tmp_path / "cache",
        images_root=None if inside else images,
    )
    assert dataset.image_ids() == ("-p", "q")
    for one in dataset.image_ids():
        assert dataset.images.load(one).shape == (20, 20, 3)


def test_no_folder_of_photos(tmp_path):
    with pytest.raises(UsageError, match=r"the folder of photos .* cannot be read"):
        convert(tmp_path, [review("u", "b")], [photo("p", "b")], images=tmp_path / "gone")


def test_pools_are_full_and_gold_is_empty_without_a_link(tmp_path):
    reviews = [review(f"u{i}", f"b{i % 3}", 1 + i) for i in range(20)]
    photos = [photo(f"p{i}", f"b{i % 3}") for i in range(12)]
    convert(tmp_path, reviews, photos)
    dataset = load_dataset(tmp_path / "out.json", cache_dir=tmp_path / "cache")
    for example in (
        dataset.examples("test", SplitPolicy()).example(0),
        dataset.examples("val", SplitPolicy()).example(0),
    ):
        assert len(example.query.pool) == 4
        assert example.gold.image_ids == ()
