from __future__ import annotations

import json

import pytest
from PIL import Image

WORDS = ["pizza", "soup", "terrace", "wine", "noodles", "service", "cake"]


@pytest.fixture
def converted(cli):
    """The command ``data convert``."""
    return lambda *arguments: cli("data", "convert", *arguments)


def write(path, values):
    path.write_text("".join(f"{json.dumps(one)}\n" for one in values), encoding="utf-8")
    return path


def draw(folder, name, number):
    folder.mkdir(exist_ok=True)
    color = (number * 37 % 256, number * 91 % 256, 80)
    Image.new("RGB", (24, 24), color).save(folder / f"{name}.jpg")


@pytest.fixture
def amazon(tmp_path):
    """Sixty reviews with one or two photos each, in ``shop/images``."""
    shop = tmp_path / "shop"
    shop.mkdir()
    reviews = []
    for i in range(60):
        stems = [f"71photo{i}x{j}" for j in range(1 + i % 2)]
        for j, stem in enumerate(stems):
            draw(shop / "images", stem, 2 * i + j)
        url = "https://m.media-amazon.com/images/I/{}._SL1600_.jpg"
        reviews.append(
            {
                "rating": float(1 + i % 5),
                "title": "t",
                "text": f"I like the {WORDS[i % 7]} and the {WORDS[i % 5]}, number {i}.",
                "images": [
                    {"large_image_url": url.format(s), "attachment_type": "IMAGE"} for s in stems
                ],
                "asin": "B0",
                "parent_asin": f"B{i % 6}",
                "user_id": f"AE{i % 11}",
                "timestamp": 1_600_000_000_000 + i,
                "helpful_vote": 0,
                "verified_purchase": True,
            }
        )
    return write(shop / "Some_Category.jsonl", reviews)


@pytest.fixture
def yelp(tmp_path):
    """Forty reviews and thirty photos, in ``yelp/photos``."""
    folder = tmp_path / "yelp"
    folder.mkdir()
    reviews = [
        {
            "review_id": f"r{i}",
            "user_id": f"u_{i % 9}",
            "business_id": f"b-{i % 5}",
            "stars": 3.0,
            "text": f"We had {WORDS[i % 7]} here, and it was day {i}.",
            "date": f"2019-01-{1 + i // 2:02d} 12:00:00",
        }
        for i in range(40)
    ]
    photos = []
    for i in range(30):
        draw(folder / "photos", f"p{i}", i)
        photos.append(
            {
                "photo_id": f"p{i}",
                "business_id": f"b-{i % 5}",
                "caption": WORDS[i % 7],
                "label": "food",
            }
        )
    businesses = [{"business_id": f"b-{i}", "categories": "Restaurants"} for i in range(5)]
    write(folder / "review.json", reviews)
    write(folder / "photos.json", photos)
    write(folder / "business.json", businesses)
    return folder


def board(cli, data, results):
    done = cli(
        "run",
        "--data",
        data,
        "--models",
        "random,copy-history,dpp,reference",
        "--results",
        results,
        "--json",
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["board"]


def test_amazon_from_reviews_to_a_board(converted, cli, amazon, tmp_path):
    out = amazon.parent / "category.json"
    done = converted("amazon", amazon, "--out", out, "--history", "4", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["out"] == str(out)
    assert report["reviews"] == {
        "read": 60,
        "kept": report["reviews"]["kept"],
        "history_only": {},
        "dropped": {},
    }
    assert sum(report["splits"].values()) == 60
    card = json.loads(cli("data", "card", "--data", out, "--json").stdout)
    assert card["photos"]["unreadable"]["total"] == 0
    assert {s["name"] for s in board(cli, out, tmp_path / "r")["sections"]} == {"photos", "words"}


@pytest.mark.parametrize("link", ["none", "caption"])
def test_yelp_from_reviews_to_a_board(converted, cli, yelp, tmp_path, link):
    out = yelp / f"{link}.json"
    done = converted(
        "yelp", "--reviews", yelp / "review.json", "--photos", yelp / "photos.json",
        "--businesses", yelp / "business.json", "--images", yelp / "photos", "--link", link,
        "--min-similarity", "0.1", "--out", out, "--split", "user", "-q",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert f"rule: {link}" in done.stdout
    assert f"synthetic_link: {link == 'caption'}" in done.stdout
    rows = json.loads(out.read_text())
    assert rows["conversion"]["link"]["synthetic_link"] is (link == "caption")
    assert rows["test"]
    board(cli, out, tmp_path / "r")


def test_warm(converted, cli, toy, tmp_path):
    out = tmp_path / "warm.json"
    done = converted("warm", toy, "--out", out)
    assert done.exit_code == 0, done.output
    assert "users_tested: 6" in done.stdout
    assert f"written: {out}" in done.stderr
    assert len(json.loads(out.read_text())["test"]) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("amazon", "gone.jsonl", "--out", "o.json"), "gone.jsonl: no such file"),
        (("warm", "gone.json", "--out", "o.json"), "gone.json: no such file"),
        (("amazon", "x.jsonl"), "Missing option '--out'"),
        (("amazon", "x.jsonl", "--out", "o.json", "--min-words", "-1"), "not in the range"),
        (("amazon", "x.jsonl", "--out", "o.json", "--split", "random"), "not one of"),
        (
            ("yelp", "--reviews", "r", "--photos", "p", "--category", "Bars", "--out", "o.json"),
            "--category needs --businesses",
        ),
        (
            ("yelp", "--reviews", "r", "--photos", "p", "--min-similarity", "2", "--out", "o.json"),
            "min_similarity must be in 0 to 1",
        ),
        (("yelp", "--reviews", "r", "--photos", "p", "--out", "o.json"), "p: no such file"),
    ],
)
def test_user_errors(converted, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = converted(*arguments)
    assert done.exit_code == 2
    assert words in done.output
    assert not list(tmp_path.iterdir())


def test_broken_lines_are_shown(converted, amazon):
    text = amazon.read_text().splitlines()
    text[4] = text[4].replace('"rating": 5.0', '"rating": "five"')
    amazon.write_text("\n".join(text))
    out = amazon.parent / "o.json"
    done = converted("amazon", amazon, "--out", out)
    assert "line 5, field 'rating': must be a number" in done.stdout
    done = converted("amazon", amazon, "--out", out, "--max-broken", "0")
    assert done.exit_code == 2
    assert "line 5, field 'rating': must be a number" in done.output


def test_help_has_examples(converted):
    text = converted("--help").output
    assert "showcase-bench data convert yelp" in text
    for verb in ("amazon", "yelp", "warm"):
        assert verb in text
        assert converted(verb, "--help").exit_code == 0
