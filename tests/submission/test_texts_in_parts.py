"""Texts against a file of references in parts and in other processes: the bytes of all at once."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.compare import compare, field_of_predictions
from showcase_bench.compare.settings import Settings
from showcase_bench.errors import PredictionError
from showcase_bench.evaluate import Scorer, frame_of_references
from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.score import in_parts
from showcase_bench.evaluate.showcases.kept_lines import KeptLines
from showcase_bench.metrics import parse_metric
from showcase_bench.submission import (
    ReferencesRecipe,
    kept_showcases,
    read_references,
    read_texts,
)
from showcase_bench.types import NoProgress

METRICS = tuple(map(parse_metric, ("bleu-2", "rouge-l", "cider-d", "distinct-2", "length")))
WORDS = ["warm", "soup", "and", "cold", "beer", "at", "a", "table", "by", "the", "sea"]
N = 50


@pytest.fixture
def files(tmp_path):
    """References of which some have none or two, and two systems, one of them compressed."""
    references, plain, packed = (
        tmp_path / name for name in ("refs.jsonl", "a.jsonl", "b.jsonl.gz")
    )

    def text(number, length):
        return " ".join(WORDS[(number * 3 + i * i) % len(WORDS)] for i in range(length))

    known = [
        {"id": f"é{n}", "references": [text(n, 6), text(n + 1, 4)][: (n + 1) % 3]} for n in range(N)
    ]
    one = [{"id": f"é{n}", "text": text(n + n % 2, 5) if n % 7 else None} for n in range(N)]
    two = [{"id": f"é{n}", "text": text(n + 2, 3)} for n in reversed(range(N))]
    for path, rows in ((references, known), (plain, one), (packed, two)):
        data = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return references, {"a": plain, "b": packed}


def scored(references, systems, executor=None):
    recipe = ReferencesRecipe.of(references, references.parent / "cache")
    known = read_references(references)
    frame = frame_of_references(known, None, recipe=recipe)
    texts = {label: read_texts(path, known) for label, path in systems.items()}
    settings = Settings(trials=200)
    found = field_of_predictions(
        "", frame, METRICS, texts, progress=NoProgress(), executor=executor
    )
    scorer = Scorer(frame, METRICS, executor=executor)
    scores = [scorer.score(one).scores for one in texts.values()]
    return texts, scores, compare(found, settings).to_json()


@pytest.mark.parametrize("processes", [0, 2])
def test_parts_and_processes_do_not_show(files, processes, monkeypatch):
    held, scores, comparison = scored(*files)
    monkeypatch.setattr(in_parts, "PART_ROWS", 20)
    monkeypatch.setattr(kept_showcases, "_HELD", 0)
    if processes:
        with LocalExecutor(processes) as executor:
            kept, *found = scored(*files, executor)
    else:
        kept, *found = scored(*files)
    assert found == [scores, comparison]
    for label, texts in kept.items():
        assert isinstance(texts, KeptLines)
        assert list(texts) == held[label]


def test_references_that_change_are_noticed(files):
    references, _ = files
    recipe = ReferencesRecipe.of(references, references.parent / "cache")
    assert len(recipe.open()) == N
    references.write_bytes(references.read_bytes() + b"\n")
    with pytest.raises(PredictionError, match=r"refs\.jsonl.*was changed while it was scored"):
        recipe.open()


def test_what_cannot_be_read_twice_has_no_recipe(tmp_path):
    assert ReferencesRecipe.of(tmp_path, tmp_path) is None
    assert ReferencesRecipe.of(tmp_path / "none", tmp_path) is None


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=9)),
    data=st.data(),
)
def test_kept_texts_are_those_that_are_held(tmp_path_factory, texts, data):
    path = tmp_path_factory.mktemp("texts") / "texts.jsonl"
    references = {f"e{n}": ("one",) for n in range(len(texts) + 1)}
    rows = [{"id": f"e{n}", "text": text} for n, text in enumerate([*texts, "last"])]
    order = data.draw(st.permutations(rows))
    path.write_text("".join(f"{json.dumps(row | {'image_ids': ['x']})}\n" for row in order))
    held = read_texts(path, references)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_showcases, "_HELD", 0)
        kept = read_texts(path, references)
    assert list(kept) == held
    assert [one.text for one in held] == [*texts, "last"]
    assert all(one.image_ids == () for one in kept)
