"""The calibration: its sections with few repeats, and what it makes of their figures."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "calibration.py"


@pytest.fixture(scope="module")
def calibration():
    name = "showcase_bench_calibration"
    spec = importlib.util.spec_from_file_location(name, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


FIGURES = {"a": 10, "b": 3, "c": 2, "d": 1, "e": 2, "f": 3, "g": 2}


@pytest.mark.parametrize(
    ("section", "repeats"),
    [("a", 20), ("b", 200), ("c", 200), ("d", 150), ("e", 15), ("f", 150), ("g", 150)],
)
def test_error_rates_are_what_they_should_be(calibration, section, repeats):
    simulate, full = calibration.SECTIONS[section]
    assert full > repeats
    figures = simulate(repeats, 4.0)
    assert len(figures) == FIGURES[section]
    assert {one.section for one in figures} == {section}
    assert [one.name for one in figures if not one.passed] == []


def test_the_same_seed_is_used_again(calibration):
    assert calibration.two_ways(20, 1.0) == calibration.two_ways(20, 1.0)
    assert calibration.sets(2, 1.0) == calibration.sets(2, 1.0)


def test_a_figure_is_judged_by_its_bounds(calibration):
    def judge(hits, slack):
        outcomes = [True] * hits + [False] * (100 - hits)
        return calibration.figure("x", "kind", "name", outcomes, (0.1, 0.2), slack)

    assert [judge(hits, 0.0).passed for hits in (9, 10, 20, 21)] == [False, True, True, False]
    found = judge(21, 1.0)
    assert found.value == 0.21
    assert found.error == pytest.approx(math.sqrt(23 / 104 * 81 / 104 / 100), abs=1e-6)
    assert found.high == pytest.approx(0.2 + found.error, abs=1e-6)
    assert found.passed
    assert not judge(60, 4.0).passed
    assert judge(0, 0.0).error > 0
    assert judge(100, 9.0).high <= 1


@pytest.fixture
def short(calibration, monkeypatch):
    """Two sections that give made-up figures; the second one misses where ``hits`` is above 6."""

    def sections(hits):
        def first(repeats, slack):
            bounds = (0.9, 1.0)
            return [calibration.figure("a", "coverage", "one", [True] * repeats, bounds, slack)]

        def second(repeats, slack):
            outcomes = [True] * hits + [False] * (100 - hits)
            name = "false differences"
            return [calibration.figure("b", name, "other", outcomes, (0.0, 0.065), slack)]

        monkeypatch.setattr(calibration, "SECTIONS", {"a": (first, 50), "b": (second, 50)})

    return sections


def test_the_results_are_written(calibration, short, tmp_path, capsys):
    short(5)
    assert calibration.main(["--out", str(tmp_path / "one")]) == 0
    printed = capsys.readouterr().out
    assert "2 of 2 within their bounds" in printed
    assert "MISSED" not in printed
    assert calibration.main(["--out", str(tmp_path / "two")]) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["calibration.json", "calibration.png", "calibration.svg"]
    for name in names:
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two
    figures = json.loads((tmp_path / "one" / "calibration.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["value"], one["low"], one["high"]) for one in figures] == [
        ("one", 1.0, 0.9, 1.0),
        ("other", 0.05, 0.0, 0.065),
    ]
    assert (tmp_path / "one" / "calibration.png").read_bytes().startswith(b"\x89PNG")


def test_a_miss_is_exit_status_1(calibration, short, tmp_path, capsys):
    short(7)
    assert calibration.main(["--out", str(tmp_path)]) == 1
    assert "MISSED" in capsys.readouterr().out
    assert calibration.main(["--only", "a"]) == 0
    short(40)
    assert calibration.main(["--quick"]) == 1, "40 of 100 are too many for any slack"


def test_quick_runs_are_short_and_write_nothing(calibration, short, tmp_path, monkeypatch):
    short(5)
    monkeypatch.setattr(calibration, "__file__", str(tmp_path / "calibration.py"))
    assert calibration.main(["--quick"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert calibration.main(["--only", "b"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert calibration.main([]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["calibration"]


def test_unknown_sections_are_named(calibration, capsys):
    with pytest.raises(SystemExit) as stop:
        calibration.main(["--only", "a,z"])
    assert stop.value.code == 2
    assert "no section z" in capsys.readouterr().err
