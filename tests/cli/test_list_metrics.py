"""``showcase-bench list metrics``."""

import json
import subprocess
import sys

import pytest

from showcase_bench.metrics import METRICS, parse_metric
from showcase_bench.metrics.groups import GROUPS


def test_one_line_each_below_a_heading(cli):
    done = cli("list", "metrics")
    assert done.exit_code == 0
    heading, *lines = done.stdout.splitlines()
    columns = ["name", "group", "scale", "direction", "cost", "oracle", "summary"]
    assert heading.split() == columns
    assert len(lines) == len(METRICS)
    starts = [heading.index(column) for column in columns]
    for line in lines:
        ends = [*starts[1:], None]
        cells = [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        metric = parse_metric(cells[0])
        assert cells[1] == metric.group
        assert cells[2] == metric.scale
        assert cells[3] in ("higher", "lower", "neither")
        assert cells[4] == metric.cost
        assert cells[5] == (metric.oracle or "–")
        assert cells[6] == metric.summary
    order = [list(GROUPS.values()).index(parse_metric(line.split()[0]).group) for line in lines]
    assert order == sorted(order)


def test_quiet_gives_names_alone(cli):
    names = cli("list", "metrics", "-q").stdout.split()
    assert sorted(name.partition("@")[0] for name in names) == list(METRICS)


def test_json(cli):
    found = json.loads(cli("list", "metrics", "--json").stdout)
    assert found["kind"] == "metrics"
    rows = {row["name"]: row for row in found["names"]}
    assert len(rows) == len(METRICS)
    bleu = rows["bleu-4"]
    assert bleu["signature"] == parse_metric("bleu-4").signature
    assert bleu["group"] == "n-gram"
    assert bleu["scale"] == "unit"
    assert bleu["direction"] == "higher"
    assert bleu["needs"] == ["references", "text"]
    assert "pycocoevalcap" in bleu["oracle"]
    assert "Papineni" in bleu["citation"]
    assert bleu["distribution"] == "showcase-bench"
    assert {"cost", "summary", "version"} <= set(bleu)


def test_check_says_that_all_of_them_load(cli):
    done = cli("list", "metrics", "--check")
    assert done.exit_code == 0
    assert "BROKEN" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "metrics"],
        ["list", "metrics", "--json"],
        ["score", "--help"],
        ["doctor", "--help"],
    ],
    ids=" ".join,
)
def test_it_imports_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from showcase_bench.cli.main import cli\n"
        f"cli({arguments!r}, standalone_mode=False)\n"
        "heavy = {'torch', 'numba', 'sklearn', 'pyarrow', 'nltk', 'sacrebleu', 'PIL',\n"
        "         'rouge_score', 'pycocoevalcap', 'baselines', 'transformers', 'pandas'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded: []"), done.stdout[-300:]
