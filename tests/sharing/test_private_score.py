"""Scores of what was predicted on the public half are those of the original split."""

import dataclasses
import gzip

import pytest

from showcase_bench.errors import PredictionError, UsageError
from showcase_bench.evaluate import Scorer, frame_of_workspace
from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.score import framing, in_parts
from showcase_bench.sharing import read_private, score_private
from showcase_bench.sharing.gate import LIMITS
from showcase_bench.submission import read_predictions
from tests.sharing.hidden_worlds import write_lines

METRICS = ("precision@3", "ndcg@3", "div@3", "bleu-4", "rouge-l", "distinct-2")


def private_scores(hidden_world, path, **options):
    workspace, _, private, _ = hidden_world
    return score_private(read_private(private), path, places=workspace.places, **options)


@pytest.fixture
def original(hidden_world, some_answers, tmp_path):
    """Scores on the original split, of all rows or of some."""
    workspace, *_ = hidden_world
    path = write_lines(tmp_path / "original.jsonl", some_answers)
    showcases = read_predictions(path, workspace.queries)
    scorer = Scorer(frame_of_workspace(workspace), workspace.parse_metrics(METRICS))
    return scorer.score(showcases).scores, scorer.levels


def test_equal_to_the_original(hidden_world, public_answers, original, tmp_path):
    _, public, *_ = hidden_world
    path = write_lines(tmp_path / "public.jsonl", public_answers[::-1])
    found = private_scores(hidden_world, path, metrics=METRICS, photos=public)
    assert found.scores == original[0]
    assert found.levels == original[1]
    assert found.unreadable == {}
    assert all(score.value for score in found.scores)


@pytest.mark.parametrize("part", [None, "final"])
def test_many_rows_score_alike_in_parts_and_processes(
    hidden_world, public_answers, tmp_path, part, monkeypatch
):
    _, public, *_ = hidden_world
    path = write_lines(tmp_path / "public.jsonl", public_answers[::-1])
    options = {"metrics": (*METRICS, "coverage@3"), "photos": public, "part": part}
    expected = private_scores(hidden_world, path, **options)
    for module in (framing, in_parts):
        monkeypatch.setattr(module, "PART_ROWS", 16)
    assert private_scores(hidden_world, path, **options) == expected
    with LocalExecutor(2) as executor:
        assert private_scores(hidden_world, path, executor=executor, **options) == expected


def test_parts_divide_the_rows(hidden_world, public_answers, original, tmp_path):
    path = write_lines(tmp_path / "public.jsonl", public_answers)
    parts = {
        part: private_scores(hidden_world, path, metrics=["precision@3"], part=part)
        for part in ("validation", "final")
    }
    sizes = {part: found.facts["n"] for part, found in parts.items()}
    assert sizes == {"validation": 18, "final": 42}
    mean = sum(sizes[part] * found.scores[0].value for part, found in parts.items()) / 60
    assert mean == pytest.approx(original[0][0].value, abs=1e-12)
    with pytest.raises(UsageError, match="no part 'finals'"):
        private_scores(hidden_world, path, part="finals")


def test_photos_are_needed_for_some(hidden_world, public_answers, tmp_path):
    path = write_lines(tmp_path / "public.jsonl", public_answers)
    found = private_scores(hidden_world, path)
    assert found.left_out == ("div@3",)
    assert "div@3" not in {score.name for score in found.scores}
    with pytest.raises(UsageError, match="div@3 cannot be scored without photos"):
        private_scores(hidden_world, path, metrics=["div@3"])


def test_original_ids_are_refused(hidden_world, some_answers, tmp_path):
    path = write_lines(tmp_path / "original.jsonl", some_answers)
    with pytest.raises(PredictionError, match="none of its ids"):
        private_scores(hidden_world, path)


def test_long_text_is_refused(hidden_world, public_answers, tmp_path):
    long = [dict(public_answers[0], text="a" * (LIMITS.text_chars + 1)), *public_answers[1:]]
    with pytest.raises(PredictionError, match="10,001 characters"):
        private_scores(hidden_world, write_lines(tmp_path / "long.jsonl", long))


def test_the_check_is_that_of_submissions(hidden_world, public_answers, tmp_path):
    bad = [dict(public_answers[0], text="bell \x07"), *public_answers[1:]]
    with pytest.raises(PredictionError, match=r"line 1, field 'text': a control character U\+0007"):
        private_scores(hidden_world, write_lines(tmp_path / "bell.jsonl", bad))
    path = write_lines(tmp_path / "good.jsonl", public_answers)
    (tmp_path / "link.jsonl").symlink_to(path)
    with pytest.raises(PredictionError, match="symbolic link"):
        private_scores(hidden_world, tmp_path / "link.jsonl")
    packed = tmp_path / "good.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    plain, same = (
        private_scores(hidden_world, one, metrics=["precision@3"]) for one in (path, packed)
    )
    assert plain.scores == same.scores
    bomb = tmp_path / "bomb.jsonl"
    bomb.write_bytes(gzip.compress(b" " * (80 << 20)))
    with pytest.raises(PredictionError, match="decompression bomb"):
        private_scores(hidden_world, bomb)


def test_public_half_is_no_private_half(hidden_world):
    with pytest.raises(UsageError, match="is a showcase-bench public half"):
        read_private(hidden_world[1])


def test_salt_is_not_shown_in_repr_of_names(hidden_world):
    private = read_private(hidden_world[2])
    assert private.salt not in repr(private.names)
    assert dataclasses.asdict(private.half)["salt"] == private.salt
