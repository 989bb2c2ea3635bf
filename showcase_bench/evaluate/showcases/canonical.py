"""The canonical form of predictions: one JSON object a line, in the order of the split."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence

from showcase_bench.errors import ContractError
from showcase_bench.types import Query, Showcase

__all__ = [
    "checked",
    "dump_predictions",
    "parse_prediction_line",
    "prediction_line",
    "problems_with",
    "surrogate_problem",
]


def dump_predictions(showcases: Iterable[Showcase]) -> bytes:
    """UTF-8 JSON Lines ``{"id", "image_ids", "text"}``; equal predictions give equal bytes."""
    return b"".join(map(prediction_line, showcases))


def prediction_line(showcase: Showcase) -> bytes:
    """One showcase as a line of that form."""
    row = {"id": showcase.id, "image_ids": list(showcase.image_ids), "text": showcase.text}
    return f"{json.dumps(row, ensure_ascii=False)}\n".encode()


def parse_prediction_line(line: bytes | str) -> Showcase:
    """The showcase of a line that :func:`prediction_line` wrote."""
    row = json.loads(line)
    return Showcase(row["id"], tuple(row["image_ids"]), row["text"])


def problems_with(showcase: Showcase, candidates: Collection[str], k: int) -> Iterator[str]:
    """Every way in which ``showcase`` is not valid for a pool, ids aside."""
    if len(showcase.image_ids) > k:
        yield f"field 'image_ids': {len(showcase.image_ids)} images, at most {k} are allowed"
    pool = frozenset(candidates) if showcase.image_ids else frozenset()
    seen: set[str] = set()
    for image_id in showcase.image_ids:
        if image_id in seen:
            yield f"field 'image_ids': image {image_id!r} is shown twice"
        elif image_id not in pool:
            yield f"field 'image_ids': image {image_id!r} is not in the candidate pool"
        seen.add(image_id)
    problem = None if showcase.text is None else surrogate_problem("text", showcase.text)
    if problem is not None:
        yield problem


def surrogate_problem(name: str, text: str) -> str | None:
    """Why ``text``, the field ``name``, is not Unicode; None where it is."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"field {name!r}: a lone surrogate at character {error.start}; use real Unicode"
    return None


def checked(
    name: str, queries: Sequence[Query], showcases: Iterable[Showcase]
) -> Iterator[Showcase]:
    """Pass on what model ``name`` returns for ``queries``, normalised to tuples.

    Raises
    ------
    ContractError
        A showcase is missing, extra, out of order, of another type, or not valid for its query.
    """
    answers = iter(showcases)
    for query in queries:
        answer = next(answers, None)
        if answer is None:
            raise ContractError(f"model {name!r} returned nothing for query {query.id!r}")
        yield _checked_one(name, query, answer)
    if next(answers, None) is not None:
        raise ContractError(f"model {name!r} returned more showcases than there are queries")


def _checked_one(name: str, query: Query, answer: object) -> Showcase:
    where = f"model {name!r}, query {query.id!r}"
    if not isinstance(answer, Showcase):
        raise ContractError(f"{where}: predict must give Showcase, not {type(answer).__name__}")
    if answer.id != query.id:
        raise ContractError(
            f"{where}: the answer has id {answer.id!r}; give one showcase per query, in order"
        )
    if isinstance(answer.image_ids, str) or not all(isinstance(i, str) for i in answer.image_ids):
        raise ContractError(f"{where}, field 'image_ids': must be a tuple of strings")
    if answer.text is not None and not isinstance(answer.text, str):
        raise ContractError(
            f"{where}, field 'text': must be a string or None, not {type(answer.text).__name__}"
        )
    normal = Showcase(answer.id, tuple(answer.image_ids), answer.text)
    for problem in problems_with(normal, query.pool, query.k):
        raise ContractError(f"{where}, {problem}")
    return normal
