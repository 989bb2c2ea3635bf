"""The index of who was where, against the same by going over all rows."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from showcase_bench.draws import place
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics.names import PackedNames, digests_of, numbers_of
from showcase_bench.metrics.visits import Visit, Visits

names = st.sampled_from(["u", "v", "", "é", "寿司", "\ud800", "a" * 40])
texts = st.sampled_from(["a", "b", "c é"])
rows = st.lists(
    st.builds(
        Visit,
        names,
        names,
        st.lists(texts, max_size=3).map(tuple),
        st.none() | texts,
    ),
    max_size=12,
)


def longest(histories):
    return max(histories, key=lambda one: (len(one), one), default=())


@given(rows)
@example([Visit("u", "B", ("b", "a"), None), Visit("u", "B", ("b", "c"), None)] * 2)
def test_the_crowd_equals_brute_force(rows):
    visits = Visits.of(rows)
    crowd = visits.crowd
    users = sorted({row.user for row in rows}, key=place)
    businesses = sorted({row.business for row in rows}, key=place)
    assert [users[number] for number in crowd.user_of.tolist()] == [row.user for row in rows]
    for business in businesses:
        (number,) = crowd.find_businesses([business]).tolist()
        assert businesses[number] == business
        here = [i for i, row in enumerate(rows) if row.business == business]
        assert crowd.at_business.of(number).tolist() == here
        found = {rows[i].user: rows[i].history for i in crowd.longest_at.of(number).tolist()}
        assert len(found) == len(crowd.longest_at.of(number))
        who = {rows[i].user for i in here if rows[i].history}
        assert found == {
            user: longest([rows[i].history for i in here if rows[i].user == user]) for user in who
        }
    best = {user: longest([row.history for row in rows if row.user == user]) for user in users}
    assert crowd.find_users(users).tolist() == list(range(len(users)))
    found = [rows[row].history if row >= 0 else () for row in crowd.longest.tolist()]
    assert found == [best[user] for user in users]
    assert crowd.ring.tolist() == [number for number, user in enumerate(users) if best[user]]
    assert crowd.has_text.tolist() == [row.text is not None for row in rows]
    assert crowd.find_users(["nobody"]).tolist() == [-1]
    assert crowd.at_business.of(-1).tolist() == []


@given(rows)
def test_columns_that_are_read_as_they_are_asked_for_give_the_same(rows):
    lazy = Visits(
        *(Column(len(rows), lambda i, at=at: rows[i][at]) for at in range(len(Visit._fields)))
    )
    assert list(lazy) == rows
    assert lazy[1:] == tuple(rows[1:])
    assert [lazy[i] for i in range(len(lazy))] == rows
    for one, other in zip(lazy.crowd, Visits.of(rows).crowd, strict=True):
        pairs = zip(one, other, strict=True) if isinstance(one, tuple) else [(one, other)]
        for found, expected in pairs:
            np.testing.assert_array_equal(found, expected)


def test_an_adopted_crowd_is_not_made_again():
    visits = Visits.of([Visit("u", "B", ("a",), None)])
    again = Visits(visits.users, visits.businesses, None, None)
    again.adopt(visits.crowd)
    assert again.crowd is visits.crowd


def test_digests_that_end_or_differ_in_zeros_are_told_apart():
    known = {"a": bytes(32), "b": bytes(31) + b"\1", "c": b"\1" + bytes(31)}
    digests = digests_of(known, known.__getitem__)
    assert numbers_of(digests, digests).tolist() == [0, 1, 2]
    assert numbers_of(digests, digests[1:]).tolist() == [-1, 0, 1]
    assert numbers_of(digests, digests[:0]).tolist() == [-1, -1, -1]


@given(st.lists(names))
def test_packed_names_come_back(names):
    packed = PackedNames.of(names)
    assert [packed.name(i) for i in range(len(names))] == names
