"""PTB tokens: our own examples, the laws of the scanner, and the Java tokeniser where it runs."""

import random
import re
import shutil
import struct
import subprocess
import unicodedata
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import MissingDependencyError
from showcase_bench.metrics.text.ptb import automaton as automaton_module
from showcase_bench.metrics.text.ptb import tokenize_ptb
from showcase_bench.metrics.text.ptb.automaton import load_automaton
from showcase_bench.metrics.text.ptb.classfile import string_constants
from showcase_bench.metrics.text.ptb.scanner import Scanner, TextRunsOutError

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
DROPPED = {"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-"} | {*".?!,:-;", "--", "..."}

# What the Java tokeniser gave for sentences of our own.
EXAMPLES = [
    (
        "The pad thai wasn't bad, but I can't say we'd come back.",
        "the pad thai was n't bad but i ca n't say we 'd come back",
    ),
    (
        "You cannot miss the \"chef's special\" (it's gonna sell out).",
        "you can not miss the chef 's special -lrb- it 's gon na sell out -rrb-",
    ),
    (
        "Two and 1 1/2 stars; ½ price before 6:30 p.m. on Mon. and Tues.",
        "two and 1\xa01/2 stars 1/2 price before 6:30 p.m. on mon. and tues.",
    ),
    (
        "Tom & Jerry's, A&W and AT&amp;T take <b>cards</b> &lt;3",
        "tom & jerry 's a&w and at&t take <b> cards </b> < 3",
    ),
    (
        "Call (555) 123-4567 or +49 30 1234567!",
        "call -lrb-555-rrb-\xa0123-4567 or +49\xa030\xa01234567",
    ),
    (
        "See http://www.noodle-bar.example/menu?lang=en#top or mail me@noodle.example.",
        "see http://www.noodle-bar.example/menu?lang=en#top or mail me@noodle.example",
    ),
    (
        "We paid $12.50, £8, 5€ and 90¢ — not ¥100…",
        "we paid $ 12.50 # 8 5 $ and 90 cents not ¥ 100",
    ),
    (
        "Dr. J. Smith of the U.S. went. U.S. Army folk stayed, etc.",
        "dr. j. smith of the u.s. went u.s. army folk stayed etc.",
    ),
    (
        "The U.S. is big. He moved to the U.S. The end.",
        "the u.s. is big he moved to the u.s. the end",
    ),
    (
        "J. Then No. 5, no. really",
        "j then no. 5 no really",
    ),
    (
        "“Quoted” ‘single’ and ``tex'' «guillemets»",
        "quoted single and tex guillemets",
    ),
    (
        "so\xadft hy\xadphens, zero\u200bwidth and a\xa0b",
        "soft hyphens zero width and a b",
    ),
    (
        "'Tis the '90s, y'all: rock'n'roll & o'clock, d'you gimme more'n that?",
        "'t is the '90s y' all rock 'n' roll & o'clock d'you gim me more 'n that",
    ),
    (
        "café naïve Straße ΟΔΟΣ ΟΔΟΣ-ΑΒ İstanbul 寿司 とても وجبة",
        "café naïve straße οδος οδοσ-αβ i̇stanbul 寿司 とても وجبة",
    ),
    (
        "👍🏽 Great 😋😋! ❤\ufe0f www.😀.com :) :-( ^_^ <3",
        "great ❤ www.😀.com :-rrb- :--lrb- ^_^ < 3",
    ),
    (
        "x_x =D ;) :P (8",
        "x_x =d ;-rrb- :p -lrb- 8",
    ),
    (
        "and/or 24/7 7/4/2019 2019-03-05 a\\/b \\* *** #tag @me ~",
        "and/or 24/7 7/4/2019 2019-03-05 a\\/b \\* *** #tag @me ~",
    ),
    (
        "--- ---- ----- - -- – —",
        "-----",
    ),
    (
        "Wait.... what?! . . . ok...",
        "wait what ?! ok",
    ),
    (
        "[sic] {x} (nice)",
        "-lsb- sic -rsb- -lcb- x -rcb- -lrb- nice -rrb-",
    ),
    (
        "well-known state-of-the-art ex-wife non-U.S. 3-D",
        "well-known state-of-the-art ex-wife non-u.s. 3-d",
    ),
    (
        "No spaces,just commas.and.dots",
        "no spaces just commas.and.dots",
    ),
    (
        "",
        "",
    ),
    (
        ".",
        "",
    ),
    (
        "   ",
        "",
    ),
    (
        "I'm I’m I`m don‘t DON'T",
        "i 'm i 'm i m do n`t do n't",
    ),
    (
        '<a href="x y"> and <br/> and < b',
        '<a\xa0href="x\xa0y"> and <br/> and < b',
    ),
    (
        "a\tb\nc\x0bd\u2028e",
        "a b c d e",
    ),
    (
        "Ph.D. vs. e.g. i.e. approx. Inc. Ltd. Co. ltd",
        "ph.d. vs. e.g. i.e. approx inc. ltd. co. ltd",
    ),
    (
        "wanna gotta lemme 'twas dunno",
        "wan na got ta lem me 't was dunno",
    ),
]
SNIPPETS = [
    piece
    for line in (
        "can't cannot CAN'T won't I'm I’m they're y'all 'tis gonna gimme d'ye o'clock ma'am",
        "'n' '90s 80's U.S. u.s. U.S.A. a.m. P.M. e.g. etc. vs. Mr. Dr. St. No. no. Inc. Ltd.",
        "Co. co. Jan. Ph.D. J. k. Jr. Ky. bldg. fig. approx. http://www.a.com/b?c=d&e",
        "https://a.b/ www.foo.org foo.com/x a.b@c-d.org @handle #tag #1 12/25/2019 2019-12-25",
        "10:30pm 1/2 2-1/2 ½ 1½ ⅓ 1,000.50 .5 -5 +5 100% 1st 50s (555) 555-1234 555.123.4567",
        "+1 555 1-800-555-0199 $5 US$5 £5 €5 ¥ 50¢ $$ ¤",
        "😀 👍🏽 👩\u200d🚀 ❤️ ★★ café İx 中文 عرب हि",
        "“ ” ‘ ’ « » „ `` '' ' ` .... ... … . .. ! ?! , ; : -- --- ----- - – — ( ) [ ] { } <",
        "> <b> </b> <br/> <!-- &amp; &lt; &quot; &nbsp; &AMP; AT&T AT&amp;T R&D well-known",
        "U.S.-based 3-D x- a/b :) :-( ;) =D ^_^ <3 \\/ \\* ** % ~ a_b || C++ @ the Pizza I A",
        "a x and O'Brien Joe's joes'",
    )
    for piece in line.split()
]
PHRASES = [
    *(
        "1 1/2",
        "(555) 123-4567",
        ". . .",
        '<a href="x y">',
        "a.m. The",
        "co. ltd",
        "\xa0",
        "\u3000",
    ),
    *("\xad", " \u2009www.foo.org", "so\xadft", "\u200b", "\ufeff", "<a b c", "+1 555 1234", '"'),
    "xyz" * 60,
]
GLUE = [" "] * 6 + ["", "", "  ", ". ", ", ", ".", "'", "\u2019", '"', "-", "/", "\xa0", "\xad"]
CUT = "\u2028\u2029"


def snippets(size, seed):
    draw = random.Random(seed)
    pieces = SNIPPETS + PHRASES * 3
    return [
        "".join(
            draw.choice(pieces) + draw.choice(GLUE) for _ in range(draw.choice([1, 2, 3, 6, 12]))
        )
        for _ in range(size)
    ]


def corpus():
    """Texts of other people, where they are at hand."""
    path = DATA / "e2e_nlg" / "e2e_test_aligned.jsonl"
    return re.findall(r'"((?:[^"\\]|\\.){20,})"', path.read_text())[:6000] if path.is_file() else []


def jar():
    folders = find_spec("pycocoevalcap").submodule_search_locations
    return Path(folders[0]) / "tokenizer" / "stanford-corenlp-3.4.1.jar"


def java_tokens(texts):
    """Of each text when the line "x" follows it, without punctuation."""
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]
    command = ["java", *flags, "-cp", str(jar()), "edu.stanford.nlp.process.PTBTokenizer"]
    sent = "".join(f"{text.strip()}\nx\n" for text in texts if text.strip())
    done = subprocess.run(
        [*command, "-preserveLines", "-lowerCase", "-encoding", "UTF-8"],
        input=sent.encode(),
        capture_output=True,
        check=True,
    )
    lines = done.stdout.decode().split("\n")
    rows = iter(lines[0:-1:2])
    assert set(lines[1:-1:2]) == {"x"}
    found = [next(rows).split(" ") if text.strip() else [] for text in texts]
    assert next(rows, None) is None
    return [tuple(w for w in row if w not in DROPPED and w.strip()) for row in found]


def assert_equal_to_java(texts):
    for text, ours, theirs in zip(texts, tokenize_ptb(texts), java_tokens(texts), strict=True):
        assert ours == theirs, repr(text)


@pytest.mark.parametrize(("text", "tokens"), EXAMPLES)
def test_examples(text, tokens):
    assert tokenize_ptb([text]) == [tuple(tokens.split(" ")) if tokens else ()]


def test_no_texts_and_repeated_ones():
    assert tokenize_ptb([]) == []
    assert tokenize_ptb(["Nice food.", "", "Nice food."]) == [
        ("nice", "food"),
        (),
        ("nice", "food"),
    ]


def test_control_characters_and_lone_surrogates_are_spaces():
    hurts = [
        *map(chr, range(32)),
        *map(chr, range(0x7F, 0xA0)),
        "\u2028",
        "\u2029",
        "\ud800",
        "\udfff",
    ]
    for char in hurts:
        assert tokenize_ptb([f"No.{char}5{char}"]) == tokenize_ptb(["No. 5"]), repr(char)


@needs_java
def test_java_on_snippets_and_other_peoples_texts():
    assert_equal_to_java(snippets(6000, seed=3) + corpus())


@needs_java
def test_java_on_every_character():
    chars = [chr(c) for c in range(0x20, 0x3100)] + [chr(c) for c in range(0x3100, 0xD800, 16)]
    chars += [chr(c) for c in range(0xA000, 0x20000) if not 0xAC00 <= c < 0xF900 or c % 16 == 0]
    chars = [c for c in chars if unicodedata.category(c)[0] != "C" and c not in CUT]
    assert_equal_to_java([f"{c} ab{c}cd 1{c}2 x.{c} A" for c in dict.fromkeys(chars)])
    some = [c for c in chars[::60] if c.lower() == c]
    assert_equal_to_java([f"www.{c}.com {c}www.a.com {c}@{c}" for c in some])


@needs_java
def test_java_on_strings_of_one_category():
    draw = random.Random(4)
    categories = {}
    for code in range(0x20, 0x30000):
        if unicodedata.category(chr(code))[0] != "C" and chr(code) not in CUT:
            categories.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    categories |= {
        "ascii": [*map(chr, range(32, 127))],
        "marks": [*".,;:!?'\"-()[]{}/\\&@#$%*<>=+_~`|^ "],
    }
    texts = []
    for chars in categories.values():
        texts += ["".join(draw.choices(chars, k=draw.choice([2, 5, 20]))) for _ in range(120)]
    assert_equal_to_java(texts)


def whole_text_tokens(text):
    """Tokens from one scan over the text, without a memory of words."""
    scanner = Scanner(load_automaton(), f"{text.strip()}\nx\n", complete=True)
    tokens, start = [], 0
    while start < len(text.strip()):
        token, start = scanner.token(start)
        tokens += [] if token is None else token.lower().split(" ")
    return tuple(word for word in tokens if word not in DROPPED and word.strip())


@given(st.lists(st.sampled_from(SNIPPETS + PHRASES + ["", "<", "<a", "1", "555", ".", "\xa0x"])))
def test_words_give_the_tokens_of_the_text(words):
    text = " ".join(word for word in words if word.isascii() or max(word) < "\U00010000")
    assert tokenize_ptb([text]) == [whole_text_tokens(text)]


def test_snippets_word_by_word_and_as_a_whole():
    for text in snippets(1500, seed=8):
        if not text or max(text) < "\U00010000":
            assert tokenize_ptb([text]) == [whole_text_tokens(text)], repr(text)


@given(st.lists(st.text("aA1.'<> -/@\xa0", max_size=30), min_size=1, max_size=6))
def test_a_text_depends_on_itself_alone(texts):
    assert tokenize_ptb(texts) == [tokenize_ptb([text])[0] for text in texts]


@given(st.text("aA1.'< -/@&;$=_:\u263a\xad", max_size=60), st.integers(0, 60))
def test_tokens_known_early_stay(text, cut):
    full = Scanner(load_automaton(), f"{text}\nx\n", complete=True)
    part = Scanner(load_automaton(), f"{text}\nx\n"[:cut], complete=False)
    start = 0
    while start < min(cut, len(text)):
        try:
            known = part.token(start)
        except TextRunsOutError:
            break
        assert known == full.token(start)
        start = known[1]


@pytest.mark.parametrize(
    ("unit", "per_unit"),
    [("\U0001f600", 0), ("(", 1), ("a(", 2), ("<a ", 2), ("\u263ax.", 2), ("U. ", 1), ("1 ", 1)],
)
def test_long_texts_take_no_quadratic_time(unit, per_unit):
    # A quadratic scan would take hours; the shapes are those that make the Java tokeniser slow.
    (tokens,) = tokenize_ptb([unit * 60_000])
    assert len(tokens) == 60_000 * per_unit


def test_a_word_of_a_million_letters():
    assert tokenize_ptb(["a" * 1_000_000]) == [("a" * 1_000_000,)]


def test_missing_package(monkeypatch):
    load_automaton.cache_clear()
    monkeypatch.setattr(automaton_module, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install pycocoevalcap, or .*tok=words"):
        tokenize_ptb(["a"])


@pytest.mark.parametrize("content", [None, b"no archive", {"other": b""}, {"lexer": b"other"}])
def test_another_jar(monkeypatch, tmp_path, content):
    load_automaton.cache_clear()
    path = tmp_path / "tokenizer" / jar().name
    path.parent.mkdir()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                inside = "edu/stanford/nlp/process/PTBLexer.class" if name == "lexer" else name
                archive.writestr(inside, data)
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(automaton_module, "find_spec", lambda name: spec)
    with pytest.raises(MissingDependencyError, match="pip install pycocoevalcap"):
        tokenize_ptb(["a"])


@cache
def small_class():
    """A class with a String constant A, a long constant B and a field C."""

    def text(value):
        return b"\x01" + struct.pack(">H", len(value)) + value

    pool = [text(b"A"), text(b"B"), text(b"C"), text(b"I"), text(b"ConstantValue")]
    pool += [text(b"x\xc0\x80\xed\xa0\xbd\xed\xb8\x80"), b"\x08" + struct.pack(">H", 6)]
    pool += [b"\x05" + struct.pack(">q", 7), b"\x03" + struct.pack(">i", 3)]  # 8 (and 9), 10
    constant = struct.pack(">HI", 5, 2)
    fields = [
        struct.pack(">4H", 24, 1, 4, 1) + constant + struct.pack(">H", 7),
        struct.pack(">4H", 24, 2, 4, 1) + constant + struct.pack(">H", 8),
        struct.pack(">4H", 2, 3, 4, 0),
    ]
    head = b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 50, 11)
    middle = struct.pack(">HHHH", 33, 0, 0, 1) + struct.pack(">H", 4)
    return head + b"".join(pool) + middle + struct.pack(">H", 3) + b"".join(fields)


def test_string_constants():
    found = string_constants(small_class())
    assert list(found) == ["A"]
    np.testing.assert_array_equal(found["A"], [ord("x"), 0, 0xD83D, 0xDE00])


def test_damaged_class_files():
    whole = small_class()
    with pytest.raises(ValueError, match="class file"):
        string_constants(b"PK\x03\x04" + whole)
    for size in range(len(whole)):
        with pytest.raises(ValueError, match="class file"):
            string_constants(whole[:size])


@needs_java
def test_greek_final_sigma_as_java_writes_it():
    draw = random.Random(6)
    alphabet = "\u03a3\u0391\u03b1\u0393-"
    texts = ["".join(draw.choices(alphabet, k=draw.randint(1, 9))) for _ in range(1500)]
    texts += [
        "\u0391\u03a3 \u039f\u0394\u039f\u03a3.",
        "\u0391\u03a35",
        "\u03a3",
        "\u0391\u03a3\u2019",
    ]
    assert_equal_to_java(texts)


def test_forgetting_words_changes_nothing(monkeypatch):
    texts = snippets(300, seed=12)
    expected = tokenize_ptb(texts)
    monkeypatch.setattr("showcase_bench.metrics.text.ptb.tokenizer._MOST_KEPT", 3)
    monkeypatch.setattr("showcase_bench.metrics.text.ptb.tokenizer._LONGEST_KEPT", 4)
    assert tokenize_ptb(texts) == expected
