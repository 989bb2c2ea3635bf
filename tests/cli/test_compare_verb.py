"""``showcase-bench compare`` and ``plan``: files, runs, reports, and what is refused."""

import json

import pytest

ALPHA = [
    "The pizza was crisp and the staff friendly.", "great ramen", "Cheap lunch here.",
    "We loved the terrace.", "Fast service and friendly staff.", "A view over the river.",
] * 4  # fmt: skip
BETA = ["good food"] * 24
REFERENCES = [
    "The pizza was crisp, the staff was friendly.", "Great ramen with deep broth.", "Cheap lunch.",
    "We loved the terrace.", "Fast service and friendly staff.", "A terrace with a river view.",
] * 4  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Paths of two systems, and of the references."""

    def write(name, field, values):
        lines = [json.dumps({"id": str(i), field: value}) for i, value in enumerate(values)]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return path

    return (
        write("alpha", "text", ALPHA),
        write("beta", "text", BETA),
        write("refs", "references", [[one] for one in REFERENCES]),
    )


@pytest.fixture
def stored(cli, toy, tmp_path):
    """Arguments that name the runs of some models on a small data set."""
    where = ("--results", tmp_path / "out")
    done = cli(
        *("run", "--data", toy, "--models", "random,popular,dpp,reference,copy-history"),
        *("--seeds", "2", *where, "--no-report", "-q"),
    )
    assert done.exit_code == 0, done.output
    return ("--data", toy, *where)


def test_json_names_systems_by_file_stem(cli, files):
    alpha, beta, refs = files
    arguments = ("compare", alpha, beta, "--references", refs, "--metrics", "sacrebleu(tok=none)")
    done = cli(*arguments, "--trials", "1000", "--seed", "1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["metric"]) == ("alpha", "beta", "sacrebleu(tok=none)")
    assert pair["delta"] > 0
    assert pair["ci"][0] < pair["delta"] < pair["ci"][1]
    assert 0 < pair["p"] <= pair["p_adj"] <= 1
    assert [one["system"] for one in found["ranks"]] == ["alpha", "beta"]
    assert cli(*arguments, "--trials", "1000", "--seed", "1", "--json").stdout == done.stdout
    assert cli(*arguments, "--trials", "1000", "--seed", "2", "--json").stdout != done.stdout


def test_table_says_what_it_rests_on(cli, files):
    alpha, beta, refs = files
    chosen = ("--metrics", "bleu-4,chrf", "--trials", "500")
    done = cli("compare", alpha, beta, "--references", refs, *chosen)
    assert done.exit_code == 0, done.output
    assert "bleu-4, primary" in done.stdout
    assert "approximate randomization" in done.stdout
    assert "count as independent" in done.stdout
    assert "training variance not assessed" in done.stdout


def test_a_file_name_that_is_no_unicode_makes_a_name(cli, files):
    alpha, beta, refs = files
    odd = alpha.rename(alpha.with_name("al\udcffpha.jsonl"))
    done = cli("compare", odd, beta, "--references", refs, "--metrics", "chrf", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["systems"] == ["al?pha", "beta"]


def test_stored_runs_with_their_seeds(cli, stored):
    done = cli("compare", *stored, "--json", "--trials", "500")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found["systems"]) == {"random", "popular", "dpp", "reference", "copy-history"}
    assert set(found["clusters"]) == {"user", "business"}
    assert {one["seeds"] for one in found["ranks"]} == {2}
    some = cli(
        "compare", *stored, "--systems", "dpp,random", "--metrics", "recall@3", "--cluster",
        "none", "--json", "--trials", "500",
    )  # fmt: skip
    assert some.exit_code == 0, some.output
    found = json.loads(some.stdout)
    assert found["systems"] == ["dpp", "random"]
    assert [one["name"] for one in found["metrics"]] == ["recall@3"]
    assert found["clusters"] == {}


def test_reports_and_plots_are_written(cli, files, tmp_path):
    alpha, beta, refs = files
    outs = [tmp_path / "r" / f"all{suffix}" for suffix in (".md", ".tex", ".json", ".html")]
    named = [part for path in outs for part in ("--out", path)]
    done = cli(
        *("compare", alpha, beta, "--references", refs, "--metrics", "bleu-4,chrf"),
        *("--trials", "200", "--plots", tmp_path / "plots", *named),
    )
    assert done.exit_code == 0, done.output
    assert all(path.stat().st_size > 500 for path in outs)
    assert json.loads(outs[2].read_text())["trials"] == 200
    drawn = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert drawn == [
        f"{metric}-{kind}.{suffix}"
        for metric in ("bleu-4", "chrf")
        for kind in ("forest", "matrix")
        for suffix in ("png", "svg")
    ]


def test_plan(cli, files):
    alpha, beta, refs = files
    arguments = ("plan", alpha, beta, "--references", refs, "--metrics", "chrf", "--trials", "100")
    done = cli(*arguments, "--delta", "1", "--json")
    assert done.exit_code == 0, done.output
    (pair,) = json.loads(done.stdout)["pairs"]
    half = json.loads(cli(*arguments, "--delta", "2", "--json").stdout)["pairs"][0]
    assert pair["required"] == pytest.approx(4 * half["required"], rel=0.05)
    assert "examples needed" in cli(*arguments, "--delta", "1").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{alpha}", "--references", "{refs}"), "two systems or more"),
        (("{alpha}", "{alpha}", "--references", "{refs}"), "would both be 'alpha'"),
        (("--references", "{refs}"), "--references needs files"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--task", "mini"), "exclude each other"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--metrics", "recall@3"), "gold images"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--primary", "bleu4"), "bleu-4"),
        (
            ("{alpha}", "{beta}", "--references", "{refs}", "--cluster", "user"),
            "column of clusters",
        ),
        (("{alpha}", "{beta}", "--references", "{refs}", "--rope", "bleu-4"), "METRIC=X"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--rope", "bleu-4=-1"), "0"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--out", "x.pdf"), ".html"),
        (("{alpha}", "{beta}", "--references", "{refs}", "--systems", "alpa"), "alpha"),
        (("{alpha}", "{missing}", "--references", "{refs}"), "missing.jsonl"),
        (("--results", "{missing}"), "holds no run"),
    ],
)
def test_what_is_refused_is_told_in_one_message(cli, files, tmp_path, arguments, message):
    alpha, beta, refs = files
    names = {"alpha": alpha, "beta": beta, "refs": refs, "missing": tmp_path / "missing.jsonl"}
    given = [one.format(**names) for one in arguments]
    if "--metrics" not in given and "--references" in given:
        given += ["--metrics", "bleu-4"]
    done = cli("compare", *given)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_ids_that_do_not_fit_are_refused(cli, files):
    alpha, beta, refs = files
    lines = beta.read_text().splitlines()
    beta.write_text("\n".join([*lines[:-1], lines[0]]) + "\n")
    done = cli("compare", alpha, beta, "--references", refs)
    assert done.exit_code == 2
    assert "beta.jsonl" in done.output
    assert "line 24" in done.output
