"""Metrics of personalization and grounding against worlds where the answer is known.

    python benchmarks/knobs.py
    python benchmarks/knobs.py --rows 1000 --levels 0,0.5,1

Makes embedded worlds at five levels of the knob ``personalization``, and of the knob ``grounding``,
scores the references of each, and prints every value with its 95 % interval and its floor. The last
line of each table says which columns rise from level to level. A few minutes.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

from showcase_bench.cli.console import BarProgress
from showcase_bench.datasets.dataset import load_dataset
from showcase_bench.datasets.mini import MiniConfig, MiniImages, write_mini
from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
from showcase_bench.evaluate.runs.records import Levels
from showcase_bench.evaluate.score.controls import reference_showcases
from showcase_bench.types import Progress, Score

KNOBS = {
    "personalization": ("user-match-mrr", "user-match-accuracy", "history-lift"),
    "grounding": ("image-lift-business", "image-lift-other"),
}


def open_world(config: MiniConfig, folder: Path, progress: Progress) -> Workspace:
    """Make a world in a folder and open it."""
    path = write_mini(folder / "world.json", config)
    images = MiniImages(config)
    places = Places(folder / "cache", folder / "data")
    task = Task(
        "knobs",
        1,
        "an embedded world",
        lambda places, shown: load_dataset(
            path, cache_dir=places.cache, images=images, progress=shown
        ),
    )
    return Workspace.open(task, places=places, progress=progress)


def measure_level(
    config: MiniConfig, names: tuple[str, ...], progress: Progress
) -> tuple[tuple[Score, ...], dict[str, Levels]]:
    """Scores of the references of one world, and their floors."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_world(config, Path(folder), progress)
        frame = frame_of_workspace(workspace, progress)
        scorer = Scorer(frame, workspace.parse_metrics(names))
        return scorer.score(reference_showcases(frame)).scores, scorer.levels


def main() -> None:
    """Turn every knob and print what the metrics say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=500, help="test rows of each world")
    parser.add_argument("--levels", default="0,0.25,0.5,0.75,1", help="of each knob")
    parser.add_argument("--knobs", default=",".join(KNOBS), help="which knobs to turn")
    parser.add_argument("--seed", type=int, default=0, help="of the worlds")
    given = parser.parse_args()
    levels = [float(one) for one in given.levels.split(",")]
    failed = False
    for knob in given.knobs.split(","):
        names = KNOBS[knob]
        print(f"\n{knob:16}" + "".join(f"{name:^46}" for name in names))
        seen: dict[str, list[float]] = {name: [] for name in names}
        for level in levels:
            config = MiniConfig(
                seed=given.seed, n_train=4 * given.rows, n_test=given.rows, **{knob: level}
            )
            with BarProgress(quiet=False) as progress:
                scores, frames = measure_level(config, names, progress)
            cells = []
            for score in scores:
                if score.value is None or score.interval is None:
                    raise SystemExit(f"{score.name} has no value at {knob} {level:g}")
                seen[score.name].append(score.value)
                low, high = score.interval.low, score.interval.high
                floor = frames[score.name]
                cells.append(
                    f"{score.value:.4f} [{low:.4f}, {high:.4f}]  floor {floor.expected:.3f}".center(
                        46
                    )
                )
            print(f"{level:<16g}" + "".join(cells), flush=True)
        rises = {
            name: all(a < b for a, b in itertools.pairwise(values)) for name, values in seen.items()
        }
        failed |= not all(rises.values())
        print(f"{'rises':16}" + "".join(f"{'yes' if rises[n] else 'NO':^46}" for n in names))
    sys.exit(failed)


if __name__ == "__main__":
    main()
