"""A small split, and files handed in for it, for the tests of submissions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from showcase_bench.submission.card import Card, TaskFacts, card_toml
from showcase_bench.submission.check import Submission, check_submission
from showcase_bench.submission.examples import Examples
from showcase_bench.types import Query, Showcase

QUERIES = tuple(
    Query(f"q{i}", f"u{i}", "b", (), ("a", "b", "c", "d", "é/1"), k=3) for i in range(3)
)
GOOD = (Showcase("q0", ("a", "b"), "x"), Showcase("q1", (), None), Showcase("q2", ("é/1",), ""))
TASK = TaskFacts("toy", 2, "test", "ab" * 32)
CARD = Card("my system", ("A. Author",), "https://example.org/p", "", "the split", 1, False, TASK)


def line(**fields):
    return json.dumps({"id": "q0", "image_ids": [], "text": None, **fields}) + "\n"


def write(folder: Path, lines, card=CARD, name="preds.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"".join(one if isinstance(one, bytes) else one.encode() for one in lines))
    if card is not None:
        text = card if isinstance(card, (str, bytes)) else card_toml(card)
        data = text if isinstance(text, bytes) else text.encode()
        (folder / "preds.toml").write_bytes(data)
    return path


def check(path: Path, *, keep=True, need_card=True, **more):
    asked = Submission(path, TASK, Examples.of_queries(QUERIES))
    return check_submission(replace(asked, **more), keep=keep, need_card=need_card)


def told(found) -> str:
    return "\n".join(map(str, found.problems.kept))
