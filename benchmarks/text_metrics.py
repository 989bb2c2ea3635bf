"""All text metrics on as many texts as GEST's test split has, against the peer packages.

One run scores the same generated texts (10 to 30 words, one to five references each) with the
packages that define the metrics, one after another, and with showcase-bench; it prints the seconds
of each, the ratios, the largest difference of the numbers, the peak memory, and what the intervals
cost:

    python benchmarks/text_metrics.py [--rows 11015] [--runs 3] [--no-scale] [--json]

The peers' seconds leave out starting Python and importing; those of showcase-bench, printed as
"whole process", hold both. What is kept on disk after its first use, code that numba compiles and
METEOR's tables, is made before the clock starts; what METEOR takes when its tables are not there
yet is printed as well. Tokens are not kept. The nltk self-BLEU, which would take hours, is timed on
a sample and scaled; it is not part of the peers' total, while the total of showcase-bench holds its
exact self-BLEU. The peers' tokeniser lets the next line change the tokens of a line; the lines in
which it does are counted, and the numbers are then compared on equal tokens. Needs the dev extra,
and Java for the peers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _harness import exponent, measure, peak_mib, workplace

ROWS = 11_015
SCALE = (11_015, 100_000, 1_000_000)
SAMPLE = 12
SLOW = ("meteor", "self-bleu")
COMMON = "the and a was it of food great to place is for good service with I very my"
REAL = (
    "pizza burger sushi ramen tacos coffee soup fries chicken steak dinner lunch breakfast "
    "friendly staff waiter menu price prices delicious amazing awesome tasty fresh crispy "
    "loved liked enjoying ordered waiting recommended definitely don't can't wasn't they're"
)
METRICS = {
    "ptb tokens": [],
    "coco bleu": ["bleu-1", "bleu-2", "bleu-3", "bleu-4"],
    "coco rouge-l": ["coco-rouge-l"],
    "coco cider": ["cider-d"],
    "nltk nist": ["nist-5"],
    "distinct": ["distinct-1", "distinct-2", "distinct-3"],
    "sacrebleu": ["sacrebleu"],
    "chrf": ["chrf"],
    "chrf++": ["chrf++"],
    "ter": ["ter"],
    "rouge-score": ["rouge-1", "rouge-2", "rouge-l"],
    "rouge-score stemmed": ["rouge-1(stem=true)", "rouge-2(stem=true)", "rouge-l(stem=true)"],
    "self-bleu": ["self-bleu"],
    "meteor": ["meteor"],
}


def make_texts(rows: int, seed: int = 0) -> tuple[list[str], list[list[str]]]:
    """Hypotheses and references, 10 to 30 words long, with a vocabulary like that of reviews."""
    draw = random.Random(seed)
    syllables = [a + b for a in "bcdfghlmnprst" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
    rare = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(12_000)]
    words = [*COMMON.split(), *REAL.split(), *rare]
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(words))))

    def text(base: list[str]) -> str:
        size = draw.randint(10, 30)
        chosen = draw.choices(words, cum_weights=weights, k=size)
        chosen = [draw.choice(base) if base and draw.random() < 0.35 else w for w in chosen]
        line = " ".join(chosen)
        if draw.random() < 0.4:
            line = line.replace(" ", ", ", 1)
        return line.capitalize() + draw.choice([".", "!", "...", "", " :)"])

    hypotheses, references = [], []
    for _ in range(rows):
        first = text([])
        base = first.split()
        references.append([first, *(text(base) for _ in range(draw.randint(0, 4)))])
        hypotheses.append(text(base))
    return hypotheses, references


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, wall seconds, and CPU seconds of this process and its ended children."""

    def cpu() -> float:
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))

    start, used = time.perf_counter(), cpu()
    result = work()
    return result, time.perf_counter() - start, cpu() - used


def peers(rows: int) -> dict[str, Any]:
    """Corpus values and seconds of every peer package but METEOR."""
    import contextlib
    import io

    import sacrebleu
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from nltk.translate.nist_score import corpus_nist
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
    from rouge_score.rouge_scorer import RougeScorer

    texts, references = make_texts(rows)
    most = max(map(len, references))
    columns = [[r[j] if j < len(r) else None for r in references] for j in range(most)]
    ids = range(rows)

    def ptb() -> tuple[Any, Any]:
        one = PTBTokenizer()
        with contextlib.redirect_stdout(io.StringIO()):
            gts = one.tokenize({i: [{"caption": t} for t in references[i]] for i in ids})
            res = one.tokenize({i: [{"caption": texts[i]}] for i in ids})
        return gts, res

    (gts, res), wall, cpu = timed(ptb)
    own_gts, own_res = own_tokens(texts, references)
    pairs = [*((gts[i], own_gts[i]) for i in ids), *((res[i], own_res[i]) for i in ids)]
    result: dict[str, Any] = {
        "ptb tokens": {
            "wall": wall,
            "cpu": cpu,
            "values": {},
            "lines": sum(len(theirs) for theirs, _ in pairs),
            "lines_that_differ": sum(a != b for one in pairs for a, b in zip(*one, strict=True)),
        }
    }
    gts, res = own_gts, own_res
    tokens = [res[i][0].split() for i in ids]
    others = [[r.split() for r in gts[i]] for i in ids]

    def distinct() -> list[float]:
        found = []
        for n in (1, 2, 3):
            grams = [tuple(t[i : i + n]) for t in tokens for i in range(len(t) - n + 1)]
            found.append(len(set(grams)) / len(grams))
        return found

    def rouge(stem: bool) -> list[float]:
        names = ["rouge1", "rouge2", "rougeL"]
        scorer = RougeScorer(names, use_stemmer=stem)
        each = [scorer.score_multi(r, t) for t, r in zip(texts, references, strict=True)]
        return [statistics.fmean(one[name].fmeasure for one in each) for name in names]

    jobs: dict[str, Callable[[], list[float]]] = {
        "coco bleu": lambda: list(Bleu(4).compute_score(gts, res, verbose=0)[0]),
        "coco rouge-l": lambda: [float(Rouge().compute_score(gts, res)[0])],
        "coco cider": lambda: [float(Cider().compute_score(gts, res)[0])],
        "nltk nist": lambda: [corpus_nist(others, tokens, 5)],
        "distinct": distinct,
        "sacrebleu": lambda: [sacrebleu.BLEU().corpus_score(texts, columns).score],
        "chrf": lambda: [sacrebleu.CHRF().corpus_score(texts, columns).score],
        "chrf++": lambda: [sacrebleu.CHRF(word_order=2).corpus_score(texts, columns).score],
        "ter": lambda: [sacrebleu.TER().corpus_score(texts, columns).score],
        "rouge-score": lambda: rouge(False),
        "rouge-score stemmed": lambda: rouge(True),
    }
    for name, job in jobs.items():
        values, wall, cpu = timed(job)
        result[name] = {
            "wall": wall,
            "cpu": cpu,
            "values": dict(zip(METRICS[name], values, strict=True)),
        }

    def sample() -> None:
        smoothing = SmoothingFunction().method1
        for i in range(min(SAMPLE, rows)):
            sentence_bleu(tokens[:i] + tokens[i + 1 :], tokens[i], smoothing_function=smoothing)

    _, wall, cpu = timed(sample)
    share = rows / min(SAMPLE, rows)
    result["self-bleu"] = {"wall": wall * share, "cpu": cpu * share, "values": {}}
    return result


def own_tokens(
    texts: list[str], references: list[list[str]]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Our PTB tokens in the form that pycocoevalcap takes: references, then texts, by number."""
    from showcase_bench.metrics import Batch

    ids = tuple(map(str, range(len(texts))))
    batch = Batch(ids, tuple(texts), tuple(map(tuple, references)))
    known = batch.reference_tokens("ptb-line")
    gts = {i: [" ".join(tokens) for tokens in one] for i, one in enumerate(known)}
    res = {i: [" ".join(tokens)] for i, tokens in enumerate(batch.hypothesis_tokens("ptb-line"))}
    return gts, res


def peer_meteor(rows: int) -> dict[str, Any]:
    """METEOR of the jar, with its start-up, which is part of every use of it."""
    from pycocoevalcap.meteor.meteor import Meteor

    gts, res = own_tokens(*make_texts(rows))

    def job() -> float:
        meteor = Meteor()
        value = float(meteor.compute_score(gts, res)[0])
        meteor.meteor_p.stdin.close()
        meteor.meteor_p.wait()
        return value

    value, wall, cpu = timed(job)
    return {
        "wall": wall,
        "cpu": cpu,
        "values": {"meteor": value},
        "peak_mib": peak_mib(resource.RUSAGE_CHILDREN),
    }


def own(rows: int, names: list[str], cache: Path | None = None) -> dict[str, Any]:
    """Values and seconds of our metrics in one process; ``cache`` is for METEOR's tables."""
    texts, references = make_texts(rows)
    before = peak_mib()
    began, used = time.perf_counter(), time.process_time()
    from showcase_bench.evaluate import Scorer, frame_of_references
    from showcase_bench.evaluate.score.scorer import LEVEL
    from showcase_bench.metrics import Metric
    from showcase_bench.stats.intervals import interval
    from showcase_bench.types import Showcase

    chosen = [Metric.parse(name) for name in names]
    known = {str(i): tuple(refs) for i, refs in enumerate(references)}
    frame = frame_of_references(known, cache)
    metrics = Scorer(frame, chosen).metrics
    batch = frame.batch([Showcase(str(i), (), text) for i, text in enumerate(texts)])
    imports = time.perf_counter() - began
    start = time.perf_counter()
    batch.token_ids("ptb")
    each: dict[str, float] = {"ptb tokens": time.perf_counter() - start}
    values: dict[str, float] = {}
    intervals = 0.0
    for metric in metrics:
        start = time.perf_counter()
        rows_of = metric.statistics(batch)
        value = float(metric.score(rows_of.sum(axis=0)))
        middle = time.perf_counter()
        interval(value, metric.influence(rows_of), (), level=LEVEL, bounds=metric.bounds)
        intervals += time.perf_counter() - middle
        each[metric.name], values[metric.name] = middle - start, value
    return {
        "whole": time.perf_counter() - began - intervals,
        "cpu": time.process_time() - used,
        "imports": imports,
        "each": each,
        "intervals": intervals,
        "values": values,
        "peak_mib": peak_mib(),
        "texts_mib": before,
    }


def median_run(runs: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """The run with the median of ``key``."""
    return sorted(runs, key=lambda one: float(one[key]))[len(runs) // 2]


def report(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything."""
    rows = str(options.rows)
    fast = [name for job, names in METRICS.items() if job != "meteor" for name in names]
    plain = [
        name for job, names in METRICS.items() if job not in ("meteor", "ter") for name in names
    ]
    measure(__file__, "own", "50", *fast)
    theirs = measure(__file__, "peers", rows)
    pairs = []
    with workplace(None) as tables:
        measure(__file__, "own", "50", "meteor")
        first = measure(__file__, "meteor-own", rows, "meteor", str(tables))
        for _ in range(options.runs):
            jar = measure(__file__, "meteor", rows)
            pairs.append((jar, measure(__file__, "meteor-own", rows, "meteor", str(tables))))
    ours = median_run([measure(__file__, "own", rows, *fast) for _ in range(options.runs)], "whole")
    light = median_run(
        [measure(__file__, "own", rows, *plain) for _ in range(options.runs)], "whole"
    )
    jar = median_run([one for one, _ in pairs], "wall")
    meteor = median_run([one for _, one in pairs], "whole")
    theirs["meteor"] = jar
    ours["each"]["meteor"], ours["values"]["meteor"] = meteor["whole"], meteor["values"]["meteor"]
    total = sum(one["wall"] for name, one in theirs.items() if name not in SLOW)
    without_ter = total - theirs["ter"]["wall"]
    result = {
        "rows": options.rows,
        "metrics": [
            {
                "name": name,
                "peer_s": one["wall"],
                "own_s": sum(ours["each"][m] for m in METRICS[name] or [name]),
                "largest_difference": max(
                    (abs(value - ours["values"][m]) for m, value in one["values"].items()),
                    default=None,
                ),
            }
            for name, one in theirs.items()
        ],
        "lines": theirs["ptb tokens"]["lines"],
        "lines_that_differ": theirs["ptb tokens"]["lines_that_differ"],
        "all_but_meteor": {
            "peers_s": total,
            "whole_process_s": ours["whole"],
            "ratio": total / ours["whole"],
            "peak_mib": ours["peak_mib"],
            "texts_mib": ours["texts_mib"],
        },
        "without_ter": {
            "peers_s": without_ter,
            "whole_process_s": light["whole"],
            "ratio": without_ter / light["whole"],
        },
        "meteor": {
            "peer_wall_s": jar["wall"],
            "peer_cpu_s": jar["cpu"],
            "peer_peak_mib": jar["peak_mib"],
            "own_wall_s": meteor["whole"],
            "own_cpu_s": meteor["cpu"],
            "own_peak_mib": meteor["peak_mib"],
            "first_wall_s": first["whole"],
            "first_cpu_s": first["cpu"],
            "first_peak_mib": first["peak_mib"],
            "ratio_wall": statistics.median(a["wall"] / b["whole"] for a, b in pairs),
            "ratio_cpu": statistics.median(a["cpu"] / b["cpu"] for a, b in pairs),
        },
        "intervals": {
            "seconds": ours["intervals"],
            "share": ours["intervals"] / (ours["whole"] - ours["imports"]),
        },
    }
    if not options.no_scale:
        sizes = [measure(__file__, "own", str(n), *fast) for n in SCALE]
        seconds = [one["whole"] - one["imports"] for one in sizes]
        result["scale"] = {
            "rows": SCALE,
            "seconds": seconds,
            "peak_mib": [one["peak_mib"] for one in sizes],
            "texts_mib": [one["texts_mib"] for one in sizes],
            "exponent": exponent(list(SCALE), seconds),
        }
    return result


def show(result: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"{'':22} {'peer, s':>9} {'ours, s':>9} {'ratio':>8}  largest difference")
    for one in result["metrics"]:
        mine, apart = one["own_s"], one["largest_difference"]
        ratio = one["peer_s"] / mine
        apart = "–" if apart is None else f"{apart:.1e}"
        print(f"{one['name']:22} {one['peer_s']:9.2f} {mine:9.3f} {ratio:8.1f}  {apart}")
    print(
        f"the next line changes the peer's tokens of {result['lines_that_differ']:,} of "
        f"{result['lines']:,} lines"
    )
    for name, label in (("all_but_meteor", "all but METEOR"), ("without_ter", "… without TER")):
        one = result[name]
        print(
            f"{label}: peers {one['peers_s']:.1f} s, ours {one['whole_process_s']:.2f} s whole "
            f"process, {one['ratio']:.1f} times"
        )
    one, two = result["all_but_meteor"], result["meteor"]
    print(f"peak memory {one['peak_mib']:.0f} MiB, of it {one['texts_mib']:.0f} the texts")
    print(
        f"METEOR: wall {two['peer_wall_s']:.1f} s against {two['own_wall_s']:.1f} "
        f"({two['ratio_wall']:.2f} times), CPU {two['peer_cpu_s']:.1f} s against "
        f"{two['own_cpu_s']:.1f} ({two['ratio_cpu']:.2f} times), peak {two['peer_peak_mib']:.0f} "
        f"MiB against {two['own_peak_mib']:.0f}; on first use {two['first_wall_s']:.1f} s, CPU "
        f"{two['first_cpu_s']:.1f} s, {two['first_peak_mib']:.0f} MiB"
    )
    one = result["intervals"]
    print(f"95 % intervals of all: {one['seconds']:.3f} s, {one['share']:.1%} on top")
    if "scale" in result:
        one = result["scale"]
        for at, rows in enumerate(one["rows"]):
            print(
                f"{rows:9,} rows: {one['seconds'][at]:7.1f} s, peak {one['peak_mib'][at]:.0f} MiB, "
                f"of it {one['texts_mib'][at]:.0f} the texts"
            )
        print(f"seconds grow as rows to the {one['exponent']:.2f}")


def child(step: str, rows: int, names: list[str]) -> dict[str, Any]:
    """Run one step in this process."""
    if step == "peers":
        return peers(rows)
    if step == "meteor-own":
        return own(rows, names[:1], Path(names[1]))
    return peer_meteor(rows) if step == "meteor" else own(rows, names)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="texts to score")
    parser.add_argument("--runs", type=int, default=3, help="runs; the median counts")
    parser.add_argument("--no-scale", action="store_true", help="leave out 100,000 and a million")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        step, rows, *names = options.child
        print(json.dumps(child(step, int(rows), names)))
        return
    result = report(options)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
