"""The tokenizers of sacreBLEU: token for token those of sacreBLEU itself, on texts that hurt."""

import json
import random
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from showcase_bench.metrics.text.intl import tokenize_intl
from showcase_bench.metrics.text.mteval import (
    lower_cased,
    tokenize_13a,
    tokenize_char,
    tokenize_none,
)
from showcase_bench.metrics.text.zh import tokenize_zh

E2E = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "e2e_nlg"
OURS = {
    "13a": tokenize_13a,
    "intl": tokenize_intl,
    "char": tokenize_char,
    "none": tokenize_none,
    "zh": tokenize_zh,
}
PEERS = {
    (name, lower): BLEU(tokenize=name, lowercase=lower, force=True)
    for name in OURS
    for lower in (False, True)
}
BY_CLASS = ("13a", "intl", "zh")
# fmt: off
PIECES = [
    *"aZb059..,,--'$ ()<>&;/", "word", "don't", "3.50", "1,000", "7-9", "..", "...", ".,.", "  ",
    "\t", "\n", "-\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\xa0", "\u2009", "\u2028",
    "\u2029", "\u3000", "\u200b", "\ufeff", "\x00", "&quot;", "&amp;", "&lt;", "&gt;", "&amp;lt;",
    "&amp;quot;", "&amp;amp;", "&apos;", "<skipped>", "&lt;skipped&gt;", "<skip", "ped>", "É", "İ",
    "ΑΣ", "ß", "½", "٣", "²", "Ⅻ", "“", "”", "’", "«", "…", "—", "€", "©", "中", "文。", "，", "！",
    "\u3400", "\U00020000", "🙂", "👍\U0001f3fd", "❤\ufe0f", "\U0001fa77", "\ud800", "\udc00",
    "\udfff",
]
# fmt: on
THE_PRICE = ["It's", "$", "5,000.50", "(", "about", "3", "-", "4", "%", ")", "."]
MARKS = ["a", ".", ".5", "5", ".", ".", ".5", "5", ".", ".", "5"]


def peer(name, lower=False):
    # What sacreBLEU does to a text before it counts n-grams; there is no public name for it.
    prepare = PEERS[name, lower]._preprocess_segment
    return lambda text: prepare(text).split()


def differences(name, texts, lower=False):
    ours = lower_cased(OURS[name]) if lower else OURS[name]
    theirs = peer(name, lower)
    pairs = zip(texts, ours(texts), strict=True)
    return [(text, list(got), theirs(text)) for text, got in pairs if list(got) != theirs(text)]


def joined_pieces(count, seed):
    rng = random.Random(seed)
    return ["".join(rng.choices(PIECES, k=rng.randint(0, 14))) for _ in range(count)]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("name", OURS)
def test_equal_to_sacrebleu_on_hard_texts(name, lower):
    texts = [*PIECES, *joined_pieces(6000, seed=lower)]
    assert differences(name, texts, lower) == []


@pytest.mark.parametrize("name", OURS)
def test_equal_to_sacrebleu_on_real_outputs(name):
    file = E2E / "e2e_test_aligned.jsonl"
    if not file.exists():
        pytest.skip("needs the E2E NLG outputs beside the checkout")
    texts = set()
    for line in file.read_text(encoding="utf-8").splitlines():
        texts |= set(all_strings(json.loads(line)))
    sample = random.Random(0).sample(sorted(texts), 4000)
    assert differences(name, sample) == []


def all_strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from all_strings(one)


@pytest.mark.parametrize("name", BY_CLASS)
def test_every_bmp_character_between_others(name):
    lines = []
    for start in range(0, 0x10000, 8):
        around = (
            f"a{c}b 1{c}1 a{c}1 1{c}a .{c} {c},5 5.{c}" for c in map(chr, range(start, start + 8))
        )
        lines.append(" ".join(around))
    assert differences(name, lines) == []


@pytest.mark.parametrize("name", BY_CLASS)
def test_every_bmp_character_at_the_ends_of_a_text(name):
    lines = [f"{c}5 word 5{c}" for c in map(chr, range(0x10000))]
    assert differences(name, lines) == []


@pytest.mark.parametrize("name", OURS)
def test_every_bmp_character_alone(name):
    characters = [chr(code) for code in range(0x10000)]
    alone = [[] if one.isspace() else [one] for one in characters]
    assert list(OURS[name](characters)) == alone


@pytest.mark.parametrize("name", ["intl", "zh"])
def test_characters_beyond_the_bmp(name):
    planes = [*range(0x10000, 0x20000), 0x20000, 0x2A6D6, 0x2F800, 0x2FA1D, 0xE0001, 0x10FFFF]
    lines = []
    for start in range(0, len(planes), 16):
        around = (f"a{c}b 1{c}1 .{c}" for c in map(chr, planes[start : start + 16]))
        lines.append(" ".join(around))
    assert differences(name, lines) == []


@pytest.mark.parametrize("name", OURS)
@given(data=st.data())
def test_any_text(name, data):
    text = data.draw(st.text(st.characters(), max_size=30))
    assert differences(name, [text], data.draw(st.booleans())) == []


@pytest.mark.parametrize("name", BY_CLASS)
@given(lines=st.lists(st.text("5a.,-!中 \n", max_size=12), max_size=4))
def test_runs_of_marks_and_numbers(name, lines):
    assert differences(name, lines) == []


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("13a", "It's $5,000.50 (about 3-4%).", THE_PRICE),
        ("13a", "&quot;x&quot; &amp;lt; &gt;", ['"', "x", '"', "<", ">"]),
        ("13a", "&amp;quot; &amp;gt;", ["&", "quot", ";", ">"]),
        ("13a", "all-you-<skipped>\ncan eat-\n", ["all-youcan", "eat-"]),
        ("13a", "a..5 5...5 5..5", MARKS),
        ("13a", ".5 5.", [".", "5", "5", "."]),
        ("13a", "٣.٣ “x”", ["٣", ".", "٣", "“x”"]),
        ("intl", ".5 5.", [".5", "5."]),
        ("intl", "don't 3-4 a-b", ["don", "'", "t", "3-4", "a", "-", "b"]),
        ("intl", "&quot; 5€🙂", ["&", "quot", ";", "5", "€", "🙂"]),
        ("intl", "\U0001fa77\U0001fa77", ["\U0001fa77", "\U0001fa77"]),
        ("zh", "我3.5元abc。", ["我", "3.5", "元", "abc", "。"]),
        ("zh", "\U00020000\U00020001", ["\U00020000\U00020001"]),
        ("char", "a b\u3000c\n", ["a", "b", "c"]),
        ("none", "A,b\xa0c\u2028d", ["A,b", "c", "d"]),
    ],
)
def test_known_tokens(name, text, tokens):
    (got,) = OURS[name]([text])
    assert got == tokens
    assert differences(name, [text]) == []


@pytest.mark.parametrize("name", OURS)
def test_blank_texts_have_no_tokens(name):
    assert list(OURS[name]([])) == []
    assert list(OURS[name](["", " ", "\n", "\u2028\xa0", "x"])) == [[], [], [], [], ["x"]]


@pytest.mark.parametrize("name", OURS)
def test_tokens_of_a_text_depend_on_it_alone(name):
    texts = joined_pieces(5000, seed=7)
    together = list(OURS[name](texts))
    order = random.Random(1).sample(range(len(texts)), len(texts))
    shuffled = list(OURS[name]([texts[i] for i in order]))
    assert [together[i] for i in order] == shuffled
    assert together[::50] == [next(iter(OURS[name]([text]))) for text in texts[::50]]


@pytest.mark.parametrize("name", ["intl", "char", "none", "zh"])
@given(text=st.text(st.characters()))
def test_nothing_but_white_space_is_lost(name, text):
    (tokens,) = OURS[name]([text])
    assert "".join(tokens) == "".join(text.split())
    assert all(token and not any(map(str.isspace, token)) for token in tokens)


def test_lower_case_is_that_of_the_whole_text():
    (tokens,) = lower_cased(tokenize_char)(["ΑΣ Σ&QUOT;"])
    assert tokens == list("ας" + "σ&quot;")
    assert list(lower_cased(tokenize_13a)(["&QUOT;A&LT;"])) == [['"', "a", "<"]]


@pytest.mark.parametrize("name", OURS)
def test_a_million_tokens(name):
    (tokens,) = OURS[name](["o, " * 500_000])
    assert tokens == (["o,"] if name == "none" else ["o", ","]) * 500_000


def test_unassigned_characters_of_python_are_classed_as_the_peer_does():
    newer = [chr(code) for code in (0x1FA77, 0x1FAE8, 0x10D40, 0x11F43, 0x2427)]
    assert differences("intl", [f"a{c}b 1{c}1 .{c}" for c in newer]) == []


def test_13a_keeps_what_is_not_ascii():
    letters = [chr(code) for code in range(0x80, 0x3000) if not chr(code).isspace()]
    assert list(tokenize_13a([f"x{c}5" for c in letters])) == [[f"x{c}5"] for c in letters]
    alone = {c for c in string.punctuation if next(iter(tokenize_13a([f"x{c}x"]))) == ["x", c, "x"]}
    assert alone == set(string.punctuation) - {"'", "-"}
    assert unicodedata.category("’") == "Pf"
    assert list(tokenize_13a(["it’s"])) == [["it’s"]]
