from __future__ import annotations

import hashlib
import io
import json
import re

import pytest
from fetch_server import quick, serve, serving, status
from PIL import Image

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.fetch import FetchError, gest, get_gest
from showcase_bench.datasets.fetch.photo_urls import photo_urls
from showcase_bench.errors import DataError, UsageError


def photo(number):
    out = io.BytesIO()
    Image.new("RGB", (4, 4), (number, 9, 9)).save(out, "JPEG", quality=95)
    return out.getvalue()


def row(user, pics):
    return {"user_id": user, "business_id": "b", "review_text": "Good.", "pics": pics}


@pytest.fixture
def server():
    with serving() as found:
        yield found


@pytest.fixture
def mirror(server):
    """A copy of GEST with four photos, one of them gone; and its address."""
    rows = {
        "train": [row("1", [{"id": "AF1QipAAbb1", "url": [f"{server.url}/photo/1=w150"]}])],
        "val": [row("2", [{"url": f"{server.url}/p/AF1QipAAbb2=w1"}])],
        "test": [
            row("3", [{"id": "AF1QipCCdd3", "url": ["data:x", "rel/3.jpg"]}]),
            row("4", [{"id": "AF1QipCCdd4", "url": [f"{server.url}/expired"]}]),
        ],
    }
    data = json.dumps(rows).encode()
    server.on("/gest/filter_all_t.json", serve(data, '"r1"'))
    server.on("/gest/image_review_all.json", serve(b'{"a": 1}\n{"a": 2}\n', '"raw"'))
    server.on("/gest/google-images.tar.gz", serve(b"\x1f\x8b\x08rest", None))
    server.on("/photo/1=w150", serve(photo(1), None))
    server.on("/p/AF1QipAAbb2=w1", serve(photo(2), None))
    server.on("/gest/rel/3.jpg", serve(photo(3), None))
    server.on("/expired", status(404))
    return f"{server.url}/gest"


def test_everything_at_once(server, mirror, tmp_path):
    out = tmp_path / "gest"
    found = get_gest(out, what=gest.WHAT, base_url=mirror, policy=quick())
    assert [one.name for one in found.files] == [
        "filter_all_t.json",
        "image_review_all.json",
        "google-images.tar.gz",
    ]
    assert all(one.downloaded for one in found.files)
    assert (found.images.fetched, found.images.gone) == (3, {"HTTP 404": 1})
    assert not found.complete
    data = load_dataset(out / "filter_all_t.json", cache_dir=tmp_path / "cache")
    for number, image_id in enumerate(("AF1QipAAbb1", "AF1QipAAbb2", "AF1QipCCdd3"), 1):
        assert abs(int(data.images.load(image_id)[0, 0, 0]) - number) < 4
    json.dumps(found.as_json())


def test_the_manifest_says_where_everything_came_from(mirror, tmp_path):
    get_gest(tmp_path, what=["reviews", "raw"], base_url=f"{mirror}/", policy=quick())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "2207.00422" in manifest["citation"]
    assert manifest["licence"]
    assert set(manifest["files"]) == {"filter_all_t.json", "image_review_all.json"}
    content = (tmp_path / "filter_all_t.json").read_bytes()
    entry = manifest["files"]["filter_all_t.json"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", entry.pop("time"))
    assert entry == {
        "url": f"{mirror}/filter_all_t.json",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "etag": '"r1"',
        "last_modified": None,
    }


def test_a_second_run_downloads_only_what_changed(server, mirror, tmp_path):
    def again():
        server.log.clear()
        found = get_gest(tmp_path, what=["reviews", "raw"], base_url=mirror, policy=quick())
        return {one.name: one.downloaded for one in found.files}

    again()
    assert again() == {"filter_all_t.json": False, "image_review_all.json": False}
    assert server.log == []
    path = tmp_path / "filter_all_t.json"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    assert again() == {"filter_all_t.json": True, "image_review_all.json": False}
    assert path.read_bytes() == content
    path.unlink()
    assert again()["filter_all_t.json"]
    for damage in ("", "{", "[]", '{"version": 1, "files": []}', '{"version": 9, "files": {}}'):
        (tmp_path / "manifest.json").write_text(damage)
        assert all(again().values())
    (tmp_path / "manifest.json").write_text('{"version": 1, "files": {"filter_all_t.json": 5}}')
    assert all(again().values())


def test_a_web_page_is_not_taken_for_the_file(server, mirror, tmp_path):
    server.on("/gest/filter_all_t.json", serve(b"<html>moved</html>"))
    with pytest.raises(FetchError, match=r"not what filter_all_t.json should be.*<html>moved"):
        get_gest(tmp_path, base_url=mirror, policy=quick())
    assert list(tmp_path.iterdir()) == []


def test_the_mirror_is_used_where_the_first_address_fails(server, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(gest, "MAIN", f"{server.url}/down/")
    monkeypatch.setattr(gest, "MIRROR", f"{mirror}/")
    found = get_gest(tmp_path, policy=quick())
    assert found.files[0].url == f"{mirror}/filter_all_t.json"
    server.on("/gest/filter_all_t.json", status(403))
    with pytest.raises(FetchError, match=r"/down/filter.*HTTP 404; .*/gest/filter.*HTTP 403"):
        get_gest(tmp_path / "other", policy=quick())


def test_what_was_begun_at_an_address_is_finished_there(server, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(gest, "MAIN", f"{mirror}/")
    monkeypatch.setattr(gest, "MIRROR", f"{server.url}/second/")
    data = b'{"train": []}' * 500
    server.on("/second/filter_all_t.json", serve(data, cut=1000))
    server.on("/gest/filter_all_t.json", status(404))
    with pytest.raises(FetchError, match="closed early"):
        get_gest(tmp_path, policy=quick(attempts=1))
    server.on("/second/filter_all_t.json", serve(data))
    server.on("/gest/filter_all_t.json", serve(b"{}"))
    get_gest(tmp_path, policy=quick())
    assert (tmp_path / "filter_all_t.json").read_bytes() == data
    assert server.asked("/second/filter_all_t.json")[-1]["Range"] == "bytes=1000-"


def test_what_was_begun_is_not_dropped_for_the_mirror(server, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(gest, "MAIN", f"{server.url}/first/")
    monkeypatch.setattr(gest, "MIRROR", f"{mirror}/")
    server.on("/first/filter_all_t.json", serve(b'{"train": []}' * 500, cut=1000))
    with pytest.raises(FetchError, match="closed early"):
        get_gest(tmp_path, policy=quick(attempts=1))
    assert (tmp_path / "filter_all_t.json.part").stat().st_size == 1000
    assert server.asked("/gest/filter_all_t.json") == []


def test_photos_of_strangers_are_not_asked_for(server, tmp_path):
    rows = {"test": [row("1", [{"id": "AF1QipZ", "url": "http://localhost:1/x"}])]}
    server.on("/filter_all_t.json", serve(json.dumps(rows).encode()))
    found = get_gest(tmp_path, what=["images"], base_url=server.url, policy=quick())
    assert list(found.images.failed) == [
        "the host localhost is not one that this data set's files come from"
    ]


@pytest.mark.parametrize("what", [[], ["review"], ["reviews", "all"]])
def test_what_there_is_not(tmp_path, what):
    with pytest.raises(UsageError, match="reviews"):
        get_gest(tmp_path / "x", what=what)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("url", ["", "file:///etc/", "example.org", "http://", "http://[x"])
def test_base_urls_that_are_none(tmp_path, url):
    with pytest.raises(UsageError, match="not an http or https address"):
        get_gest(tmp_path / "x", base_url=url)


# --- addresses of photos ------------------------------------------------------------------------


def test_ids_are_those_of_the_reader(tmp_path, toy):
    rows = json.loads(toy.read_text())
    pics = [
        {"id": " AF1QipX\0", "url": ["https://x.org/1"]},
        {"url": ["https://lh5.x.org/p/AF1QipToken_-1=w150"]},
        {"url": ["https://x.org/no-token.jpg"]},
        {"url": ["some/stem.jpg"]},
        {"id": "\ud800", "url": "https://x.org/2"},
    ]
    rows["test"].append(row("u", pics))
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(rows))
    urls, without = photo_urls(path, "https://base.org/d/")
    data = load_dataset(path, cache_dir=tmp_path / "cache", images_root=tmp_path)
    assert set(urls) == set(data.image_ids())
    assert without == 0
    assert urls["stem"] == "https://base.org/d/some/stem.jpg"
    assert urls["AF1Qip000000"] == "https://base.org/d/images/p0.png"


def test_photos_without_an_address_are_counted(tmp_path):
    pics = [
        {"id": "a"}, {"id": "b", "url": []}, {"id": "c", "url": ["ftp://x/y"]}, {}, 5, None,
        {"id": "d", "url": 7}, {"id": "e", "url": [7]}, {"id": 7, "url": "https://x.org/"},
        {"id": "f", "url": ["http://[x"]}, {"id": "g", "url": "https://x.org/g"},
    ]  # fmt: skip
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"train": [row("1", pics), 5, {"pics": "x"}, {}]}))
    urls, without = photo_urls(path, "https://base.org/")
    assert urls == {"g": "https://x.org/g"}
    assert without == 10


def test_a_broken_data_file(tmp_path):
    path = tmp_path / "f.json"
    path.write_text('{"train": [{"pics": ')
    with pytest.raises(DataError, match="truncated"):
        photo_urls(path, "https://base.org/")
    with pytest.raises(DataError, match="cannot be read"):
        photo_urls(tmp_path / "none.json", "https://base.org/")


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def command():
    from click.testing import CliRunner

    from showcase_bench.cli.data_get import command as get

    return lambda *arguments: CliRunner().invoke(get, [str(one) for one in arguments])


def test_command(command, server, mirror, tmp_path):
    done = command("gest", "--out", tmp_path, "--base-url", mirror, "--rate", "1000")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"filter_all_t\.json: [\d,]+ bytes, downloaded, sha256 [0-9a-f]{64}", done.output
    )
    assert "SIGIR 2023" in done.stderr
    done = command("gest", "--out", tmp_path, "--base-url", mirror, "--what", "reviews, images")
    assert done.exit_code == 1
    assert "already there" in done.output
    assert "4 wanted, 3 downloaded" in done.output
    assert "gone, HTTP 404: 1" in done.output
    server.on("/expired", serve(photo(9), None))
    again = ["gest", "--out", tmp_path, "--base-url", mirror, "--what", "images", "--json"]
    assert command(*again).exit_code == 1
    done = command(*again, "--retry-gone")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["complete"]
    assert found["images"]["present"] == 3
    assert found["images"]["fetched"] == 1
    assert found["files"][0]["downloaded"] is False


def test_command_downloads_where_the_tasks_look(command, mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOWCASE_BENCH_DATA", str(tmp_path / "data"))
    assert command("gest", "--base-url", mirror, "--rate", "1000").exit_code == 0
    assert (tmp_path / "data" / "gest" / "filter_all_t.json").is_file()


def test_command_errors(command, server, tmp_path):
    done = command("gest", "--out", tmp_path, "--base-url", server.url)
    assert isinstance(done.exception, FetchError)
    assert command("gest", "--out", tmp_path, "--rate", "0").exit_code == 2
    assert command("gest", "--out", tmp_path, "--jobs", "0").exit_code == 2
    help_text = command("gest", "--help").output
    assert "Examples:" in help_text
    assert "--retry-gone" in help_text
