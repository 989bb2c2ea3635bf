"""Signs of gaming: each is seen where it is planted, and not where it is not."""

import random
import re

import numpy as np
import pytest

from showcase_bench.evaluate.score.frame import Frame, codes
from showcase_bench.submission import near_copies
from showcase_bench.submission.near_copies import NGRAM, TrainingIndex
from showcase_bench.submission.notes import notes_on
from showcase_bench.types import Showcase

N = 60
RNG = random.Random(7)
WORDS = [f"word{i}" for i in range(400)]


def sentence(length=14, rng=RNG):
    return " ".join(rng.choices(WORDS, k=length))


REFERENCES = [f"{sentence(10)} the food was really good" for _ in range(N)]
TRAINING = [sentence() for _ in range(100)]
SEEN = [[f"s{i}-{j}" for j in range(5)] for i in range(N)]
UNSEEN = [[f"n{i}-{j}" for j in range(5)] for i in range(N)]
GOLD = [[f"n{i}-0", f"n{i}-1"] for i in range(N)]


def frame(references=REFERENCES, training=TRAINING):
    users = tuple(f"u{i}" for i in range(N))
    businesses = tuple(f"b{i % 20}" for i in range(N))
    return Frame(
        ids=tuple(f"q{i}" for i in range(N)),
        references=tuple((text,) for text in references),
        gold_images=tuple(map(tuple, GOLD)),
        pools=tuple(tuple(a + b) for a, b in zip(SEEN, UNSEEN, strict=True)),
        clusters=(codes(users), codes(businesses)),
        users=users,
        businesses=businesses,
        k=3,
        read_training=lambda: tuple(training),
    )


def notes(texts=None, images=None, references=REFERENCES, training=TRAINING):
    texts = [None] * N if texts is None else texts
    images = [()] * N if images is None else images
    shown = [Showcase(f"q{i}", tuple(images[i]), texts[i]) for i in range(N)]
    photos = frozenset(one for own in SEEN for one in own)
    found = notes_on(shown, frame(references, training), photos)
    return {note.name: note for note in found}


def raised(found):
    return {name for name, note in found.items() if note.raised}


def test_nothing_is_said_of_what_nobody_attempted():
    assert notes() == {}
    assert set(notes(texts=REFERENCES)) == {"repeated-text", "length", "training-copies"}
    assert notes(texts=[*REFERENCES[:10], *[None] * (N - 10)]).keys() == {"length"}


def test_the_references_and_honest_texts_raise_nothing():
    rng = random.Random(1)
    choice = [rng.sample(SEEN[i] + UNSEEN[i], 3) for i in range(N)]
    assert raised(notes(REFERENCES, choice)) == set()
    assert raised(notes([sentence() for _ in range(N)], choice)) == set()


def test_one_text_for_all_users_is_seen_and_case_and_dots_do_not_hide_it():
    same = ["Great food and a nice place to be, really." for _ in range(N)]
    found = notes(same)["repeated-text"]
    assert found.raised
    assert found.value == pytest.approx(1.0)
    assert "100% of the texts" in found.message
    varied = [text.upper() if i % 2 else text + "!!" for i, text in enumerate(same)]
    assert notes(varied)["repeated-text"].value == pytest.approx(1.0)


def test_what_people_repeat_as_much_is_no_sign():
    same = ["Great food and a nice place to be, really."] * N
    assert not notes(same, references=same)["repeated-text"].raised
    few = [*same[:10], *REFERENCES[10:]]
    assert notes(few)["repeated-text"].value == pytest.approx(10 / N)
    assert notes([*same[:5], *REFERENCES[5:]])["repeated-text"].raised is False


def test_words_at_the_end_that_buy_bleu_are_seen():
    padded = [f"{sentence(15)} the food was really good" for _ in range(N)]
    found = notes(padded)["length"]
    assert found.raised
    assert found.value >= 0.05
    assert "1.33 words to one of the references" in found.message


def test_long_texts_whose_end_brings_nothing_are_no_sign():
    long = [f"{text} {sentence(10)}" for text in REFERENCES]
    found = notes(long)["length"]
    assert not found.raised
    assert found.value < 0
    assert not notes([text[: len(text) // 2] for text in REFERENCES])["length"].raised


def test_copies_of_training_reviews_are_seen_even_with_a_word_changed():
    copies = [TRAINING[i] for i in range(N)]
    assert notes(copies)["training-copies"].value == pytest.approx(1.0)
    changed = [f"{text} indeed" for text in copies]
    assert notes(changed)["training-copies"].raised
    stirred = [" ".join(reversed(text.split())) for text in copies]
    assert not notes(stirred)["training-copies"].raised
    assert not notes(copies, references=copies)["training-copies"].raised
    assert "training-copies" not in notes(copies, training=())


def test_photos_that_no_training_review_owns_are_seen_where_they_are_not_gold():
    exploited = [UNSEEN[i][2:5] for i in range(N)]
    found = notes(images=exploited)["unseen-photos"]
    assert found.raised
    assert found.value == pytest.approx(1.0)
    assert raised(notes(images=GOLD)) == set()
    finds_gold = [[*GOLD[i], (SEEN[i] + UNSEEN[i][2:])[i % 8]] for i in range(N)]
    assert raised(notes(images=finds_gold)) == set()
    assert notes(images=SEEN)["unseen-photos"].value < 0


def brute_force(texts, training):
    def phrases(text):
        words = re.findall(r"\w+", (text or "").casefold())
        return {tuple(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1)}

    known = [phrases(one) for one in training]
    found = []
    for text in texts:
        own = phrases(text)
        if len(re.findall(r"\w+", text or "")) < NGRAM + 3:
            found.append(np.nan)
        else:
            found.append(max((len(own & other) for other in known), default=0) / len(own))
    return np.array(found)


@pytest.mark.parametrize("seed", range(6))
def test_shared_phrases_equal_brute_force(seed):
    rng = random.Random(seed)
    vocabulary = ["a", "B", "é", "d!", "x-y", "...", "寿司"][: 2 + seed]
    draw = lambda: " ".join(rng.choices(vocabulary, k=rng.randrange(25)))  # noqa: E731
    training = [draw() for _ in range(rng.choice((0, 1, 30)))]
    texts = [*(draw() for _ in range(40)), None, "", *training[:3]]
    found = TrainingIndex(training).shared(texts)
    np.testing.assert_allclose(found, brute_force(texts, training), equal_nan=True)


def test_a_phrase_of_very_many_reviews_is_nobodys(monkeypatch):
    monkeypatch.setattr(near_copies, "_MOST_REVIEWS", 3)
    text = "one two three four five six seven eight nine"
    assert TrainingIndex([text] * 3).shared([text]) == [1.0]
    assert TrainingIndex([text] * 4).shared([text]) == [0.0]
