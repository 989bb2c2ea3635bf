"""The comment on a pull request: whose it is, what may be told of it, and what is left unread."""

import io
import json
import zipfile

import pytest

from showcase_bench.errors import DataError, UsageError
from showcase_bench.pull_request.comment import answer_run
from showcase_bench.pull_request.github import GitHub, GitHubError
from showcase_bench.pull_request.markdown import MARK
from showcase_bench.pull_request.report import FileReport, FolderReport, Report
from tests.pull_request.github_double import FORK, HOME, PULL, RUN, SHA, Hub, packed, running

BAD = FolderReport("mine", (FileReport("seed-0.zip", 3, 1, ("line 2: <b>@all</b>",)),))
REPORT = Report("mini", 1, "test", "0de4623a876a", 500, 31, (BAD,)).to_json()


@pytest.fixture
def hub():
    with running(Hub()) as one:
        one.archive = packed(REPORT)
        yield one


def answer(hub, **run):
    event = {"workflow_run": {**RUN, **run}}
    return answer_run(event, GitHub(hub.api, HOME, "s3cret"), "submissions")


def test_a_comment_is_written_on_the_pull_request_of_the_job(hub):
    assert answer(hub) == "commented on pull request 5"
    ((method, path, body),) = hub.sent
    assert (method, path) == ("POST", "/issues/5/comments")
    assert body["body"].startswith(f"{MARK}\n## Submissions")
    assert "```text\nseed-0.zip: line 2: <b>@all</b>\n```" in body["body"]
    asked = next(fields for _, path, fields, _ in hub.asked if path.endswith("/pulls"))
    assert asked["head"] == "stranger:mine&x=1"
    assert asked["state"] == "open"


def test_the_token_stays_with_the_interface(hub):
    answer(hub)
    assert {token for _, path, _, token in hub.asked if path != "store"} == {"Bearer s3cret"}
    assert [token for _, path, _, token in hub.asked if path == "store"] == [None]


def test_an_own_comment_is_renewed_and_nobody_elses(hub):
    hub.comments = [{"id": n, "user": {"login": "x"}, "body": MARK} for n in range(150)]
    hub.comments.append({"id": 900, "user": {"login": "github-actions[bot]"}, "body": "other"})
    hub.comments.append({"id": 901, "user": {"login": "github-actions[bot]"}, "body": MARK + "a"})
    assert answer(hub) == "renewed the comment on pull request 5"
    ((method, path, _),) = hub.sent
    assert (method, path) == ("PATCH", "/issues/comments/901")


@pytest.mark.parametrize(
    "file",
    [
        {"filename": ".github/workflows/submission.yml"},
        {"filename": "submissions-2/x"},
        {"filename": "submissions/x", "previous_filename": "showcase_bench/x.py"},
        {},
    ],
)
def test_what_a_pull_request_with_other_files_reports_is_not_told(hub, file):
    hub.files = [{"filename": f"submissions/mine/{n}.zip"} for n in range(120)] + [file]
    answer(hub)
    ((_, _, body),) = hub.sent
    assert "also changes files outside of `submissions/`" in body["body"]
    assert "seed-0" not in body["body"]
    assert not any(path == "store" for _, path, _, _ in hub.asked)


@pytest.mark.parametrize(
    "pull",
    [
        {**PULL, "head": {"sha": "cd" * 20, "repo": {"full_name": FORK}}},
        {**PULL, "head": {"sha": SHA, "repo": {"full_name": "someone/else"}}},
        {**PULL, "head": {"sha": SHA, "repo": None}},
        {**PULL, "number": "5; rm"},
    ],
    ids=["moved on", "another fork", "deleted fork", "no number"],
)
def test_no_other_pull_request_is_commented_on(hub, pull):
    hub.pulls = [pull]
    assert "nothing to say" in answer(hub)
    assert hub.sent == []


def test_a_pull_request_that_moves_on_meanwhile_gets_no_comment(hub):
    hub.now = {**PULL, "head": {"sha": "cd" * 20}}
    assert "has moved on" in answer(hub)
    assert hub.sent == []


def test_two_pull_requests_with_one_commit_are_told_apart_by_nothing(hub):
    hub.pulls = [PULL, {**PULL, "number": 6}]
    with pytest.raises(GitHubError, match="one last commit"):
        answer(hub)


@pytest.mark.parametrize(
    "artifacts",
    [[], [{"id": 3, "name": "other"}], [{"id": 3, "name": "submission-report", "expired": True}]],
)
def test_no_report_is_no_comment(hub, artifacts):
    hub.artifacts = artifacts
    assert "left no report" in answer(hub)
    assert hub.sent == []


def test_a_report_of_nothing_is_no_comment(hub):
    hub.archive = packed(Report("mini", 1, "test", "0d", 500, 31).to_json())
    assert "no submission is new" in answer(hub)
    assert hub.sent == []


def two_members():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("report.json", REPORT)
        archive.writestr("../../.bashrc", "x")
    return sink.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"PK\x03\x04 no archive",
        packed(REPORT)[:-30],
        packed(REPORT, "../../report.json"),
        two_members(),
        packed(b"0" * (64 << 20)),
        packed(b'{"schema": 1, "body": "hello"}'),
        packed(REPORT.replace(b'"n": 500', b'"n": NaN')),
    ],
    ids=["empty", "torn", "cut", "path", "two", "bomb", "other", "nan"],
)
def test_an_artifact_that_is_no_report_is_refused_and_nothing_written(hub, archive):
    hub.archive = archive
    with pytest.raises(DataError):
        answer(hub)
    assert hub.sent == []


def test_a_large_archive_is_not_read_to_its_end(hub):
    hub.archive = b"x" * ((1 << 20) + 1)
    with pytest.raises(GitHubError, match="more than 1,048,576 bytes"):
        answer(hub)


@pytest.mark.parametrize(
    "run", [{"event": "push"}, {"head_sha": "main"}, {"head_repository": None}, {"id": "x"}]
)
def test_other_events_are_refused(hub, run):
    with pytest.raises(UsageError):
        answer(hub, **run)
    assert hub.asked == []


def test_refusals_of_the_service_are_told_without_the_token(hub):
    with pytest.raises(GitHubError, match="GitHub answers 404") as raised:
        answer_run({"workflow_run": RUN}, GitHub(hub.api, "lab/none", "s3cret"), "submissions")
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("repository", ["", "a", "a/b/c", "../x", "a/b?x", "a/b\n"])
def test_odd_repositories_are_refused(repository):
    with pytest.raises(UsageError):
        GitHub("https://api.example.org", repository, "t")


def test_the_verb_needs_a_token_and_an_event(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": {**RUN, "event": "push"}}), encoding="utf-8")
    arguments = ("submission", "comment", "--event", event, "--repository", HOME)
    done = cli(*arguments)
    assert done.exit_code == 2
    assert "GITHUB_TOKEN is not set" in done.stderr
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    done = cli(*arguments)
    assert done.exit_code == 2
    assert "started by 'push'" in done.stderr
    event.write_text("[]", encoding="utf-8")
    assert "an object is expected" in cli(*arguments).stderr
