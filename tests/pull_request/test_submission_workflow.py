"""The workflows for submissions: what they may do, and what the commands in them do.

The commands are taken out of the files and run as they stand, so that what is tested is what runs.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Workspace
from showcase_bench.pull_request.report import parse_report
from showcase_bench.submission.card import Card, card_toml, task_facts
from showcase_bench.submission.package import build_package
from tests.pull_request.github_double import HOME, RUN, Hub, packed, running

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
METRICS = "precision@3,ndcg@3,bleu-4,distinct-1,fit-seconds"


def load(name):
    # YAML 1.1 reads `on` as true.
    found = yaml.safe_load((GITHUB / name).read_text("utf-8"))
    found["on"] = found.pop(True, None)
    return found


SCORE, COMMENT = load("workflows/submission.yml"), load("workflows/submission-comment.yml")
ACTIONS = {
    name: load(f"actions/{name}/action.yml") for name in ("score-submission", "comment-submission")
}
ALL_STEPS = [
    *(step for flow in (SCORE, COMMENT) for job in flow["jobs"].values() for step in job["steps"]),
    *(step for action in ACTIONS.values() for step in action["runs"]["steps"]),
]


def test_the_job_that_meets_strangers_may_only_read():
    assert set(SCORE["on"]) == {"pull_request"}
    assert SCORE["on"]["pull_request"] == {"paths": ["submissions/**"]}
    assert SCORE["permissions"] == {}
    (job,) = SCORE["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert job["timeout-minutes"] <= 30
    for name in ("workflows/submission.yml", "actions/score-submission/action.yml"):
        text = (GITHUB / name).read_text("utf-8")
        assert "secrets" not in text
        assert "github.token" not in text


def test_the_program_is_of_the_base_branch_and_of_the_head_there_is_data_only():
    (job,) = SCORE["jobs"].values()
    base, head, action = job["steps"]
    assert base["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert base["with"]["path"] == "base"
    assert head["with"]["path"] == "head"
    assert head["with"]["sparse-checkout"] == "/submissions/"
    assert head["with"]["sparse-checkout-cone-mode"] is False
    assert "ref" not in head["with"]
    assert action["uses"].startswith("./base/")
    assert action["with"] == {
        "head": "head/submissions",
        "base": "base/submissions",
        "results": "base/results",
    }
    assert (ROOT / action["uses"].removeprefix("./base/") / "action.yml").is_file()


def test_the_job_that_comments_sees_no_file_of_the_pull_request():
    assert COMMENT["on"] == {"workflow_run": {"workflows": [SCORE["name"]], "types": ["completed"]}}
    assert COMMENT["permissions"] == {}
    (job,) = COMMENT["jobs"].values()
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    assert "workflow_run.event == 'pull_request'" in job["if"]
    checkout, action = job["steps"]
    assert checkout["with"] == {"persist-credentials": False}
    assert (ROOT / action["uses"] / "action.yml").is_file()


def test_steps_of_others_are_pinned_and_keep_no_credentials():
    used = [step for step in ALL_STEPS if not step.get("uses", "./").startswith("./")]
    assert used
    for step in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_no_command_holds_an_expression():
    commands = [step["run"] for step in ALL_STEPS if "run" in step]
    assert len(commands) == 4
    assert not any("${{" in command for command in commands)
    install = (
        'python -m pip install --disable-pip-version-check --quiet "$GITHUB_ACTION_PATH/../../.."'
    )
    assert commands.count(install) == 2
    for name in ACTIONS:
        assert (GITHUB / "actions" / name / "../../.." / "pyproject.toml").resolve().is_file()


def command_of(action, name, inputs):
    """The command of a step and its environment, with inputs filled in as GitHub does."""
    (step,) = [one for one in ACTIONS[action]["runs"]["steps"] if one.get("name") == name]
    assert step["shell"] == "bash"

    def value(match):
        kind, _, key = match[1].strip().partition(".")
        known = ACTIONS[action]["inputs"]
        return inputs.get(key, known[key].get("default")) if kind == "inputs" else "s3cret"

    fill = {name: re.sub(r"\$\{\{(.+?)\}\}", value, text) for name, text in step["env"].items()}
    return step["run"], fill


@pytest.fixture
def run_step(tmp_path):
    """Run a step in a folder of its own, in which ``showcase-bench`` is this source tree."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "showcase-bench"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m showcase_bench "$@"\n', "utf-8"
    )
    program.chmod(0o755)

    def run(action, name, inputs, **more):
        command, variables = command_of(action, name, inputs)
        kept = {"HOME": str(tmp_path), "SHOWCASE_BENCH_CACHE": str(tmp_path / "cache")}
        environment = {**kept, "PATH": f"{bin_folder}:{os.environ['PATH']}", **variables, **more}
        return subprocess.run(
            # As GitHub runs `shell: bash`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def checked_out(cli, toy, tmp_path):
    """Both sides of a pull request on a small data set, and what writes a submission."""
    made = cli(
        *("run", "--data", toy, "--models", "random,popular", "--metrics", METRICS),
        *("--results", tmp_path / "base" / "results", "--no-report"),
    )
    assert made.exit_code == 0, made.output
    space = Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "none"))

    def hand_in(name="mine", text="crisp pizza", seed=0, folder=None):
        card = Card(name, (), "", "", "", seed, False, task_facts(space))
        rows = [{"id": q.id, "image_ids": q.pool[:2], "text": text} for q in space.queries]
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path = tmp_path / "head" / "submissions" / (folder or name) / f"seed-{seed}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(build_package(data, card_toml(card).encode(), len(rows)))
        return path

    return hand_in


@pytest.fixture
def score(run_step, checked_out, toy, tmp_path):
    def run():
        done = run_step(
            "score-submission",
            "Check and score",
            {
                "head": "head/submissions",
                "base": "base/submissions",
                "results": "base/results",
                "options": f"--data {toy} --split test",
            },
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        )
        report = tmp_path / "submission-report" / "report.json"
        assert report.exists(), done.stderr
        return done, parse_report(report.read_bytes()), (tmp_path / "summary.md").read_text("utf-8")

    return run


def test_a_good_submission_gets_a_row_with_letters_and_a_comment(
    score, checked_out, run_step, tmp_path
):
    stored = sorted((tmp_path / "base").rglob("*"))
    old = checked_out("old")
    shutil.copytree(tmp_path / "head" / "submissions", tmp_path / "base" / "submissions")
    checked_out()
    checked_out(seed=1, text="deep broth")
    done, report, summary = score()
    assert done.returncode == 0, done.stderr
    (one,) = report.folders
    assert old.exists()
    assert (one.name, one.seeds, report.systems) == ("mine", (0, 1), 2)
    photos = next(place for place in one.places if place.section == "photos")
    assert photos.rank is not None
    assert photos.of == 3
    assert photos.letters
    assert set(photos.like) <= {"random", "popular"}
    names = {cell.name for place in one.places for cell in place.cells}
    assert {"precision@3", "ndcg@3", "bleu-4", "distinct-1"} <= names
    assert "fit-seconds" not in names
    assert "### `mine`" in summary
    shutil.rmtree(tmp_path / "base" / "submissions")
    assert sorted((tmp_path / "base").rglob("*")) == stored

    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": RUN}), "utf-8")
    report_bytes = (tmp_path / "submission-report" / "report.json").read_bytes()
    with running(Hub()) as hub:
        hub.archive = packed(report_bytes)
        said = run_step(
            *("comment-submission", "Comment", {}),
            GITHUB_API_URL=hub.api,
            GITHUB_REPOSITORY=HOME,
            GITHUB_EVENT_PATH=str(tmp_path / "event.json"),
        )
        assert said.returncode == 0, said.stderr
        assert said.stdout == "commented on pull request 5\n"
        ((_, _, body),) = hub.sent
    assert body["body"] == summary
    assert "s3cret" not in said.stdout + said.stderr


def test_a_bad_submission_is_told_its_problems(score, checked_out, tmp_path):
    path = checked_out()
    path.unlink()
    (path.parent / "p.jsonl").write_text('{"id": "1", "text": 7}\n', "utf-8")
    checked_out("twin", folder="other-name")
    done, report, summary = score()
    assert done.returncode == 1
    bad, misnamed = report.folders
    assert any("card-absent" in one or "there is no" in one for one in bad.files[0].problems)
    assert any("line 1, field 'text'" in one for one in bad.files[0].problems)
    assert "'twin', so its folder is 'twin'" in misnamed.refusal
    assert bad.places == misnamed.places == ()
    assert "Not accepted." in summary


def test_a_hostile_submission_is_data(score, checked_out, tmp_path):
    outside = tmp_path / "secret.zip"
    outside.write_bytes(checked_out("linked").read_bytes())
    head = tmp_path / "head" / "submissions"
    (head / "linked" / "seed-0.zip").unlink()
    (head / "linked" / "seed-0.zip").symlink_to(outside)
    odd = head / "$(touch pwned)`touch pwned`"
    odd.mkdir()
    (odd / "a.zip").write_bytes(outside.read_bytes())
    (head / "::set-output name=x::y").mkdir()
    (head / "bomb").mkdir()
    (head / "bomb" / "a.jsonl").write_bytes(b'{"id": "<script>alert(1)</script>"}\n' * 30)
    (head / "bomb" / "a.toml").write_text('name = "=cmd|x"\nauthors = ["<b>@all</b>"]\n', "utf-8")
    (head / "showcase_bench.py").write_text("raise SystemExit('imported')", "utf-8")
    (head.parent / "pyproject.toml").write_text("x", "utf-8")
    done, report, summary = score()
    assert done.returncode == 1
    assert not list(tmp_path.rglob("pwned"))
    assert not any(line.startswith("::") for line in done.stdout.splitlines())
    found = {one.name: one for one in report.folders}
    assert len(found) == 4
    assert not any(one.sound for one in report.folders)
    assert "symbolic link" in found["linked"].files[0].problems[0]
    assert "letters A to Z" in found["$(touch pwned)`touch pwned`"].refusal
    fenced = "".join(re.findall(r"(?ms)^```text$.*?^```$", summary))
    assert "<script>" in fenced
    assert summary.count("<script>") == fenced.count("<script>")
    assert summary.count("@all") == fenced.count("@all")


def test_the_example_in_the_repository_is_sound(cli):
    """Checked for the embedded task; its row is not computed here."""
    (path,) = (ROOT / "submissions").glob("*/*.zip")
    done = cli("submission", "check", path, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["card"] == path.parent.name
