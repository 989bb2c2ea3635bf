"""Pages of a competition, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import showcase_bench
from showcase_bench.sharing.codabench.columns import Column
from showcase_bench.sharing.gate import LIMITS, SUBMITTED
from showcase_bench.sharing.settings import Half

__all__ = ["PAGES", "TERMS", "kit_readme", "write_pages"]

TERMS = "pages/terms.md"
PAGES: Mapping[str, str] = {
    "Overview": "pages/overview.md",
    "Data": "pages/data.md",
    "Evaluation": "pages/evaluation.md",
    "Terms": TERMS,
}
"""Title to file."""


def write_pages(half: Half, columns: Sequence[Column], k: int) -> dict[str, str]:
    """The pages: file to text. ``half`` describes the public half; at most ``k`` photos count."""
    return {
        PAGES["Overview"]: _overview(half, k),
        PAGES["Data"]: _data(half, k),
        PAGES["Evaluation"]: _evaluation(half, columns),
        TERMS: _terms(),
    }


def _overview(half: Half, k: int) -> str:
    return f"""# Personalized showcases

A personalized showcase explains a recommendation with pictures and words. For a user and a
recommended restaurant, choose at most {k} photos out of the restaurant's own that this user would
care about, in the order in which to show them, and write the text that goes with them.

The task is `{half.task}`, version {half.version}: {half.summary}.

1. Download the starting kit. It holds the data and the submission of a random baseline.
2. Predict all {half.rows[half.split]} queries of the split `{half.split}`.
3. Zip your `{SUBMITTED}` and submit it.

In the validation phase a part of the queries is scored, in the final phase the others. Nobody can
tell the two parts apart, so every submission answers all queries.
"""


def _data(half: Half, k: int) -> str:
    validation = (
        "\n    showcase-bench run --data public --split val     # scores models on validation rows"
        if half.split != "val" and half.validation == "gold" and half.rows.get("val")
        else ""
    )
    photos = (
        "as PNG in `public/images/`, named by their ids"
        if half.photos == "files"
        else "not included; get them by their ids"
    )
    rows = ", ".join(f"`{split}` {number}" for split, number in half.rows.items())
    return f"""# Data

`public/data.json` is one JSON object. Rows of each split: {rows}.

| key | what it is |
|---|---|
| `review_id` | id of the row; the `id` of your prediction |
| `user_id`, `business_id` | who, and which restaurant |
| `history_reviews` | the user's other reviews as `[id, text]` |
| `review_text`, `pics`, `rating` | what the user wrote, showed and gave; not of queries |

`pools` lists all photos of each restaurant: the candidates of its queries. A photo may have been
taken by anyone who has a row in any split.

Photos are {photos}. Ids are random names without a meaning.

With the package showcase-bench {showcase_bench.__version__}:

    showcase-bench predict --data public --model random --out {SUBMITTED}{validation}

## Format of a submission

A zip with one file `{SUBMITTED}` at its top: one JSON object a line, each query exactly once, in
any order.

    {{"id": "r...", "image_ids": ["p...", "p..."], "text": "We came for the ramen."}}

`image_ids`: at most {k} different photos out of the query's pool, best first. `text`: at most
{LIMITS.text_chars:,} characters without control characters, or null. A submission may leave either
out for all queries; what is left out counts with the worst value of its metrics.
"""


def _evaluation(half: Half, columns: Sequence[Column]) -> str:
    better = {"desc": "larger", "asc": "smaller"}
    rows = "\n".join(
        f"| {column.title} | `{column.metric}` | {better[column.sorting]} | "
        f"{'yes' if column.primary else ''} |"
        for column in columns
    )
    parts = ", ".join(f"{part} {number}" for part, number in half.parts.items())
    return f"""# Evaluation

| column | metric | better | primary |
|---|---|---|---|
{rows}

The board is sorted by the first column, then by the next ones. Queries scored in each phase:
{parts}. Scores come with 95 % confidence intervals, clustered by user and restaurant, in the
detailed results of each submission: systems whose intervals overlap widely are not told apart.

Invalid files are refused with all their problems listed by line and field, and get no score.
"""


def _terms() -> str:
    return """# Terms of participation

1. Predict from the files of the starting kit. Other data may be used to train models when they are
   public and named in the description of your system; they must not hold reviews of the split that
   is scored.
2. Do not try to recover the hidden texts, photos or ratings, or to find out who the users are.
3. Write no predictions by hand and tune none on the scores of the final phase.
4. One account per team. Submissions that break these terms are removed from the board.
5. The data may be used for research within this competition; the licence of their source applies.
"""


def kit_readme(half: Half, k: int) -> str:
    """What a participant reads first."""
    return f"""# Starting kit

- `public/`: the data; see the page Data, or below.
- `random.zip`: a valid submission, made by the model `random`.

To make it yourself:

    showcase-bench predict --data public --model random --out {SUBMITTED}
    zip random.zip {SUBMITTED}

{_data(half, k)}"""
