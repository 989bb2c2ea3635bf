"""Words and byte-pair tokens: round trips, hard texts, damaged files."""

import json
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from baselines.neural.characters import clean
from baselines.neural.codecs import codec_of
from baselines.neural.joining import join
from baselines.neural.pieces import Pieces
from baselines.neural.words import Words, tokens_of
from showcase_bench.datasets.mini import MiniConfig, write_mini
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.metrics.text.ptb import tokenize_ptb

SAID = [
    "I'm sure it wasn't “great” — the kids' menu (for $5) isn't 50% off...",
    'The waiter said "come back soon" and I did!',
    "Open 24/7, or 7:30 a.m. to 10 p.m. on weekends; 10-15 people, 3.5 stars.",
    "The medium-rare steak & the fries: 5-star and/or better!!",
    "We paid 10$ for two, #1 in town ❤️",
    "Loved it 😋🔥 so much 👍🏽.",
    "L’étoile d'or is my café; crème brûlée à la carte.",
    "हिन्दी में स्वाद",
    "So good :) we will be back",
    "Rock 'n' roll!",
]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    path = tmp_path_factory.mktemp("mini") / "mini.json"
    write_mini(path, MiniConfig(n_train=600, n_val=50, n_test=50))
    rows = json.loads(path.read_text("utf-8"))
    return [row["review_text"] for split in rows.values() for row in split]


def test_reviews_come_back(reviews):
    codec = Words.learn(reviews)
    back = [codec.decode(codec.encode(text)) for text in reviews]
    same = [a.lower().split() == b.lower().split() for a, b in zip(reviews, back, strict=True)]
    assert sum(same) >= 0.99 * len(reviews)
    ptb = [a == b for a, b in zip(tokenize_ptb(reviews), tokenize_ptb(back), strict=True)]
    assert sum(ptb) >= 0.99 * len(reviews)
    assert len(codec) < 3000
    capital = re.compile(r"(?:^|[.!?] )[a-z]|\bi\b")
    assert not [text for text in back if capital.search(text)]


@pytest.mark.parametrize("text", SAID)
def test_what_people_write_comes_back(text):
    codec = Words.learn([text])
    assert codec.decode(codec.encode(text)).lower() == text.lower()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The room wasn't BIG.", ["the", "room", "wasn't", "big", "."]),
        ("", []),
        (" \n\t", []),
        ("👩‍👩‍👧‍👦👍🏽🇮🇹🇫🇷1️⃣", ["👩‍👩‍👧‍👦", "👍🏽", "🇮🇹", "🇫🇷", "1️⃣"]),
        ("wow!!! no...", ["wow", "!!!", "no", "..."]),
        ("a\u202eb\x00c\u200bd\ue000", ["abcd"]),
        ("\ud800x \udfff", ["x"]),
        ("x\u200d\ufe0f \u200d", ["x"]),
        ("é and e\u0301", ["é", "and", "e\u0301"]),
        ("snake_case", ["snake", "_", "case"]),
        ("$12.50 for 1,000", ["$", "12.50", "for", "1,000"]),
    ],
)
def test_tokens(text, tokens):
    assert list(tokens_of(text)) == tokens


def test_the_most_frequent_words_come_first():
    codec = Words.learn(["b a c", "b a", "b"], least=2)
    assert codec.words == ("b", "a")
    assert Words.learn(["d c b a"]).words == ("a", "b", "c", "d")
    assert Words.learn(["d c b a"], most=2).words == ("a", "b")
    assert len(Words.learn([])) == 4
    assert codec.encode("a B zzz") == [5, 4, codec.unknown]
    with pytest.raises(UsageError, match="least"):
        Words.learn([], least=0)


def test_special_tokens_are_left_out():
    codec = Words.learn(["good food ."])
    good = codec.encode("good")[0]
    assert codec.decode([codec.begin, good, codec.unknown, codec.pad, codec.end]) == "Good"
    assert codec.decode([]) == ""
    assert codec.never == {codec.unknown}


def test_the_end_of_a_long_text_is_not_looked_at():
    codec = Words.learn(["word"])
    text = "Word " * 10_000
    assert codec.encode(text) == [4] * 10_000
    assert codec.encode(text, 7) == [4] * 7
    assert codec.encode(text, 0) == []
    assert codec.encode("a" * 100_000) == [3]


def test_the_vocabulary_is_json():
    codec = Words.learn(SAID)
    again = codec_of(json.loads(json.dumps(codec.facts())))
    assert again.words == codec.words
    assert again.facts() == codec.facts()


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"kind": "runes"},
        {"kind": "words"},
        {"kind": "words", "words": None},
        {"kind": "words", "words": ["a", "a"]},
        {"kind": "words", "words": ["a", ""]},
        {"kind": "words", "words": ["a", 3]},
        {"kind": "words", "words": [["a"]]},
        {"kind": "pieces"},
        {"kind": "pieces", "tokenizer": "{}", "begin": 0, "end": 0, "pad": 0},
        {"kind": "pieces", "tokenizer": 7, "begin": 0, "end": 0, "pad": 0},
    ],
)
def test_damaged_facts_are_refused(facts):
    with pytest.raises(StoreError):
        codec_of(facts)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters()))
def test_any_text_keeps_its_characters(text):
    codec = Words.learn([text])
    back = codec.decode(codec.encode(text))
    assert codec.unknown not in codec.encode(text)
    hidden = [char for char in back if not char.isprintable() and char not in "\u200d\ufe0e\ufe0f"]
    assert all(unicodedata.category(char) == "Cn" for char in hidden)

    def visible(one):
        return [c for c in clean(one).lower() if not c.isspace() and c not in "\u200d\ufe0e\ufe0f"]

    kept = [c for c in visible(text) if not unicodedata.category(c).startswith("M")]
    assert [c for c in visible(back) if not unicodedata.category(c).startswith("M")] == kept


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab is.,!?'\"()$5%-😋i’ "), st.integers(0, 9))
def test_tokens_are_stable_under_cutting(text, most):
    codec = Words.learn([text])
    assert codec.encode(text, most) == codec.encode(text)[:most]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ([], ""),
        (["the", "room", "wasn't", "big", "."], "The room wasn't big."),
        (["good", "!", "i", "said", "so", ".", '"', "yes", '"'], 'Good! I said so. "Yes"'),
        (["(", "we", "ate", ")", "and", "i'll", "go", "..."], "(We ate) and I'll go..."),
        (["$", "5", "or", "5", "$", "or", "$$"], "$5 or 5$ or $$"),
        ([".", ",", "!"], ".,!"),
        (["'", '"'], "'\""),
        (["ßa", ".", "ǆ"], "ßa. Ǆ"),
    ],
)
def test_joining(tokens, text):
    assert join(tokens) == text


# byte pairs


def byte_pairs(specials=("<|endoftext|>",)):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(specials),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SAID * 3, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("tokens")
    byte_pairs().save(str(place / "tokenizer.json"))
    return place


@pytest.mark.parametrize("text", SAID)
def test_byte_pairs_come_back(folder, text):
    codec = Pieces.read(folder)
    assert codec.decode(codec.encode(text)) == text
    again = codec_of(json.loads(json.dumps(codec.facts())))
    assert again.encode(text) == codec.encode(text)
    assert len(again) == len(codec) == 400


def test_special_tokens_of_gpt2(folder):
    codec = Pieces.read(folder / "tokenizer.json")
    assert codec.begin == codec.end == codec.pad == 0
    assert codec.never == frozenset()
    tokens = codec.encode("good<|endoftext|>food")
    assert codec.end not in tokens
    assert codec.decode([codec.begin, *tokens, codec.end]) == "good<|endoftext|>food"


def test_special_tokens_of_smollm(tmp_path):
    specials = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    byte_pairs(specials).save(str(tmp_path / "tokenizer.json"))
    codec = Pieces.read(tmp_path)
    assert (codec.begin, codec.end, codec.pad) == (1, 2, 2)
    assert codec.never == {0, 1}
    config = {"bos_token": {"content": "<|endoftext|>"}, "eos_token": "<|endoftext|>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert (Pieces.read(tmp_path).begin, Pieces.read(tmp_path).end) == (0, 0)
    named = Pieces.read(tmp_path, begin="<|im_start|>", end="<|im_end|>")
    assert (named.begin, named.end) == (1, 2)
    with pytest.raises(UsageError, match="'<eos>', which is no token"):
        Pieces.read(tmp_path, end="<eos>")


def test_vocabulary_and_merges_are_the_same_tokens(folder, tmp_path):
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]
    vocabulary = json.dumps(content["vocab"])
    merges = "\n".join(["#version: 0.2", *(" ".join(pair) for pair in content["merges"]), ""])
    (tmp_path / "vocab.json").write_text(vocabulary, "utf-8")
    (tmp_path / "merges.txt").write_text(merges, "utf-8")
    whole, parts = Pieces.read(folder), Pieces.read(tmp_path)
    for text in SAID:
        assert parts.encode(text) == whole.encode(text)
    assert parts.decode(parts.encode(SAID[0])) == SAID[0]
    assert (parts.begin, parts.end) == (whole.begin, whole.end)
    (tmp_path / "merges.txt").write_text("a\nq q q", "utf-8")
    with pytest.raises(UsageError, match="do not fit"):
        Pieces.read(tmp_path)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(UsageError, match=r"merges\.txt is missing"):
        Pieces.read(tmp_path)


def test_damaged_tokenizers_are_refused(folder, tmp_path):
    with pytest.raises(UsageError, match=r"tokenizer\.json is missing"):
        Pieces.read(tmp_path)
    path = tmp_path / "tokenizer.json"
    for content in (b"", b"{}", b"[1]", b"\xff\xfe", b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"tokenizer\.json"):
            Pieces.read(tmp_path)
    with path.open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(UsageError, match="bytes"):
        Pieces.read(tmp_path)
    path.write_text((folder / "tokenizer.json").read_text("utf-8"), "utf-8")
    (tmp_path / "tokenizer_config.json").write_text("[]")
    with pytest.raises(UsageError, match="holds no object"):
        Pieces.read(tmp_path)
    byte_pairs(("<stop>",)).save(str(path))
    (tmp_path / "tokenizer_config.json").unlink()
    with pytest.raises(UsageError, match="say which one"):
        Pieces.read(tmp_path)
    with pytest.raises(StoreError, match="end is 400"):
        Pieces(path.read_text("utf-8"), begin=0, end=400, pad=0)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters()), st.integers(0, 6))
def test_byte_pairs_of_any_text(text, most):
    codec = Pieces(BYTE_PAIRS, begin=0, end=0, pad=0)
    tokens = codec.encode(text)
    assert codec.encode(text, most) == tokens[:most]
    assert codec.decode(tokens).split() == clean(text).replace("\ufffd", "").split()


BYTE_PAIRS = byte_pairs().to_str()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 399)))
def test_any_byte_pairs_give_clean_text(tokens):
    text = Pieces(BYTE_PAIRS, begin=0, end=0, pad=0).decode(tokens)
    assert text == clean(text)
    assert "\ufffd" not in text
    assert text == text.strip()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["a", "pho", "  ", "great fries", "!", "z" * 40, "\n"])))
def test_the_beginning_of_a_long_text_has_the_same_tokens(parts):
    codec = Pieces(BYTE_PAIRS, begin=0, end=0, pad=0)
    text = " ".join(parts * 9)
    tokens = codec.encode(text)
    for most in (1, 2, 5, 17):
        assert codec.encode(text, most) == tokens[:most]
