"""The part of GitHub that a comment needs, on the loopback."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HOME, FORK, SHA = "lab/bench", "stranger/bench", "ab" * 20
RUN = {
    "id": 77,
    "event": "pull_request",
    "head_sha": SHA,
    "head_branch": "mine&x=1",
    "head_repository": {"full_name": FORK},
}
PULL = {"number": 5, "head": {"sha": SHA, "repo": {"full_name": FORK}}}


def packed(content, name="report.json"):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return sink.getvalue()


class Hub:
    """What the service knows and was told; a request that it does not expect is answered by 404."""

    def __init__(self):
        self.pulls = [PULL]
        self.now = PULL
        self.files = [{"filename": "submissions/mine/seed-0.zip"}]
        self.artifacts = [{"id": 3, "name": "submission-report", "expired": False}]
        self.archive = b""
        self.comments = []
        self.sent = []
        self.asked = []
        self.api = self.store = ""

    def answer(self, method, path, fields, body, headers):
        """Status, JSON and headers."""
        self.asked.append((method, path, fields, headers.get("Authorization")))
        base = f"/repos/{HOME}"
        listed = {
            f"{base}/pulls/5/files": self.files,
            f"{base}/issues/5/comments": self.comments,
            f"{base}/pulls": self.pulls,
        }
        if method == "GET" and path in listed:
            start = (int(fields["page"]) - 1) * int(fields["per_page"])
            return 200, listed[path][start : start + int(fields["per_page"])], {}
        if (method, path) == ("GET", f"{base}/pulls/5"):
            return 200, self.now, {}
        if (method, path) == ("GET", f"{base}/actions/runs/77/artifacts"):
            return 200, {"artifacts": self.artifacts}, {}
        if (method, path) == ("GET", f"{base}/actions/artifacts/3/zip"):
            return 302, {}, {"Location": f"{self.store}/blob"}
        if method in ("POST", "PATCH"):
            self.sent.append((method, path.removeprefix(base), json.loads(body)))
            return 201, {}, {}
        return 404, {}, {}


def _handler(respond):
    class Handler(BaseHTTPRequestHandler):
        def _serve(self):
            address = urlsplit(self.path)
            fields = {name: one[0] for name, one in parse_qs(address.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, data, more = respond(self.command, address.path, fields, body, self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def running(hub):
    """Serve the interface, and from another address what it keeps for download."""

    def interface(*request):
        status, found, headers = hub.answer(*request)
        return status, json.dumps(found).encode(), headers

    def stored(method, path, fields, body, headers):
        hub.asked.append((method, "store", fields, headers.get("Authorization")))
        return 200, hub.archive, {}

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(f)) for f in (interface, stored)]
    threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in servers]
    hub.api, hub.store = (f"http://127.0.0.1:{one.server_address[1]}" for one in servers)
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
