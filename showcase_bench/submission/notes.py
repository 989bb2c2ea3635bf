"""Signs that a score was bought: stated statistics with stated thresholds, noted beside a row.

A note is no verdict and moves no number. What people's own reviews do as well is no sign: the
statistics of texts are held against those of the references of the same split.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.evaluate.score.scorer import Scorer
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.metrics.ngram.bleu import bleu_4
from showcase_bench.stats.intervals import interval
from showcase_bench.submission.near_copies import NGRAM, TrainingIndex
from showcase_bench.types import Showcase

__all__ = ["Note", "notes_on", "training_photos"]

REPEATED = 0.10
"""Share of texts that are given to another user as well, above the references' share."""
LONGER, GAIN = 1.1, 0.05
"""Words to one of the references, and the share of BLEU-4 that the excess must bring."""
COPIES, NEAR = 0.10, 0.8
"""Share of near-copies above the references' share; phrases that make a text a near-copy."""
UNSEEN = 0.30
"""Of the way from a random choice to the control `unseen-photos`."""

_WORD = re.compile(r"\w+")
_LEAST = 20
"""Examples below which nothing is said."""


@dataclass(frozen=True)
class Note:
    """One statistic, whether or not it is above its threshold."""

    name: str
    value: float
    threshold: float
    raised: bool
    message: str
    """The statistic in words, for the row."""


def training_photos(workspace: Workspace) -> frozenset[str]:
    """Photos that training reviews posted; none where a task has no training split."""
    if "train" not in workspace.dataset.split_names:
        return frozenset()
    rows = workspace.split("train").rows
    return frozenset(photo for i in range(len(rows)) for photo in rows.gold(i).image_ids)


def notes_on(showcases: Sequence[Showcase], frame: Frame, posted: Set[str]) -> list[Note]:
    """All statistics that the predictions allow, in a fixed order.

    ``posted`` are the photos of training reviews, whose texts the frame has.
    Left out is what fewer than 20 examples would speak for: texts that nobody wrote, photos that
    nobody chose, a task without a training split.
    """
    found = [
        _repeated(showcases, frame),
        _length(showcases, frame),
        _copies(showcases, frame),
        _unseen(showcases, frame, posted),
    ]
    return [note for note in found if note is not None]


def _plain(text: str | None) -> str:
    """Words alone, so that neither case nor punctuation makes a text another one."""
    return " ".join(_WORD.findall((text or "").casefold()))


def _repeated_share(texts: Sequence[str | None], users: Sequence[str]) -> tuple[float, int]:
    """Share of the texts with words that another user is given too, and the number of texts."""
    plain = [_plain(text) for text in texts]
    users_of: dict[str, set[str]] = defaultdict(set)
    for text, user in zip(plain, users, strict=True):
        users_of[text].add(user)
    known = [text for text in plain if text]
    if not known:
        return 0.0, 0
    return sum(len(users_of[text]) > 1 for text in known) / len(known), len(known)


def _first_references(frame: Frame) -> list[str | None]:
    return [texts[0] if texts else None for texts in frame.references]


def _repeated(showcases: Sequence[Showcase], frame: Frame) -> Note | None:
    share, n = _repeated_share([one.text for one in showcases], frame.users)
    if n < _LEAST:
        return None
    natural, _ = _repeated_share(_first_references(frame), frame.users)
    return Note(
        "repeated-text",
        share - natural,
        REPEATED,
        share - natural >= REPEATED,
        f"{share:.0%} of the texts are given word for word to several users "
        f"(references: {natural:.0%}; noted from {REPEATED:.0%} above)",
    )


def _length(showcases: Sequence[Showcase], frame: Frame) -> Note | None:
    scorer = Scorer(frame, [bleu_4()])
    (metric,) = scorer.metrics
    found = scorer.score(showcases)
    sums = found.statistics[metric.signature].sum(axis=0)
    words, wanted, counted = float(sums[4]), float(sums[-2]), float(sums[-1])
    whole = found.scores[0].value
    if counted < _LEAST or not wanted or whole is None:
        return None
    ratio, gain = words / wanted, 0.0
    if ratio >= LONGER and whole > 0:
        cut = scorer.score([_cut(one, ratio) for one in showcases]).scores[0].value
        gain = 1 - (cut or 0.0) / whole
    return Note(
        "length",
        gain,
        GAIN,
        gain >= GAIN,
        f"texts have {ratio:.2f} words to one of the references, and the end of them brings "
        f"{gain:.0%} of BLEU-4 (noted from {LONGER} words and {GAIN:.0%}: each text is cut by the "
        "same factor, to the references' length in all)",
    )


def _cut(one: Showcase, ratio: float) -> Showcase:
    """The first words, as many as are left when the whole is shortened by ``ratio``."""
    words = (one.text or "").split()
    kept = int(np.ceil(len(words) / ratio))
    return Showcase(one.id, one.image_ids, None if one.text is None else " ".join(words[:kept]))


def _copies(showcases: Sequence[Showcase], frame: Frame) -> Note | None:
    if not frame.training:
        return None
    index = TrainingIndex(frame.training)
    outputs = index.shared([one.text for one in showcases])
    known = outputs[~np.isnan(outputs)]
    if len(known) < _LEAST:
        return None
    references = index.shared(_first_references(frame))
    people = references[~np.isnan(references)]
    share = float(np.mean(known >= NEAR))
    natural = float(np.mean(people >= NEAR)) if len(people) else 0.0
    return Note(
        "training-copies",
        share - natural,
        COPIES,
        share - natural >= COPIES,
        f"{share:.0%} of the texts of eight words or more share {NEAR:.0%} of their phrases of "
        f"{NGRAM} words with one training review (references: {natural:.0%}; noted from "
        f"{COPIES:.0%} above)",
    )


def _unseen(showcases: Sequence[Showcase], frame: Frame, posted: Set[str]) -> Note | None:
    """Among the photos that are not gold, so that a system that finds gold is not suspected."""
    if not posted:
        return None
    excess = np.full(len(showcases), np.nan)
    most = np.zeros(len(showcases))
    rows = zip(showcases, frame.pools, frame.gold_images, strict=True)
    for at, (one, pool, gold) in enumerate(rows):
        others = [photo for photo in pool if photo not in gold]
        picked = [photo for photo in one.image_ids if photo not in gold]
        unseen = sum(photo not in posted for photo in others)
        if picked and 0 < unseen < len(others):
            share = sum(photo not in posted for photo in picked) / len(picked)
            excess[at] = share - unseen / len(others)
            most[at] = min(unseen, len(picked)) / len(picked) - unseen / len(others)
    told = ~np.isnan(excess)
    n = int(told.sum())
    if n < _LEAST or most[told].mean() <= 0:
        return None
    mean = float(excess[told].mean())
    clusters = tuple(column[told] for column in frame.clusters)
    bounds = interval(mean, excess[told] - mean, clusters)
    way = mean / float(most[told].mean())
    return Note(
        "unseen-photos",
        way,
        UNSEEN,
        way >= UNSEEN and bounds is not None and bounds[0] > 0,
        f"of the photos that are not gold, {mean:+.0%} more than a random choice's are owned by no "
        f"training review, {way:.0%} of the way to the control `unseen-photos`, which exploits how "
        f"the data set was made ({n:,} pools that hold both kinds; noted from {UNSEEN:.0%} with a "
        "95 % interval above a random choice)",
    )
