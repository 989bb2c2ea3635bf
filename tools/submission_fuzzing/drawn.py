"""Submissions drawn value by value: rows of wrong types, ids and photos, as valid JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tools.submission_fuzzing.mutate import Case
from tools.submission_fuzzing.world import CARD, POOL, QUERIES

_IDS = st.sampled_from([query.id for query in QUERIES])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_IMAGES = st.lists(st.sampled_from(POOL), max_size=3, unique=True)


def _row(query_id: str) -> st.SearchStrategy[dict[str, object]]:
    """A row that is right more often than not."""
    odd_images = st.lists(st.sampled_from([*POOL, "zz", ""]) | _ANY, max_size=5)
    return st.fixed_dictionaries(
        {"id": st.just(query_id) if query_id else _IDS | _ANY},
        optional={
            "image_ids": st.one_of(_IMAGES, _IMAGES, _IMAGES, st.none(), odd_images, _ANY),
            "text": st.one_of(_TEXTS, _TEXTS, _TEXTS, st.none(), st.text(max_size=250), _ANY),
        },
    )


@st.composite
def submissions(draw: st.DrawFn) -> Case:
    """All ids in any order, sometimes with more rows, other fields or blank lines."""
    rows = [draw(_row(query.id)) for query in draw(st.permutations(QUERIES))]
    rows += draw(st.lists(_row(""), max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    if draw(st.integers(0, 9)) == 0:
        rows[0][draw(st.text(max_size=5))] = draw(_ANY)
    ascii_only = draw(st.booleans())
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n", " \t\n"]))
    return "drawn", end.join([*lines, ""]).encode("utf-8", "surrogatepass"), CARD


def drawn_cases(number: int, start: int, attempt: Callable[[Case], None]) -> None:
    """Draw ``number`` submissions and hand each on."""
    if number <= 0:
        return

    @seed(start)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(submissions())
    def run(case: Case) -> None:
        attempt(case)

    run()
