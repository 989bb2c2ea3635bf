"""Threads that fetch photos: each is asked for, decoded once, and stored."""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from showcase_bench.datasets.fetch.client import Client
from showcase_bench.datasets.fetch.durable import SaveError, replace_bytes, save_error
from showcase_bench.datasets.fetch.errors import FetchError, StoppedError, TransientError
from showcase_bench.datasets.fetch.journal import Outcome
from showcase_bench.datasets.fetch.policy import Attempts, FetchPolicy
from showcase_bench.datasets.images.decode import MAX_BYTES, DecodeError, decode_rgb

__all__ = ["Task", "Workers"]

_GONE = (403, 404, 410)
_PATIENCE = 5.0
"""Seconds in which all threads should end; those that hang in a read end with the program."""
_AGAIN = "Run the same command again later."

_Result = tuple[Outcome, bool] | BaseException
"""An outcome and whether a server answered, or what ended a worker."""


class Task(NamedTuple):
    """A photo to fetch."""

    id: str
    url: str
    place: PurePosixPath
    """Where it is stored, below the folder of photos."""


class Workers:
    """Threads that fetch photos; as daemons, lest a stalled server keeps the program alive."""

    def __init__(self, client: Client, policy: FetchPolicy, folder: Path) -> None:
        self._client = client
        self._policy = policy
        self._folder = folder
        self._root = folder.resolve()
        self._inside: set[Path] = set()
        self._decoding = threading.Lock()

    def outcomes(self, todo: Iterable[Task]) -> Generator[tuple[Outcome, bool], None, None]:
        """Outcomes as they come in, each with whether a server answered.

        Closing the generator ends the threads.
        """
        tasks: queue.Queue[Task | None] = queue.Queue()
        results: queue.Queue[_Result] = queue.Queue()
        left = 0
        for task in todo:
            tasks.put(task)
            left += 1
        with self._running(min(self._policy.jobs, left), tasks, results):
            for _ in range(left):
                result = results.get()
                if isinstance(result, BaseException):
                    raise result
                yield result

    @contextmanager
    def _running(
        self,
        number: int,
        tasks: queue.Queue[Task | None],
        results: queue.Queue[_Result],
    ) -> Iterator[None]:
        for _ in range(number):
            tasks.put(None)
        threads = [
            threading.Thread(
                target=self._work, args=(tasks, results), name=f"fetch-{i}", daemon=True
            )
            for i in range(number)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._client.stop()
            end = time.monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))

    def _work(self, tasks: queue.Queue[Task | None], results: queue.Queue[_Result]) -> None:
        while (task := tasks.get()) is not None:
            try:
                results.put(self._fetch(task))
            except StoppedError:
                return
            except BaseException as error:  # Belongs to the thread that waits for results.
                results.put(error)
                return

    def _fetch(self, task: Task) -> tuple[Outcome, bool]:
        image_id, url, place = task
        attempts = Attempts(self._policy, url, self._client.wait, _AGAIN)
        while True:
            try:
                data = self._download(url)
                with self._decoding:
                    decode_rgb(data)
                break
            except TransientError as error:
                try:
                    attempts.again(error)
                except FetchError:
                    return Outcome(image_id, "failed", error.reason), error.status is not None
            except FetchError as error:
                gone = error.status in _GONE
                return Outcome(image_id, "gone" if gone else "failed", error.reason), True
            except DecodeError as error:
                return Outcome(image_id, "failed", str(error)), True
        self._store(self._folder / place, data)
        return Outcome(image_id, "ok", "", len(data), hashlib.sha256(data).hexdigest()), True

    def _download(self, url: str) -> bytes:
        most = min(MAX_BYTES, self._policy.max_bytes)
        with self._client.get(url) as answer:
            if answer.status != 200:
                raise FetchError(url, f"HTTP {answer.status}", _AGAIN, status=answer.status)
            data = bytearray()
            too_large = (answer.length or 0) > most
            for piece in () if too_large else answer.body():
                data += piece
                if len(data) > most:
                    too_large = True
                    break
        if too_large:
            raise FetchError(url, f"larger than {most >> 20} MiB", "Leave it out.")
        return bytes(data)

    def _store(self, path: Path, data: bytes) -> None:
        try:
            if path.parent not in self._inside:
                if not path.parent.resolve().is_relative_to(self._root):
                    raise SaveError(
                        f"{path.parent}: leads out of the folder of photos. Remove the link."
                    )
                path.parent.mkdir(parents=True, exist_ok=True)
                self._inside.add(path.parent)
            replace_bytes(path, data, sync=False)
        except OSError as error:
            raise save_error(path, error) from error
