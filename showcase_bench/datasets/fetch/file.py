"""One file over HTTP: resumed where it broke off, verified, and put into place in one step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from showcase_bench.datasets.fetch.answer import Answer
from showcase_bench.datasets.fetch.client import Client
from showcase_bench.datasets.fetch.errors import FetchError, TransientError
from showcase_bench.datasets.fetch.part import Note, Part
from showcase_bench.datasets.fetch.policy import Attempts, FetchPolicy
from showcase_bench.types import NoProgress, Progress

__all__ = ["FetchResult", "fetch_file"]

_NO_PROGRESS = NoProgress()
_DEFAULT = FetchPolicy()
_MIB = 1 << 20
_MOST_RESTARTS = 3
_AGAIN = "Run the same command again later; what was received is kept."
_CHANGED = "The file on the server is another one now, or damaged; use another mirror."
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class FetchResult:
    """A file that was downloaded."""

    url: str
    path: Path
    bytes: int
    sha256: str
    """In hexadecimal; of all bytes, also of those that an earlier run received."""
    etag: str | None
    last_modified: str | None
    time: str
    """When it was complete; UTC, ISO 8601."""
    received: int
    """Bytes that came over the network in this call."""
    requests: int
    """Attempts in this call; 0 when an earlier run had received everything."""


def fetch_file(
    url: str,
    target: Path,
    *,
    expected_bytes: int | None = None,
    expected_sha256: str | None = None,
    policy: FetchPolicy = _DEFAULT,
    progress: Progress = _NO_PROGRESS,
) -> FetchResult:
    """Download ``url`` to ``target``, replacing what is there only when all has arrived.

    What arrives is kept in ``<target>.part`` with ``<target>.part.json`` beside it; an
    interrupted, killed or failed call leaves both, and the next one asks for the rest only, as
    long as the server's ETag or date says that the file is the same.

    Parameters
    ----------
    url
        http or https.
    target
        Its folder is made. A file that is there stays until it is replaced.
    expected_bytes
        Size that the file must have; checked before anything is received where the server states
        a size.
    expected_sha256
        SHA-256 that it must have, in hexadecimal.
    policy
        Patience, limits and waits.
    progress
        Tracks mebibytes; the total is given where the server states it.

    Raises
    ------
    FetchError
        The address cannot be had (404, 403, not http), the server keeps failing or stalling, the
        file is too large, or it is not the expected one.
    SaveError
        The disk is full, the folder cannot be written, or another process downloads the same.
    """
    with Client(policy, to_the_end=True) as client, Part(Path(target), url) as part:
        return _Download(client, part, policy, progress, expected_bytes, expected_sha256).run()


class _Download:
    def __init__(
        self,
        client: Client,
        part: Part,
        policy: FetchPolicy,
        progress: Progress,
        expected_bytes: int | None,
        expected_sha256: str | None,
    ) -> None:
        self._client = client
        self._part = part
        self._policy = policy
        self._progress = progress
        self._bytes = expected_bytes
        self._sha256 = None if expected_sha256 is None else expected_sha256.lower()
        self._url = part.note.url
        self._received = 0
        self._furthest = part.size
        self._resumed = part.size > 0

    def run(self) -> FetchResult:
        """Attempt until it is done or there is no point in another attempt."""
        part = self._part
        attempts = Attempts(self._policy, self._url, self._client.wait, _AGAIN)
        restarts, asked = 0, 0
        while True:
            try:
                if not part.is_whole:
                    asked += 1
                    self._ask()
                self._verify()
                break
            except TransientError as error:
                if error.restart:
                    restarts += 1
                    part.restart(Note(self._url))
                if restarts > _MOST_RESTARTS:
                    raise FetchError(
                        self._url, f"{error.reason}, {restarts} times", _CHANGED
                    ) from error
                attempts.again(error, progressed=part.size > self._furthest)
                self._furthest = max(self._furthest, part.size)
                self._resumed = part.size > 0
        part.finish()
        note = part.note
        return FetchResult(
            url=self._url,
            path=part.target,
            bytes=part.size,
            sha256=part.sha256,
            etag=note.etag,
            last_modified=note.last_modified,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            received=self._received,
            requests=asked,
        )

    def _ask(self) -> None:
        """One request for what is missing."""
        part = self._part
        headers: dict[str, str] = {}
        if part.size and part.note.validator is not None:
            headers = {"Range": f"bytes={part.size}-", "If-Range": part.note.validator}
        with self._client.get(self._url, headers) as answer:
            if answer.status in (412, 416) or (answer.status == 206 and not headers):
                raise TransientError(
                    f"HTTP {answer.status}: the rest of the file cannot be had", restart=True
                )
            if answer.status == 206:
                self._check_range(answer)
            else:
                self._start(answer)
            total = part.note.total  # Now what this answer says.
            left = None if total is None else -(-(total - part.size) // _MIB)
            moved = self._receive(answer)
            for _ in self._progress.track(moved, label=f"{part.target.name}, MiB", total=left):
                pass
        if total is not None and part.size != total:
            more = part.size > total
            problem = "the server sends more than it states" if more else "the server closed early"
            raise TransientError(problem, restart=more)

    def _start(self, answer: Answer) -> None:
        """Begin from nothing, with an answer that holds the whole file."""
        total = answer.length
        self._check_size(total)
        self._resumed = False
        self._part.restart(_note(self._url, answer.headers, total))

    def _check_range(self, answer: Answer) -> None:
        """Check that the answer is the rest of what is there."""
        part = self._part
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        if found is None or int(found[1]) != part.size or int(found[2]) < part.size:
            raise TransientError("the server sends another range than asked for", restart=True)
        total = None if found[3] == "*" else int(found[3])
        if _note(self._url, answer.headers, total).contradicts(part.note):
            raise TransientError("the file changed on the server", restart=True)
        self._check_size(total)
        if total is not None:
            part.note = replace(part.note, total=total)

    def _check_size(self, total: int | None) -> None:
        if total is None:
            return
        if total > self._policy.max_bytes:
            raise self._too_large()
        if self._bytes is not None and total != self._bytes:
            raise FetchError(self._url, f"has {total:,} bytes instead of {self._bytes:,}", _CHANGED)

    def _receive(self, answer: Answer) -> Iterator[int]:
        """Append the body to the part; yields once for each MiB begun."""
        part, shown = self._part, 0
        for piece in answer.body():
            if part.size + len(piece) > self._policy.max_bytes:
                part.restart(Note(self._url))
                raise self._too_large()
            part.append(piece)
            self._received += len(piece)
            shown += len(piece)
            while shown > 0:
                shown -= _MIB
                yield part.size

    def _too_large(self) -> FetchError:
        most = self._policy.max_bytes
        return FetchError(
            self._url, f"larger than {most:,} bytes", "Raise the limit if it is right."
        )

    def _verify(self) -> None:
        part = self._part
        problem = None
        if self._bytes is not None and part.size != self._bytes:
            problem = f"has {part.size:,} bytes instead of {self._bytes:,}"
        elif self._sha256 is not None and part.sha256 != self._sha256:
            problem = f"has the SHA-256 {part.sha256} instead of {self._sha256}"
        if problem is None:
            return
        if self._resumed:
            raise TransientError(problem, restart=True)  # The earlier half may be at fault.
        part.restart(Note(self._url))
        raise FetchError(self._url, problem, _CHANGED)


def _note(url: str, headers: Mapping[str, str], total: int | None) -> Note:
    return Note(url, headers.get("ETag"), headers.get("Last-Modified"), total)
