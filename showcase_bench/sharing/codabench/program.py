"""The scoring program: from a platform's folders to ``scores.json``.

``input/ref`` holds a private half, ``input/res`` the unpacked submission.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from showcase_bench.datasets.tasks import Places
from showcase_bench.errors import PredictionError, ShowcaseError
from showcase_bench.files import scratch_folder
from showcase_bench.sharing.codabench.columns import COLUMNS, Column, load_columns
from showcase_bench.sharing.codabench.results_page import (
    MOST_PROBLEMS,
    problems_page,
    scores_page,
)
from showcase_bench.sharing.gate import SUBMITTED, find_submission
from showcase_bench.sharing.halves import read_private
from showcase_bench.sharing.score import PrivateScores, score_private

__all__ = ["COMMAND", "PROGRAM_FILE", "SCORES", "program_text", "run"]

PROGRAM_FILE = "score.py"
COMMAND = f"python3 /app/program/{PROGRAM_FILE} /app/input /app/output"
SCORES = "scores.json"
RESULTS = "detailed_results.html"
_DECIMALS = 10
"""What the platform stores of a score."""


def program_text(version: str) -> str:
    """The script that the platform starts; it asks for the version that made the bundle."""
    return f'''"""Scores a submission with showcase-bench {version}."""

import sys
from pathlib import Path

VERSION = "{version}"

try:
    import showcase_bench
except ImportError:
    sys.exit(f"the image has no showcase-bench: build one with showcase-bench {{VERSION}} in it")
if showcase_bench.__version__ != VERSION:
    sys.exit(f"the image has showcase-bench {{showcase_bench.__version__}} instead of {{VERSION}}")

from showcase_bench.sharing.codabench.program import run

sys.exit(run(Path(__file__).parent, Path(sys.argv[1]), Path(sys.argv[2])))
'''


def run(program: Path, inputs: Path, output: Path) -> int:
    """Score the submission in ``inputs/res`` against ``inputs/ref``.

    Writes ``scores.json`` (a number for each column; a column whose metric the submission did not
    attempt is left out) and ``detailed_results.html`` into ``output``. An invalid submission gets
    the page with its problems and no scores.

    Parameters
    ----------
    program
        Folder of the program, with the list of columns.

    Returns
    -------
    int
        Exit code: 0 scored, 1 the submission is not valid, 2 the bundle itself does not work.
    """
    try:
        columns = load_columns(program / COLUMNS)
        title, scored = _score(inputs, columns)
    except PredictionError as error:
        _write(output / RESULTS, problems_page("Submission refused", error.problems))
        print(_told(error), file=sys.stderr)  # noqa: T201 - the platform shows it
        return 1
    except ShowcaseError as error:
        print(f"the competition is not set up well: {error}", file=sys.stderr)  # noqa: T201
        return 2
    facts = scored.facts
    _write(output / RESULTS, scores_page(title, facts["n"], scored.scores, scored.levels))
    values = {score.name: score.value for score in scored.scores}
    found = {
        column.key: round(value, _DECIMALS)
        for column in columns
        if (value := values[column.metric]) is not None and math.isfinite(value)
    }
    _write(output / SCORES, json.dumps(found, indent=1, allow_nan=False) + "\n")
    return 0


def _score(inputs: Path, columns: tuple[Column, ...]) -> tuple[str, PrivateScores]:
    private = read_private(inputs / "ref")
    path = find_submission(inputs / "res")
    with scratch_folder() as folder:
        scored = score_private(
            private,
            path,
            metrics=[column.metric for column in columns],
            places=Places(folder, folder),
            shown_as=SUBMITTED,
        )
    half = private.half
    return f"{half.task}, part {half.kept}" if half.kept else half.task, scored


def _told(error: PredictionError) -> str:
    shown = [ascii(one)[1:-1] for one in error.problems[:MOST_PROBLEMS]]
    return "\n".join([f"{SUBMITTED} is not valid:", *(f"  - {one[:400]}" for one in shown)])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
