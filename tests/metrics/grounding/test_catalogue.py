"""The draw of photos of other businesses, against its definition, and what parts share of it."""

import hashlib

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from showcase_bench.metrics import Batch
from showcase_bench.metrics.grounding.catalogue import Catalogue
from showcase_bench.metrics.grounding.other_photos import DRAWS, elsewhere, has_elsewhere

photos = st.sampled_from(["p", "", "é", "寿司", "\ud800", *(f"q{i}" for i in range(9))])
holdings = st.lists(
    st.tuples(st.sampled_from("ABCé"), st.lists(photos, unique=True).map(tuple)), max_size=9
)


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def by_brute_force(one, business, known):
    everything = {photo for _, pool in known for photo in pool}
    own = {photo for name, pool in known if name == business for photo in pool}
    others = sorted(everything - own, key=digest)
    start = int.from_bytes(digest(one)[:7])
    return [others[(start + step) % len(others)] for step in range(min(len(others), DRAWS))]


def drawn(batch):
    found = elsewhere(batch, np.ones(len(batch), dtype=bool))
    pairs = zip(found.rows.tolist(), found.codes.tolist(), strict=True)
    by_row = [[] for _ in batch.ids]
    for row, code in pairs:
        by_row[row].append(found.images[code])
    return by_row


@given(holdings, st.lists(st.sampled_from("ABCDé"), max_size=6))
@example([("A", ("p",)), ("A", ("p", "é")), ("A", ("p",)), ("B", ())], ["A", "B", "D"])
def test_the_draw_equals_its_definition(known, businesses):
    ids = tuple(f"e{i}" for i in range(len(businesses)))
    catalogue = Catalogue.of(known)
    batch = Batch(ids, ids, ((),) * len(ids), businesses=tuple(businesses), catalogue=catalogue)
    expected = [by_brute_force(*one, known) for one in zip(ids, businesses, strict=True)]
    assert drawn(batch) == expected
    assert has_elsewhere(batch).tolist() == [bool(one) for one in expected]


def test_a_catalogue_is_its_rows():
    rows = [("A", ("p", "q")), ("B", ())]
    catalogue = Catalogue.of(rows)
    assert (list(catalogue), catalogue[1], catalogue[:1]) == (rows, rows[1], (rows[0],))
    other = Catalogue.of([])
    other.adopt(catalogue.town)
    assert other.town is catalogue.town
