"""Write the golden values anew: ``python tests/make_golden.py``, after a metric was added.

Look at the difference before committing it: a value that moved needs a new version of its metric.
"""

import json
from pathlib import Path

import showcase_bench.metrics
from showcase_bench.evaluate.golden import encoded_golden_batch
from showcase_bench.metrics.golden import compute_golden


def main() -> None:
    path = Path(showcase_bench.metrics.__file__).parent / "golden.json"
    data = json.loads(path.read_text("utf-8"))
    data["scores"] = dict(sorted(compute_golden(encoded_golden_batch()).items()))
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
