"""One trial: a submission is accepted or refused, and neither wrongly."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from showcase_bench.errors import ShowcaseError
from showcase_bench.evaluate import Scorer
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.metrics.groups import expand_metrics
from showcase_bench.submission.card import card_toml
from showcase_bench.submission.check import Checked, Submission, check_submission
from showcase_bench.types import Score, Showcase
from tools.submission_fuzzing.mutate import Case
from tools.submission_fuzzing.oracle import read_plainly
from tools.submission_fuzzing.world import EXAMPLES, FRAME, LIMITS, TASK

_ASKED = Submission(Path(), TASK, EXAMPLES, limits=LIMITS)
_MOST_TOLD = 4000


class FuzzError(AssertionError):
    """A submission that was handled wrongly."""


class Trial:
    """Tries submissions in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "predictions.jsonl"
        self._card = folder / "predictions.toml"
        self._scorer = Scorer(FRAME, expand_metrics(["precision@3", "bleu-1", "distinct-1"]))
        self._scores: dict[bytes, tuple[Score, ...]] = {}

    def run(self, case: Case) -> bool:
        """Whether it was accepted.

        Raises
        ------
        FuzzError
            It was accepted wrongly, refused wrongly or without a reason, or scores other than its
            canonical form.
        """
        kind, content, card = case
        found = self._check(content, card)
        self._require_report(found)
        if kind in ("plain", "card"):
            self._require_same_verdict(found, content, card)
        if found.showcases is None or found.card is None:
            return False
        inner = _unpacked(content)
        wanted = None if inner is None else read_plainly(inner)
        if wanted != list(found.showcases):
            raise FuzzError(f"accepted, but it reads {wanted}")
        self._require_same_card(found)
        self._require_same_scores(found.showcases)
        return True

    def _check(self, content: bytes, card: bytes) -> Checked:
        self._path.write_bytes(content)
        self._card.write_bytes(card)
        return check_submission(replace(_ASKED, path=self._path), keep=True, need_card=True)

    def _require_report(self, found: Checked) -> None:
        report = json.dumps(found.to_dict(), ensure_ascii=True)
        if (found.showcases is None) == (found.problems.total == 0):
            raise FuzzError("refused without a problem, or accepted with one")
        if len(found.problems.kept) > LIMITS.kept_problems + 1:
            raise FuzzError("more problems are kept than allowed")
        for problem in found.problems.kept:
            text = str(problem)
            text.encode()
            if len(text) > _MOST_TOLD or not text.isprintable():
                raise FuzzError(f"a message that disturbs: {text[:200]!r}")
        if len(report) > 200_000:
            raise FuzzError("a report without bounds")

    def _require_same_verdict(self, found: Checked, content: bytes, card: bytes) -> None:
        """Plain predictions must be judged as the oracle does, in both directions."""
        if content.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")):
            return
        rows = {key for key in found.problems.counts if not key.startswith(("card", "task"))}
        if (read_plainly(content) is None) != bool(rows):
            raise FuzzError(f"the oracle disagrees with {sorted(rows) or 'acceptance'}")

    def _require_same_card(self, found: Checked) -> None:
        assert found.card is not None
        text = card_toml(found.card)
        if any(char in text.partition("[task]")[0] for char in "<>`$\\{}|\x00"):
            raise FuzzError("a card with markup was accepted")
        again = self._check(dump_predictions(found.showcases or ()), text.encode())
        if again.card != found.card or again.showcases != found.showcases:
            raise FuzzError("the canonical form is not what it is the form of")

    def _require_same_scores(self, showcases: tuple[Showcase, ...]) -> None:
        canonical = dump_predictions(showcases)
        scores = self._scorer.score(showcases).scores
        again = read_plainly(canonical)
        if again is None or self._scorer.score(again).scores != scores:
            raise FuzzError("the canonical form has other scores")


def _unpacked(content: bytes) -> bytes | None:
    """What is inside, by other means than the package's; None where it cannot be had."""
    if content.startswith(b"PK\x03\x04"):
        return _unzipped(content)
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return None
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return _unzstd(content)
    return content


def _unzstd(content: bytes) -> bytes | None:
    try:
        with pa.input_stream(pa.py_buffer(content), compression="zstd") as stream:
            return bytes(stream.read())
    except OSError:
        return None


def _unzipped(content: bytes) -> bytes | None:
    with zipfile.ZipFile(pa.BufferReader(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        inner = _unzstd(archive.read("predictions.jsonl.zst"))
    if inner is None or hashlib.sha256(inner).hexdigest() != manifest["predictions"]["sha256"]:
        return None
    return inner


def require_only_our_errors(trial: Trial, case: Case) -> bool:
    """Whether it was accepted; an error of ours for the user counts as a refusal."""
    try:
        return trial.run(case)
    except ShowcaseError:
        return False
