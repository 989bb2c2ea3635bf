"""A small split to submit to, with references, and limits that are easily reached."""

from __future__ import annotations

from showcase_bench.evaluate.score.frame import Frame, codes
from showcase_bench.submission.card import TaskFacts
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.limits import Limits
from showcase_bench.types import Query, Showcase

POOL = ("a", "b", "c", "é/1", "../x")
QUERIES = tuple(Query(f"q{i}", f"u{i % 3}", f"b{i % 2}", (), POOL, k=3) for i in range(5))
EXAMPLES = Examples.of_queries(QUERIES)
TASK = TaskFacts("toy", 1, "test", "0" * 64)
LIMITS = Limits(
    file_bytes=20_000,
    line_bytes=1_000,
    text_chars=200,
    lines=60,
    wrong_lines=30,
    kept_problems=10,
    card_bytes=2_000,
)
FRAME = Frame(
    ids=EXAMPLES.ids,
    references=(("crisp pizza and warm light",), ("deep broth",), (), ("é",), ("a b c d", "x")),
    gold_images=(("a",), ("b", "c"), (), ("é/1",), ("../x",)),
    pools=(POOL,) * len(QUERIES),
    clusters=(codes([q.user_id for q in QUERIES]), codes([q.business_id for q in QUERIES])),
    users=tuple(query.user_id for query in QUERIES),
    businesses=tuple(query.business_id for query in QUERIES),
)
GOOD = (
    Showcase("q0", ("a", "b"), "crisp pizza, warm light"),
    Showcase("q1", (), None),
    Showcase("q2", ("é/1",), ""),
    Showcase("q3", ("../x", "c", "a"), "=1+1 <b>é</b> \\ud800 \u2028 😀"),
    Showcase("q4", ("b",), "tab\tand\nline"),
)
CARD = b"""name = "toy system"
authors = ["A. Author", "B. O'Neil"]
paper = "https://example.org/p?x=1"
code = ""
training_data = "the training split"
seed = 3
uses_gold = false
[task]
name = "toy"
version = 1
split = "test"
data_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
"""
