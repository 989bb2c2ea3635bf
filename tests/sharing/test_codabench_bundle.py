"""Bundles, and their scoring program in the folders that the platform gives it."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
import yaml
from PIL import Image

from showcase_bench.errors import UsageError
from showcase_bench.sharing import ExportOptions, read_private, score_private
from showcase_bench.sharing.codabench import Plan, write_bundle
from showcase_bench.sharing.codabench.program import run
from showcase_bench.sharing.codabench.yaml_text import to_yaml
from tests.sharing.hidden_worlds import SALT, review_text, write_lines

SCHEMA = json.loads(Path(__file__).with_name("codabench_competition.schema.json").read_bytes())
PLAN = Plan(start=datetime(2027, 1, 10), docker_image="registry.example.org/scb:1")  # noqa: DTZ001
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def competition_folder(hidden_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("competition") / "out"
    write_bundle(hidden_world[0], folder, plan=PLAN, salt=SALT)
    return folder


@pytest.fixture(scope="session")
def described(competition_folder):
    return yaml.safe_load((competition_folder / "bundle" / "competition.yaml").read_bytes())


@pytest.fixture
def app(competition_folder, described, tmp_path):
    """The platform's /app of a phase, with a way to start the program as it does."""

    def prepare(phase, submission):
        place = tmp_path / f"app-{phase}"
        task = described["tasks"][phase]
        bundle = competition_folder / "bundle"
        shutil.copytree(bundle / task["scoring_program"], place / "program")
        shutil.copytree(bundle / task["reference_data"], place / "input" / "ref")
        if isinstance(submission, bytes):
            with zipfile.ZipFile(io.BytesIO(submission)) as archive:
                archive.extractall(place / "input" / "res")
        else:
            shutil.copytree(submission, place / "input" / "res", symlinks=True)
        (place / "output").mkdir()
        return place

    return prepare


def start(place):
    """Run the command of metadata.yaml, with /app where the test has it and without a network."""
    command = yaml.safe_load((place / "program" / "metadata.yaml").read_text())["command"]
    assert command.startswith("python3 /app/program/")
    arguments = [one.replace("/app/", f"{place}/") for one in command.split()[1:]]
    proxy = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=place / "program",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(place), **proxy},
        capture_output=True,
        text=True,
        check=False,
    )


def program(place):
    return run(place / "program", place / "input", place / "output")


def names_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)


OUR_TAGS = frozenset(
    (
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "p",
        "table",
        "tr",
        "th",
        "td",
        "ul",
        "li",
    )
)


def test_description_fulfils_the_schema(described, competition_folder):
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return str(value) if isinstance(value, datetime) else value

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(plain(described))
    for broken in (
        {**plain(described), "version": 1},
        {**plain(described), "leaderboard": []},
        {key: one for key, one in plain(described).items() if key != "terms"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_phases_and_columns(described, hidden_world):
    first, second = described["phases"]
    assert (first["tasks"], second["tasks"]) == ([0], [1])
    assert first["start"] == PLAN.start
    assert first["start"] < first["end"] == second["start"] < second["end"]
    assert second["auto_migrate_to_this_phase"] is True
    (board,) = described["leaderboards"]
    columns = board["columns"]
    assert [one["index"] for one in columns] == list(range(len(columns)))
    assert [one["title"] for one in columns[:2]] == ["ndcg@3", "bleu-4"]
    assert all(one["sorting"] == "desc" for one in columns)
    assert not {"div@3", "length"} & {one["title"] for one in columns}
    assert described["docker_image"] == "registry.example.org/scb:1"


def test_every_path_is_there(described, competition_folder):
    bundle = competition_folder / "bundle"
    files = [described["image"], described["terms"], *(one["file"] for one in described["pages"])]
    for file in files:
        assert (bundle / file).stat().st_size > 0
    folders = [
        one[key] for one in described["tasks"] for key in ("scoring_program", "reference_data")
    ]
    folders += [one[key] for one in described["phases"] for key in ("starting_kit", "public_data")]
    for folder in folders:
        assert any((bundle / folder).iterdir())
    for solution in described["solutions"]:
        assert zipfile.is_zipfile(bundle / solution["path"])


def test_zip_is_the_folder(competition_folder):
    with zipfile.ZipFile(competition_folder / "bundle.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == names_in(competition_folder / "bundle")
        assert "competition.yaml" in archive.namelist()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            assert archive.read(name) == (competition_folder / "bundle" / name).read_bytes()


def test_logo_is_a_picture(competition_folder):
    with Image.open(competition_folder / "bundle" / "logo.png") as logo:
        logo.load()
        assert (logo.format, logo.size) == ("PNG", (448, 240))
        assert len(logo.convert("RGB").getcolors(1 << 20)) > 100


def test_each_phase_has_its_own_gold_only(competition_folder, hidden_world):
    kit = b"".join(
        path.read_bytes()
        for path in (competition_folder / "bundle" / "starting_kit").rglob("*")
        if path.is_file()
    )
    held = {}
    for phase in ("validation", "final"):
        data = (competition_folder / "bundle" / "reference_data" / phase / "data.json").read_text()
        held[phase] = {user for user in range(60) if json.dumps(review_text(user, 2))[1:20] in data}
        assert not any(review_text(user, 2).encode() in kit for user in range(60))
    assert (len(held["validation"]), len(held["final"])) == (18, 42)
    assert held["validation"].isdisjoint(held["final"])
    assert SALT.encode() not in kit


def test_good_submission_as_the_platform_runs_it(app, competition_folder, hidden_world):
    """The random baseline, in a process of its own; its scores equal the private half's."""
    solution = (competition_folder / "bundle" / "solutions" / "random.zip").read_bytes()
    place = app(0, solution)
    done = start(place)
    assert done.returncode == 0, done.stderr
    assert names_in(place / "output") == {"scores.json", "detailed_results.html"}
    scores = json.loads((place / "output" / "scores.json").read_text())
    path = place / "input" / "res" / "predictions.jsonl"
    private = read_private(hidden_world[2])
    expected = score_private(private, path, part="validation", places=hidden_world[0].places)
    values = {re.sub(r"\W", "_", one.name): one.value for one in expected.scores}
    # Its texts were not attempted: their columns stay empty.
    assert set(scores) == {"precision_3", "recall_3", "f1_3", "ndcg_3"}
    assert all(scores[key] == pytest.approx(values[key], abs=1e-10) for key in scores)
    page = (place / "output" / "detailed_results.html").read_text()
    assert Tags(page).found <= OUR_TAGS
    assert "18 queries" in page


def test_both_phases_score_texts(app, public_answers, described, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    write_lines(folder / "predictions.jsonl", public_answers)
    keys = {column["key"] for column in described["leaderboards"][0]["columns"]}
    found = []
    for phase in (0, 1):
        place = app(phase, folder)
        assert program(place) == 0
        found.append(json.loads((place / "output" / "scores.json").read_text()))
        assert set(found[-1]) == keys
        assert found[-1]["bleu_4"] > 0.1
    assert found[0] != found[1]


def refused(app, folder):
    place = app(0, folder)
    assert program(place) == 1
    assert names_in(place / "output") == {"detailed_results.html"}
    page = (place / "output" / "detailed_results.html").read_text(encoding="utf-8")
    assert Tags(page).found <= OUR_TAGS
    assert not any(review_text(user, 2)[:25] in page for user in range(60))
    return page


def test_bad_submission_is_told_why(app, public_answers, tmp_path, capsys):
    folder = tmp_path / "bad"
    folder.mkdir()
    answers = [dict(one) for one in public_answers]
    answers[3]["image_ids"] = ["p" + "0" * 24]
    write_lines(folder / "predictions.jsonl", answers[:-1])
    page = refused(app, folder)
    assert "line 4" in page
    assert "not in the pool of this example" in page
    assert "1 of 60 ids are missing" in page
    assert "line 4" in capsys.readouterr().err


def test_file_in_a_folder_or_missing(app, tmp_path):
    (tmp_path / "bad" / "inner").mkdir(parents=True)
    (tmp_path / "bad" / "inner" / "predictions.jsonl").write_text("{}")
    assert "is not in the submission" in refused(app, tmp_path / "bad")


def _link(folder):
    (folder / "predictions.jsonl").symlink_to("../ref/data.json")


def _pipe(folder):
    (folder / "predictions.jsonl").mkdir()


def _nested(folder):
    (folder / "predictions.jsonl").write_text("[" * 200_000)


def _one_line(folder):
    with (folder / "predictions.jsonl").open("wb") as file:
        file.write(b'{"id": "')
        file.truncate(40 << 20)


def _too_large(folder):
    with (folder / "predictions.jsonl").open("wb") as file:
        file.truncate(300 << 20)


def _digits(folder):
    (folder / "predictions.jsonl").write_text('{"id": ' + "9" * 100_000 + "}\n")


def _html(folder):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    line = json.dumps({"id": evil, "image_ids": ["../../ref/data.json", evil], "text": evil})
    (folder / "predictions.jsonl").write_text(f"{line}\n" * 3)


def _terminal(folder):
    line = json.dumps({"id": "\x1b[2J\u202e\ud800", "image_ids": ["/etc/passwd"]})
    (folder / "predictions.jsonl").write_text(f"{line}\n")


def _many_problems(folder):
    (folder / "predictions.jsonl").write_text("nonsense\n" * 50_000)


@pytest.mark.parametrize(
    "attack",
    [_link, _pipe, _nested, _one_line, _too_large, _digits, _html, _terminal, _many_problems],
)
def test_hostile_submission(app, tmp_path, capsys, attack):
    folder = tmp_path / "evil"
    folder.mkdir()
    attack(folder)
    # Files that a submission brings along are never looked at.
    (folder / "scores.json").write_text('{"ndcg_3": 1}')
    (folder / "showcase_bench.py").write_text("raise SystemExit('executed')")
    (folder / "metadata.yaml").write_text("command: touch /tmp/executed\n")
    page = refused(app, folder)
    assert "<script" not in page
    assert "onerror=alert(2)>" not in page
    assert len(page) < 200_000
    told = capsys.readouterr().err
    assert told.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", told)


def test_valid_answers_with_markup_are_harmless(app, public_answers, tmp_path):
    folder = tmp_path / "markup"
    folder.mkdir()
    evil = "</td><script>alert(1)</script>"
    write_lines(folder / "predictions.jsonl", [dict(one, text=evil) for one in public_answers])
    place = app(0, folder)
    assert program(place) == 0
    page = (place / "output" / "detailed_results.html").read_text()
    assert Tags(page).found <= OUR_TAGS


def test_program_asks_for_its_version(app, competition_folder):
    place = app(0, (competition_folder / "bundle" / "solutions" / "random.zip").read_bytes())
    text = (place / "program" / "score.py").read_text()
    changed = re.sub(r'VERSION = ".*"', 'VERSION = "9.9.9"', text)
    (place / "program" / "score.py").write_text(changed)
    done = start(place)
    assert done.returncode == 1
    assert "instead of 9.9.9" in done.stderr
    assert names_in(place / "output") == set()


def test_other_cuts_are_refused(hidden_world, tmp_path):
    options = ExportOptions(cut={"dev": 0.5})
    with pytest.raises(UsageError, match="--cut validation=SHARE"):
        write_bundle(hidden_world[0], tmp_path / "out", options=options)


@pytest.mark.parametrize(
    "given",
    [
        {"start": datetime(2027, 1, 2), "final": datetime(2027, 1, 1)},  # noqa: DTZ001
        {"start": datetime(2027, 1, 2, 12)},  # noqa: DTZ001
    ],
)
def test_impossible_dates(given):
    with pytest.raises(UsageError):
        Plan(**given)


@pytest.mark.parametrize(
    "value",
    [
        {"a": "yes", "b": "1.5", "c": "2027-01-01", "d": "# no", "e": "", "f": ": - {", "g": True},
        {"a": 'quo"te\\ \n\t\x85\u2028\u202e', "b": "Ünïcode 😀", "c": -3, "d": "null"},
        {"list": [{"x": 1, "y": [1, 2, {"z": "t"}]}, [[3]], "text"], "none": [], "nothing": {}},
        {},
    ],
)
def test_yaml_is_read_back(value):
    assert yaml.safe_load(to_yaml(value)) == value
