"""Reviews in the histories of training users, as further rows to learn from."""

from __future__ import annotations

from baseline_world import query

from baselines.common.reviews import with_histories
from showcase_bench import Example, Gold, Review


def told(name: str, text: str, business: str | None = "b9", user: str = "u1") -> Review:
    return Review(name, user, business, text, rating=4.0)


def row(name: str, history: tuple[Review, ...]) -> Example:
    return Example(query(name, user="u1", history=history), Gold(("p",), ("Nice.",)))


def test_histories_become_rows_with_what_came_before():
    first, second = told("h1", "Good ramen."), told("h2", "Bad soup.", "b8")
    train = [row("q1", (first, second)), row("q2", (first, second, told("q1", "Nice.")))]
    learned = with_histories(train)
    assert learned[:2] == train
    assert [one.query.id for one in learned[2:]] == ["h1", "h2"]
    one, other = learned[2:]
    assert one.query.history == ()
    assert other.query.history == (first,)
    assert (other.query.user_id, other.query.business_id) == ("u1", "b8")
    assert other.gold == Gold((), ("Bad soup.",), 4.0)
    assert other.query.pool == ()


def test_rows_blank_reviews_and_reviews_of_nowhere_are_left_out():
    history = (told("h1", " \n"), told("h2", "Fine.", None), told("q2", "Nice."))
    train = [row("q1", history), row("q2", ())]
    assert with_histories(train) == train
    assert with_histories([]) == []
