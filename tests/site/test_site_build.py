import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from showcase_bench.errors import DataError, UsageError
from showcase_bench.evaluate.runs.compatible import newest
from showcase_bench.leaderboard import build_board
from showcase_bench.metrics import parse_metric
from showcase_bench.site import build_site
from showcase_bench.site.audit_view import read_audit
from showcase_bench.site.card_view import read_blocks
from showcase_bench.site.contents import Contents
from showcase_bench.site.pages import POLICY
from showcase_bench.site.pairs import _not_less, write_pairs
from showcase_bench.site.scores import example_values, shown_values
from showcase_bench.site.thumbnails import short_id
from showcase_bench.types import NoProgress
from tests.site.site_world import ATTACKS, LONG, run_world
from tests.site.test_site_chunks import unpack


def files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def chunk(folder, key):
    data = (folder / "data" / f"{key}.js").read_bytes()
    if data.startswith(b"showcaseSite.unpack"):
        found, value = unpack(data)
    else:
        found, value = json.loads(f"[{data.decode().removeprefix('showcaseSite.receive(')[:-3]}]")
    assert found == key
    return value


def test_equal_runs_give_equal_bytes_in_whatever_order(world_site, tmp_path):
    runs = world_site.runs[::-1]
    again = build_site(runs, world_site.workspace, tmp_path / "site", NoProgress())
    assert files(tmp_path / "site") == files(world_site.folder)
    assert replace(again, folder=world_site.folder) == world_site.site


def test_sizes_are_those_of_the_files(world_site):
    site, folder = world_site.site, world_site.folder
    photos = list((folder / "images").iterdir())
    others = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "images"]
    assert (site.photos, site.photo_bytes) == (len(photos), sum(p.stat().st_size for p in photos))
    assert (site.files, site.bytes) == (len(others), sum(p.stat().st_size for p in others))
    assert site.unreadable == 1
    assert sum(p.stat().st_size for p in folder.glob("assets/**/*") if p.is_file()) < 120_000


def test_no_page_has_script_or_style_of_its_own(world_site):
    pages = list(world_site.folder.glob("*.html"))
    assert {page.stem for page in pages} == {
        "index",
        "compare",
        "examples",
        "runs",
        "data",
        "methods",
    }
    for page in pages:
        text = page.read_text()
        assert POLICY in text.replace("&#39;", "'")
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://|javascript:", text)
        for address in re.findall(r'(?:src|href)="([^"#]*)', text):
            assert not address or (world_site.folder / address).is_file(), address


def test_scripts_never_read_html_nor_fetch(world_site):
    for script in world_site.folder.glob("assets/**/*.js"):
        text = script.read_text()
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ):
            assert word not in text, (script.name, word)
        assert len(text.splitlines()) < 300


def test_data_hold_nothing_that_a_page_could_run(world_site):
    for path in world_site.folder.glob("data/**/*.js"):
        data = path.read_bytes()
        assert data.isascii()
        assert not set(data) & set(b"<>&")
        assert re.fullmatch(
            rb"[a-z]+(/[0-9]+)*\.js", bytes(path.relative_to(world_site.folder / "data"))
        )


def test_showcases_come_back_from_their_chunks(world_site):
    folder, examples = world_site.folder, list(world_site.workspace.scored_split.examples())
    systems = chunk(folder, "site")["systems"]
    by_label = {run.record.label: run for run in newest(world_site.runs)}
    shown = chunk(folder, "examples/0")
    places = chunk(folder, "places/0")
    for number, system in enumerate(systems):
        found = chunk(folder, f"showcases/{number}/0/0")
        for at, one in enumerate(by_label[system["label"]].predictions()):
            word, example = found["words"][at], shown[at]
            text = {-1: None, -2: examples[at].gold.texts[0]}.get(word)
            assert (text if word < 0 else found["texts"][word]) == one.text
            photos = [*places[example["place"]][1], *example["extra"], *example["outside"]]
            assert [photos[i][0] for i in found["photos"][at]] == [*map(short_id, one.image_ids)]
            assert {photos[i][0] for i in example["gold"]} == {
                *map(short_id, examples[at].gold.image_ids)
            }


def test_all_seeds_are_written_and_equal_answers_once(world_site, tmp_path):
    runs = run_world(world_site.workspace, tmp_path / "results", seeds=(0, 1, 2))
    site = build_site(runs, world_site.workspace, tmp_path / "site", NoProgress(), all_seeds=True)
    for number, system in enumerate(chunk(site.folder, "site")["systems"]):
        made = [run.predictions() for run in runs if run.record.label == system["label"]]
        assert system["seeds"] == [0, 1, 2]
        assert [made[at] for at in system["shown"]] == made
        for kind in ("showcases", "scores"):
            written = {one.name for one in (site.folder / "data" / kind / str(number)).iterdir()}
            assert written == {str(at) for at in system["shown"]}
    shown = {one["label"]: one["shown"] for one in chunk(site.folder, "site")["systems"]}
    assert (shown["popular"], shown["random"]) == ([0, 0, 0], [0, 1, 2])
    alone = chunk(world_site.folder, "site")["systems"]
    assert {tuple(system["shown"]) for system in alone} == {(0,)}


def test_scores_are_rounded_as_pages_show_them():
    values = np.array([0.12345, 1.2345, 12.345, 123.45, 1234.0, -0.00001, 0.5, 2.0, np.nan, 0.0])
    assert shown_values(values) == [0.123, 1.23, 12.3, 123, 1234, 0, 0.5, 2, None, 0]
    assert shown_values(np.array([1.2345e-5, 9e-8, -3e-6])) == [1.23e-5, 1e-7, -3e-6]
    assert shown_values(np.array([np.nan, 0.0])) == [None, 0]
    assert shown_values(np.array([])) == []


def test_a_p_value_stays_on_its_side():
    found = [_not_less(p) for p in (0.05, 0.050001, 0.049999, 1.0, 0.0, None)]
    assert found == [0.05, 0.0501, 0.05, 1.0, 0.0, None]


def test_ids_of_photos_keep_both_ends():
    assert short_id("AF1QipkwUMmXxut2dJMkRnqne4LFL_fJO03mEki5rTYg") == "AF1Qip…mEki5rTYg"
    assert short_id("photo-0000000017") == "photo-0000000017"


def test_a_photo_that_cannot_be_read_has_a_reason_and_no_file(world_site):
    entries = [one for _, photos in chunk(world_site.folder, "places/0") for one in photos]
    (lost,) = [one for one in entries if not one[1]]
    assert lost[0] == "AF1Qip000007"
    assert lost[2]
    for one in entries:
        if one[1]:
            assert (world_site.folder / "images" / f"{one[1]}.jpg").is_file()


def test_scores_of_examples_are_those_of_the_metric(world_site):
    contents = Contents.of(build_board(world_site.runs), world_site.runs, world_site.workspace)
    for number, system in enumerate(contents.systems):
        stored = system.runs[0].table()
        written = chunk(world_site.folder, f"scores/{number}/0/0")
        found = example_values(system.runs[0], contents.metrics)
        assert {str(at) for at in found} == set(written)
        for at, values in found.items():
            metric = parse_metric(contents.metrics[at].column.signature)
            for example, value in enumerate(values):
                expected = float(metric.score(stored.statistics[metric.signature][example]))
                assert (value is None) == np.isnan(expected)
                if value is not None:
                    assert value == pytest.approx(expected, rel=5.1e-3, abs=5.1e-4)
    assert not any(
        metric.metric.kind == "set" and str(at) in written
        for at, metric in enumerate(contents.metrics)
    )


def test_the_board_has_the_numbers_of_the_leaderboard(world_site):
    board, site = chunk(world_site.folder, "board"), chunk(world_site.folder, "site")
    for section, expected in zip(
        board["sections"], build_board(world_site.runs).sections, strict=True
    ):
        assert [site["metrics"][at]["name"] for at in section["metrics"]] == [
            column.name for column in expected.columns
        ]
        for row, one in zip(section["rows"], expected.rows, strict=True):
            assert site["systems"][row["system"]]["label"] == one.model
            assert row["letters"] == one.letters
            assert row["rank"] == (None if one.rank is None else list(one.rank))
            for score, column in zip(row["scores"], expected.columns, strict=True):
                value = one.scores[column.name].value
                assert (score is None) == (value is None)
                if score is not None:
                    assert score[0] == pytest.approx(value, rel=1e-4, abs=1e-12)


class Kept:
    def __init__(self):
        self.chunks = {}

    def packed(self, key, value):
        self.chunks[key] = value


def test_pairs_of_many_systems_are_left_out_and_said_to_be(world_site):
    contents = Contents.of(build_board(world_site.runs), world_site.runs, world_site.workspace)
    writer = Kept()
    told = write_pairs(contents, writer, NoProgress(), most=3)
    assert (told["offered"], told["most"], writer.chunks) == (False, 3, {})


def test_runs_of_other_data_or_protocol_are_refused(world_site, tmp_path):
    for change in ({"data_sha256": "0" * 64}, {"split": "val"}):
        runs = [
            replace(run, record=replace(run.record, inputs=replace(run.record.inputs, **change)))
            for run in world_site.runs
        ]
        with pytest.raises(UsageError, match="was made with another"):
            build_site(runs, world_site.workspace, tmp_path / "site", NoProgress())
    with pytest.raises(UsageError, match="no run"):
        build_site([], world_site.workspace, tmp_path / "site", NoProgress())
    assert not (tmp_path / "site").exists()


def test_long_texts_are_kept_whole(world_site):
    showcases = [chunk(world_site.folder, f"showcases/{number}/0/0") for number in range(8)]
    texts = {text for one in showcases for text in one["texts"]}
    assert LONG in texts
    assert set(ATTACKS[1:5]) <= texts


def test_markdown_of_the_card_is_read_back():
    heading, words, table, items = read_blocks(
        "## Head\n\nSome `code`\nand words.\n\n| a | b |\n|---|---:|\n| x | `1` |\n\n- one\n- two\n"
    )
    assert (heading.kind, heading.label) == ("h2", "Head")
    assert [(piece.text, piece.code) for piece in words.lines[0]] == [
        ("Some ", False),
        ("code", True),
        (" and words.", False),
    ]
    assert table.numeric == (False, True)
    assert table.rows[0][1][0].text == "1"
    assert len(items.lines) == 2


def test_what_is_no_audit_is_refused(tmp_path):
    path = tmp_path / "audit.json"
    for text in ("{", "[]", '{"schema": 99}', '{"schema": 1}'):
        path.write_text(text)
        with pytest.raises(DataError, match="not an audit of this version"):
            read_audit(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_audit(tmp_path / "nowhere.json")
