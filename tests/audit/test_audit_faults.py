import re
from collections import Counter
from itertools import pairwise

import pytest
from audit_world import K, town, world_of
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.audit import FAULTS, find_faults
from showcase_bench.audit.base import ExampleFault, WordFault
from showcase_bench.audit.draws import Draws, share
from showcase_bench.audit.names import names_in
from showcase_bench.audit.words import plain, put_in_place, split_words
from showcase_bench.draws import first_from
from showcase_bench.errors import UsageError
from showcase_bench.sentences import sentences

STRENGTHS = (0.1, 0.25, 0.5, 0.75, 1.0)
TOWN = town()
MADE = [fault for fault in FAULTS.values() if fault.lacking(TOWN) is None]
WORD_FAULTS = [FAULTS[name] for name in ("truncated", "shuffled", "repeated")]

texts = st.text(
    alphabet=st.one_of(st.sampled_from("ab .!\n\t\u3000é日🔥"), st.characters(codec="utf-8")),
    max_size=60,
)
strengths = st.floats(min_value=0.001, max_value=1.0)


def one_text(text, history=()):
    """A world of one scored text beside an unrelated training review."""
    rows = [("u", "b", history, text, ("p",)), ("v", "c", (), "Other words here.", ("q",))]
    return world_of(rows, [0])


def changed(world, made):
    pairs = zip(world.clean, made.showcases, strict=True)
    return {i for i, (before, after) in enumerate(pairs) if before != after}


def test_the_town_can_take_all_faults():
    assert [fault.name for fault in MADE] == list(FAULTS)


@pytest.mark.parametrize("fault", MADE, ids=lambda fault: fault.name)
def test_only_the_part_of_the_fault_is_touched(fault):
    made = fault.apply(TOWN, 1.0, 0)
    for before, after in zip(TOWN.clean, made.showcases, strict=True):
        assert after.id == before.id
        if fault.part == "texts":
            assert after.image_ids == before.image_ids
        else:
            assert after.text == before.text
            assert len(set(after.image_ids)) == len(after.image_ids) <= K
    assert made.affected == len(changed(TOWN, made))


@pytest.mark.parametrize("fault", MADE, ids=lambda fault: fault.name)
def test_the_same_call_gives_the_same_and_another_seed_another(fault):
    first, again = fault.apply(TOWN, 0.5, 0), fault.apply(TOWN, 0.5, 0)
    assert first == again
    if fault.name not in ("truncated", "repeated"):
        assert any(fault.apply(TOWN, 0.5, seed) != first for seed in (1, -1, 2**70))


@pytest.mark.parametrize(
    "fault", [one for one in MADE if isinstance(one, ExampleFault)], ids=lambda fault: fault.name
)
def test_a_share_of_the_examples_changes_and_stays_changed_the_same_way(fault):
    made = [fault.apply(TOWN, strength, 3) for strength in STRENGTHS]
    for strength, one in zip(STRENGTHS, made, strict=True):
        assert one.affected <= share(strength, len(TOWN.clean))
        if fault.name != "random-photos":
            assert one.affected == share(strength, len(TOWN.clean))
    for smaller, larger in pairwise(made):
        for i in changed(TOWN, smaller):
            assert larger.showcases[i] == smaller.showcases[i]


def test_draws_do_not_depend_on_the_other_examples():
    fault = FAULTS["other-photos"]
    rows = [tuple(row) for row in TOWN.rows]
    fewer = world_of(rows, [3, 9])
    alone = fault.apply(fewer, 1.0, 0).showcases[1]
    index = next(i for i, row in enumerate(TOWN.scored) if row == fewer.scored[1])
    draws = Draws(0, fault.name)
    assert fault.change(fewer, 1, draws).showcase == alone
    assert TOWN.scored[index] == fewer.scored[1]


def test_other_user_writes_about_the_same_business():
    made = FAULTS["other-user"].apply(TOWN, 1.0, 0)
    writers = {row.text: row for row in TOWN.rows}
    for own, after in zip(TOWN.scored, made.showcases, strict=True):
        writer = writers[after.text]
        assert writer.business == own.business
        assert writer.user != own.user
    assert made.fallbacks == 0


def test_other_user_falls_back_to_another_business_and_counts_it():
    rows = [
        ("u", "b", (), "mine", ("p",)),
        ("u", "b", (), "mine too", ("p2",)),
        ("v", "b", (), None, ("q",)),
        ("v", "b", (), "mine", ("q",)),
        ("w", "c", (), "theirs", ("r",)),
    ]
    made = FAULTS["other-user"].apply(world_of(rows, [0]), 1.0, 0)
    assert made.showcases[0].text == "theirs"
    assert made.fallbacks == made.affected == 1


def test_other_business_takes_another_users_text_about_another_business():
    made = FAULTS["other-business"].apply(TOWN, 1.0, 0)
    writers = {row.text: row for row in TOWN.rows}
    for own, after in zip(TOWN.scored, made.showcases, strict=True):
        assert writers[after.text].business != own.business
        assert writers[after.text].user != own.user


def test_generic_keeps_the_number_of_sentences_and_uses_the_most_frequent():
    rows = [(f"u{i}", "b", (), f"Nice place! Word{i}.", ()) for i in range(30)]
    rows.append(("s", "b", (), "A. B. C.", ()))
    world = world_of(rows, [30])
    assert world.frequent_sentences[0] == "Nice place!"
    assert len(world.frequent_sentences) == 10
    text = FAULTS["generic"].apply(world, 1.0, 0).showcases[0].text
    assert len(sentences(text)) == 3
    assert set(sentences(text)) <= set(world.frequent_sentences)


@given(text=texts, strength=strengths)
def test_truncated_keeps_a_beginning_of_at_least_one_word(text, strength):
    world = one_text(text)
    after = FAULTS["truncated"].apply(world, strength, 0).showcases[0].text
    words = text.split()
    assert text.startswith(after)
    assert len(after.split()) == max(len(words) - share(strength, len(words)), min(len(words), 1))


@given(text=texts, strength=strengths, seed=st.integers())
def test_shuffled_moves_a_share_of_the_words_and_loses_none(text, strength, seed):
    world = one_text(text)
    after = FAULTS["shuffled"].apply(world, strength, seed).showcases[0].text
    before = split_words(text)
    assert Counter(split_words(after).words) == Counter(before.words)
    assert split_words(after).spaces == before.spaces
    moved = sum(a != b for a, b in zip(before.words, split_words(after).words, strict=True))
    number = share(strength, len(before.words))
    assert moved <= number
    if len(set(before.words)) == len(before.words):
        assert moved == (number if number > 1 else 0)


@given(text=texts.filter(str.strip), strength=strengths)
def test_repeated_adds_the_share_again(text, strength):
    after = FAULTS["repeated"].apply(one_text(text), strength, 0).showcases[0].text
    words = text.split()
    number = max(share(strength, len(words)), 1)
    assert after.startswith(text)
    assert after.split() == [*words, *words[:number]]


@given(number=st.integers(2, 40), seed=st.integers(0, 9))
def test_what_words_a_fault_reaches_grows_with_strength(number, seed):
    world = one_text(" ".join(f"w{i}" for i in range(number)))
    before = world.clean[0].text.split()
    moved = []
    for strength in STRENGTHS:
        after = FAULTS["shuffled"].apply(world, strength, seed).showcases[0].text.split()
        moved.append(
            {i for i, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1}
        )
    for smaller, larger in pairwise(moved):
        assert smaller <= larger


def places():
    """Reviews that name houses and waiters; user x knows of the Panda."""
    training = [
        ("a", "m", (), "We went to Panda House and met Anna. It was good.", ("p1",)),
        ("b", "m", ("I know the Lotus.",), "We went to Lotus House, by Anna. See 7 of them.", ()),
        ("c", "n", (), "we saw Panda and Lotus and Sakura with Anna, for 7 or 12.", ("p2",)),
        ("d", "n", (), "we saw the Sakura House and the Panda for 7 or 12", ()),
        ("e", "n", (), "the Sakura and the Lotus for 12 dollars", ()),
    ]
    scored = [
        (
            "x",
            "m",
            ("Better than the Panda.",),
            "We liked (Sakura), the Panda: 12 dishes.",
            ("p3",),
        ),
        ("y", "n", (), "Lotus! great food", ("p4",)),
        ("z", "n", (), "great food", ("p5",)),
    ]
    return world_of([*training, *scored], [5, 6, 7])


def test_names_are_what_has_a_capital_within_sentences():
    assert places().names.kinds == {"panda", "lotus", "sakura", "house", "anna", "7", "12"}
    assert names_in(["So I saw GOOD food. Then I'm"] * 5) == {"good"}
    assert names_in(["we like good food", "We LIKE good food"] * 5) == frozenset()
    assert names_in(["很好 很好 很好 很好", "", "Word"]) == frozenset()


def test_unrelated_words_are_names_that_no_history_there_has():
    world, fault = places(), FAULTS["unrelated-words"]
    seen = set()
    for seed in range(12):
        made = fault.apply(world, 1.0, seed)
        first, second, third = (one.text for one in made.showcases)
        # x knows the Panda and b, who was at m too, the Lotus: neither leaves nor comes in.
        match = re.fullmatch(r"We liked \((House|Anna)\), the Panda: 7 dishes\.", first)
        assert match
        seen.add(match[1])
        assert re.fullmatch("(Panda|Sakura|House|Anna)! great food", second)
        assert third == "great food"
        assert made.affected == 2
    assert seen == {"House", "Anna"}


def test_a_name_between_the_same_words_is_preferred():
    stock = places().names
    assert stock.between("to", "house")[0] == ["panda", "lotus"]
    assert stock.between("to", "nowhere")[:2] == [(), ["panda", "lotus"]]
    assert set(stock.between("no", "where")[3]) == stock.kinds


def test_photo_faults_keep_their_promises():
    other = FAULTS["other-photos"].apply(TOWN, 1.0, 0)
    away = FAULTS["other-business-photos"].apply(TOWN, 1.0, 0)
    drawn = FAULTS["random-photos"].apply(TOWN, 1.0, 0)
    where = {photo: row.business for row in TOWN.rows for photo in row.photos}
    for i, (own, pool) in enumerate(zip(TOWN.scored, TOWN.pools, strict=True)):
        assert len(other.showcases[i].image_ids) == K
        assert set(other.showcases[i].image_ids) <= set(pool) - set(own.photos)
        assert len(away.showcases[i].image_ids) == K
        assert not set(away.showcases[i].image_ids) & set(pool)
        assert len({where[photo] for photo in away.showcases[i].image_ids}) == 1
        assert len(drawn.showcases[i].image_ids) == K
        assert set(drawn.showcases[i].image_ids) <= set(pool)


def test_a_pool_without_other_photos_leaves_the_example_and_counts_it_out():
    rows = [("u", "b", (), "t", ("p1", "p2")), ("v", "c", (), "t", ("q1",))]
    made = FAULTS["other-photos"].apply(world_of(rows, [0, 1], (("p1", "p2"), ("q1", "z"))), 1.0, 0)
    assert made.affected == 1
    assert made.showcases[0].image_ids == ("p1", "p2")
    assert made.showcases[1].image_ids == ("z",)


def test_a_business_with_enough_photos_is_preferred():
    rows = [("u", "b", (), "t", ("p1", "p2")), ("v", "c", (), "t", ("q",))]
    rows += [("w", "d", (), "t", ("r1", "r2", "r3"))]
    for seed in range(8):
        made = FAULTS["other-business-photos"].apply(world_of(rows, [0]), 1.0, seed)
        assert set(made.showcases[0].image_ids) < {"r1", "r2", "r3"}
    made = FAULTS["other-business-photos"].apply(world_of(rows[:2], [0]), 1.0, 0)
    assert made.showcases[0].image_ids == ("q",)


def test_missing_texts_and_photos_are_left_alone():
    rows = [("u", "b", (), None, ()), ("v", "b", (), "Some text.", ("p", "q", "r"))]
    rows += [("w", "c", (), "Another text. Twice.", ("s",)), ("x", "c", (), "And more.", ("t",))]
    world = world_of(rows, [0, 1, 2])
    for fault in FAULTS.values():
        if fault.lacking(world) is None:
            assert fault.apply(world, 1.0, 0).showcases[0] == world.clean[0]


def test_what_the_data_lack_is_said():
    bare = world_of([("u", "b", (), None, ()), ("v", "b", (), None, ())], [0])
    assert all(fault.lacking(bare) for fault in FAULTS.values())
    alone = world_of([("u", "b", (), "A text.", ("p",)), ("u", "b", (), "More.", ("q",))], [0])
    assert "two users" in FAULTS["other-user"].lacking(alone)
    assert "two businesses" in FAULTS["other-business"].lacking(alone)
    assert "two businesses" in FAULTS["other-business-photos"].lacking(alone)
    assert "two names" in FAULTS["unrelated-words"].lacking(alone)


@given(text=texts)
def test_words_join_to_the_text(text):
    taken = split_words(text)
    assert taken.joined(taken.words) == text
    assert list(taken.words) == text.split()


@pytest.mark.parametrize(
    ("word", "form", "expected"),
    [
        ("Pizza!", "soup", "Soup!"),
        ("(pizza)", "soup", "(soup)"),
        ("PIZZA", "soup", "Soup"),
        ("...", "soup", "..."),
        ("’tis", "soup", "’soup"),
        ("don't", "soup", "soup"),
        ("Éclair,", "soup", "Soup,"),
    ],
)
def test_a_word_is_put_in_place_with_capital_and_punctuation(word, form, expected):
    assert put_in_place(word, form) == expected
    assert plain(put_in_place(word, form)) == (form if plain(word) else "")


@given(n=st.integers(0, 10**6), a=strengths, b=strengths)
def test_shares_grow_with_strength(n, a, b):
    assert 0 <= share(min(a, b), n) <= share(max(a, b), n) <= n
    assert share(1.0, n) == n
    assert abs(share(a, n) - a * n) <= 0.5 + 1e-6


def test_the_first_that_fits_is_searched_all_round():
    assert first_from([1, 2, 3, 4], 6, lambda one: one < 3) == 1
    assert first_from([1, 2, 3, 4], 5, lambda one: one < 3) == 2
    assert first_from([1, 2], 0, lambda one: one > 5) is None
    assert first_from([], 7, bool) is None


def test_faults_by_name():
    assert [one.name for one in find_faults(["random-photos", "generic", "generic"])] == [
        "generic",
        "random-photos",
    ]
    assert find_faults(["all"]) == tuple(FAULTS.values())
    with pytest.raises(UsageError, match="Did you mean 'shuffled'"):
        find_faults(["shufled"])
    with pytest.raises(UsageError, match="no fault is named"):
        find_faults([])
    assert all(isinstance(one, WordFault) == (one.unit == "words") for one in FAULTS.values())
