"""Time and memory of reading a GEST-sized file, beside ``json.load`` into a list of rows.

    python benchmarks/prepare.py                # 108,888 rows, about 112 MB, in a temporary folder
    python benchmarks/prepare.py --rows 10000 --json
    python benchmarks/prepare.py --keep /tmp/bench

The file is invented; its sizes and statistics are those of GEST-s2 (Yan et al., SIGIR 2023).
Each step runs in a process of its own: seconds are around the call, imports excluded; the peak is
that of the whole process, interpreter, imports and mapped pages included.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from _harness import measure, peak_mib, workplace

GEST_ROWS = {"train": 87_013, "val": 10_860, "test": 11_015}
TOTAL = sum(GEST_ROWS.values())
BUSINESSES = 30_831
MEAN_WORDS = 22
EXTRA_HISTORY = 0.73
BASE64 = string.ascii_letters + string.digits + "-_"


def write_file(path: Path, n_rows: int) -> None:
    """Write a GEST-shaped file of ``n_rows`` rows, user by user, without holding it in memory."""
    rng = random.Random(20230723)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(1, 6))) for _ in range(4000)]
    n_businesses = max(1, BUSINESSES * n_rows // TOTAL)
    businesses = [f"{rng.getrandbits(96):024x}" for _ in range(n_businesses)]
    with path.open("w", encoding="utf-8") as out:
        out.write("{")
        for place, (split, size) in enumerate(GEST_ROWS.items()):
            out.write(f'{", " if place else ""}"{split}": [')
            write_split(out, max(1, size * n_rows // TOTAL), rng, words, businesses)
            out.write("]")
        out.write("}")


def write_split(
    out: TextIO, size: int, rng: random.Random, words: list[str], businesses: list[str]
) -> None:
    """Write the rows of one split; users are not shared between splits."""
    written = 0
    while written < size:
        for row in rows_of_a_user(rng, words, businesses)[: size - written]:
            out.write(f"{', ' if written else ''}{json.dumps(row)}")
            written += 1


def rows_of_a_user(
    rng: random.Random, words: list[str], businesses: list[str]
) -> list[dict[str, Any]]:
    """One to five reviews; each has the others and now and then a further one as its history."""
    user = f"1{rng.randrange(10**20):020d}"
    visited = [businesses[int(len(businesses) * rng.random() ** 2)] for _ in range(8)]
    reviews = [(f"{user}_{business}", text(rng, words)) for business in dict.fromkeys(visited)]
    n_rows = min(rng.randint(1, 5), len(reviews))
    rows = []
    for i in range(n_rows):
        extra = rng.random() < EXTRA_HISTORY and len(reviews) > n_rows
        history = reviews[:i] + reviews[i + 1 : n_rows] + (reviews[n_rows : n_rows + 1] * extra)
        rows.append(
            {
                "business_id": reviews[i][0].partition("_")[2],
                "user_id": user,
                "rating": rng.choices((1, 2, 3, 4, 5), (2, 2, 7, 25, 64))[0],
                "review_text": reviews[i][1],
                "pics": [
                    photo(rng) for _ in range(1 + (rng.random() < 0.5) + (rng.random() < 0.37))
                ],
                "history_reviews": history,
            }
        )
    return rows


def text(rng: random.Random, words: list[str]) -> str:
    """Some twenty words, empty in three of a hundred."""
    n = 0 if rng.random() < 0.03 else rng.randint(4, 2 * MEAN_WORDS)
    return " ".join(rng.choices(words, k=n)).capitalize()


def photo(rng: random.Random) -> dict[str, Any]:
    """Name a photo as Google does."""
    name = "AF1Qip" + "".join(rng.choices(BASE64, k=38))
    return {"id": name, "url": [f"https://lh5.googleusercontent.com/p/{name}=w150-h150-k-no-p"]}


def ours(path: Path, cache: Path, split: str | None) -> Callable[[], int]:
    """Step of this package: load, and build all examples of a split."""
    from showcase_bench.datasets import SplitPolicy, load_dataset

    def step() -> int:
        data = load_dataset(path, cache_dir=cache)
        if split is None:
            return len(data.split_names)
        builder = data.examples(split, SplitPolicy())
        return sum(len(builder.example(i).query.pool) for i in range(len(builder)))

    return step


def peer(path: Path, split: str | None) -> Callable[[], int]:
    """Step of the plain way: everything as dictionaries, pools by business, answers masked."""

    def step() -> int:
        data = json.loads(path.read_text(encoding="utf-8"))
        pools: dict[str, dict[str, None]] = {}
        for rows in data.values():
            for row in rows:
                pool = pools.setdefault(row["business_id"], {})
                pool.update((pic["id"], None) for pic in row["pics"])
        if split is None:
            return len(pools)
        asked = [row for name in ("val", "test") for row in data[name]]
        ids = {f"{row['user_id']}_{row['business_id']}" for row in asked}
        texts = {row["review_text"] for row in asked}
        seen = 0
        for row in data[split]:
            history = [h for h in row["history_reviews"] if h[0] not in ids and h[1] not in texts]
            seen += len(history) + len(sorted(pools[row["business_id"]]))
        return seen

    return step


STEPS = ("prepare", "load", "test examples", "train examples", "peer load", "peer test examples")


def child(step: str, path: Path, cache: Path) -> None:
    """Run one step in this process and print its figures."""
    splits = {"test examples": "test", "train examples": "train", "peer test examples": "test"}
    split = splits.get(step)
    run = peer(path, split) if step.startswith("peer") else ours(path, cache, split)
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    print(json.dumps({"step": step, "seconds": seconds, "peak_mib": peak_mib()}))


def report(path: Path, figures: list[dict[str, Any]]) -> str:
    """Table of the steps and the ratios to the plain way."""
    by_step = {one["step"]: one for one in figures}
    lines = [
        f"{path.stat().st_size / 1e6:.1f} MB",
        f"{'step':<20} {'seconds':>8} {'peak MiB':>9}",
        *(f"{s:<20} {f['seconds']:>8.2f} {f['peak_mib']:>9.0f}" for s, f in by_step.items()),
    ]
    for mine, theirs in (("load", "peer load"), ("test examples", "peer test examples")):
        a, b = by_step[mine], by_step[theirs]
        lines.append(
            f"{mine}: {b['seconds'] / a['seconds']:.1f} times faster and "
            f"{b['peak_mib'] / a['peak_mib']:.1f} times smaller than the plain way"
        )
    return "\n".join(lines)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=TOTAL, help="rows of the file")
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, leave the file and its cache there"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--child", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.keep / "rows.json", arguments.keep / "cache")
        return
    with workplace(arguments.keep) as folder:
        path = folder / "rows.json"
        write_file(path, arguments.rows)
        shutil.rmtree(folder / "cache", ignore_errors=True)
        figures = [measure(__file__, step, "--keep", str(folder)) for step in STEPS]
        summary = {"rows": arguments.rows, "bytes": path.stat().st_size, "steps": figures}
        print(json.dumps(summary, indent=2) if arguments.json else report(path, figures))


if __name__ == "__main__":
    main()
