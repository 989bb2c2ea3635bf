"""The Porter stemmer against nltk's and rouge-score's, and against the published examples."""

import random
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from rouge_score.tokenizers import DefaultTokenizer

from showcase_bench.metrics.text.porter import stem_porter, stem_rouge

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
PEER = PorterStemmer()
# fmt: off
ENDINGS = [
    "s", "es", "sses", "ies", "ied", "ss", "eed", "ed", "ing", "ly", "y", "e", "ll", "at", "bl",
    "iz", "tt", "zz", "ational", "tional", "enci", "anci", "izer", "bli", "abli", "alli", "entli",
    "eli", "ousli", "ization", "ation", "ator", "alism", "iveness", "fulness", "ousness", "aliti",
    "iviti", "biliti", "fulli", "logi", "icate", "ative", "alize", "iciti", "ical", "ful", "ness",
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "sion",
    "tion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
]
# fmt: on
PUBLISHED = """
    caresses caress ponies poni caress caress cats cat feed feed agreed agre plastered plaster
    bled bled motoring motor sing sing conflated conflat troubled troubl sized size hopping hop
    tanned tan falling fall hissing hiss fizzed fizz failing fail filing file happy happi
    relational relat conditional condit valenci valenc hesitanci hesit digitizer digit
    radicalli radic differentli differ vileli vile analogousli analog vietnamization vietnam
    predication predic operator oper feudalism feudal decisiveness decis hopefulness hope
    callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl triplicate triplic
    formative form formalize formal electriciti electr electrical electr hopeful hope goodness good
    revival reviv allowance allow inference infer airliner airlin gyroscopic gyroscop
    adjustable adjust defensible defens irritant irrit replacement replac adjustment adjust
    dependent depend adoption adopt homologou homolog communism commun activate activ
    angulariti angular homologous homolog effective effect bowdlerize bowdler probate probat
    rate rate cease ceas controll control roll roll generalizations gener oscillators oscil
"""
DEPARTURES = """
    sky sky skies sky dying die lying lie tying tie news news innings inning outings outing
    cannings canning howe howe proceed proceed exceed exceed succeed succeed ties tie flies fli
    dies die spied spi died die enjoy enjoy cry cri by by as as say say happily happili
    archaeology archaeolog possibly possibl hopefully hope rationally ration ow ow Ponies poni
"""


def examples(text):
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


def differences(words):
    pairs = ((word, stem_porter(word), PEER.stem(word)) for word in words)
    return [pair for pair in pairs if pair[1] != pair[2]]


@pytest.mark.parametrize(("word", "stem"), examples(PUBLISHED))
def test_published_examples(word, stem):
    assert stem_porter(word) == stem


@pytest.mark.parametrize(("word", "stem"), examples(DEPARTURES))
def test_departures_of_nltk(word, stem):
    assert stem_porter(word) == stem == PEER.stem(word)


@pytest.mark.parametrize("letters", [string.ascii_lowercase, "aeiouybltsdnz", "aey1", "É9'-Zy"])
def test_equal_to_nltk_on_random_strings(letters):
    rng = random.Random(3)
    words = {"".join(rng.choices(letters, k=rng.randint(1, 9))) for _ in range(12_000)}
    assert differences(sorted(words)) == []


def test_equal_to_nltk_on_every_short_string():
    letters = "aeybsldg"
    words = [""]
    for word in words:
        if len(word) < 4:
            words += [word + letter for letter in letters]
    assert len(words) == sum(8**n for n in range(5))
    assert differences(words) == []


def test_equal_to_nltk_on_suffixes_behind_suffixes():
    rng = random.Random(4)
    stems = ["", "a", "y", "t", "ab", "tr", "oy", "by", "hop", "tray", "oat", "arb", "nation", "x9"]
    words = {first + last for first in stems for last in ENDINGS}
    words |= {first + mid + last for first in stems for mid in ENDINGS for last in ENDINGS}
    assert differences(rng.sample(sorted(words), 20_000)) == []


@pytest.mark.parametrize("name", ["e2e_nlg/e2e_test_aligned.jsonl", "gest_like/gest_like.json"])
def test_equal_to_nltk_on_real_words(name):
    file = DATA / name
    if not file.exists():
        pytest.skip(f"needs {name} beside the checkout")
    text = file.read_text(encoding="utf-8")
    words = sorted(set(text.split()) | set(re.findall(r"\w+", text)))
    assert len(words) > 1000
    assert differences(random.Random(5).sample(words, min(len(words), 12_000))) == []


@given(st.text(max_size=12))
def test_any_string(word):
    assert stem_porter(word) == PEER.stem(word)


@given(st.lists(st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)))
def test_words_as_rouge_score_stems_them(words):
    text = " ".join(words)
    stems = [token for word in re.findall("[a-z0-9]+", text.lower()) for token in stem_rouge(word)]
    assert stems == DefaultTokenizer(use_stemmer=True).tokenize(text)


def test_three_characters_are_not_stemmed_for_rouge():
    assert [stem_rouge(word) for word in ("as", "its", "ties", "")] == [
        ("as",),
        ("its",),
        ("tie",),
        ("",),
    ]


def test_very_long_words():
    assert stem_porter("y" * 200_000) == "y" * 199_999 + "i"
    assert stem_porter("ab" * 100_000 + "ational") == "ab" * 100_000
    assert stem_porter("tr" * 100_000 + "ing") == "tr" * 100_000 + "ing"
