"""The public copy of GEST: what there is, where it is, and how to get it.

Yan et al., "Personalized Showcases: Generating Multi-Modal Explanations for Recommendations",
SIGIR 2023.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from showcase_bench.datasets.fetch.errors import FetchError
from showcase_bench.datasets.fetch.file import FetchResult, fetch_file
from showcase_bench.datasets.fetch.images import ImagesReport, fetch_images
from showcase_bench.datasets.fetch.manifest import Manifest
from showcase_bench.datasets.fetch.part import part_url
from showcase_bench.datasets.fetch.photo_urls import photo_urls
from showcase_bench.datasets.fetch.policy import FetchPolicy
from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.types import NoProgress, Progress

__all__ = ["ABOUT", "FILES", "MAIN", "MIRROR", "WHAT", "GestReport", "GotFile", "get_gest"]

MAIN = "https://mcauleylab.ucsd.edu/public_datasets/gdrive/googlelocal_restaurants/"
MIRROR = "https://datarepo.eng.ucsd.edu/mcauley_group/gdrive/googlelocal_restaurants/"

ABOUT = {
    "name": "GEST (Google Local, restaurants)",
    "citation": (
        "An Yan, Zhankui He, Jiacheng Li, Tianyang Zhang, Julian McAuley: Personalized Showcases: "
        "Generating Multi-Modal Explanations for Recommendations. SIGIR 2023. arXiv:2207.00422"
    ),
    "licence": (
        "No licence is known to come with the files. Reviews and photos belong to the people who "
        "posted them: use them for research, do not redistribute them, and cite the paper."
    ),
}


@dataclass(frozen=True, slots=True)
class GestFile:
    """A file of the public copy."""

    name: str
    approximate_bytes: int | None
    """As measured by its users; None where nobody has told."""
    starts_with: bytes
    """What such a file starts with, unlike a web page that says that it is gone."""
    summary: str


FILES = {
    "reviews": GestFile(
        "filter_all_t.json", 112_000_000, b"{", "the reviews of the tasks (s2), about 112 MB"
    ),
    "raw": GestFile("image_review_all.json", 1_000_000_000, b"{", "the raw reviews, about 1.0 GB"),
    "tar": GestFile(
        "google-images.tar.gz",
        None,
        b"\x1f\x8b",
        "all photos as one archive, where the server has it",
    ),
}
"""By what they are called in ``what``."""

WHAT = (*FILES, "images")
"""All that can be asked for; ``images`` are the photos of the reviews, by their addresses."""

_IMAGE_HOSTS = ("googleusercontent.com", "ggpht.com")
_NO_PROGRESS = NoProgress()
_DEFAULT = FetchPolicy()


@dataclass(frozen=True, slots=True)
class GotFile:
    """A file of the report."""

    name: str
    url: str
    bytes: int
    sha256: str
    downloaded: bool
    """False for one that was there already and matches its manifest."""


@dataclass(frozen=True, slots=True)
class GestReport:
    """What :func:`get_gest` got."""

    folder: Path
    files: tuple[GotFile, ...]
    images: ImagesReport | None = None
    """None when photos were not asked for."""
    photos_without_address: int = 0
    """Photos of the data file that have no usable address."""

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return self.images is None or (self.images.complete and not self.photos_without_address)

    def as_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "folder": str(self.folder),
            "complete": self.complete,
            "files": [asdict(one) for one in self.files],
            "images": None if self.images is None else asdict(self.images),
            "photos_without_address": self.photos_without_address,
        }


def get_gest(
    out: Path,
    *,
    what: Collection[str] = ("reviews",),
    base_url: str | None = None,
    policy: FetchPolicy = _DEFAULT,
    progress: Progress = _NO_PROGRESS,
    retry_gone: bool = False,
) -> GestReport:
    """Download GEST into a folder.

    Files that match their entry in ``<out>/manifest.json`` are not downloaded again; one that
    does not match is replaced.

    Parameters
    ----------
    out
        Gets the files, ``manifest.json`` and, for the photos, the folder ``images``.
    what
        Some of :data:`WHAT`. ``images`` needs the reviews and brings them along.
    base_url
        Folder on the web to use instead of the public ones; it ends in a slash or gets one.
    policy
        Patience, limits and politeness.
    progress
        Tracks files and photos.
    retry_gone
        Ask again for photos that are known to be gone.

    Raises
    ------
    UsageError
        ``what`` is empty or names something else, or ``base_url`` is no web address.
    FetchError
        A file cannot be had. Photos that are gone or fail are reported instead, unless there is
        no network at all.
    SaveError
        The disk is full or the folder cannot be written.
    DataError
        Photos are asked for and the reviews break the format.
    """
    wanted = _wanted(what)
    bases = (MAIN, MIRROR) if base_url is None else (_folder_url(base_url),)
    out = Path(out)
    manifest = Manifest(out, ABOUT)
    files = tuple(
        _get_file(out, one, bases, manifest, policy, progress)
        for name, one in FILES.items()
        if name in wanted
    )
    if "images" not in wanted:
        return GestReport(out, files)
    hosts = [*_IMAGE_HOSTS, *(urlsplit(base).hostname or "" for base in bases)]
    urls, without = photo_urls(out / FILES["reviews"].name, bases[0], progress)
    images = fetch_images(
        urls,
        out / "images",
        policy=policy,
        progress=progress,
        hosts=hosts,
        retry_gone=retry_gone,
    )
    return GestReport(out, files, images, without)


def _wanted(what: Collection[str]) -> frozenset[str]:
    if not what:
        raise UsageError(f"nothing is asked for; give some of {', '.join(WHAT)}")
    for name in what:
        if name not in WHAT:
            raise UsageError(f"GEST has no {name!r}. {did_you_mean(name, WHAT)}")
    return frozenset({*what, "reviews"} if "images" in what else what)


def _folder_url(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{base_url!r} is not an http or https address")
    return base_url if base_url.endswith("/") else f"{base_url}/"


def _get_file(
    out: Path,
    one: GestFile,
    bases: tuple[str, ...],
    manifest: Manifest,
    policy: FetchPolicy,
    progress: Progress,
) -> GotFile:
    entry = manifest.entry(one.name)
    downloaded = entry is None
    if entry is None:
        entry = manifest.record(_from_somewhere(out / one.name, one, bases, policy, progress))
    return GotFile(one.name, entry["url"], entry["bytes"], entry["sha256"], downloaded)


def _from_somewhere(
    target: Path, one: GestFile, bases: tuple[str, ...], policy: FetchPolicy, progress: Progress
) -> FetchResult:
    """Download from the first address that has the file; one that was begun is finished there."""
    urls = [f"{base}{one.name}" for base in bases]
    begun = part_url(target)
    urls.sort(key=lambda url: url != begun)
    problems: list[FetchError] = []
    for url in urls:
        try:
            result = fetch_file(url, target, policy=policy, progress=progress)
            _check_start(result, one)
            return result
        except FetchError as error:
            problems.append(error)
            if part_url(target) is not None:
                raise
    if len(problems) == 1:
        raise problems[0]
    reasons = "; ".join(f"{error.url}: {error.reason}" for error in problems)
    raise FetchError(one.name, reasons, "Try again later, or name a mirror with --base-url.")


def _check_start(result: FetchResult, one: GestFile) -> None:
    with result.path.open("rb") as stream:
        start = stream.read(256).lstrip()
    if not start.startswith(one.starts_with):
        result.path.unlink()
        raise FetchError(
            result.url,
            f"not what {one.name} should be: it starts with {start[:20]!r}",
            "The server may have sent a web page instead. Use another mirror.",
        )
