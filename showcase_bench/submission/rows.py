"""Check the lines of a submission against the examples of a split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from showcase_bench.errors import did_you_mean
from showcase_bench.submission.card_check import CONTROL
from showcase_bench.submission.content import Content
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.json_line import LineError, Row, parse_object
from showcase_bench.submission.limits import Limits
from showcase_bench.submission.numbered_lines import numbered_lines
from showcase_bench.submission.problems import Code, Problem, Problems, RefusedError, shown
from showcase_bench.types import Showcase

__all__ = ["FIELDS", "RowCheck"]

FIELDS = ("id", "image_ids", "text")
_SKIP = 'to skip an example on purpose, give it "image_ids": [] and "text": null'


class RowCheck:
    """Yields the showcases of lines without a problem, and collects what is wrong with the others.

    Parameters
    ----------
    examples
        Those of the split.
    """

    def __init__(self, examples: Examples, limits: Limits, problems: Problems) -> None:
        self._examples = examples
        self._limits = limits
        self._problems = problems
        self._first_line: dict[str, int] = {}
        self._line = 0
        self.lines = 0
        """Lines read, blank ones included."""

    def missing(self) -> list[str]:
        """Ids that no line gave, in the order of the split."""
        return [one for one in self._examples.ids if one not in self._first_line]

    def showcases(self, content: Content) -> Iterator[Showcase]:
        """Go over all lines once; stops early where there is too much of anything."""
        limits, wrong_lines = self._limits, 0
        try:
            for number, raw in numbered_lines(content, limits.line_bytes):
                self.lines = self._line = number
                if number > limits.lines:
                    self._stop("too-many-lines", f"more than {limits.lines:,} lines")
                    break
                if raw is not None and not raw.strip(b" \t\r"):
                    continue
                before = self._problems.total
                showcase = self._showcase(raw)
                if self._problems.total == before and showcase is not None:
                    yield showcase
                else:
                    wrong_lines += 1
                    if wrong_lines >= limits.wrong_lines:
                        told = f"{wrong_lines:,} lines have problems"
                        self._stop("too-many-lines", told)
                        break
        except RefusedError as refused:
            self._problems.stop(refused.problem)
        if not self._problems.stopped:
            self._end()

    def _stop(self, code: Code, message: str) -> None:
        told = f"{message}: the rest of the file was not read"
        self._problems.stop(Problem(code, told, line=self._line))

    def _end(self) -> None:
        """What only the whole file tells."""
        missing = self.missing()
        if not missing:
            return
        self._problems.add(
            Problem(
                "id-absent",
                f"{len(missing)} of {len(self._examples.ids)} ids are missing, first "
                f"{', '.join(map(shown, missing[:3]))}; {_SKIP}",
                field="id",
            )
        )
        if not self._first_line and "id-unknown" in self._problems.counts:
            first = self._examples.ids[0]
            self._problems.lead(
                Problem(
                    "wrong-split",
                    f"none of its ids is an example of this split, whose first is {shown(first)}; "
                    "is it made for another --task, --data or --split?",
                    field="id",
                )
            )

    def _showcase(self, raw: bytes | None) -> Showcase | None:
        if raw is None:
            most = self._limits.line_bytes
            self._wrong("line-too-long", None, f"longer than {most:,} bytes; cut the text")
            return None
        try:
            row = parse_object(raw)
        except LineError as error:
            field = None if error.field is None else error.field[:60]
            self._wrong(error.code, field, str(error))
            return None
        for key in row:
            if key not in FIELDS:
                offer = did_you_mean(key[:60], FIELDS)
                self._wrong("field-unknown", key[:60], f"is unknown; leave it out. {offer}")
        number = self._number(row)
        image_ids = self._image_ids(row, number)
        text = self._text(row)
        return None if number is None else Showcase(self._examples.ids[number], image_ids, text)

    def _number(self, row: Row) -> int | None:
        if "id" not in row:
            self._wrong("id-missing", "id", "is missing; every line needs one")
            return None
        one = row["id"]
        if not isinstance(one, str):
            self._wrong("id-type", "id", f"must be a string, not {_kind(one)}")
            return None
        number = self._examples.numbers.get(one)
        if number is None:
            self._wrong("id-unknown", "id", f"{shown(one)} is not an example of this split")
            return None
        first = self._first_line.setdefault(one, self._line)
        if first != self._line:
            self._wrong(
                "id-repeated", "id", f"{shown(one)} was already given in line {first}; keep one"
            )
        return number

    def _image_ids(self, row: Row, number: int | None) -> tuple[str, ...]:
        value = row.get("image_ids")
        if value is None:
            return ()
        if not isinstance(value, list):
            told = f"must be a list of strings, not {_kind(value)}"
            self._wrong("images-type", "image_ids", told)
            return ()
        others = [one for one in value if not isinstance(one, str)]
        if others:
            told = f"must be a list of strings, and one of them is {_kind(others[0])}"
            self._wrong("images-type", "image_ids", told)
            return ()
        if number is not None and value:
            self._pool(value, number)
        return tuple(value)

    def _pool(self, image_ids: Sequence[str], number: int) -> None:
        k = self._examples.k
        if len(image_ids) > k:
            told = f"{len(image_ids)} images, at most {k} are allowed; keep the best"
            self._wrong("images-too-many", "image_ids", told)
            return
        pool = self._examples.pool(number)
        seen: set[str] = set()
        for one in image_ids:
            if one in seen:
                told = f"image {shown(one)} is shown twice; keep one"
                self._wrong("image-repeated", "image_ids", told)
            elif one not in pool:
                told = f"image {shown(one)} is not in the pool of this example; choose out of it"
                self._wrong("image-outside-pool", "image_ids", told)
            seen.add(one)

    def _text(self, row: Row) -> str | None:
        value = row.get("text")
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong("text-type", "text", f"must be a string or null, not {_kind(value)}")
            return None
        if len(value) > self._limits.text_chars:
            most = f"{self._limits.text_chars:,}"
            told = f"{len(value):,} characters, at most {most} are allowed; cut it"
            self._wrong("text-too-long", "text", told)
        if found := CONTROL.search(value):
            self._wrong(
                "control-character",
                "text",
                f"a control character U+{ord(found[0]):04X} at character {found.start()}; "
                "leave it out (tab and line ends are allowed)",
            )
        try:
            value.encode()
        except UnicodeEncodeError as error:
            told = f"a lone surrogate at character {error.start}; write real Unicode"
            self._wrong("lone-surrogate", "text", told)
        return value

    def _wrong(self, code: Code, field: str | None, message: str) -> None:
        self._problems.add(Problem(code, message, line=self._line, field=field))


def _kind(value: object) -> str:
    """A value's type in JSON's words."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    kinds |= {list: "a list", dict: "an object", type(None): "null"}
    return kinds[type(value)]
