"""The answer to one request: its head, its body in pieces, and what can break on the way."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import urllib3
from urllib3.exceptions import (
    HTTPError,
    LocationValueError,
    NewConnectionError,
    SSLError,
    TimeoutError,
)

from showcase_bench.datasets.fetch.errors import FetchError, StoppedError, TransientError
from showcase_bench.datasets.fetch.policy import FetchPolicy

__all__ = ["Answer", "transient"]


class Answer:
    """A response whose body is still to be read."""

    def __init__(
        self,
        url: str,
        host: str,
        raw: urllib3.BaseHTTPResponse,
        policy: FetchPolicy,
        stopped: Callable[[], bool],
        to_the_end: bool,
    ) -> None:
        self.host = host
        self.status = raw.status
        self.headers: Mapping[str, str] = raw.headers
        self._url = url
        self._raw = raw
        self._policy = policy
        self._stopped = stopped
        self._to_the_end = to_the_end

    @property
    def length(self) -> int | None:
        """Stated length of the body in bytes; None where there is none, or it cannot be used."""
        stated = self.headers.get("Content-Length", "")
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        return int(stated) if stated.isascii() and stated.isdigit() and not chunked else None

    def body(self) -> Iterator[bytes]:
        """Pieces of the body as they arrive, none of them empty.

        Raises
        ------
        TransientError
            The connection broke, fell silent or crept, the body is shorter than stated or, for a
            client that reads ``to_the_end``, longer (then with ``restart``).
        StoppedError
            The client was stopped.
        """
        got, stated = 0, self.length
        pace = _Pace(self._policy)
        while stated is None or got < stated:
            if self._stopped():
                raise StoppedError
            with transient(self._url):
                piece = self._piece(None if stated is None else stated - got)
            if not piece:
                break
            got += len(piece)
            pace.add(len(piece))
            yield piece
        if stated is not None and got < stated:
            raise TransientError("the server closed early")
        if self._to_the_end and stated is not None and self._goes_on():
            raise TransientError(
                f"the server sends more than the {stated:,} bytes that it states", restart=True
            )

    def close(self) -> None:
        """Close the connection, unless the body was read whole and it can be used again."""
        self._raw.close()

    def _piece(self, left: int | None) -> bytes:
        """What has arrived, at most a chunk.

        The last stated byte is read apart, for read1 of urllib3 closes the body with it.
        """
        if left == 1:
            return self._raw.read(1, decode_content=False)
        most = self._policy.chunk_bytes
        return self._raw.read1(most if left is None else min(most, left - 1), decode_content=False)

    def _goes_on(self) -> bool:
        try:
            return bool(self._raw.read(1, decode_content=False))
        except HTTPError:
            return False  # An open connection on which nothing follows.


class _Pace:
    """Notices a transfer that creeps."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._since = policy.clock()
        self._bytes = 0

    def add(self, size: int) -> None:
        """Count bytes; raise TransientError at the end of a window that had too few."""
        self._bytes += size
        now = self._policy.clock()
        elapsed = now - self._since
        if elapsed < self._policy.read_timeout:
            return
        if self._bytes < self._policy.least_speed * elapsed:
            raise TransientError("stalled")
        self._since, self._bytes = now, 0


@contextmanager
def transient(url: str) -> Iterator[None]:
    """Errors of the connection as our own."""
    try:
        yield
    except LocationValueError as error:
        raise FetchError(url, "not a web address", "Check the address.") from error
    except SSLError as error:
        if isinstance(error.args[0], ssl.SSLCertVerificationError):
            raise FetchError(
                url,
                "the server's certificate cannot be verified",
                "Check the clock and the certificates of this machine.",
            ) from error
        raise TransientError(f"TLS failed ({error})") from error
    except NewConnectionError as error:
        raise TransientError("cannot connect") from error
    except TimeoutError as error:
        raise TransientError("timed out: no answer, or the server fell silent") from error
    except (HTTPError, http.client.HTTPException, OSError) as error:
        raise TransientError(f"the connection failed ({type(error).__name__})") from error
    except ValueError as error:
        raise FetchError(url, f"cannot be asked for ({error})", "Check the address.") from error
