"""What participants get tells no gold, no split and no order."""

import hashlib
import json
import re
import stat

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from showcase_bench.datasets.tasks import file_task
from showcase_bench.errors import UsageError
from showcase_bench.evaluate import Workspace, frame_of_workspace
from showcase_bench.sharing import ExportOptions, export_task, public_task, read_private
from showcase_bench.sharing.folders import list_files
from showcase_bench.sharing.leaks import find_leaks
from showcase_bench.sharing.names import Names
from showcase_bench.sharing.parts import divide
from tests.sharing.hidden_worlds import SALT, make_rows, review_text, write_rows


def everything(folder):
    """All bytes and all names of a folder."""
    names = "\n".join(list_files(folder)).encode()
    return b"\n".join([names, *((folder / name).read_bytes() for name in list_files(folder))])


def public_rows(folder):
    return json.loads((folder / "data.json").read_bytes())


def test_no_byte_tells_a_hidden_text(hidden_world):
    _, public, private, rows = hidden_world
    for form in (public, private):
        data = everything(form).lower()
        found = 0
        for user in range(len(rows["test"])):
            text = review_text(user, 2)
            for at in range(0, len(text) - 30, 15):
                fragment = text[at : at + 30]
                forms = (fragment, json.dumps(fragment)[1:-1], "  ".join(fragment.split(" ")))
                found += any(one.lower().encode() in data for one in forms)
        # The same search finds them where they are.
        assert (found == 0) if form is public else (found > 500)


def test_training_gold_is_there(hidden_world):
    _, public, _, rows = hidden_world
    shown = public_rows(public)
    assert [row["review_text"] for row in shown["train"]] == [
        row["review_text"] for row in rows["train"]
    ]
    assert all(row["pics"] for row in shown["val"])
    for row in shown["test"]:
        assert set(row) == {"review_id", "user_id", "business_id", "history_reviews"}


def test_no_original_name(hidden_world):
    _, public, _, rows = hidden_world
    data = everything(public)
    for row in (one for split in rows.values() for one in split):
        for name in (row["user_id"], row["business_id"], *(pic["id"] for pic in row["pics"])):
            assert not re.search(rb"\b" + name.encode() + rb"\b", data)
            assert f"{row['user_id']}_".encode() not in data
    assert SALT.encode() not in data
    assert b"images/n0" not in data


def test_gold_photos_are_nowhere_together(hidden_world):
    workspace, public, private, _ = hidden_world
    names = read_private(private).names
    shown = public_rows(public)
    claimed = {
        pic["id"] for split in ("train", "val") for row in shown[split] for pic in row["pics"]
    }
    pools = {pool["business_id"]: [pic["id"] for pic in pool["pics"]] for pool in shown["pools"]}
    adjacent = pairs = expected = 0.0
    for one in workspace.scored_split:
        gold = [names.photo(photo) for photo in one.gold.image_ids]
        pool = pools[names.business(one.query.business_id)]
        assert claimed.isdisjoint(gold)
        assert set(pool) == {names.photo(photo) for photo in one.query.pool}
        if len(gold) == 2:
            pairs += 1
            adjacent += abs(pool.index(gold[0]) - pool.index(gold[1])) == 1
            expected += 2 / len(pool)
    assert pairs == 30
    assert stats.binomtest(int(adjacent), int(pairs), expected / pairs).pvalue > 0.001


def test_place_of_gold_is_uniform(hidden_world):
    _, public, private, _ = hidden_world
    workspace, *_ = hidden_world
    names = read_private(private).names
    task = public_task(public)
    queries = {q.id: q for q in Workspace.open(task, places=workspace.places).queries}
    by_file = {
        pool["business_id"]: [pic["id"] for pic in pool["pics"]]
        for pool in public_rows(public)["pools"]
    }
    for listing in ("query", "file", "sorted ids"):
        places = []
        for one in workspace.scored_split:
            query = queries[names.review(one.query.id)]
            pool = {
                "query": list(query.pool),
                "file": by_file[query.business_id],
                "sorted ids": sorted(query.pool),
            }[listing]
            for photo in one.gold.image_ids:
                places.append((pool.index(names.photo(photo)) + 0.5) / len(pool))
        assert len(places) == 90
        assert stats.kstest(places, "uniform").pvalue > 0.001, listing


def test_files_tell_no_order(hidden_world):
    workspace, public, _, _ = hidden_world
    files = sorted((public / "images").iterdir())
    assert len(files) == len(workspace.dataset.image_ids()) == 270
    assert {file.stat().st_mtime for file in files} == {0.0}
    with Image.open(files[0]) as picture:
        picture.load()
        assert picture.info == {}


def test_rows_without_gold_are_in_the_order_of_their_ids(hidden_world):
    workspace, public, private, _ = hidden_world
    names = read_private(private).names
    ids = [row["review_id"] for row in public_rows(public)["test"]]
    assert ids == sorted(ids)
    original = [names.review(one.query.id) for one in workspace.scored_split]
    rank = stats.spearmanr([ids.index(one) for one in original], range(len(ids)))
    assert rank.pvalue > 0.001


def test_ids_do_not_depend_on_the_split(hidden_world, tmp_path):
    """The same rows in other splits, in another order, have the same ids."""
    workspace, public, _, _ = hidden_world
    rows = make_rows()
    turned = {"train": rows["test"][::-1], "val": rows["val"], "test": rows["train"]}
    other = Workspace.open(
        file_task(write_rows(tmp_path / "data", turned)), places=workspace.places
    )
    export_task(other, tmp_path / "pub", tmp_path / "priv", salt=SALT)
    before, after = public_rows(public), public_rows(tmp_path / "pub")
    assert {row["review_id"] for row in before["test"]} == {
        row["review_id"] for row in after["train"]
    }


def test_ids_cannot_be_made_without_the_salt(hidden_world):
    workspace, public, _, rows = hidden_world
    ids = {row["review_id"][1:] for split in rows for row in public_rows(public)[split]}
    assert len(ids) == 180
    assert {len(one) for one in ids} == {24}
    for split in rows:
        for row in rows[split]:
            key = f"{row['user_id']}_{row['business_id']}"
            for make in (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.blake2b):
                for text in (key, f"review\0{key}", f"{split}\0{key}"):
                    assert make(text.encode()).hexdigest()[:24] not in ids
    other = Names("5b" * 32)
    assert ids.isdisjoint(other.review(q.id)[1:] for q in workspace.queries)


def test_ids_look_alike_in_all_splits(hidden_world):
    _, public, private, _ = hidden_world
    shown = public_rows(public)
    values = {
        split: [int(row["review_id"][1:], 16) / 16**24 for row in shown[split]]
        for split in ("train", "val", "test")
    }
    assert stats.kruskal(*values.values()).pvalue > 0.001
    parts = divide_parts(hidden_world)
    names = read_private(private).names
    held, rest = (
        [int(names.review(one)[1:], 16) / 16**24 for one in parts[part]]
        for part in ("validation", "final")
    )
    assert (len(held), len(rest)) == (18, 42)
    assert stats.mannwhitneyu(held, rest).pvalue > 0.001


def divide_parts(hidden_world):
    private = read_private(hidden_world[2])
    ids = [query.id for query in hidden_world[0].queries]
    return divide(ids, private.cut, private.names)


def test_public_half_shows_models_what_the_original_shows(hidden_world):
    """Queries, training rows and photos are the original's under other names."""
    workspace, public, private, _ = hidden_world
    names = read_private(private).names
    shown = Workspace.open(public_task(public), places=workspace.places)
    for split in ("train", "val", "test"):
        found = {one.query.id: one for one in shown.split(split)}
        for one in workspace.split(split):
            other = found.pop(names.review(one.query.id))
            assert other.query.user_id == names.user(one.query.user_id)
            assert set(other.query.pool) == {names.photo(photo) for photo in one.query.pool}
            assert other.query.k == one.query.k
            past = zip(one.query.history, other.query.history, strict=True)
            for was, now in past:
                assert was.text == now.text
                assert now.rating == was.rating
                assert now.image_ids == tuple(names.photo(photo) for photo in was.image_ids)
                if was.business_id is not None:
                    assert now.business_id == names.business(was.business_id)
            if split != "test":
                assert other.gold.texts == one.gold.texts
        assert not found
    photo = workspace.dataset.image_ids()[3]
    np.testing.assert_array_equal(
        workspace.dataset.images.load(photo), shown.dataset.images.load(names.photo(photo))
    )


def test_public_half_has_nothing_to_score(hidden_world):
    workspace, public, _, _ = hidden_world
    shown = Workspace.open(public_task(public), places=workspace.places)
    with pytest.raises(UsageError, match="has no gold"):
        frame_of_workspace(shown)


def test_leaks_are_counted(hidden_world, tmp_path):
    """In a town with few visitors, most photos follow by exclusion; a repeated text is known."""
    workspace, *_ = hidden_world
    assert find_leaks(workspace, ExportOptions()).left_over == 0
    rows = make_rows(users=8, businesses=12)
    rows["test"][0]["review_text"] = rows["train"][0]["review_text"]
    rows["test"][1]["review_text"] = "Today again! " + rows["train"][1]["review_text"].upper()
    small = Workspace.open(file_task(write_rows(tmp_path / "data", rows)), places=workspace.places)
    leaks = find_leaks(small, ExportOptions())
    claimed = {
        photo
        for one in ("train", "val")
        for row in small.split(one)
        for photo in row.gold.image_ids
    }
    choices = [one for one in small.scored_split if len(one.query.pool) > len(one.gold.image_ids)]
    left = sum(set(one.query.pool) - claimed == set(one.gold.image_ids) for one in choices)
    assert left > 0
    assert (leaks.rows, leaks.with_choice, leaks.left_over) == (8, len(choices), left)
    assert (leaks.known_texts, leaks.shared_runs) == (1, 2)
    fewer = find_leaks(small, ExportOptions(validation="none"))
    assert fewer.left_over < left


def test_same_salt_same_bytes(hidden_world, tmp_path):
    workspace, public, private, _ = hidden_world
    options = ExportOptions(cut={"validation": 0.3})
    export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options, salt=SALT)
    assert everything(tmp_path / "pub") == everything(public)
    assert everything(tmp_path / "priv") == everything(private)


def test_private_half_is_the_owners(hidden_world):
    _, public, private, _ = hidden_world
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert {stat.S_IMODE((private / one).stat().st_mode) for one in list_files(private)} == {0o600}
    assert stat.S_IMODE(public.stat().st_mode) == 0o755


@pytest.mark.parametrize("validation", ["queries", "none"])
def test_validation_without_gold(hidden_world, tmp_path, validation):
    workspace, _, _, rows = hidden_world
    options = ExportOptions(photos="ids", validation=validation)
    report = export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options)
    data = everything(tmp_path / "pub")
    assert not any(row["review_text"].encode() in data for row in rows["val"])
    shown = public_rows(tmp_path / "pub")
    assert len(shown.get("val", ())) == (60 if validation == "queries" else 0)
    assert report.photos == 0
    assert not (tmp_path / "pub" / "images").exists()
    # Photos keep their ids, and all of them remain candidates.
    listed = {pic["id"] for pool in shown["pools"] for pic in pool["pics"]}
    assert listed == set(workspace.dataset.image_ids())


def test_refuses_to_overwrite_what_is_not_ours(hidden_world, tmp_path):
    workspace, *_ = hidden_world
    options = ExportOptions(photos="ids")
    (tmp_path / "pub").mkdir()
    precious = tmp_path / "pub" / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(UsageError, match="not an export"):
        export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options)
    assert precious.read_text() == "years of work"
    assert not (tmp_path / "priv").exists()
    precious.unlink()
    export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options)
    export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options)
    precious.write_text("put here later")
    with pytest.raises(UsageError, match="not an export"):
        export_task(workspace, tmp_path / "pub", tmp_path / "priv", options=options)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["priv", "pub"]


def test_refuses_links_and_nesting(hidden_world, tmp_path):
    workspace, *_ = hidden_world
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="not a folder"):
        export_task(workspace, tmp_path / "link", tmp_path / "priv")
    with pytest.raises(UsageError, match="must be apart"):
        export_task(workspace, tmp_path / "both", tmp_path / "both" / "private")
    assert list((tmp_path / "real").iterdir()) == []
