from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from datetime import datetime, timedelta

import numpy as np
import pytest
from fetch_server import quick, serve, serving, status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.fetch import FetchError, fetch_file, part
from showcase_bench.datasets.fetch.client import Client
from showcase_bench.datasets.fetch.durable import SaveError
from showcase_bench.datasets.fetch.part import Part
from showcase_bench.errors import ShowcaseError
from showcase_bench.files import lock

DATA = np.random.default_rng(7).bytes(300_000)
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def server():
    with serving() as found:
        yield found


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out" / "file.json"


def names(target):
    return sorted(one.name for one in target.parent.iterdir())


def is_whole(target, data=DATA):
    assert target.read_bytes() == data
    assert names(target) == [target.name]


# --- the good case ------------------------------------------------------------------------------


def test_a_file_arrives_whole_with_its_facts(server, target):
    url = server.on("/f", serve(DATA, modified="Mon, 01 Jan 2024 00:00:00 GMT"))
    found = fetch_file(url, target, expected_bytes=len(DATA), expected_sha256=SHA.upper())
    is_whole(target)
    assert (found.url, found.path, found.bytes, found.sha256) == (url, target, len(DATA), SHA)
    assert (found.etag, found.received, found.requests) == ('"v1"', len(DATA), 1)
    assert found.last_modified == "Mon, 01 Jan 2024 00:00:00 GMT"
    assert datetime.fromisoformat(found.time).utcoffset() == timedelta(0)
    (headers,) = server.asked("/f")
    assert headers["User-Agent"].startswith("showcase-bench/")
    assert headers["Accept-Encoding"] == "identity"
    assert "Range" not in headers


@pytest.mark.parametrize("size", [0, 1, 2, 1023, 1024, 1025, 2049])
def test_every_size_arrives(server, target, size):
    fetch_file(server.on("/f", serve(DATA[:size])), target, policy=quick())
    is_whole(target, DATA[:size])


def test_progress_is_given_in_mebibytes(server, target):
    seen = []

    class Watch:
        def track(self, items, *, label, total=None):
            count = sum(1 for _ in items)
            seen.append((label, total, count))
            return iter(())

    data = DATA * 10
    fetch_file(server.on("/f", serve(data)), target, progress=Watch())
    assert seen == [("file.json, MiB", 3, 3)]


def test_what_is_there_stays_until_all_has_arrived(server, target):
    target.parent.mkdir()
    target.write_bytes(b"old")
    url = server.on("/f", serve(DATA, cut=5000))
    with pytest.raises(FetchError):
        fetch_file(url, target, policy=quick(attempts=1))
    assert target.read_bytes() == b"old"
    server.on("/f", serve(DATA))
    fetch_file(url, target, policy=quick())
    is_whole(target)


# --- a connection that breaks -------------------------------------------------------------------


@pytest.mark.parametrize("stall", [False, True])
def test_a_broken_transfer_goes_on_where_it_ended(server, target, stall):
    url = server.on("/f", serve(DATA, cut=100_000, stall=stall), serve(DATA))
    found = fetch_file(url, target, policy=quick(), expected_sha256=SHA)
    is_whole(target)
    first, second = server.asked("/f")
    assert "Range" not in first
    assert second["Range"] == "bytes=100000-"
    assert second["If-Range"] == '"v1"'
    assert (found.received, found.requests) == (len(DATA), 2)


def test_the_date_serves_where_there_is_no_strong_etag(server, target):
    date = "Mon, 01 Jan 2024 00:00:00 GMT"

    def rest(handler):
        assert handler.headers["If-Range"] == date
        body = DATA[1000:]
        handler.head(206, len(body), Content_Range=f"bytes 1000-{len(DATA) - 1}/{len(DATA)}")
        handler.wfile.write(body)

    fetch_file(
        server.on("/f", serve(DATA, 'W/"weak"', modified=date, cut=1000), rest),
        target,
        policy=quick(),
    )
    is_whole(target)


def test_without_validator_it_starts_again(server, target):
    url = server.on("/f", serve(DATA, None, cut=1000), serve(DATA, None))
    fetch_file(url, target, policy=quick())
    is_whole(target)
    assert "Range" not in server.asked("/f")[1]


def test_a_later_call_resumes(server, target):
    url = server.on("/f", serve(DATA, cut=70_000))
    with pytest.raises(FetchError, match="closed early, after 1 attempt"):
        fetch_file(url, target, policy=quick(attempts=1))
    assert names(target) == ["file.json.part", "file.json.part.json"]
    server.on("/f", serve(DATA))
    found = fetch_file(url, target, policy=quick())
    is_whole(target)
    assert (found.received, found.sha256) == (len(DATA) - 70_000, SHA)


def test_a_creeping_server_is_a_stalled_one(server, target):
    def creep(handler):
        handler.head(200, len(DATA), ETag='"v1"')
        for at in range(50):
            handler.wfile.write(DATA[at : at + 1])
            handler.wfile.flush()
            if handler.server.released.wait(0.02):
                return

    url = server.on("/f", creep)
    policy = quick(read_timeout=0.2, least_speed=1000.0, attempts=1)
    with pytest.raises(FetchError, match="stalled"):
        fetch_file(url, target, policy=policy)


def test_a_server_that_never_answers(server, target):
    url = server.on("/f", lambda handler: handler.server.released.wait(10))
    with pytest.raises(FetchError, match=r"timed out.*after 2 attempts"):
        fetch_file(url, target, policy=quick(attempts=2))
    assert names(target) == []


def test_a_port_where_nobody_listens(target):
    with serving() as server:
        url = server.url
    with pytest.raises(FetchError, match="cannot connect, after 3 attempts"):
        fetch_file(url, target, policy=quick(attempts=3))


def test_progress_buys_attempts_and_the_total_bounds_them(server, target):
    url = server.on("/f", serve(DATA, cut=30_000))
    found = fetch_file(url, target, policy=quick(attempts=2))
    assert found.requests == 10
    is_whole(target)
    server.on("/f", serve(DATA, cut=100))
    with pytest.raises(FetchError, match="after 7 attempts"):
        fetch_file(url, target, policy=quick(attempts=2, total_attempts=7))


def test_chunks_that_break_off(server, target):
    def chunked(whole):
        def move(handler):
            handler.head(200, Transfer_Encoding="chunked")
            for at in range(0, len(DATA), 100_000):
                piece = DATA[at : at + 100_000]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if not whole:
                    return handler.hang_up()
            handler.wfile.write(b"0\r\n\r\n")

        return move

    found = fetch_file(server.on("/f", chunked(False), chunked(True)), target, policy=quick())
    assert found.requests == 2
    is_whole(target)


# --- refusals -----------------------------------------------------------------------------------


def test_500_twice_and_then_the_file(server, target):
    policy = quick()
    url = server.on("/f", status(500), status(503), serve(DATA))
    assert fetch_file(url, target, policy=policy).requests == 3
    is_whole(target)
    first, second = policy.sleep.waits
    assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_retry_after_is_waited_for(server, target):
    policy = quick(requests_per_second=1000.0)
    fetch_file(server.on("/f", status(429, Retry_After="7"), serve(DATA)), target, policy=policy)
    assert policy.sleep.waits[0] == 7.0


def test_retry_after_is_bounded(server, target):
    policy = quick()
    url = server.on("/f", status(429, Retry_After="86400"))
    with pytest.raises(FetchError, match="asks to wait 86,400 s") as caught:
        fetch_file(url, target, policy=policy)
    assert (caught.value.status, policy.sleep.waits) == (429, [])


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451, 204, 304])
def test_a_refusal_is_final(server, target, code):
    url = server.on("/f", status(code))
    with pytest.raises(FetchError, match=f"HTTP {code}") as caught:
        fetch_file(url, target, policy=quick())
    assert (caught.value.url, caught.value.status) == (url, code)
    assert isinstance(caught.value, ShowcaseError)
    assert len(server.log) == 1
    assert names(target) == []


def test_a_range_that_cannot_be_had_starts_again(server, target):
    for code in (412, 416):
        url = server.on("/f", serve(DATA, cut=1000), status(code), serve(DATA))
        fetch_file(url, target, policy=quick())
        is_whole(target)
        target.unlink()
    server.on("/f", status(416))
    with pytest.raises(FetchError, match="416"):
        fetch_file(url, target, policy=quick())


# --- redirects ----------------------------------------------------------------------------------


def test_redirects_are_followed(server, target):
    server.on("/b/c", status(301, Location="../f"))
    server.on("/f", serve(DATA))
    found = fetch_file(server.on("/a", status(302, Location="/b/c")), target, policy=quick())
    assert found.url.endswith("/a")
    is_whole(target)


def test_a_loop_of_redirects_ends(server, target):
    url = server.on("/f", status(302, Location="/f"))
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetch_file(url, target, policy=quick())
    assert len(server.log) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:x", "http://", "http://[x", ""],
)
def test_redirects_to_elsewhere_are_refused(server, target, location):
    url = server.on("/f", status(302, Location=location))
    with pytest.raises(FetchError, match=r"redirect|not a web address"):
        fetch_file(url, target, policy=quick())
    assert names(target) == []


def test_a_redirect_from_https_to_http_is_refused():
    with Client(quick()) as client, pytest.raises(FetchError, match="from https to http"):
        client._redirected("https://a.org/x", "https://a.org/x", "http://a.org/y")


def test_a_certificate_that_nobody_vouches_for(server, target, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program")
    pem = tmp_path / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", pem, "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.on("/f", serve(DATA)).replace("http:", "https:")
    with pytest.raises(FetchError, match="certificate cannot be verified"):
        fetch_file(url, target, policy=quick())
    assert server.log == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "ftp://x/y", "http://", "x"])
def test_only_web_addresses(target, url):
    with pytest.raises(FetchError, match="http"):
        fetch_file(url, target, policy=quick())


# --- lies ---------------------------------------------------------------------------------------


def test_fewer_bytes_than_stated(server, target):
    def lie(handler):
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        total = len(DATA) + 50
        headers = {"ETag": '"v1"'}
        if start:
            headers["Content_Range"] = f"bytes {start}-{total - 1}/{total}"
        handler.head(206 if start else 200, total - start, **headers)
        handler.wfile.write(DATA[start:])
        handler.hang_up()

    with pytest.raises(FetchError, match="closed early, after 3"):
        fetch_file(server.on("/f", lie), target, policy=quick(attempts=3))
    assert not target.exists()


@pytest.mark.parametrize("surplus", [1, 5000, 100_000])
@pytest.mark.parametrize("late", [False, True])
def test_more_bytes_than_stated(server, target, surplus, late):
    def lie(handler):
        handler.head(200, len(DATA) - surplus, ETag='"v1"')
        handler.wfile.write(DATA[: len(DATA) - surplus])
        handler.wfile.flush()
        if late:
            handler.server.released.wait(0.05)
        handler.wfile.write(DATA[-surplus:])
        handler.hang_up()

    with pytest.raises(FetchError, match=r"sends more than the .* bytes that it states"):
        fetch_file(server.on("/f", lie), target, policy=quick())
    assert names(target) == []


def test_a_server_that_does_not_close_is_not_waited_for_in_vain(server, target):
    def move(handler):
        handler.head(200, len(DATA), ETag='"v1"')
        handler.wfile.write(DATA)
        handler.wfile.flush()
        handler.server.released.wait(1.0)

    fetch_file(server.on("/f", move), target, policy=quick(attempts=1))
    is_whole(target)


def test_a_server_that_ignores_ranges(server, target):
    url = server.on("/f", serve(DATA, cut=100_000), serve(DATA, ranges=False))
    fetch_file(url, target, policy=quick(), expected_sha256=SHA)
    is_whole(target)


@pytest.mark.parametrize("honest", [True, False])
def test_a_file_that_changes_meanwhile(server, target, honest):
    new = DATA[::-1]

    def mixed(handler):
        handler.head(
            206,
            len(new) - 1000,
            ETag='"v2"',
            Content_Range=f"bytes 1000-{len(new) - 1}/{len(new)}",
        )
        handler.wfile.write(new[1000:])

    after = serve(new, '"v2"')
    moves = [after] if honest else [mixed, after]
    url = server.on("/f", serve(DATA, cut=1000), *moves)
    assert fetch_file(url, target, policy=quick()).etag == '"v2"'
    is_whole(target, new)


@pytest.mark.parametrize("content_range", ["bytes 0-299999/300000", "bytes 999-1/300000", "x", ""])
def test_another_range_than_asked_for(server, target, content_range):
    def wrong(handler):
        handler.head(206, len(DATA), Content_Range=content_range)
        handler.wfile.write(DATA)

    fetch_file(server.on("/f", serve(DATA, cut=1000), wrong, serve(DATA)), target, policy=quick())
    is_whole(target)


def test_a_rest_that_is_longer_than_the_rest(server, target):
    def long(handler):
        handler.head(206, len(DATA), ETag='"v1"', Content_Range="bytes 1000-299999/300000")
        handler.wfile.write(DATA)

    fetch_file(server.on("/f", serve(DATA, cut=1000), long, serve(DATA)), target, policy=quick())
    is_whole(target)


def test_a_rest_in_several_parts(server, target):
    def some(handler):
        start = int(handler.headers["Range"][6:-1])
        body = DATA[start : start + 100_000]
        span = f"bytes {start}-{start + len(body) - 1}/{len(DATA)}"
        handler.head(206, len(body), ETag='"v1"', Content_Range=span)
        handler.wfile.write(body)

    found = fetch_file(server.on("/f", serve(DATA, cut=1000), some), target, policy=quick())
    assert found.requests == 4
    is_whole(target)


def test_a_size_that_is_told_only_with_the_rest_counts(server, target):
    def head(handler):
        handler.head(200, Transfer_Encoding="chunked", ETag='"v1"')
        handler.wfile.write(b"3e8\r\n" + DATA[:1000] + b"\r\n")
        handler.hang_up()

    def middle(handler):
        handler.head(206, 1000, ETag='"v1"', Content_Range=f"bytes 1000-1999/{len(DATA)}")
        handler.wfile.write(DATA[1000:2000])

    fetch_file(server.on("/f", head, middle, serve(DATA)), target, policy=quick())
    is_whole(target)
    assert [one.get("Range") for one in server.asked("/f")] == [
        None,
        "bytes=1000-",
        "bytes=2000-",
    ]


def test_a_server_that_always_changes_the_file_is_given_up(server, target):
    count = iter(range(1000))

    def move(handler):
        handler.head(
            206 if "Range" in handler.headers else 200,
            1000,
            ETag=f'"{next(count)}"',
            Content_Range="bytes 100-1099/1100",
        )
        handler.wfile.write(DATA[:100])
        handler.hang_up()

    with pytest.raises(FetchError, match="the file changed on the server"):
        fetch_file(server.on("/f", move), target, policy=quick(attempts=50))
    assert len(server.log) <= 10


def test_compression_that_nobody_asked_for(server, target):
    url = server.on("/f", serve(DATA, Content_Encoding="gzip"))
    with pytest.raises(FetchError, match="compresses"):
        fetch_file(url, target, policy=quick())
    url = server.on("/f.tar.gz", serve(DATA, Content_Encoding="x-gzip"))
    fetch_file(url, target, policy=quick())
    is_whole(target)


# --- what is expected ---------------------------------------------------------------------------


def test_another_size_than_expected_is_not_even_received(server, target):
    url = server.on("/f", serve(DATA))
    with pytest.raises(FetchError, match="has 300,000 bytes instead of 5"):
        fetch_file(url, target, expected_bytes=5, policy=quick())
    assert names(target) == []


def test_another_checksum_than_expected(server, target):
    url = server.on("/f", serve(DATA))
    with pytest.raises(FetchError, match=f"has the SHA-256 {SHA} instead of 00"):
        fetch_file(url, target, expected_sha256="00" * 32, policy=quick())
    assert names(target) == []
    assert len(server.log) == 1


def test_a_wrong_file_is_not_received_twice_where_nothing_of_it_was_kept(server, target):
    url = server.on("/f", serve(DATA, cut=50_000))
    with pytest.raises(FetchError):
        fetch_file(url, target, policy=quick(attempts=1))
    server.on("/f", serve(DATA[::-1], ranges=False))
    with pytest.raises(FetchError, match="has the SHA-256"):
        fetch_file(url, target, expected_sha256=SHA, policy=quick())
    assert len(server.log) == 2


def test_a_damaged_beginning_is_found_and_replaced(server, target):
    url = server.on("/f", serve(DATA, cut=50_000))
    with pytest.raises(FetchError):
        fetch_file(url, target, policy=quick(attempts=1))
    with target.with_name("file.json.part").open("r+b") as stream:
        stream.write(b"damage")
    server.on("/f", serve(DATA))
    fetch_file(url, target, expected_sha256=SHA, policy=quick())
    is_whole(target)


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_that_is_too_large(server, target, stated):
    def move(handler):
        handler.head(200, len(DATA) if stated else None, ETag='"v1"', Connection="close")
        handler.wfile.write(DATA)
        handler.hang_up()

    with pytest.raises(FetchError, match="larger than 1,000 bytes"):
        fetch_file(server.on("/f", move), target, policy=quick(max_bytes=1000))
    assert names(target) == []


# --- the .part file -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"url": 1, "etag": null, "last_modified": null, "total": null}',
        b'{"url": "x", "etag": 1, "last_modified": null, "total": null}',
        b'{"url": "URL", "etag": "\\"v1\\"", "last_modified": null, "total": true}',
        b'{"url": "URL", "etag": "\\"v1\\"", "last_modified": null, "total": 5}',
        b'{"url": "other", "etag": "\\"v1\\"", "last_modified": null, "total": 300000}',
        b'{"url": "URL", "etag": null, "last_modified": null, "total": 300000}',
        b"[" * 100_000,
    ],
)
def test_a_part_of_unknown_origin_is_not_used(server, target, note):
    url = server.on("/f", serve(DATA))
    target.parent.mkdir()
    target.with_name("file.json.part").write_bytes(b"garbage")
    target.with_name("file.json.part.json").write_bytes(note.replace(b"URL", url.encode()))
    fetch_file(url, target, policy=quick())
    is_whole(target)
    assert "Range" not in server.asked("/f")[0]


def test_a_whole_part_needs_no_request(server, target):
    url = server.on("/f", serve(DATA))
    with Part(target, url) as one:
        one.restart(part.Note(url, '"v1"', None, len(DATA)))
        one.append(DATA)
    found = fetch_file(url, target, policy=quick(), expected_sha256=SHA)
    assert (found.requests, server.log) == (0, [])
    is_whole(target)


def test_interrupt_keeps_what_came(server, target):
    class Interrupt:
        def track(self, items, *, label, total=None):
            for number, item in enumerate(items):
                if number == 1:
                    raise KeyboardInterrupt
                yield item

    data = DATA * 10
    url = server.on("/f", serve(data))
    with pytest.raises(KeyboardInterrupt):
        fetch_file(url, target, policy=quick(), progress=Interrupt())
    kept = target.with_name("file.json.part").stat().st_size
    assert 1 << 20 < kept < len(data)
    fetch_file(url, target, policy=quick())
    is_whole(target, data)
    assert server.asked("/f")[1]["Range"] == f"bytes={kept}-"


def test_a_full_disk(server, target, monkeypatch):
    room = [20]

    def write(handle, data):
        if not room[0]:
            os.write(handle, data[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= 1
        os.write(handle, data)

    url = server.on("/f", serve(DATA))
    with monkeypatch.context() as patched:
        patched.setattr(part, "write_all", write)
        with pytest.raises(SaveError, match=r"file\.json\.part: the disk is full\. Make room"):
            fetch_file(url, target, policy=quick())
    assert len(server.log) == 1
    fetch_file(url, target, policy=quick(), expected_sha256=SHA)
    is_whole(target)
    assert server.asked("/f")[1]["Range"] > "bytes=1"


def test_two_at_a_time_are_kept_apart(server, target):
    url = server.on("/f", serve(DATA))
    with Part(target, url), pytest.raises(SaveError, match="another process is downloading"):
        fetch_file(url, target, policy=quick())
    fetch_file(url, target, policy=quick())
    is_whole(target)


def test_a_part_that_another_process_finishes_between_opening_and_locking(
    server, target, monkeypatch
):
    locked = []

    def racing(handle):
        if not locked:
            target.with_name("file.json.part").replace(target)
        locked.append(lock(handle))
        return locked[-1]

    monkeypatch.setattr(part, "lock", racing)
    fetch_file(server.on("/f", serve(DATA)), target, policy=quick())
    is_whole(target)
    assert locked == [True, True]


def test_a_link_in_the_place_of_the_part_is_not_followed(server, target, tmp_path):
    url = server.on("/f", serve(DATA))
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    target.parent.mkdir()
    target.with_name("file.json.part").symlink_to(outside)
    with pytest.raises(SaveError, match="cannot be written"):
        fetch_file(url, target, policy=quick())
    assert outside.read_bytes() == b"mine"


def test_a_folder_in_the_place_of_the_file(server, target):
    target.mkdir(parents=True)
    with pytest.raises(SaveError, match="is a folder"):
        fetch_file(server.on("/f", serve(DATA)), target, policy=quick())


# --- laws ---------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    size=st.integers(0, 5000),
    moves=st.lists(
        st.tuples(st.sampled_from(["cut", "status", "deaf", "new"]), st.integers(0, 4000)),
        max_size=5,
    ),
)
def test_whatever_happens_on_the_way_no_two_versions_are_mixed(tmp_path_factory, size, moves):
    target = tmp_path_factory.mktemp("law") / "f"
    version, data = 0, DATA[:size]
    versions = {'"0"': data}
    script = []
    for kind, number in moves:
        if kind == "new":
            version += 1
            data = versions[f'"{version}"'] = DATA[version : version + size]
        if kind == "status":
            script.append(status([412, 416, 429, 500][number % 4]))
        else:
            cut = min(number, max(0, size - 1))
            script.append(serve(data, f'"{version}"', cut=cut, ranges=kind != "deaf"))
    with serving() as server:
        url = server.on("/f", *script, serve(data, f'"{version}"'))
        found = fetch_file(url, target, policy=quick(attempts=20, chunk_bytes=700))
    assert target.read_bytes() == versions[found.etag]
    assert found.sha256 == hashlib.sha256(versions[found.etag]).hexdigest()
    assert sorted(one.name for one in target.parent.iterdir()) == ["f"]


# --- a kill -------------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from showcase_bench.datasets.fetch import fetch_file
fetch_file(sys.argv[1], Path(sys.argv[2]))
"""


def test_a_killed_download_resumes(server, target):
    data = DATA * 8
    url = server.on("/f", serve(data, cut=1_000_000, stall=True))
    child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(target)])
    part_file = target.with_name("file.json.part")
    try:
        deadline = time.monotonic() + 20
        while not part_file.exists() or part_file.stat().st_size < 1_000_000:
            assert time.monotonic() < deadline, "the child never got so far"
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert json.loads(target.with_name("file.json.part.json").read_text())["url"] == url
    server.on("/f", serve(data))
    found = fetch_file(url, target, policy=quick())
    is_whole(target, data)
    assert [one.get("Range") for one in server.asked("/f")] == [None, "bytes=1000000-"]
    assert found.received == len(data) - 1_000_000
    assert found.sha256 == hashlib.sha256(data).hexdigest()
