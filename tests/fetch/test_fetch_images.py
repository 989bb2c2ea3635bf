from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from fetch_server import quick, serve, serving, status
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from showcase_bench.datasets import FolderImages
from showcase_bench.datasets.fetch import FetchError, fetch_images, workers
from showcase_bench.datasets.fetch.durable import SaveError
from showcase_bench.datasets.fetch.journal import Journal, Outcome
from showcase_bench.datasets.fetch.layout import photo_path


def photo(number, kind="PNG", size=(3, 2)):
    out = io.BytesIO()
    Image.new("RGB", size, (number % 256, number // 256, 7)).save(out, kind)
    return out.getvalue()


def name(number):
    return f"AF1QipQ{number % 10}x{number % 7}{number:05d}"


@pytest.fixture
def server():
    with serving() as found:
        yield found


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "images"


def offer(server, number, start=0):
    """So many good photos, by id."""
    return {name(i): server.on(f"/{i}", serve(photo(i), None)) for i in range(start, number)}


def lines(folder):
    return [json.loads(one) for one in (folder / "fetch.jsonl").read_text().splitlines()]


def files(folder):
    return sorted(one for one in folder.rglob("*") if one.is_file() and one.name != "fetch.jsonl")


# --- the good case ------------------------------------------------------------------------------


def test_photos_arrive_where_the_folder_source_finds_them(server, folder):
    urls = offer(server, 30)
    found = fetch_images(urls, folder, policy=quick())
    assert (found.wanted, found.fetched, found.present) == (30, 30, 0)
    assert (found.gone, found.failed, found.complete) == ({}, {}, True)
    assert found.received == sum(len(photo(i)) for i in range(30))
    source = FolderImages(folder.parent, dict.fromkeys(urls))
    for i in range(30):
        np.testing.assert_array_equal(source.load(name(i))[0, 0], (i, 0, 7))
    assert len(files(folder)) == 30
    by_id = {one["id"]: one for one in lines(folder)}
    assert by_id[name(3)] == {
        "id": name(3),
        "status": "ok",
        "reason": "",
        "bytes": len(photo(3)),
        "sha256": hashlib.sha256(photo(3)).hexdigest(),
    }


def test_a_second_run_asks_for_nothing(server, folder):
    urls = offer(server, 5) | {name(5): server.on("/5", status(410))}
    fetch_images(urls, folder, policy=quick())
    server.log.clear()
    found = fetch_images(urls, folder, policy=quick())
    assert server.log == []
    assert (found.fetched, found.present, found.gone) == (0, 5, {"HTTP 410": 1})


def test_connections_are_reused_and_bounded(server, folder):
    ports = set()

    def noted(move):
        def wrapped(handler):
            ports.add(handler.client_address[1])
            handler.server.released.wait(0.01)
            move(handler)

        return wrapped

    urls = {name(i): server.on(f"/{i}", noted(serve(photo(i), None))) for i in range(40)}
    assert fetch_images(urls, folder, policy=quick(jobs=6, connections_per_host=3)).complete
    assert 1 <= server.busiest <= 3
    assert len(ports) <= 3


def test_nothing_to_do(folder):
    found = fetch_images({}, folder, policy=quick())
    assert found.complete
    assert found.wanted == 0


# --- what is not there --------------------------------------------------------------------------


def test_each_photo_has_its_own_fate(server, folder):
    urls = offer(server, 4)
    fates = {
        "gone404": [status(404)],
        "gone403": [status(403)],
        "gone410": [status(410)],
        "page": [serve(b"<html>not here</html>", None)],
        "empty": [serve(b"", None)],
        "half": [serve(photo(1, "JPEG", (64, 64))[:-30], None)],
        "bad": [status(400)],
        "down": [status(500)],
        "short": [serve(photo(2), None, cut=20)],
        "patience": [status(500), status(429, Retry_After="3"), serve(photo(9), None)],
        "cut": [serve(photo(8), None, cut=20), serve(photo(8), None)],
        "loop": [status(302, Location="/loop")],
        "file": [status(302, Location="file:///etc/passwd")],
    }
    urls |= {one: server.on(f"/{one}", *moves) for one, moves in fates.items()}
    found = fetch_images(urls, folder, policy=quick(attempts=3))
    assert found.fetched == 6
    assert found.gone == {"HTTP 403": 1, "HTTP 404": 1, "HTTP 410": 1}
    assert found.failed == {
        "HTTP 400": 1,
        "HTTP 500": 1,
        "more than 5 redirects": 1,
        "not an image": 1,
        "redirects to no web address": 1,
        "the file is empty": 1,
        "the server closed early": 1,
        "truncated": 1,
    }
    assert not found.complete
    assert len(files(folder)) == 6
    for one in ("gone404", "gone403", "gone410", "page", "bad"):
        assert len(server.asked(f"/{one}")) == 1


def test_failures_are_tried_again_and_the_gone_when_asked_to(server, folder):
    urls = {
        "a": server.on("/a", status(404), serve(photo(1), None)),
        "b": server.on("/b", serve(b"no photo", None), serve(photo(2), None)),
    }
    assert fetch_images(urls, folder, policy=quick()).fetched == 0
    again = fetch_images(urls, folder, policy=quick())
    assert (again.fetched, again.gone) == (1, {"HTTP 404": 1})
    last = fetch_images(urls, folder, policy=quick(), retry_gone=True)
    assert (last.fetched, last.present, last.complete) == (1, 1, True)
    assert len(server.asked("/a")) == len(server.asked("/b")) == 2


def test_a_photo_that_was_removed_or_cut_is_fetched_again(server, folder):
    urls = offer(server, 3)
    fetch_images(urls, folder, policy=quick())
    first, second, _ = files(folder)
    first.unlink()
    second.write_bytes(b"")
    assert fetch_images(urls, folder, policy=quick()).fetched == 2
    assert all(one.stat().st_size > 0 for one in files(folder))


def test_a_photo_that_is_too_large(server, folder, monkeypatch):
    monkeypatch.setattr(workers, "MAX_BYTES", 1 << 20)

    def endless(handler):
        handler.head(200, Connection="close")
        while not handler.server.released.is_set():
            handler.wfile.write(b"x" * 65536)

    urls = {
        "stated": server.on("/stated", lambda handler: handler.head(200, 1 << 40)),
        "endless": server.on("/endless", endless),
    }
    found = fetch_images(urls, folder, policy=quick(chunk_bytes=1 << 16))
    assert found.failed == {"larger than 1 MiB": 2}
    assert files(folder) == []


def test_a_network_that_is_down_ends_the_run(folder):
    with serving() as server:
        url = server.url
    urls = {f"p{i}": f"{url}/{i}" for i in range(500)}
    with pytest.raises(FetchError, match=r"no server answered for 20 photos in a row.*cannot conn"):
        fetch_images(urls, folder, policy=quick(attempts=1, give_up_after=20))
    assert len(lines(folder)) == 20
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch-")]


def test_hosts_that_may_not_be_asked(server, folder):
    urls = {
        "own": server.on("/own", serve(photo(1), None)),
        "other": server.url.replace("127.0.0.1", "localhost") + "/own",
        "metadata": "http://169.254.169.254/latest",
        "suffix": "http://evil127.0.0.1/",
        "user": "http://127.0.0.1@localhost/",
        "led": server.on("/led", status(302, Location="http://localhost:1/")),
        "blank": "",
        "relative": "images/a.jpg",
    }
    found = fetch_images(urls, folder, policy=quick(), hosts=["127.0.0.1"])
    assert found.fetched == 1
    assert sum(found.failed.values()) == 7
    for host, number in (("localhost", 3), ("169.254.169.254", 1), ("evil127.0.0.1", 1)):
        reason = f"the host {host} is not one that this data set's files come from"
        assert found.failed[reason] == number
    assert sorted(path for path, _ in server.log) == ["/led", "/own"]


# --- ids and folders ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image_id", "place"),
    [
        ("AF1QipOV0Kg4xyz", "AF1Qip/OV/0K/AF1QipOV0Kg4xyz.jpg"),
        ("AF1QipOV0", "AF1Qip/OV/AF1QipOV0.jpg"),
        ("AF1QipO", "AF1Qip/AF1QipO.jpg"),
        ("AF1Qip-_-_", "AF1Qip/-_/-_/AF1Qip-_-_.jpg"),
        ("AF1QipOV.x", "AF1Qip/OV/AF1QipOV.x.jpg"),
        ("photo-1.a", "photo-1.a.jpg"),
    ],
)
def test_layout(image_id, place):
    assert str(photo_path(image_id)) == place


@pytest.mark.parametrize(
    "image_id",
    ["", ".", "..", "../x", "/etc/x", "a/b", "a\\b", "a\0", "x" * 129, "a\n", "é", ".x", "a b"],
)
def test_ids_that_are_no_file_names(server, folder, image_id):
    found = fetch_images({image_id: server.on("/x", serve(photo(1), None))}, folder, policy=quick())
    assert found.failed == {"the id is no plain file name": 1}
    assert server.log == []
    assert [one.name for one in folder.parent.rglob("*") if one.is_file()] == ["fetch.jsonl"]
    assert lines(folder) == []


@given(st.text(alphabet="AF1QipOV0K./\\-_ é\0", max_size=20) | st.text(max_size=200))
def test_every_place_is_confined_and_found(image_id):
    place = photo_path(image_id)
    if place is not None:
        assert not place.is_absolute()
        assert ".." not in place.parts
        assert len(place.parts) <= 4
        assert place.name == f"{image_id}.jpg"


def test_links_do_not_lead_out_of_the_folder(server, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder.mkdir(parents=True)
    (folder / "AF1Qip").symlink_to(outside)
    with pytest.raises(SaveError, match="leads out of the folder"):
        fetch_images(offer(server, 3), folder, policy=quick())
    assert list(outside.iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced(server, folder, tmp_path):
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    urls = offer(server, 1)
    place = folder / photo_path(name(0))
    place.parent.mkdir(parents=True)
    place.symlink_to(mine)
    place.with_name(f"{place.name}.tmp").symlink_to(mine)
    assert fetch_images(urls, folder, policy=quick()).complete
    assert mine.read_bytes() == b"mine"
    assert place.read_bytes() == photo(0)
    assert files(folder) == [place]


# --- the journal --------------------------------------------------------------------------------


def test_a_torn_line_is_ignored_and_ended(server, folder):
    urls = offer(server, 3)
    fetch_images(urls, folder, policy=quick())
    path = folder / "fetch.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    found = fetch_images(urls, folder, policy=quick())
    assert (found.fetched, found.present) == (1, 2)
    assert fetch_images(urls, folder, policy=quick()).present == 3


@given(st.binary(max_size=300))
def test_any_journal_can_be_opened(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("journal") / "fetch.jsonl"
    good = Outcome("good", "ok", "", 5, "aa")
    path.write_bytes(content)
    with Journal(path) as journal:
        journal.add(good)
    with Journal(path) as journal:
        assert journal.outcomes["good"] == good
        assert set(journal.outcomes) == {"good"}


def test_lines_that_make_no_sense_are_ignored(tmp_path):
    path = tmp_path / "fetch.jsonl"
    sound = {"id": "a", "status": "ok", "reason": "", "bytes": 1, "sha256": ""}
    wrong = [
        {"status": "great"}, {"bytes": "1"}, {"bytes": True}, {"id": 5}, {"reason": None},
        {"status": []},
    ]  # fmt: skip
    odd = [{**sound, "id": "b", **change} for change in wrong]
    rows = [sound, *odd, [], None, {"id": "c"}, {**sound, "id": "x" * 100_000}]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows) + "[" * 50_000 + "\n")
    with Journal(path) as journal:
        assert set(journal.outcomes) == {"a"}


def test_the_last_line_about_a_photo_counts(tmp_path):
    path = tmp_path / "fetch.jsonl"
    with Journal(path) as journal:
        journal.add(Outcome("a", "failed", "x"))
        journal.add(Outcome("a", "gone", "y"))
    with Journal(path) as journal:
        assert journal.outcomes == {"a": Outcome("a", "gone", "y")}
        with pytest.raises(SaveError, match="another process"):
            Journal(path)


# --- a kill, an interrupt -----------------------------------------------------------------------

CHILD = """
import json, sys
from pathlib import Path
from showcase_bench.datasets.fetch import fetch_images
fetch_images(json.loads(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_killed_run_goes_on(server, folder):
    urls = offer(server, 12)
    stuck = serve(photo(0), None, cut=10, stall=True)
    for i in range(12, 24):
        urls[name(i)] = server.on(f"/{i}", stuck, serve(photo(i), None))
    child = subprocess.Popen([sys.executable, "-c", CHILD, json.dumps(urls), str(folder)])
    try:
        deadline = time.monotonic() + 20
        while not (folder / "fetch.jsonl").exists() or len(lines(folder)) < 12:
            assert time.monotonic() < deadline, "the child never got so far"
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    server.log.clear()
    for i in range(12, 24):
        server.on(f"/{i}", serve(photo(i), None))
    found = fetch_images(urls, folder, policy=quick())
    assert (found.fetched, found.present) == (12, 12)
    assert {path for path, _ in server.log} == {f"/{i}" for i in range(12, 24)}
    for i in range(24):
        assert (folder / photo_path(name(i))).read_bytes() == photo(i)
    assert not list(folder.rglob("*.tmp"))


def test_an_interrupt_stops_the_threads_and_keeps_what_came(server, folder):
    class Interrupt:
        def track(self, items, *, label, total=None):
            for number, item in enumerate(items):
                yield item
                if number == 4:
                    raise KeyboardInterrupt

    urls = offer(server, 50)
    with pytest.raises(KeyboardInterrupt):
        fetch_images(urls, folder, policy=quick(), progress=Interrupt())
    assert len(lines(folder)) == 5
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch-")]
    assert fetch_images(urls, folder, policy=quick()).complete


def test_a_full_disk(server, folder, monkeypatch):
    def write(path, data, *, sync):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workers, "replace_bytes", write)
    with pytest.raises(SaveError, match="the disk is full"):
        fetch_images(offer(server, 9), folder, policy=quick())
    monkeypatch.undo()
    assert fetch_images(offer(server, 9), folder, policy=quick()).complete
