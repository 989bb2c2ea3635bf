"""Time and memory of building s1 from raw reviews, beside ``json.loads`` of all lines.

    python benchmarks/build.py                    # up to 200,000 rows, in a temporary folder
    python benchmarks/build.py --rows 1771160     # the size of GEST's raw file, about 1 GB
    python benchmarks/build.py --keep /tmp/bench --json

The reviews are invented; the mean numbers of reviews a user, photos and words are those of GEST's
raw file (Yan et al., SIGIR 2023), with a longer tail of busy users, so histories are longer. Sizes
double up to the given one. Each step runs in a process of its own:
seconds are around the call, imports excluded; the peak is that of the whole process. The exponent
is the slope of log seconds over log rows; 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import string
import time
from pathlib import Path
from typing import Any

from _harness import exponent, measure, peak_mib, workplace

ROWS = 200_000
SIZES = 4
GEST_ROWS, GEST_BUSINESSES = 1_771_160, 65_113
MEAN_REVIEWS, MEAN_PHOTOS, MEAN_WORDS = 1.7527, 2.504, 36
BASE64 = string.ascii_letters + string.digits + "-_"
STEPS = ("build s1", "peer")


def write_raw(path: Path, n_rows: int) -> None:
    """Write ``n_rows`` raw reviews; a user's are spread over the file as in a shuffled one."""
    rng = random.Random(20230723)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(1, 7))) for _ in range(5000)]
    n_businesses = max(10, GEST_BUSINESSES * n_rows // GEST_ROWS)
    businesses = [f"{rng.getrandbits(96):024x}" for _ in range(n_businesses)]
    n_users = max(1, round(n_rows / MEAN_REVIEWS))
    with path.open("w", encoding="utf-8") as out:
        for _ in range(n_rows):
            # The square makes some users busy and many have one review.
            user = int(n_users * rng.random() ** 2)
            row = {
                "business_id": rng.choice(businesses),
                "user_id": f"1{user:020d}",
                "rating": rng.choices((1, 2, 3, 4, 5), (2, 2, 7, 25, 64))[0],
                "review_text": " ".join(rng.choices(words, k=rng.randint(1, 2 * MEAN_WORDS))),
                "pics": [photo(rng) for _ in range(geometric(rng, MEAN_PHOTOS))],
                "time": rng.randrange(1_300_000_000, 1_640_000_000),
            }
            out.write(f"{json.dumps(row)}\n")


def geometric(rng: random.Random, mean: float) -> int:
    """Draw a number from 1 up with this mean."""
    return 1 + int(math.log(1 - rng.random()) / math.log(1 - 1 / mean))


def photo(rng: random.Random) -> dict[str, Any]:
    """Name a photo as Google does."""
    name = "AF1Qip" + "".join(rng.choices(BASE64, k=38))
    return {"id": name, "url": [f"https://lh5.googleusercontent.com/p/{name}=w150-h150-k-no-p"]}


def build(raw: Path) -> int:
    """Build s1 as the command line does."""
    from showcase_bench.datasets.build import Sources, build_s1

    record = build_s1(Sources(raw, raw.with_suffix(".s1.json")))
    return sum(record["rows"].values())


def peer(raw: Path) -> int:
    """The plain way to begin: every line as a dictionary, in a list a user."""
    users: dict[str, list[dict[str, Any]]] = {}
    with raw.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            users.setdefault(row["user_id"], []).append(row)
    return sum(len(rows) for rows in users.values() if len(rows) > 1)


def child(step: str, raw: Path) -> None:
    """Run one step in this process and print its figures."""
    if step == "build s1":
        import showcase_bench.datasets.build  # noqa: F401
    start = time.perf_counter()
    rows = build(raw) if step == "build s1" else peer(raw)
    seconds = time.perf_counter() - start
    figures = {"step": step, "rows_left": rows, "seconds": seconds, "peak_mib": peak_mib()}
    print(json.dumps(figures))


def report(figures: list[dict[str, Any]], slopes: dict[str, float]) -> str:
    """Table of the steps, the fits, and the ratio at the largest size."""
    lines = [f"{'rows':>10} {'MB':>7} {'step':<10} {'seconds':>8} {'peak MiB':>9}"]
    for one in figures:
        lines.append(
            f"{one['rows']:>10,} {one['bytes'] / 1e6:>7.0f} {one['step']:<10} "
            f"{one['seconds']:>8.2f} {one['peak_mib']:>9.0f}"
        )
    lines += [f"{step}: seconds grow as rows to the {slope:.2f}" for step, slope in slopes.items()]
    ours, plain = figures[-2:]
    lines.append(
        f"at {ours['rows']:,} rows: {ours['seconds'] / plain['seconds']:.1f} times the seconds and "
        f"{ours['peak_mib'] / plain['peak_mib']:.2f} times the memory of loading all lines"
    )
    return "\n".join(lines)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the largest file")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave the files there")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--child", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.keep)
        return
    sizes = [max(1, arguments.rows >> halvings) for halvings in reversed(range(SIZES))]
    figures = []
    with workplace(arguments.keep) as folder:
        for n_rows in sizes:
            raw = folder / f"raw-{n_rows}.jsonl"
            write_raw(raw, n_rows)
            for step in STEPS:
                figure = measure(__file__, step, "--keep", str(raw))
                figures.append({"rows": n_rows, "bytes": raw.stat().st_size, **figure})
            if arguments.keep is None:
                raw.unlink()
    slopes = {
        step: exponent(sizes, [one["seconds"] for one in figures if one["step"] == step])
        for step in STEPS
    }
    summary = {"steps": figures, "exponents": slopes}
    print(json.dumps(summary, indent=2) if arguments.json else report(figures, slopes))


if __name__ == "__main__":
    main()
