"""The table of texts: rows, tokens as integers, derived tokenizers, the cache, the corpus key."""

import io
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics.text import tokenizers
from showcase_bench.metrics.text.cache import tokenize_cached
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.encoded import Vocabulary, encode
from showcase_bench.metrics.text.porter import stem_rouge
from showcase_bench.metrics.text.table import TextTable
from showcase_bench.metrics.text.tokenizers import TOKENIZERS, Derived, find_tokenizer

HARD = [
    "",
    " ",
    "a",
    "a a",
    "A",
    "é",
    "e\u0301",
    "\ud800",
    "\udc00 x",
    "a\nb",
    "x " * 5000,
    "中 文",
]
texts_of = st.lists(st.text(st.characters(), max_size=8), max_size=12)


class Counting:
    """Splits at plain spaces and remembers what it was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked.append(list(texts))
        return [[word for word in text.split(" ") if word] for text in texts]


@pytest.fixture
def counting(monkeypatch):
    tokenizer = Counting()
    monkeypatch.setitem(TOKENIZERS, "counting", tokenizer)
    return tokenizer


def listed(tokens, rows):
    starts, lengths = tokens.starts[rows].tolist(), tokens.lengths[rows].tolist()
    spans = [tokens.ids[a : a + n].tolist() for a, n in zip(starts, lengths, strict=True)]
    return [[tokens.vocabulary[one] for one in span] for span in spans]


def decoded(made):
    ends = np.cumsum(made.lengths).tolist()
    spans = zip(ends, made.lengths.tolist(), strict=True)
    return [[made.words[one] for one in made.ids[end - n : end].tolist()] for end, n in spans]


def many(count, seed=0):
    rng = random.Random(seed)
    words = [f"w{i}" for i in range(500)] + ["é", "\ud800", "中", "🙂", "a\xa0b"]
    return [f"{i} " + " ".join(rng.choices(words, k=rng.randint(0, 8))) for i in range(count)]


@given(st.lists(st.lists(st.text(st.characters(), max_size=4), max_size=6)))
def test_encode_keeps_the_tokens(texts):
    made = encode(texts)
    assert decoded(made) == texts
    assert made.ids.dtype == np.int32
    assert made.lengths.dtype == np.int64
    assert list(made.words) == list(dict.fromkeys(word for text in texts for word in text))


def test_vocabulary_numbers_in_order():
    words = Vocabulary()
    assert [words[one] for one in ("b", "a", "b", "", "a")] == [0, 1, 0, 2, 1]
    assert words.listed == ["b", "a", ""]


@given(texts_of, texts_of)
def test_rows_are_stable_and_distinct(first, second):
    table = TextTable()
    rows = table.rows(first)
    more = table.rows(iter(second))
    assert rows.dtype == more.dtype == np.int64
    assert [table.texts[row] for row in rows.tolist()] == first
    assert [table.texts[row] for row in more.tolist()] == second
    assert table.texts == list(dict.fromkeys(first + second))
    assert table.rows(first).tolist() == rows.tolist()


def test_texts_that_look_alike_are_told_apart():
    table = TextTable()
    assert table.rows(HARD).tolist() == list(range(len(HARD)))


@given(texts_of, st.data())
def test_tokens_are_those_of_the_tokenizer(texts, data):
    table = TextTable()
    rows = table.rows(texts)
    for name in ("words", "whitespace"):
        want = [list(tokens) for tokens in find_tokenizer(name)(texts)]
        for _ in range(3):
            some = data.draw(st.lists(st.sampled_from(range(len(texts))))) if texts else []
            got = listed(table.tokens(name, rows[some]), rows[some])
            assert got == [want[one] for one in some]
        assert listed(table.tokens(name, rows), rows) == want


def test_equal_tokens_have_equal_ids_whenever_they_came(counting):
    table = TextTable()
    first, second = table.rows(["a b", "b c"]), table.rows(["c a d", "", "d"])
    table.tokens("counting", second)
    tokens = table.tokens("counting", first)
    assert listed(tokens, [*first, *second]) == [["a", "b"], ["b", "c"], ["c", "a", "d"], [], ["d"]]
    assert len(set(tokens.vocabulary)) == len(tokens.vocabulary) == 4
    assert tokens.ids.dtype == np.int32


def test_only_the_rows_asked_for_are_tokenised_and_only_once(counting):
    table = TextTable()
    rows = table.rows(["a", "b b", "c", "d"])
    tokens = table.tokens("counting", rows[[1, 1, 3]])
    assert tokens.lengths.tolist() == [0, 2, 0, 1]
    table.tokens("counting", rows[[3, 1]])
    table.tokens("counting", rows[[0, 1]])
    table.tokens("counting", table.rows(["b b", "e"]))
    assert counting.asked == [["b b", "d"], ["a"], ["e"]]


def test_texts_without_tokens_are_tokenised_once_too(counting):
    table = TextTable()
    rows = table.rows(["", " "])
    for _ in range(2):
        assert table.tokens("counting", rows).lengths.tolist() == [0, 0]
    assert counting.asked == [["", " "]]


def test_what_was_returned_does_not_change_later(counting):
    table = TextTable()
    rows = table.rows(["a", "b b", "c"])
    tokens = table.tokens("counting", rows[:1])
    before = [np.array(part) for part in tokens[:3]]
    table.tokens("counting", rows)
    for part, copy in zip(tokens[:3], before, strict=True):
        assert part.tolist() == copy.tolist()


def test_no_texts(counting):
    table = TextTable()
    rows = table.rows([])
    tokens = table.tokens("counting", rows)
    assert rows.dtype == np.int64
    assert [len(part) for part in tokens] == [0, 0, 0, 0]
    assert counting.asked == []


@pytest.mark.parametrize("texts", [["a"], []])
def test_an_unknown_tokenizer_is_named(texts):
    table = TextTable()
    with pytest.raises(UsageError, match=r"unknown tokenizer 'word'.*words"):
        table.tokens("word", table.rows(texts))


def test_a_tokenizer_that_failed_is_asked_again(counting, monkeypatch):
    def failing(texts):
        raise UsageError("no")

    table = TextTable()
    rows = table.rows(["a b"])
    monkeypatch.setitem(TOKENIZERS, "fragile", failing)
    with pytest.raises(UsageError, match="no"):
        table.tokens("fragile", rows)
    monkeypatch.setitem(TOKENIZERS, "fragile", counting)
    assert listed(table.tokens("fragile", rows), rows) == [["a", "b"]]


def test_derived_tokens_split_drop_and_stem(counting, monkeypatch):
    monkeypatch.setitem(TOKENIZERS, "split", Derived("counting", str.split))
    monkeypatch.setitem(TOKENIZERS, "stem", Derived("counting", stem_rouge))
    monkeypatch.setitem(TOKENIZERS, "short", Derived("split", lambda one: [one] * (len(one) < 3)))
    texts = ["1\xa01/2 cups", "", "\xa0", "running runs ran", "cups \u2003 1", "its ties", "it"]
    table = TextTable()
    rows = table.rows(texts)
    assert listed(table.tokens("split", rows), rows) == [text.split() for text in texts]
    assert listed(table.tokens("stem", rows[3:]), rows[3:]) == [
        ["run", "run", "ran"],
        ["cup", "\u2003", "1"],
        ["its", "tie"],
        ["it"],
    ]
    assert listed(table.tokens("short", rows), rows) == [["1"], [], [], [], ["1"], [], ["it"]]
    assert counting.asked == [texts]


@given(texts_of, st.data())
def test_derived_tokens_are_those_replaced_one_by_one(texts, data):
    table = TextTable()
    rows = table.rows(texts)
    replaced = {}

    def replace(word):
        return replaced.setdefault(word, data.draw(st.lists(st.sampled_from("abc"), max_size=3)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tokenizers.TOKENIZERS, "derived", Derived("whitespace", replace))
        half = rows[: len(rows) // 2]
        table.tokens("derived", half)
        got = listed(table.tokens("derived", rows), rows)
    words = [text.lower().split() for text in texts]
    assert got == [[new for word in text for new in replaced[word]] for text in words]


def test_ptb_splits_the_fractions_of_ptb_line(monkeypatch):
    found = find_tokenizer("ptb")
    assert isinstance(found, Derived)
    monkeypatch.setitem(TOKENIZERS, found.base, lambda texts: [["1\xa01/2", "cups"] for _ in texts])
    table = TextTable()
    rows = table.rows(["1 1/2 cups"])
    assert listed(table.tokens("ptb", rows), rows) == [["1", "1/2", "cups"]]


def test_a_hundred_thousand_texts():
    texts = many(100_000)
    table = TextTable()
    rows = table.rows(texts + texts[::-1])
    tokens = table.tokens("whitespace", rows)
    assert len(table.texts) == 100_000
    want = [text.lower().split() for text in texts]
    assert listed(tokens, rows[:100_000]) == want
    assert tokens.lengths.sum() == len(tokens.ids) == sum(map(len, want))


def kept_files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_kept_file_stands_for_the_tokenizer(tmp_path):
    texts = [*HARD, *many(1500)]
    maker, other = Counting(), Counting()
    made = tokenize_cached(texts, "counting", maker, tmp_path)
    kept = tokenize_cached(texts, "counting", other, tmp_path)
    assert len(maker.asked) == 1
    assert other.asked == []
    assert len(kept_files(tmp_path)) == 1
    assert decoded(kept) == decoded(made) == [list(one) for one in maker(texts)]
    assert kept.ids.dtype == np.int32
    assert kept.lengths.dtype == np.int64
    assert list(kept.words) == list(made.words)


def test_kept_files_of_texts_without_tokens(tmp_path):
    texts = [" " * n for n in range(1200)]
    tokenize_cached(texts, "counting", Counting(), tmp_path)
    other = Counting()
    kept = tokenize_cached(texts, "counting", other, tmp_path)
    assert other.asked == []
    assert kept.lengths.tolist() == [0] * 1200
    assert len(kept.ids) == len(kept.words) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a", ""], ["", "a"]),
        (["a b", "x"], ["a", "b x"]),
        (["1:a", "b"], ["1:a1:b", ""]),
        (["\ud800", "x"], ["\udc00", "x"]),
        (["é", "x"], ["e\u0301", "x"]),
    ],
)
def test_other_texts_have_other_files(tmp_path, before, after):
    rest = many(1200)
    tokenize_cached([*before, *rest], "counting", Counting(), tmp_path)
    tokenizer = Counting()
    made = tokenize_cached([*after, *rest], "counting", tokenizer, tmp_path)
    assert len(tokenizer.asked) == 1
    assert decoded(made) == [list(one) for one in tokenizer([*after, *rest])]
    assert len(kept_files(tmp_path)) == 2


def test_other_tokenizers_have_other_files(tmp_path):
    texts = many(1200)
    tokenize_cached(texts, "counting", Counting(), tmp_path)
    made = tokenize_cached(texts, "char", lambda all_: [list(one) for one in all_], tmp_path)
    assert decoded(made) == [list(text) for text in texts]


def damaged(data):
    """The file cut, grown, and with single bits changed near its structures and anywhere."""
    yield from (b"", data[:1], data[: len(data) // 2], data[:-1], data + b"\0", b"\0" * len(data))
    rng = random.Random(0)
    places = {rng.randrange(len(data)) for _ in range(40)}
    places |= {rng.randrange(min(200, len(data))) for _ in range(40)}
    places |= {len(data) - 1 - rng.randrange(min(400, len(data))) for _ in range(40)}
    for place in sorted(places):
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        yield bytes(changed)


def test_damaged_files_never_change_the_tokens(tmp_path):
    texts = many(1000)
    good = decoded(tokenize_cached(texts, "counting", Counting(), tmp_path))
    (path,) = kept_files(tmp_path)
    data = path.read_bytes()
    for bad in damaged(data):
        path.write_bytes(bad)
        assert decoded(tokenize_cached(texts, "counting", Counting(), tmp_path)) == good
    path.write_bytes(data[:-1])
    tokenize_cached(texts, "counting", Counting(), tmp_path)
    other = Counting()
    assert decoded(tokenize_cached(texts, "counting", other, tmp_path)) == good
    assert other.asked == []


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def one_array(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def foreign():
    ids, lengths = np.zeros(1000, np.int32), np.ones(1000, np.int64)
    parts = {"ids": ids, "lengths": lengths, "widths": np.ones(1, np.int32)}
    parts["words"] = np.frombuffer(b"x", np.uint8)
    changes = [
        {"ids": ids.astype(float)},
        {"ids": ids[None]},
        {"ids": np.array(3)},
        {"lengths": np.array(1000)},
        {"lengths": lengths.astype(float)},
        {"lengths": lengths.astype(str)},
        {"lengths": np.concatenate([[-1, 3], lengths[2:]])},
        {"widths": np.array([-1])},
        {"widths": np.array([[1]])},
        {"widths": np.array(["1"])},
        {"widths": np.array([5])},
        {"words": np.array(["x"])},
        {"words": np.zeros(0, np.uint8)},
    ]
    yield from (archive(**parts), *(archive(**{**parts, **change}) for change in changes))
    yield from (b"not an archive", b"PK\x05\x06" + b"\0" * 18, archive(ids=ids))
    yield from (one_array(ids), one_array(np.array([None]), allow_pickle=True))


def test_foreign_files_are_made_again(tmp_path):
    texts = many(1000)
    good = decoded(tokenize_cached(texts, "counting", Counting(), tmp_path))
    (path,) = kept_files(tmp_path)
    for data in foreign():
        path.write_bytes(data)
        tokenizer = Counting()
        assert decoded(tokenize_cached(texts, "counting", tokenizer, tmp_path)) == good
        assert len(tokenizer.asked) == 1


def test_a_file_of_other_texts_is_not_taken_under_a_new_name(tmp_path):
    texts, others = many(1000, seed=1), many(1000, seed=2)
    good = decoded(tokenize_cached(texts, "counting", Counting(), tmp_path / "one"))
    tokenize_cached(others, "counting", Counting(), tmp_path / "two")
    (path,), (other,) = kept_files(tmp_path / "one"), kept_files(tmp_path / "two")
    path.write_bytes(other.read_bytes())
    assert decoded(tokenize_cached(texts, "counting", Counting(), tmp_path / "one")) == good


def test_a_folder_that_cannot_be_used_is_done_without(tmp_path):
    texts = many(1000)
    good = decoded(encode(Counting()(texts)))
    (tmp_path / "file").write_text("x")
    assert decoded(tokenize_cached(texts, "counting", Counting(), tmp_path / "file")) == good
    (tmp_path / "tokens").write_text("x")
    assert decoded(tokenize_cached(texts, "counting", Counting(), tmp_path)) == good
    assert decoded(tokenize_cached(texts, "counting", Counting(), None)) == good
    assert [path.name for path in kept_files(tmp_path)] == ["file", "tokens"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_is_done_without(tmp_path):
    texts = many(1000)
    tmp_path.chmod(0o500)
    made = tokenize_cached(texts, "counting", Counting(), tmp_path)
    assert decoded(made) == decoded(encode(Counting()(texts)))


def test_a_folder_in_place_of_the_file_is_done_without(tmp_path):
    texts = many(1000)
    good = decoded(tokenize_cached(texts, "counting", Counting(), tmp_path))
    (path,) = kept_files(tmp_path)
    path.unlink()
    path.mkdir()
    assert decoded(tokenize_cached(texts, "counting", Counting(), tmp_path)) == good
    assert kept_files(tmp_path) == []


def test_several_writers_at_once(tmp_path):
    texts = many(2000)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(tokenize_cached, texts, "c", Counting(), tmp_path) for _ in range(16)]
    good = decoded(encode(Counting()(texts)))
    assert all(decoded(job.result()) == good for job in jobs)
    assert len(kept_files(tmp_path)) == 1


def test_tables_share_a_cache(tmp_path, counting):
    texts = many(1500)
    seen = []
    for _ in range(2):
        table = TextTable(tmp_path)
        rows = table.rows(texts)
        seen.append(listed(table.tokens("counting", rows), rows))
    assert len(counting.asked) == 1
    assert seen[0] == seen[1] == counting(texts)


PROGRAM = """
import hashlib, random
from pathlib import Path
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.table import TextTable
rng = random.Random(0)
texts = [" ".join(f"Wörd{rng.randrange(300)}," for _ in range(9)) for _ in range(1500)]
table = TextTable(Path("kept"))
rows = table.rows(texts)
digest = hashlib.sha256()
for name in ("words", "whitespace"):
    tokens = table.tokens(name, rows)
    for part in tokens[:3]:
        digest.update(part.tobytes())
    digest.update(repr(tokens.vocabulary).encode())
for path in sorted(Path("kept").rglob("*")):
    digest.update(path.name.encode())
    digest.update(path.read_bytes() if path.is_file() else b"")
print(digest.hexdigest(), TextCorpus(tuple((text,) for text in texts)).key)
"""


def test_the_same_bytes_under_any_hash_seed(tmp_path):
    printed = set()
    for seed in ("0", "4242"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        for _ in range(2):
            done = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, check=True
            )
            printed.add(done.stdout)
    assert len(printed) == 1


examples_of = st.lists(st.lists(st.text(st.characters(), max_size=4), max_size=3).map(tuple))


@given(examples_of, st.randoms(use_true_random=False))
def test_the_key_of_a_corpus_ignores_order_and_examples_without_references(examples, rng):
    shuffled = [*examples, (), ()]
    rng.shuffle(shuffled)
    key = TextCorpus(tuple(examples)).key
    assert key == TextCorpus(tuple(shuffled)).key
    assert len(key) == 12
    assert set(key) <= set("0123456789abcdef")


def test_other_corpora_have_other_keys():
    corpora = [
        (),
        (("",),),
        (("", ""),),
        (("",), ("",)),
        (("ab",),),
        (("a", "b"),),
        (("a",), ("b",)),
        (("a",), ("b",), ("b",)),
        (("a",), ("a",), ("b",)),
        (("1:a",),),
        (("\ud800",),),
        (("\udc00",),),
        (("é",),),
        (("e\u0301",),),
    ]
    assert len({TextCorpus(one).key for one in corpora}) == len(corpora)
