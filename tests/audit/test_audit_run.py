import csv
import dataclasses
import json
import re
import sys
from html.parser import HTMLParser
from typing import ClassVar

import numpy as np
import pytest

from showcase_bench.audit import FAULTS, find_faults, run_audit, write_audit
from showcase_bench.audit.tables import audit_csv, audit_markdown
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import MissingDependencyError, StoreError, UsageError
from showcase_bench.evaluate import Workspace
from showcase_bench.metrics import parse_metric
from showcase_bench.metrics.kinds import MeanMetric, SetMetric


@dataclasses.dataclass(frozen=True)
class Text(MeanMetric):
    """What the metrics of these tests share."""

    summary: ClassVar[str] = "a toy of <b>tests</b>"
    group: ClassVar[str] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 100.0)
    scale: ClassVar[str] = "unit"
    needs: ClassVar[frozenset] = frozenset({"text"})


@dataclasses.dataclass(frozen=True)
class Same(Text):
    """Sees any change of the text, and nothing else."""

    label: ClassVar[str] = "same"

    def values(self, batch):
        pairs = zip(batch.hypotheses, batch.references, strict=True)
        return np.array([float(text in known) for text, known in pairs])


@dataclasses.dataclass(frozen=True)
class Longest(Text):
    """Rewards repetition."""

    label: ClassVar[str] = "longest"

    def values(self, batch):
        return np.array([float(len((text or "").split())) for text in batch.hypotheses])


@dataclasses.dataclass(frozen=True)
class Constant(Text):
    label: ClassVar[str] = "constant"

    def values(self, batch):
        return np.ones(len(batch))


@dataclasses.dataclass(frozen=True)
class Lacking(Constant):
    label: ClassVar[str] = "lacking"

    def statistics(self, batch):
        raise MissingDependencyError("toys need a shop: pip install shop")


@dataclasses.dataclass(frozen=True)
class Swapped(Constant):
    label: ClassVar[str] = "swapped"
    needs: ClassVar[frozenset] = frozenset({"text", "swaps"})


@dataclasses.dataclass(frozen=True)
class Distinct(SetMetric):
    """Different texts over all texts."""

    label: ClassVar[str] = "different"
    summary: ClassVar[str] = "different texts"
    group: ClassVar[str] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[str] = "unit"
    needs: ClassVar[frozenset] = frozenset({"text"})

    def statistics(self, batch):
        numbers = [batch.hypotheses.count(text) for text in batch.hypotheses]
        return np.array([[1 / n, float(n == 1), 1.0, 1.0] for n in numbers])


TOYS = (Same(), Longest(), Constant(), Distinct())


@pytest.fixture
def open_workspace(write_data, tmp_path):
    def opened(rows, **policy):
        task = file_task(write_data(rows))
        task = dataclasses.replace(task, policy=dataclasses.replace(task.policy, **policy))
        return Workspace.open(task, places=Places(tmp_path / "cache", tmp_path / "data"))

    return opened


@pytest.fixture
def workspace(open_workspace, world):
    return open_workspace(world)


@pytest.fixture
def audit(workspace):
    return run_audit(workspace, TOYS)


def verdicts(audit, metric):
    return {name: audit.table[metric, name].verdict for name in (f.name for f in audit.faults)}


def test_verdicts_on_a_world_with_known_answers(audit):
    assert [fault.name for fault in audit.faults] == list(FAULTS)
    texts = {fault.name for fault in audit.faults if fault.part == "texts"}
    for name, verdict in verdicts(audit, "same").items():
        if name not in ("generic", "unrelated-words"):
            assert verdict == ("sees" if name in texts else "blind"), name
    assert set(verdicts(audit, "constant").values()) == {"constant"}
    found = verdicts(audit, "longest")
    assert (found["repeated"], found["truncated"]) == ("rewards", "sees")
    assert found["shuffled"] == found["other-photos"] == "blind"
    full = audit.table["longest", "repeated"]
    assert full.full.response == 1.0
    assert full.monotone
    assert [one.strength for one in full.responses] == [0.25, 0.5, 1.0]


def test_the_references_are_scored_as_predictions(workspace):
    metrics = [parse_metric(name) for name in ("bleu-4", "recall@3", "precision@3", "ter")]
    audit = run_audit(workspace, metrics, find_faults(["shuffled", "other-photos"]), (1,))
    value = {metric.name: metric.value for metric in audit.metrics}
    assert value["bleu-4"] == pytest.approx(1.0)
    assert value["recall@3"] == 1.0
    assert value["ter"] == 0.0
    assert verdicts(audit, "bleu-4") == {"shuffled": "sees", "other-photos": "blind"}
    assert verdicts(audit, "ter") == {"shuffled": "sees", "other-photos": "blind"}
    assert verdicts(audit, "recall@3") == {"shuffled": "blind", "other-photos": "sees"}


def test_the_same_inputs_give_the_same_bytes(workspace, audit, tmp_path):
    again = run_audit(workspace, TOYS)
    assert again.to_json() == audit.to_json()
    first = write_audit(audit, tmp_path / "a").paths
    second = write_audit(again, tmp_path / "b").paths
    assert [path.name.partition(".")[2] for path in first] == [
        "json",
        "csv",
        "md",
        "html",
        "png",
        "svg",
    ]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    other = run_audit(workspace, TOYS, seed=1)
    assert other.to_json() != audit.to_json()
    assert other.seed == 1


def test_strengths_are_sorted_and_count_once(workspace):
    audit = run_audit(workspace, TOYS, find_faults(["truncated"]), (1, 0.5, 0.5))
    assert audit.strengths == (0.5, 1.0)


@pytest.mark.parametrize("strengths", [(0,), (1.01,), (-0.5, 1), (float("nan"),), ()])
def test_impossible_strengths(workspace, strengths):
    with pytest.raises(UsageError, match="strength"):
        run_audit(workspace, TOYS, strengths=strengths)


def test_what_cannot_be_computed_is_left_out_or_an_error(workspace):
    audit = run_audit(workspace, (*TOYS, Swapped()))
    (left,) = audit.left_out
    assert left.name == "swapped"
    assert "references are no system" in left.reason
    with pytest.raises(MissingDependencyError, match="pip install shop"):
        run_audit(workspace, (*TOYS, Lacking()))
    with pytest.raises(UsageError, match="swapped: "):
        run_audit(workspace, (Swapped(),))


def test_metrics_whose_package_is_missing_are_left_out_by_default(workspace, monkeypatch):
    from showcase_bench.audit import run

    monkeypatch.setattr(run, "default_metrics", lambda k: ((*TOYS, Lacking()), ()))
    audit = run_audit(workspace)
    assert [metric.name for metric in audit.metrics] == [toy.name for toy in TOYS]
    assert [one.reason for one in audit.left_out] == ["toys need a shop: pip install shop"]


def test_a_task_without_photos_leaves_out_their_faults(open_workspace, world):
    for split in world.values():
        for row in split:
            row["pics"] = []
    audit = run_audit(open_workspace(world), (*TOYS, parse_metric("recall@3")))
    assert {fault.part for fault in audit.faults} == {"texts"}
    assert {one.name for one in audit.left_out} == {
        "other-photos",
        "other-business-photos",
        "random-photos",
        "recall@3",
    }
    assert write_audit_html(audit).count("faults of images") == 0


def write_audit_html(audit):
    from showcase_bench.audit.page import audit_page

    return audit_page(audit)


def test_a_task_without_texts_leaves_out_their_faults(open_workspace, world):
    for split in world.values():
        for row in split:
            row["review_text"] = " "
            row["history_reviews"] = []
    space = open_workspace(world)
    audit = run_audit(space, (parse_metric("recall@3"),))
    assert {fault.part for fault in audit.faults} == {"images"}
    assert write_audit_html(audit)


def test_a_task_with_neither_is_an_error(open_workspace, world):
    for split in world.values():
        for row in split:
            row.update(review_text="", pics=[], history_reviews=[])
    with pytest.raises(UsageError, match="no fault can be made"):
        run_audit(open_workspace(world), TOYS)


def test_one_example_is_an_error(open_workspace, world):
    world["test"] = world["test"][:1]
    with pytest.raises(UsageError, match="at least two"):
        run_audit(open_workspace(world), TOYS)


def test_two_examples_are_enough(open_workspace, world):
    world["test"] = world["test"][:2]
    audit = run_audit(open_workspace(world), TOYS)
    assert audit.n == 2


def test_no_more_photos_are_shown_than_k(open_workspace, world):
    audit = run_audit(open_workspace(world, k=1), (parse_metric("precision@1"),))
    assert audit.metrics[0].value == 1.0


def test_the_table_of_numbers_holds_every_response(audit):
    lines = list(csv.DictReader(audit_csv(audit).splitlines()))
    assert len(lines) == len(TOYS) * len(FAULTS) * 3
    one = next(
        line
        for line in lines
        if (line["metric"], line["fault"], line["strength"]) == ("longest", "repeated", "1.0")
    )
    cell = audit.table["longest", "repeated"].full
    assert float(one["difference"]) == cell.difference
    assert one["verdict"] == "rewards"
    assert all(None not in line.values() for line in lines)


class Cells(HTMLParser):
    """Rows of the first table, and the tags of the whole page."""

    def __init__(self):
        super().__init__()
        self.tags, self.rows, self.tables = set(), [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.tables += tag == "table"
        if tag == "tr" and self.tables == 1:
            self.rows.append("")

    def handle_data(self, data):
        if self.tables == 1 and self.rows:
            self.rows[-1] += f" {data.strip()}"


def test_the_page_stands_alone_and_says_it_in_words(audit):
    page = write_audit_html(audit)
    cells = Cells()
    cells.feed(page)
    assert not cells.tags & {"script", "link", "img", "iframe", "b"}
    assert not re.search(r"https?:|url\(", page)
    assert "&lt;b&gt;tests" in page
    row = next(row for row in cells.rows if "longest" in row)
    assert "✗ +100" in row
    assert "faults of images" in page


def test_the_markdown_has_a_row_for_every_metric(audit):
    text = audit_markdown(audit)
    for toy in TOYS:
        assert text.count(f"\n| {toy.name} ") == 2
    assert "| ✗ +100 |" in text
    assert f"`{Same().signature}`" in text


def test_without_matplotlib_the_rest_is_written(audit, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    written = write_audit(audit, tmp_path / "out")
    assert "showcase-bench[plots]" in written.remark
    assert {path.suffix for path in written.paths} == {".json", ".csv", ".md", ".html"}
    assert all(path.stat().st_size for path in written.paths)


def test_a_folder_that_is_a_file(audit, tmp_path):
    (tmp_path / "out").write_text("here")
    with pytest.raises(StoreError, match="cannot be written"):
        write_audit(audit, tmp_path / "out")


ARGUMENTS = ("--metrics", "bleu-4,length,recall@3,distinct-1", "--strengths", "0.5,1")


def test_the_verb_writes_a_folder_and_prints_a_table(cli, toy, tmp_path):
    done = cli("audit", "--data", toy, *ARGUMENTS, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "recall@3 ↑" in done.stdout
    assert "other-business-photos" in done.stdout.replace("\n", "")
    paths = [line for line in done.stderr.splitlines() if line.startswith(str(tmp_path))]
    assert len(paths) == 6
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["schema"] == 1
    assert found["task"] == "file-toy"
    assert len(found["cells"]) == 4 * len(FAULTS)


def test_the_help_names_every_fault(cli):
    shown = re.sub(r"\s+", "", cli("audit", "--help").stdout)
    assert all(name in shown for name in FAULTS)


def test_json_is_the_file_and_nothing_else(cli, toy, tmp_path):
    done = cli("audit", "--data", toy, *ARGUMENTS, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "audit.json").read_text())
    assert done.stderr == ""


def test_the_folder_is_named_after_the_task(cli, toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ("--metrics", "length", "--faults", "generic", "--quiet")
    assert cli("audit", "--data", toy, *arguments).exit_code == 0
    assert (tmp_path / "audit" / "file-toy" / "audit.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--faults", "shufled"), "Did you mean 'shuffled'?"),
        (("--strengths", "0.5,2"), "above 0 and at most 1"),
        (("--strengths", "half"), "such as 0.25,0.5,1"),
        (("--metrics", "bleu-5"), "Did you mean 'bleu-"),
        (("--metrics", "throughput"), "references are no run"),
    ],
)
def test_user_errors_are_one_clear_message(cli, toy, tmp_path, arguments, message):
    done = cli("audit", "--data", toy, "--out", tmp_path / "out", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_folder_that_cannot_be_made_is_found_before_the_work(cli, toy, tmp_path):
    (tmp_path / "taken").write_text("")
    done = cli("audit", "--data", toy, *ARGUMENTS, "--out", tmp_path / "taken" / "out")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
