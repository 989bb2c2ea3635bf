from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from statistics import fmean, median
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from showcase_bench.datasets import SplitPolicy, card_markdown, data_card, load_dataset
from showcase_bench.datasets.card.histograms import EDGES, bin_labels, histogram
from showcase_bench.datasets.card.near_duplicates import PhotoPrint
from showcase_bench.datasets.card.paper import compare_with_paper, paper_version
from showcase_bench.datasets.card.photos import near_duplicate_report
from showcase_bench.datasets.card.plots import TITLES, write_plots
from showcase_bench.errors import MissingDependencyError, UsageError
from showcase_bench.types import NoProgress

POLICIES = (
    SplitPolicy(k=2),
    SplitPolicy(mask_history=False),
    SplitPolicy(history_limit=0),
    SplitPolicy(history_limit=2, mask_history=False, k=1),
    SplitPolicy(pool="cross", distractors=3),
    SplitPolicy(pool="cross", distractors=1000, k=5),
)


def random_file(seed):
    """Rows with everything in them: shared users and photos, answers, repeats, empties."""
    rng = np.random.default_rng(seed)
    texts = [f"text {i} " + "word " * int(rng.integers(0, 30)) for i in range(40)] + ["", " \n"]

    def row():
        user, business = (f"{kind}{rng.integers(9)}" for kind in "ub")
        return {
            "user_id": user,
            "business_id": business,
            "rating": [None, 1, 4.5][rng.integers(3)],
            "review_text": texts[rng.integers(len(texts))],
            "pics": [{"id": f"p{i}"} for i in sorted(set(rng.integers(0, 70, rng.integers(4))))],
            "history_reviews": [
                [f"{user}_b{rng.integers(20)}", texts[rng.integers(len(texts))]]
                for _ in range(rng.integers(0, 6))
            ],
        }

    sizes = {"train": 60, "val": 0, "test": 35}
    return {name: [row() for _ in range(n)] for name, n in sizes.items()}


def by_examples(dataset, policy):
    """The same facts from the examples that models get, by the shortest code."""
    built = {
        name: [
            (rows.example(i), rows.masks(i)) for rows in [dataset.examples(name, policy)]
            for i in range(len(rows))
        ]
        for name in dataset.split_names
    }  # fmt: skip
    seen = {one for example, _ in built["train"] for one in example.gold.image_ids}
    users = {example.query.user_id for example, _ in built["train"]}
    texts = {" ".join(example.gold.texts[0].split()) for example, _ in built["train"]} - {""}
    facts = {}
    for name, rows in built.items():
        pools = [example.query.pool for example, _ in rows]
        golds = [example.gold.image_ids for example, _ in rows]
        shown = [len(example.query.history) for example, _ in rows]
        facts[name] = {
            "pool": [len(pool) for pool in pools],
            "gold": [len(gold) for gold in golds],
            "history": shown,
            "words": [len(example.gold.texts[0].split()) for example, _ in rows],
            "given": sum(len(masks) for _, masks in rows),
            "answers": sum(
                mask.name in ("OWN", "BY_ID", "BY_TEXT") for _, ms in rows for mask in ms
            ),
            "rows_masked": sum(any(mask > 1 for mask in masks) for _, masks in rows),
            "unseen": sum(one not in seen for pool in pools for one in pool),
            "gold_unseen": sum(one not in seen for gold in golds for one in gold),
            "known": sum(example.query.user_id in users for example, _ in rows),
            "repeated": sum(" ".join(e.gold.texts[0].split()) in texts for e, _ in rows),
            "pairs": len({(e.query.user_id, e.query.business_id) for e, _ in rows}),
            "no_choice": sum(
                len(pool) <= min(policy.k, len(gold))
                for pool, gold in zip(pools, golds, strict=True)
            ),
        }
    return facts


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_card_says_what_the_examples_are(tmp_path, policy, seed):
    path = tmp_path / "random.json"
    path.write_text(json.dumps(random_file(seed)), encoding="utf-8")
    dataset = load_dataset(path, cache_dir=tmp_path / "cache")
    card = data_card(dataset, policy, decode=False)
    for name, want in by_examples(dataset, policy).items():
        found = card["splits"][name]
        if not want["pool"]:
            assert found["pool"]["mean"] is None
            continue
        assert found["pool"] == {
            "min": min(want["pool"]),
            "median": median(want["pool"]),
            "mean": pytest.approx(fmean(want["pool"])),
            "max": max(want["pool"]),
        }
        assert found["gold_photos"]["mean"] == pytest.approx(fmean(want["gold"]))
        assert found["rows_without_photos"] == want["gold"].count(0)
        assert found["pools_smaller_than_k"] == sum(n < policy.k for n in want["pool"])
        assert found["pools_without_choice"] == want["no_choice"]
        assert found["history"]["mean_shown"] == pytest.approx(fmean(want["history"]))
        assert found["history"]["rows_without"] == want["history"].count(0)
        assert found["history"]["texts"] == want["given"]
        assert found["answers_in_history"]["texts"] == want["answers"]
        assert found["answers_in_history"]["rows"] == want["rows_masked"]
        assert found["unseen_photos"]["pool_items"] == sum(want["pool"])
        assert found["unseen_photos"]["unseen_pool_items"] == want["unseen"]
        assert found["unseen_photos"]["unseen_gold_items"] == want["gold_unseen"]
        if name != "train":
            assert found["texts_of_training_rows"] == want["repeated"] > 0
        assert found["rows_with_user_in_train"] == want["known"]
        assert found["rows"] - found["repeated_user_business_pairs"] == want["pairs"]
        for kind, drawn in found["distributions"].items():
            assert sum(drawn["counts"]) == found["rows"]
            for low, high, n in zip(
                drawn["edges"], [*drawn["edges"][1:], 10**9], drawn["counts"], strict=True
            ):
                assert n == sum(low <= value < high for value in want[kind]), (kind, low)


@given(st.sampled_from(sorted(EDGES)), st.lists(st.integers(0, 10**6)))
def test_a_histogram_puts_every_value_into_the_bin_that_holds_it(kind, values):
    found = histogram(kind, values)
    assert found["edges"] == sorted(set(found["edges"]))
    assert found["edges"][0] == 0
    expected = Counter(max(edge for edge in found["edges"] if edge <= one) for one in values)
    assert found["counts"] == [expected[edge] for edge in found["edges"]]


def test_bins_have_names():
    assert bin_labels((0, 1, 2, 6, 10)) == ["0", "1", "2–5", "6–9", "10+"]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("filter_all_t", "s2"), ("gest_like", "s2"), ("GEST-s1", "s1"), ("gest-selection", "s1"),
        ("image_review_all", "raw"), ("gest raw", "raw"), ("mini", None), ("digest", None),
        ("suggest-s1", None), ("", None), ("gestures", None),
    ],
)  # fmt: skip
def test_the_name_tells_which_gest_it_is(name, version):
    assert paper_version(name) == version


def test_sizes_beside_the_papers(toy, tmp_path):
    dataset = load_dataset(toy, cache_dir=tmp_path / "c")
    card = data_card(dataset, SplitPolicy(), decode=False, compare="s1")
    sizes = card["paper"]["sizes"]
    assert sizes["users"] == {
        "here": 6, "raw": 1_010_511, "s1": 119_086, "s2": 36_996, "share": 6 / 119_086,
    }  # fmt: skip
    assert sizes["reviews"]["here"] == 24
    assert sizes["images"]["here"] == 36
    assert "| users | 6 | 1,010,511 | 119,086 | 36,996 | 0.0 % |" in card_markdown(card)
    assert data_card(dataset, SplitPolicy(), decode=False, compare="none")["paper"] is None
    with pytest.raises(UsageError, match="Did you mean 's2'"):
        data_card(dataset, SplitPolicy(), decode=False, compare="s3")
    nothing = dict.fromkeys(("images", "reviews", "users", "businesses"), 0) | {"mean_words": None}
    assert compare_with_paper(nothing, "s2")["sizes"]["mean_words"]["share"] is None


def test_every_trap_has_number_policy_and_switch(toy, tmp_path):
    dataset = load_dataset(toy, cache_dir=tmp_path / "c")
    card = data_card(dataset, SplitPolicy())
    traps = {one["name"]: one for one in card["traps"]}
    assert len(traps) == len(card["traps"]) == 15
    for trap in traps.values():
        assert all(trap[key] for key in ("what", "policy", "switch", "unit"))
        for name in card["splits"]:
            assert trap["count"][name] is None or 0 <= trap["count"][name] <= trap["of"][name]
        assert trap["what"] in card_markdown(card)
    assert traps["answers_in_history"]["policy"] == "masked"
    assert traps["answers_in_history"]["count"]["test"] == 6 * 1
    assert traps["unknown_users"]["count"] == {"train": 0, "val": 0, "test": 0}
    other = data_card(dataset, SplitPolicy(mask_history=False, pool="cross"), decode=False)
    changed = {one["name"]: one for one in other["traps"]}
    assert changed["answers_in_history"]["policy"] == "shown"
    assert "--pool business" in changed["small_pools"]["switch"]
    assert "twins_in_pool" not in changed


def small_card(name="tiny", rows=(3, 0, 2)):
    splits = {
        split: {
            "rows": n,
            "distributions": {kind: histogram(kind, [i * i for i in range(n)]) for kind in EDGES},
        }
        for split, n in zip(("train", "val", "test"), rows, strict=True)
    }
    return {"name": name, "policy": {"k": 3}, "splits": splits}


def test_plots_are_pictures_with_the_same_bytes_each_time(tmp_path, monkeypatch):
    import matplotlib

    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    settings = sorted(set(matplotlib.rcParams) - {"backend"})  # Asking for it imports pyplot.
    before = [matplotlib.rcParams[name] for name in settings]
    files = write_plots(small_card(), tmp_path / "a" / "b")
    assert [path.name for path in files] == [f"{k}.{s}" for k in TITLES for s in ("png", "svg")]
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "x"}):
        again = write_plots(small_card(), tmp_path / "c")
    for one, two in zip(files, again, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name
    assert [matplotlib.rcParams[name] for name in settings] == before
    assert "matplotlib.pyplot" not in sys.modules
    assert sorted(path.name for path in files[0].parent.iterdir()) == sorted(p.name for p in files)
    third = write_plots(small_card(rows=(3, 0, 9)), tmp_path / "d")
    for one, two in zip(files, third, strict=True):
        assert one.read_bytes() != two.read_bytes(), one.name
    for path in files:
        if path.suffix == ".svg":
            text = path.read_text(encoding="utf-8")
            assert ElementTree.fromstring(text).tag.endswith("svg")
            assert "<dc:date>" not in text
        else:
            with Image.open(path) as picture:
                picture.load()
                assert picture.width > 900
                assert picture.info.get("Software") is None


@pytest.mark.parametrize("name", ["$x^ {", "\ud800 <b>&\n", "店" * 50])
@pytest.mark.filterwarnings("error")
def test_plots_of_any_name_and_of_no_rows(tmp_path, name):
    for path in write_plots(small_card(name, rows=(0, 0, 0)), tmp_path):
        if path.suffix == ".svg":
            ElementTree.fromstring(path.read_text(encoding="utf-8"))


def test_plots_without_matplotlib_and_without_a_place(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_plots(small_card(), tmp_path / "file")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"showcase-bench\[plots\]"):
        write_plots(small_card(), tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_card_command_with_plots(cli, toy, tmp_path):
    out, plots = tmp_path / "o" / "CARD.md", tmp_path / "my plots"
    done = cli("data", "card", "--data", toy, "--no-decode", "--out", out, "--plots", plots)
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    for kind, title in TITLES.items():
        assert f"![{title}](../my%20plots/{kind}.svg)" in text
        assert (plots / f"{kind}.png").stat().st_size > 1000
    assert "![" not in cli("data", "card", "--data", toy, "--no-decode").stdout


def test_card_command_compares(cli, toy):
    card = json.loads(
        cli("data", "card", "--data", toy, "--no-decode", "--compare", "raw", "--json").stdout
    )
    assert card["paper"]["version"] == "raw"
    assert cli("data", "card", "--data", toy, "--compare", "s9").exit_code == 2


class Twins:
    """Photos by description: the same number is the same picture."""

    key = "twins"

    def __init__(self, pictures):
        self.pictures = pictures

    def load(self, image_id):
        number, step = self.pictures[image_id]
        small = np.random.default_rng(abs(number)).integers(0, 200, (8, 8, 3), dtype=np.uint8)
        if number < 0:
            small[:] = 120
        return (np.kron(small, np.ones((9, 9, 1))) + step).astype(np.uint8)


def alike_file(rows):
    return {
        split: [
            {
                "user_id": f"{split}{i}",
                "business_id": business,
                "review_text": f"{split} {i}",
                "pics": [{"id": one} for one in pics],
                "history_reviews": [],
            }
            for i, (business, pics) in enumerate(some)
        ]
        for split, some in rows.items()
    }


def test_alike_photos_are_counted_where_they_matter(tmp_path):
    rows = {
        "train": [("b", ["t1", "t2"]), ("c", ["t3", "t4"])],
        "test": [
            ("b", ["same1", "near2"]),  # t1 and t2 are in this pool
            ("c", ["alone", "burst"]),  # gold alike among themselves only
            ("d", ["far3", "shared"]),  # alike t3, which is in another pool
            ("d", ["shared"]),
            ("e", ["flat", "gone"]),
        ],
    }
    pictures = {
        "t1": (1, 0), "t2": (2, 0), "t3": (3, 0), "t4": (-1, 0), "same1": (1, 0), "near2": (2, 1),
        "alone": (5, 0), "burst": (5, 2), "far3": (3, 2), "shared": (6, 0), "flat": (-1, 0),
    }  # fmt: skip

    class Some(Twins):
        def load(self, image_id):
            from showcase_bench.errors import ImageError

            if image_id == "gone":
                raise ImageError(image_id, "no file")
            return super().load(image_id)

    pictures_of = Some(pictures)
    pictures_of.pictures["flat"] = pictures_of.pictures["t4"] = (7, 0)
    path = tmp_path / "alike.json"
    path.write_text(json.dumps(alike_file(rows)), encoding="utf-8")
    dataset = load_dataset(path, cache_dir=tmp_path / "c", images=pictures_of)
    card = data_card(dataset, SplitPolicy())
    alike = card["photos"]["near_duplicates"]
    assert (alike["same_pixels"], alike["near"], alike["blank"]) == (4, 6, 0)
    test = alike["splits"]["test"]
    assert (test["in_train"]["same_pixels"], test["in_train"]["near"]) == (2, 2)
    assert test["in_train"]["first"] == [
        {"photo": "flat", "like": "t4", "bits": 0},
        {"photo": "same1", "like": "t1", "bits": 0},
        {"photo": "far3", "like": "t3", "bits": 0},
        {"photo": "near2", "like": "t2", "bits": 0},
    ]
    assert test["in_pool"] == {
        "same_pixels": 1, "near": 1, "rows": 1,
        "first": [
            {"row": "test0_b", "photo": "near2", "like": "t2", "bits": 0},
            {"row": "test0_b", "photo": "same1", "like": "t1", "bits": 0},
        ],
    }  # fmt: skip
    train = alike["splits"]["train"]
    assert train["in_train"] is None
    assert (train["in_pool"]["same_pixels"], train["in_pool"]["near"]) == (1, 1)
    text = card_markdown(card)
    assert "| like a training photo, same pixels | – | 0 | 2 |" in text
    assert "`near2` and `t2` (distance 0)" in text
    cross = data_card(dataset, SplitPolicy(pool="cross", distractors=99))
    everywhere = cross["photos"]["near_duplicates"]["splits"]["test"]["in_pool"]
    assert (everywhere["same_pixels"], everywhere["near"]) == (2, 2)


def test_alike_agrees_with_all_pairs(tmp_path):
    rng = np.random.default_rng(4)
    ids = [f"p{i:03d}" for i in range(120)]
    pictures = {one: (int(rng.integers(-3, 40)), int(rng.integers(0, 2))) for one in ids}
    rows = {
        split: [
            (f"b{rng.integers(5)}", [str(x) for x in rng.choice(ids, 3, replace=False)])
            for _ in range(30)
        ]
        for split in ("train", "test")
    }
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(alike_file(rows)), encoding="utf-8")
    dataset = load_dataset(path, cache_dir=tmp_path / "c", images=Twins(pictures))
    policy = replace(SplitPolicy(), k=2)
    found = data_card(dataset, policy)["photos"]["near_duplicates"]["splits"]["test"]

    bytes_of = {one: Twins(pictures).load(one).tobytes() for one in ids}

    def relation(a, b):
        if bytes_of[a] == bytes_of[b]:
            return "same_pixels"
        same_scene = pictures[a][0] == pictures[b][0] and pictures[a][0] >= 0
        return "near" if same_scene else None

    train = {one for _, pics in rows["train"] for one in pics}
    expected = Counter()
    for one in {one for _, pics in rows["test"] for one in pics}:
        kinds = {relation(one, other) for other in train - {one}}
        expected[
            "same_pixels" if "same_pixels" in kinds else "near" if "near" in kinds else ""
        ] += 1
    for kind in ("same_pixels", "near"):
        assert found["in_train"][kind] == expected[kind] > 0
    builder = dataset.examples("test", policy)
    pools = Counter()
    for example in (builder.example(i) for i in range(len(builder))):
        for one in example.gold.image_ids:
            others = set(example.query.pool) - set(example.gold.image_ids)
            kinds = {relation(one, other) for other in others}
            pools[
                "same_pixels" if "same_pixels" in kinds else "near" if "near" in kinds else ""
            ] += 1
    for kind in ("same_pixels", "near"):
        assert found["in_pool"][kind] == pools[kind] > 0


@pytest.mark.parametrize("seed", range(4))
def test_the_report_agrees_with_all_pairs_of_hashes(tmp_path, seed):
    """Hashes some bits apart, several photos of one hash, equal pixels, photos without a hash."""
    rng = np.random.default_rng(seed)
    ids = [f"p{i:03d}" for i in range(150)]
    prints = {}
    for one in ids[:-5]:  # The last five cannot be read.
        centre = 0x9E3779B97F4A7C15 * int(rng.integers(1, 40)) % 2**64
        for place in rng.choice(64, rng.integers(0, 6), replace=False):
            centre ^= 1 << int(place)
        code = None if rng.random() < 0.1 else centre
        exact = b"shared" if rng.random() < 0.05 else one.encode()
        prints[one] = PhotoPrint(exact, code)
    rows = {
        split: [
            (f"b{rng.integers(6)}", [str(x) for x in rng.choice(ids, 2, replace=False)])
            for _ in range(25)
        ]
        for split in ("train", "val", "test")
    }
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(alike_file(rows)), encoding="utf-8")
    dataset = load_dataset(path, cache_dir=tmp_path / "c", images=Twins({}))
    gold = {name: {one for _, pics in some for one in pics} for name, some in rows.items()}
    report = near_duplicate_report(
        dataset, SplitPolicy(), SimpleNamespace(prints=prints), gold, 6, NoProgress()
    )

    def kind(one, others):
        """Whether any of the others has the pixels of a photo, or else is near it."""
        others = [prints[other] for other in others if other != one and other in prints]
        if one not in prints:
            return ""
        exact, code = prints[one]
        if any(other.exact == exact for other in others):
            return "same_pixels"
        codes = [other.perceptual for other in others if other.perceptual is not None]
        near = code is not None and any((code ^ other).bit_count() <= 6 for other in codes)
        return "near" if near else ""

    for name in ("val", "test"):
        found = report["splits"][name]
        expected = Counter(kind(one, gold["train"]) for one in gold[name])
        pools = Counter()
        builder = dataset.examples(name, SplitPolicy())
        for example in (builder.example(i) for i in range(len(builder))):
            own = set(example.gold.image_ids)
            pools.update(kind(one, set(example.query.pool) - own) for one in own)
        for what in ("same_pixels", "near"):
            assert found["in_train"][what] == expected[what]
            assert found["in_pool"][what] == pools[what]
        assert expected["near"] > 0
    overall = Counter(kind(one, prints) for one in prints)
    assert (report["same_pixels"], report["near"]) == (overall["same_pixels"], overall["near"])
    assert report["blank"] == sum(one.perceptual is None for one in prints.values())
