"""A web server on the loopback that misbehaves as it is told."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from showcase_bench.datasets.fetch import FetchPolicy


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self):
        server = self.server
        with server.lock:
            server.log.append((self.path, dict(self.headers)))
            moves = server.routes.get(self.path)
            move = missing if not moves else moves.pop(0) if len(moves) > 1 else moves[0]
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
        try:
            move(self)
        except OSError:
            self.close_connection = True
        finally:
            with server.lock:
                server.busy -= 1

    def head(self, status, length=None, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes = {}
        self.log = []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.busy = self.busiest = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def on(self, path, *moves):
        """Answer the requests for ``path`` by these, one after the other; the last one stays."""
        self.routes[path] = list(moves)
        return self.url + path

    def asked(self, path):
        return [headers for one, headers in self.log if one == path]

    def handle_error(self, request, client_address):
        pass


@contextmanager
def serving():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def missing(handler):
    handler.head(404, 0)


def status(code, **headers):
    return lambda handler: handler.head(code, 0, **headers)


def _span(handler, data, etag, *, ranges):
    asked = handler.headers.get("Range")
    if not asked or not ranges or handler.headers.get("If-Range", etag) != etag:
        return None
    return int(asked.removeprefix("bytes=").removesuffix("-"))


def serve(data, etag='"v1"', *, ranges=True, cut=None, stall=False, modified=None, **headers):
    """An honest server; one that breaks off after ``cut`` bytes of the body, or stalls there."""

    def move(handler):
        start = _span(handler, data, etag, ranges=ranges)
        more = dict(headers)
        if etag:
            more["ETag"] = etag
        if modified:
            more["Last_Modified"] = modified
        if start is not None and start >= len(data):
            handler.head(416, 0, Content_Range=f"bytes */{len(data)}")
            return
        if start is not None:
            more["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start or 0 :]
        handler.head(200 if start is None else 206, len(body), **more)
        handler.wfile.write(body if cut is None else body[:cut])
        handler.wfile.flush()
        if stall:
            handler.server.released.wait(10)
        if cut is not None or stall:
            handler.hang_up()

    return move


def quick(**changes):
    """A policy for tests: no waits, short timeouts; the waits are in ``.sleep.waits``."""
    sleep = Sleeper()
    settings = {
        "sleep": sleep,
        "read_timeout": 0.4,
        "connect_timeout": 2.0,
        "least_speed": 0.0,
        "chunk_bytes": 1024,
        "requests_per_second": 100_000.0,
    }
    return FetchPolicy(**{**settings, **changes})


class Sleeper:
    def __init__(self):
        self.waits = []

    def __call__(self, seconds):
        self.waits.append(seconds)
