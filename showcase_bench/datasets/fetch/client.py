"""One HTTP request at a time: bounded redirects, judged answers, timeouts, politeness.

Built on urllib3, whose own retries and redirects are switched off, so that every request is
counted and every address checked.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from showcase_bench import __version__
from showcase_bench.datasets.fetch.answer import Answer, transient
from showcase_bench.datasets.fetch.errors import FetchError, StoppedError, TransientError
from showcase_bench.datasets.fetch.policy import FetchPolicy, parse_retry_after
from showcase_bench.datasets.fetch.throttle import Throttle

__all__ = ["USER_AGENT", "Client"]

USER_AGENT = f"showcase-bench/{__version__} (research data download; polite, resumable)"

_REDIRECTS = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429)
_RANGED = (412, 416)
_LONGEST_URL = 8192


class Client:
    """A pool of connections under one policy; a context manager.

    Parameters
    ----------
    policy
        The limits.
    hosts
        Hosts that may be asked, each with its subdomains; None allows every host.
    to_the_end
        Use each connection once and read it to its end, so that bytes beyond the stated length of
        a body show.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        hosts: Collection[str] | None = None,
        *,
        to_the_end: bool = False,
    ) -> None:
        self._policy = policy
        self._to_the_end = to_the_end
        self._hosts = None if hosts is None else tuple(host.lower() for host in hosts)
        self._stopped = threading.Event()
        self._throttle = Throttle(policy, self.wait)
        self._pools = urllib3.PoolManager(
            num_pools=32,
            maxsize=policy.connections_per_host,
            retries=False,
            timeout=urllib3.Timeout(connect=policy.connect_timeout, read=policy.read_timeout),
        )
        # Without it, connections stay open until their pool is garbage.
        self._pools.pools.dispose_func = urllib3.HTTPConnectionPool.close
        if to_the_end:
            self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._pools.clear()

    def stop(self) -> None:
        """Make every thread that waits or reads come back with :class:`StoppedError`."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait, by the policy's own means if it has any.

        Raises
        ------
        StoppedError
            :meth:`stop` was called.
        """
        if self._policy.sleep is not None:
            self._policy.sleep(seconds)
        if self._stopped.wait(0.0 if self._policy.sleep is not None else seconds):
            raise StoppedError

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Ask for ``url`` and give its answer, of status 200, 206, 412 or 416.

        Parameters
        ----------
        url
            http or https.
        headers
            Added to our own.

        Raises
        ------
        TransientError
            No or a broken connection, a timeout, status 408, 425, 429 or 5xx.
        StoppedError
            :meth:`stop` was called.
        FetchError
            Any other status, too many redirects, or an address that is not allowed.
        """
        own = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self._to_the_end:
            own["Connection"] = "close"
        at = url
        for _ in range(self._policy.redirects + 1):
            with self._request(url, at, {**own, **(headers or {})}) as answer:
                if answer.status not in _REDIRECTS:
                    self._judge(url, answer)
                    yield answer
                    return
                at = self._redirected(url, at, answer.headers.get("Location"))
        raise FetchError(
            url,
            f"more than {self._policy.redirects} redirects",
            "Open the address in a browser to see where it leads.",
        )

    @contextmanager
    def _request(self, url: str, at: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """Send one request to ``at`` on behalf of ``url`` and close the answer properly."""
        host = self._allowed(url, at)
        with self._throttle.turn(host):
            if self._stopped.is_set():
                raise StoppedError
            with transient(url):
                raw = self._pools.request(
                    "GET",
                    at,
                    headers=dict(headers),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                    enforce_content_length=False,
                )
            answer = Answer(url, host, raw, self._policy, self._stopped.is_set, self._to_the_end)
            try:
                yield answer
            finally:
                answer.close()

    def _allowed(self, url: str, at: str) -> str:
        """Host of an address that may be asked."""
        try:
            parts = urlsplit(at)
            host, _ = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise FetchError(url, "not a web address", "Check the address.") from error
        if parts.scheme not in ("http", "https") or not host or len(at) > _LONGEST_URL:
            where = "not an http or https address" if at == url else "redirects to no web address"
            raise FetchError(url, where, "Only http and https are followed.")
        if self._hosts is not None and not any(
            host == one or host.endswith(f".{one}") for one in self._hosts
        ):
            raise FetchError(
                url,
                f"the host {host} is not one that this data set's files come from",
                f"Known: {', '.join(sorted(self._hosts))}.",
            )
        return host

    def _redirected(self, url: str, at: str, location: str | None) -> str:
        if not location:
            raise FetchError(url, "a redirect to nowhere", "Try again later.")
        try:
            target = urljoin(at, location)
        except ValueError as error:
            raise FetchError(url, "redirects to no web address", "Try again later.") from error
        if at.startswith("https:") and target.startswith("http:"):
            raise FetchError(
                url, "redirects from https to http", "Use an address that stays on https."
            )
        return target

    def _judge(self, url: str, answer: Answer) -> None:
        status = answer.status
        if status in (200, 206, *_RANGED):
            if (
                answer.headers.get("Content-Encoding", "identity").lower()
                not in _PLAIN[url.endswith((".gz", ".tgz"))]
            ):
                raise FetchError(
                    url,
                    "the server compresses the file though it was asked not to",
                    "Use another mirror.",
                )
            return
        if status in _LATER or status >= 500:
            asked = parse_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
            if asked is not None and asked <= self._policy.longest_retry_after:
                self._throttle.hold(answer.host, asked)
            raise TransientError(f"HTTP {status}", status=status, retry_after=asked)
        hint = "It is gone." if status in (404, 410) else "The server will not give it out."
        raise FetchError(url, f"HTTP {status}", f"{hint} Check the address.", status=status)


_PLAIN = {False: ("identity", ""), True: ("identity", "", "gzip", "x-gzip")}
"""Encodings under which the bytes are the file's own; by whether the file itself is a gzip."""


class _Response(http.client.HTTPResponse):
    """Reads one byte beyond the stated length, if there is one to read."""

    def begin(self) -> None:
        """Read the head of the response."""
        super().begin()
        if self.length:
            self.length += 1


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
