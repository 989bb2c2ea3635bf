"""``showcase-bench score --references``: texts without any data set."""

import json

import pytest
from nltk.translate.nist_score import corpus_nist
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from showcase_bench.metrics.groups import expand_metrics, metrics_within
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.submission.limits import DEFAULT
from tests.texts import hard_corpus

TEXTS = {
    "a": "The pizza was crisp and the staff friendly.",
    "b": "great ramen",
    "c": "",
    "d": None,
    "e": "Friendly staff, fast service, crème brûlée 😀!",
    "f": "We loved the terrace and the view over the river.",
}
REFERENCES = {
    "a": ["The pizza was crisp, the staff was friendly.", "Crisp pizza!"],
    "b": ["Great ramen with deep broth."],
    "c": ["Cheap lunch."],
    "d": ["We loved the terrace."],
    "e": ["Fast service and friendly staff; the crème brûlée is a must.", "Nice.", "Friendly!"],
    "f": ["We loved the terrace and the view.", "A terrace with a view over the river."],
}


@pytest.fixture
def files(tmp_path):
    """Write texts and references, as mappings or lines; gives the paths."""

    def write(texts=TEXTS, references=REFERENCES):
        paths = []
        for name, field, content in (
            ("preds.jsonl", "text", texts),
            ("refs.jsonl", "references", references),
        ):
            if isinstance(content, dict):
                content = [{"id": one, field: value} for one, value in content.items()]
            lines = [one if isinstance(one, str) else json.dumps(one) for one in content]
            paths.append(tmp_path / name)
            paths[-1].write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return paths[0], "--references", paths[1]

    return write


@pytest.fixture
def score(cli, files):
    def run(*more, **contents):
        done = cli("score", *files(**contents), "--json", *more)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


def test_json(score):
    found = score()
    assert set(found) == {"references", "references_key", "n", "metrics"}
    assert found["n"] == 6
    assert found["references"].endswith("refs.jsonl")
    corpus = TextCorpus(tuple(map(tuple, REFERENCES.values())))
    assert found["references_key"] == corpus.key
    expected = {
        metric.name: metric.bind(corpus) for metric in metrics_within(("text", "references"))
    }
    assert {"bleu-4", "rouge-l", "coco-rouge-l", "cider", "cider-d", "nist-5", "sacrebleu"} <= set(
        expected
    )
    assert list(found["metrics"]) == list(expected)
    for name, one in found["metrics"].items():
        framed = {"floor", "ceiling", "normalised"}
        assert set(one) == {"value", "ci", "signature", "n_scored", "n_unscored", *framed}
        assert one["signature"] == str(expected[name])
        assert one["n_scored"] + one["n_unscored"] == 6
        low, high = one["ci"]
        assert low <= one["value"] <= high
        assert expected[name].bounds[0] <= low <= high <= expected[name].bounds[1]
    assert found["metrics"]["bleu-4"]["n_unscored"] == 1


def test_values_equal_the_peers(score):
    found = {name: one["value"] for name, one in score()["metrics"].items()}
    texts, known = [text or "" for text in TEXTS.values()], list(REFERENCES.values())
    streams = [[(*one, None, None, None)[i] for one in known] for i in range(3)]
    assert found["sacrebleu"] == pytest.approx(BLEU().corpus_score(texts, streams).score, abs=1e-9)
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    each = [
        scorer.score_multi(references, text)["rougeL"].fmeasure
        for text, references in zip(texts, known, strict=True)
    ]
    assert found["rouge-l"] == pytest.approx(sum(each) / 6, abs=1e-12)
    words = [text.lower().split() for text in texts]
    references = [[one.lower().split() for one in some] for some in known]
    nist = score("--metrics", "nist-5(tok=whitespace)")["metrics"]["nist-5(tok=whitespace)"]
    assert nist["value"] == pytest.approx(corpus_nist(references, words, n=5), abs=1e-12)


def test_table(cli, files):
    done = cli("score", *files())
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("preds.jsonl on ")
    assert "refs.jsonl" in done.stdout.splitlines()[0]
    for name in ("bleu-4", "sacrebleu", "cider-d", "distinct-2"):
        assert any(line.split()[:1] == [name] for line in done.stdout.splitlines()), name
    assert "examples independent" in done.stderr
    assert cli("score", *files(), "-q").stderr == ""


def test_the_order_of_the_lines_does_not_matter(score):
    expected = score()
    backwards = [dict(reversed(one.items())) for one in (TEXTS, REFERENCES)]
    for texts, references in ((backwards[0], REFERENCES), (TEXTS, backwards[1]), backwards):
        found = score(texts=texts, references=references)
        assert found["references_key"] == expected["references_key"]
        for name, one in found["metrics"].items():
            assert one["value"] == pytest.approx(expected["metrics"][name]["value"], rel=1e-12)
            assert one["signature"] == expected["metrics"][name]["signature"]


def test_one_reference_each_and_several(score):
    first = {one: texts[:1] for one, texts in REFERENCES.items()}
    one, several = (score(references=some)["metrics"] for some in (first, REFERENCES))
    for name in ("bleu-4", "sacrebleu", "coco-rouge-l"):
        assert several[name]["value"] > one[name]["value"]
    assert several["rouge-l"]["value"] >= one["rouge-l"]["value"]
    assert one["cider-d"]["signature"] != several["cider-d"]["signature"]


def test_examples_without_references_are_counted_and_left_out(score):
    kept = ("a", "b", "c", "d")
    empty = {one: texts if one in kept else [] for one, texts in REFERENCES.items()}
    found = score(references=empty)["metrics"]
    alone = score(
        texts={one: TEXTS[one] for one in kept},
        references={one: REFERENCES[one] for one in kept},
    )["metrics"]
    for name in ("bleu-4", "sacrebleu", "rouge-l", "cider", "nist-5"):
        assert found[name]["value"] == pytest.approx(alone[name]["value"], rel=1e-12)
        assert found[name]["signature"] == alone[name]["signature"]
        assert found[name]["n_scored"] == 3
        assert found[name]["n_unscored"] == 3


def test_nothing_to_score_is_null_and_not_a_number(score, cli, files):
    nothing = {one: [] for one in REFERENCES}
    found = score(references=nothing)["metrics"]
    assert found["bleu-4"]["value"] is None
    assert found["bleu-4"]["ci"] is None
    assert found["bleu-4"]["n_scored"] == 0
    missing = dict.fromkeys(TEXTS)
    found = score(texts=missing)["metrics"]
    assert all(one["n_scored"] == 0 and one["value"] is None for one in found.values())
    table = cli("score", *files(references=nothing))
    assert table.exit_code == 0
    assert "–" in table.stdout


def test_metrics_by_name_group_parameters_and_signature(score):
    names = "sacrebleu(tok=none),bleu-4(tok=words),rouge-l,sacrebleu(lc=true,smooth=floor)"
    found = score("--metrics", names)["metrics"]
    assert list(found) == [
        "sacrebleu(tok=none)",
        "bleu-4(tok=words)",
        "rouge-l",
        "sacrebleu(lc=true,smooth=floor)",
    ]
    group = score("--metrics", "n-gram")["metrics"]
    assert list(group) == [metric.name for metric in expand_metrics(["n-gram"])]
    again = score("--metrics", group["cider-d"]["signature"])["metrics"]
    assert again == {"cider-d": group["cider-d"]}
    both = score("--metrics", "n-gram, bleu-4 ,sacrebleu(tok=none)")["metrics"]
    assert list(both) == [*group, "sacrebleu(tok=none)"]


def test_a_signature_of_other_references_is_refused(cli, score, files):
    signature = score("--metrics", "cider-d")["metrics"]["cider-d"]["signature"]
    other = {**REFERENCES, "a": ["Another one."]}
    done = cli("score", *files(references=other), "--metrics", signature)
    assert done.exit_code == 2
    assert TextCorpus(tuple(map(tuple, REFERENCES.values()))).key in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("precision@3", "precision@3 needs gold images and images, and --references brings texts"),
        ("bleu-4,div@3", "div@3 needs features and images"),
        ("novelty-1", "novelty-1 needs training texts"),
        ("selection", "and --references brings texts only; score with --task or --data"),
        ("cost", "needs timings"),
        ("all", "--references brings texts only"),
        ("blue-4", "Did you mean 'bleu-4'?"),
        ("sacrebleu(tok=14a)", "Did you mean '13a'?"),
        ("bleu-4(tok=words", "unbalanced parentheses"),
    ],
)
def test_metrics_that_cannot_be_had_are_refused(cli, files, metrics, message):
    done = cli("score", *files(), "--metrics", metrics)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--task", "mini"),
        ("--data", "x.json"),
        ("--images", "x"),
        ("--split", "test"),
        ("--k", "3"),
        ("--pool", "cross"),
        ("--history-limit", "2"),
        ("--exclude", "cold-user"),
    ],
)
def test_options_of_a_task_are_refused(cli, files, option, value):
    done = cli("score", *files(), option, value)
    assert done.exit_code == 2
    assert f"--references and {option} exclude each other" in done.stderr


SURROGATE = "\ud800"
HUGE = "x" * DEFAULT.line_bytes


@pytest.mark.parametrize(
    ("texts", "references", "messages"),
    [
        (
            {"a": "x"},
            {"a": ["x"], "b": ["y"]},
            ["preds.jsonl", "1 of 2 ids are missing: first 'b'"],
        ),
        (
            {"a": "x", "zz": "y"},
            {"a": ["x"]},
            ["preds.jsonl: line 2: field 'id': 'zz' has no references"],
        ),
        (
            [{"id": "a", "text": "x"}] * 2,
            {"a": ["x"]},
            ["line 2: field 'id': 'a' was already given in line 1"],
        ),
        ({"a": "x"}, [{"id": "a", "references": ["x"]}] * 2, ["refs.jsonl", "already given"]),
        ({"a": "x"}, {"a": "x"}, ["refs.jsonl: line 1: field 'references': must be a list"]),
        ({"a": "x"}, {"a": [3]}, ["field 'references': must be a list of strings"]),
        ({"a": 3}, {"a": ["x"]}, ["field 'text': must be a string or null, not int"]),
        ({"a": f"x{SURROGATE}"}, {"a": ["x"]}, ["preds.jsonl", "a lone surrogate at character 1"]),
        ({"a": "x"}, {"a": ["y", SURROGATE]}, ["refs.jsonl", "a lone surrogate at character 0"]),
        ({SURROGATE: "x"}, {"a": ["x"]}, ["preds.jsonl", r"'\ud800' has no references"]),
        ({"a": HUGE}, {"a": ["x"]}, ["preds.jsonl", "line 1: longer than 1,048,576 bytes"]),
        ({"a": "x"}, {"a": [HUGE]}, ["refs.jsonl", "line 1: longer than 1,048,576 bytes"]),
        ({}, {"a": ["x"]}, ["preds.jsonl", "1 of 1 ids are missing"]),
        ({"a": "x"}, {}, ["refs.jsonl: no references in it"]),
        (["{"], {"a": ["x"]}, ["preds.jsonl", "line 1: not JSON"]),
        ({"a": "x"}, ["[]"], ["refs.jsonl: line 1: a JSON object is expected, not list"]),
    ],
)
def test_bad_files_are_one_clear_message(cli, files, texts, references, messages):
    done = cli("score", *files(texts, references))
    assert done.exit_code == 2
    for message in messages:
        assert message in done.stderr
    assert done.stdout == ""
    assert len(done.stderr) < 3000
    assert "Traceback" not in done.stderr


def test_files_that_are_not_there(cli, files, tmp_path):
    preds, _, refs = files()
    for arguments in (
        (tmp_path / "none.jsonl", "--references", refs),
        (preds, "--references", tmp_path / "none.jsonl"),
    ):
        done = cli("score", *arguments)
        assert done.exit_code == 2
        assert "none.jsonl: no such file" in done.stderr


def test_extra_fields_and_null_lists_of_images_do_no_harm(score):
    lines = [{"id": one, "text": text, "image_ids": None} for one, text in TEXTS.items()]
    assert score(texts=lines)["metrics"] == score()["metrics"]


def test_texts_that_hurt(score):
    rows = hard_corpus(300, seed=7)
    texts = {f"q{i}": text for i, (text, _) in enumerate(rows)}
    references = {f"q{i}": known for i, (_, known) in enumerate(rows)}
    found = score(texts=texts, references=references)["metrics"]
    assert all(one["value"] is not None for one in found.values())
    assert all(one["n_scored"] > 250 for name, one in found.items() if name.startswith("bleu"))


def modified(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_cache_of_tokens_changes_nothing(cli, files, tmp_path):
    rows = hard_corpus(500, seed=8)
    texts = {f"q{i}": text for i, (text, _) in enumerate(rows)}
    references = {f"q{i}": known for i, (_, known) in enumerate(rows)}
    cache = tmp_path / "tokens-here"
    arguments = (
        "score",
        *files(texts, references),
        "--json",
        "--metrics",
        "bleu-4,rouge-l,distinct-2",
    )
    first = cli(*arguments, "--cache-dir", cache)
    assert first.exit_code == 0, first.output
    kept = modified(cache)
    assert kept
    second = cli(*arguments, "--cache-dir", cache)
    assert second.stdout_bytes == first.stdout_bytes
    assert modified(cache) == kept
    for path in kept:
        path.write_bytes(b"damaged")
    third = cli(*arguments, "--cache-dir", cache)
    assert third.stdout_bytes == first.stdout_bytes
    other = tmp_path / "a-file"
    other.write_text("in the way of a folder")
    assert cli(*arguments, "--cache-dir", other / "below").stdout_bytes == first.stdout_bytes


def test_the_cache_is_really_read(cli, files, tmp_path, monkeypatch):
    from showcase_bench.metrics.text import tokenizers

    rows = hard_corpus(500, seed=8)
    texts = {f"q{i}": text for i, (text, _) in enumerate(rows)}
    references = {f"q{i}": known for i, (_, known) in enumerate(rows)}
    arguments = ("score", *files(texts, references), "--json", "--metrics", "rouge-1,rouge-l")
    first = cli(*arguments, "--cache-dir", tmp_path / "kept")

    def fail(texts):
        raise AssertionError("it was tokenised again")

    monkeypatch.setitem(tokenizers.TOKENIZERS, "words", fail)
    second = cli(*arguments, "--cache-dir", tmp_path / "kept")
    assert second.stdout_bytes == first.stdout_bytes


def test_texts_are_scored_with_an_encoder_where_one_is_named(cli, tmp_path):
    (tmp_path / "refs.jsonl").write_text('{"id": "1", "references": ["Crisp pizza."]}\n')
    (tmp_path / "texts.jsonl").write_text('{"id": "1", "text": "Crisp pizza."}\n')
    files = (tmp_path / "texts.jsonl", "--references", tmp_path / "refs.jsonl")
    done = cli("score", *files, "--metrics", "bertscore-f1", "--json")
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["metrics"].values()
    assert found["value"] == pytest.approx(1, abs=1e-5)
    assert "|encoder:minilm@53aa5117|" in found["signature"]
    assert cli("score", *files, "--metrics", "clipscore").exit_code == 2
