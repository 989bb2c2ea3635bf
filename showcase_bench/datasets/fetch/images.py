"""Photos by the thousand: in parallel, politely, checked, and resumed.

A journal in the folder says what became of each, so that a run goes on where the last one ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from showcase_bench.datasets.fetch.client import Client
from showcase_bench.datasets.fetch.durable import save_error
from showcase_bench.datasets.fetch.errors import FetchError
from showcase_bench.datasets.fetch.journal import Journal, Outcome
from showcase_bench.datasets.fetch.layout import photo_path
from showcase_bench.datasets.fetch.policy import FetchPolicy
from showcase_bench.datasets.fetch.workers import Task, Workers
from showcase_bench.types import NoProgress, Progress

__all__ = ["JOURNAL", "ImagesReport", "fetch_images"]

JOURNAL = "fetch.jsonl"
"""Name of the journal in the folder of photos."""

_NO_PROGRESS = NoProgress()
_DEFAULT = FetchPolicy()


@dataclass(frozen=True, slots=True)
class ImagesReport:
    """What became of the photos that were asked for."""

    wanted: int
    fetched: int
    """Downloaded in this run."""
    present: int
    """There already."""
    gone: Mapping[str, int]
    """Reason, such as ``HTTP 404``, to number; of this run and of earlier ones."""
    failed: Mapping[str, int]
    """Reason to number; these are tried again in the next run."""
    received: int
    """Bytes of the photos that were fetched."""

    @property
    def complete(self) -> bool:
        """Whether every photo that was asked for is there."""
        return self.fetched + self.present == self.wanted


@dataclass(slots=True)
class _Tally:
    fetched: int = 0
    present: int = 0
    received: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        if outcome.status == "ok":
            self.fetched += 1
            self.received += outcome.bytes
        elif outcome.status == "gone":
            self.gone[outcome.reason] += 1
        else:
            self.failed[outcome.reason] += 1


def fetch_images(
    urls: Mapping[str, str],
    folder: Path,
    *,
    policy: FetchPolicy = _DEFAULT,
    progress: Progress = _NO_PROGRESS,
    hosts: Collection[str] | None = None,
    retry_gone: bool = False,
) -> ImagesReport:
    """Download photos into ``folder``, laid out as :class:`FolderImages` looks for them.

    Each photo is decoded once before it is stored, so that one that is there can be shown. What
    became of each is appended to ``<folder>/fetch.jsonl``; a run that was interrupted or killed is
    continued by the next. A photo that a server says is gone (404, 410) or not to be had (403) is
    not asked for again.

    Parameters
    ----------
    urls
        Id to address. Ids that are no plain file names (see
        :func:`~showcase_bench.datasets.fetch.layout.photo_path`) are counted as failed.
    folder
        Made where it is missing. Nothing is written outside of it, also not through links.
    policy
        Patience, parallelism and politeness. Up to ``jobs`` photos of at most 64 MiB are held in
        memory; one is decoded at a time.
    progress
        Tracks photos.
    hosts
        Hosts that may be asked, each with its subdomains; None allows every host. Addresses come
        out of a data file, so a caller that knows the hosts should say so.
    retry_gone
        Ask for the ones again that are known to be gone.

    Raises
    ------
    FetchError
        So many photos in a row had no answer from any server that there must be no network.
    SaveError
        The disk is full, the folder cannot be written, or another process downloads into it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise save_error(folder, error) from error
    tally = _Tally()
    with Journal(folder / JOURNAL) as journal:
        todo = [
            task
            for task in _placed(urls, tally)
            if not _settled(task, folder, journal, tally, retry_gone=retry_gone)
        ]
        with (
            Client(policy, hosts) as client,
            closing(Workers(client, policy, folder).outcomes(todo)) as results,
        ):
            _record(
                progress.track(results, label="photos", total=len(todo)), journal, tally, policy
            )
    return ImagesReport(
        wanted=len(urls),
        fetched=tally.fetched,
        present=tally.present,
        gone=dict(sorted(tally.gone.items())),
        failed=dict(sorted(tally.failed.items())),
        received=tally.received,
    )


def _placed(urls: Mapping[str, str], tally: _Tally) -> Iterator[Task]:
    """The photos that have a place; the others are counted."""
    for image_id, url in urls.items():
        place = photo_path(image_id)
        if place is None:
            tally.failed["the id is no plain file name"] += 1
        else:
            yield Task(image_id, url, place)


def _settled(
    task: Task, folder: Path, journal: Journal, tally: _Tally, *, retry_gone: bool
) -> bool:
    """Whether there is nothing to do about a photo any more."""
    known = journal.outcomes.get(task.id)
    if known is None or known.status == "failed":
        return False
    if known.status == "gone":
        if not retry_gone:
            tally.add(known)
        return not retry_gone
    try:
        there = (folder / task.place).stat().st_size == known.bytes
    except OSError:
        there = False
    tally.present += there
    return there


def _record(
    results: Iterable[tuple[Outcome, bool]], journal: Journal, tally: _Tally, policy: FetchPolicy
) -> None:
    unanswered = 0
    for outcome, answered in results:
        journal.add(outcome)
        tally.add(outcome)
        unanswered = 0 if answered else unanswered + 1
        if unanswered >= policy.give_up_after:
            raise FetchError(
                "photos",
                f"no server answered for {unanswered} photos in a row, lastly: {outcome.reason}",
                "Check the network and run the same command again; it goes on from here.",
            )
