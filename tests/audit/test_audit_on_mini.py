"""On a world with known answers the metrics fall where they should, and only there."""

import pytest

from showcase_bench.audit import find_faults, run_audit
from showcase_bench.audit.world import world_of_workspace
from showcase_bench.datasets.tasks import TASKS, Places
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace

PERSONAL = ("user-match-mrr", "user-match-accuracy", "history-lift")
GROUNDED = ("image-lift-business", "image-lift-other")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    pytest.importorskip("torch")
    pytest.importorskip("open_clip")
    pytest.importorskip("tokenizers")
    folder = tmp_path_factory.mktemp("mini")
    return Workspace.open(TASKS.get("mini"), places=Places(folder / "cache", folder / "data"))


@pytest.fixture(scope="module")
def audit(workspace):
    metrics = workspace.parse_metrics([*PERSONAL, *GROUNDED])
    faults = find_faults(["other-user", "unrelated-words", "other-photos"])
    return run_audit(workspace, metrics=metrics, faults=faults, strengths=(1.0,))


def verdicts(audit, fault):
    return {cell.metric: cell.verdict for cell in audit.cells if cell.fault == fault}


def test_a_swap_of_users_is_seen_and_the_control_is_not(audit):
    assert all(verdicts(audit, "other-user")[name] == "sees" for name in PERSONAL)
    assert all(verdicts(audit, "unrelated-words")[name] == "blind" for name in PERSONAL)
    assert all(verdicts(audit, "other-photos")[name] == "blind" for name in PERSONAL)


def test_a_swap_of_photos_is_seen_and_the_control_is_not(audit):
    assert all(verdicts(audit, "other-photos")[name] == "sees" for name in GROUNDED)
    assert all(verdicts(audit, "unrelated-words")[name] == "blind" for name in GROUNDED)


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ("other-user", PERSONAL),
        ("other-photos", GROUNDED[:1]),
        ("other-business-photos", GROUNDED[1:]),
    ],
)
def test_what_is_swapped_falls_to_the_floor(workspace, fault, names):
    scorer = Scorer(frame_of_workspace(workspace), workspace.parse_metrics(names))
    (spoilt,) = find_faults([fault])
    showcases = spoilt.apply(world_of_workspace(workspace), 1.0, 1).showcases
    for score in scorer.score(showcases).scores:
        floor = scorer.levels[score.name]
        assert score.interval.low <= floor.high
        assert score.interval.high >= floor.low
        assert floor.best > score.interval.high
