"""Build the site of a task from its stored runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.audit.results import Audit
from showcase_bench.datasets.card.build import data_card
from showcase_bench.evaluate import StoredRun, Workspace
from showcase_bench.evaluate.runs.records import pretty_json
from showcase_bench.leaderboard import Board, build_board
from showcase_bench.site.audit_view import audit_view
from showcase_bench.site.board_data import write_board, write_site
from showcase_bench.site.card_view import card_view
from showcase_bench.site.chunks import ChunkWriter
from showcase_bench.site.contents import Contents, require_same_data
from showcase_bench.site.examples import write_examples, write_index
from showcase_bench.site.folder import MARK, new_folder, require_replaceable
from showcase_bench.site.pages import write_assets, write_pages
from showcase_bench.site.pairs import MOST_SYSTEMS, write_pairs
from showcase_bench.site.places import PhotoPlaces
from showcase_bench.site.runs import write_runs
from showcase_bench.site.scores import write_scores
from showcase_bench.site.showcases import write_showcases
from showcase_bench.site.thumbnails import Thumbnails
from showcase_bench.types import Progress

__all__ = ["Site", "build_site"]

SCHEMA = 1


@dataclass(frozen=True)
class Site:
    """A site that was built."""

    folder: Path
    files: int
    bytes: int
    """Of all files but the photos."""
    photos: int
    photo_bytes: int
    unreadable: int
    """Photos that are shown as an empty frame."""

    @property
    def index(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


def build_site(
    runs: Sequence[StoredRun],
    workspace: Workspace,
    folder: Path,
    progress: Progress,
    *,
    board: Board | None = None,
    audit: Audit | None = None,
    most_compared: int = MOST_SYSTEMS,
    all_seeds: bool = False,
) -> Site:
    """Write the site of ``runs`` to ``folder``, whole or not at all; a site there is replaced.

    Equal runs, data and versions of zlib and Pillow give equal bytes, in whatever order the runs
    are given.

    Parameters
    ----------
    board
        The board of these runs, where it was built already.
    audit
        An audit of the task's metrics; without one there is no page for it.
    most_compared
        With more systems than these their pairs are not computed.
    all_seeds
        Show examples of every seed, not of each system's first one alone; the site grows by as much
        as seeds differ.

    Raises
    ------
    UsageError
        There is no run, the runs do not fit each other or the workspace, the audit is of other
        data, or ``folder`` cannot be written or holds something else than a site.
    StoreError
        A file of a run is missing or damaged.
    """
    require_replaceable(folder)
    require_same_data(runs, workspace)
    whole = board or build_board(runs)
    contents = Contents.of(whole, runs, workspace, all_seeds=all_seeds)
    audited = None if audit is None else audit_view(audit, contents.board.identity)
    with new_folder(folder) as temporary:
        thumbnails = Thumbnails(workspace.images, temporary, workspace.cache / "thumbnails")
        pairs = _write_data(contents, temporary, thumbnails, progress, most_compared)
        card = data_card(workspace.dataset, workspace.policy, decode=False, progress=progress)
        shown: dict[str, dict[str, Any]] = {
            "index": {},
            "compare": {},
            "examples": {},
            "runs": {},
            "data": {"blocks": card_view(card)},
            "methods": {"metrics": contents.metrics, "pairs": pairs},
        }
        if audited is not None:
            shown["audit"] = audited
        write_pages(temporary, shown, {"board": contents.board})
        write_assets(temporary)
        identity = contents.board.identity
        mark = {"schema": SCHEMA, "task": identity.task, "data_sha256": identity.data_sha256}
        (temporary / MARK).write_text(pretty_json(mark), encoding="utf-8", newline="\n")
        measured = _measure(folder, temporary, thumbnails)
    return measured


def _write_data(
    contents: Contents, folder: Path, thumbnails: Thumbnails, progress: Progress, most: int
) -> dict[str, Any]:
    writer = ChunkWriter(folder)
    places = PhotoPlaces(contents.examples)
    write_board(contents, writer)
    write_scores(contents, writer, progress)
    write_showcases(contents, places, writer, progress)
    write_index(contents, writer, progress)
    write_examples(contents, places, thumbnails, writer, progress)
    places.write(writer, thumbnails, progress)
    write_runs(contents, writer, progress)
    pairs = write_pairs(contents, writer, progress, most)
    write_site(contents, writer, pairs)
    return pairs


def _measure(folder: Path, made: Path, thumbnails: Thumbnails) -> Site:
    photos = files = size = 0
    for path in made.rglob("*"):
        if path.suffix == ".jpg":
            photos += 1
        elif path.is_file():
            files += 1
            size += path.stat().st_size
    return Site(folder, files, size, photos, thumbnails.bytes, thumbnails.unreadable)
