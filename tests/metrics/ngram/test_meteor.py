"""METEOR without Java: laws, limits, tables and their cache, errors."""

from __future__ import annotations

import gzip
import itertools
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import MissingDependencyError
from showcase_bench.metrics.batch import Pairing
from showcase_bench.metrics.ngram.meteor import align, formula, source
from showcase_bench.metrics.ngram.meteor import tables as tables_module
from showcase_bench.metrics.ngram.meteor.counting import Limits, Texts, count_pairs
from showcase_bench.metrics.ngram.meteor.formula import COLUMNS, score
from showcase_bench.metrics.ngram.meteor.paraphrases import build_paraphrases
from showcase_bench.metrics.ngram.meteor.stemmer import stem
from showcase_bench.metrics.ngram.meteor.synonyms import Synonyms
from showcase_bench.metrics.ngram.meteor.tables import MeteorTables, PhraseTree, load_tables
from showcase_bench.metrics.ngram.meteor.words import describe
from showcase_bench.metrics.text.meteor_tokens import meteor_tokens
from showcase_bench.metrics.text.table import TokenIds
from showcase_bench.types import NoProgress

ENTRIES = [
    ("0.5", "it is clear", "clearly"),
    ("0.4", "it is clear", "obviously"),
    ("0.2", "it is", "there is"),
    ("0.1", "clearly", "it is clear"),
    ("0.1", "big", "large"),
    ("0.1", "a b c d e f g", "z"),
]


def paraphrase_file(folder: Path, entries: list[tuple[str, str, str]] = ENTRIES) -> Path:
    path = folder / "table.gz"
    lines = "".join(f"{line}\n" for entry in entries for line in entry)
    path.write_bytes(gzip.compress(lines.encode()))
    return path


def small_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Tables of a few words, as the real ones are compiled."""
    arrays = build_paraphrases(paraphrase_file(folder), NoProgress())
    arrays["synset_words"] = np.frombuffer(b"dog\nhound\ncat", dtype=np.uint8)
    arrays["synset_start"] = np.array([0, 2, 3, 4], dtype=np.int32)
    arrays["synset_ids"] = np.array([7, 9, 9, 3], dtype=np.int32)
    arrays["bases"] = np.frombuffer(b"kine cow\nhounden hound", dtype=np.uint8)
    arrays["function_words"] = np.frombuffer(b"the\na\nit\nis", dtype=np.uint8)
    return arrays


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> MeteorTables:
    return tables_module._tables(small_arrays(tmp_path_factory.mktemp("small")))


Items = Sequence[Sequence[str]]


def paired(hypotheses: Items, references: Sequence[Items]) -> tuple[TokenIds, Pairing]:
    """Numbers in place of tokens."""
    texts = [*hypotheses, *itertools.chain.from_iterable(references)]
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(token, len(numbers)) for text in texts for token in text]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    n, total = len(hypotheses), len(texts)
    offsets = np.cumsum([0, *map(len, references)])
    return (
        TokenIds(np.array(ids, dtype=np.int32), np.cumsum(lengths) - lengths, lengths, [*numbers]),
        Pairing(np.arange(n), np.arange(n, total), offsets),
    )


def statistics(hypotheses: Items, references: Sequence[Items], tables: MeteorTables) -> np.ndarray:
    return align.statistics(*paired(hypotheses, references), tables)


def pair(hypothesis: str, reference: str, tables: MeteorTables) -> dict[str, float]:
    rows = align.best_references(*paired([hypothesis.split()], [[reference.split()]]), tables)
    return dict(zip(COLUMNS, rows[0].tolist(), strict=True))


def meteor(hypothesis: str, reference: str, tables: MeteorTables) -> float:
    return float(score(statistics([hypothesis.split()], [[reference.split()]], tables))[0])


def test_each_stage(small: MeteorTables) -> None:
    row = pair("the dog walks it is clear zebra", "the hound walking clearly horse", small)
    assert row["exact function"] == 1
    assert row["synonym content"] == 1
    assert row["stem reference content"] == 1
    assert (row["paraphrase content"], row["paraphrase function"]) == (1, 2)
    assert row["paraphrase reference content"] == 1
    assert (row["words"], row["reference words"], row["function words"]) == (7, 5, 3)
    assert (row["matched words"], row["matched reference words"]) == (6, 4)
    assert row["chunks"] == 1


def test_paraphrases_hold_in_both_directions(small: MeteorTables) -> None:
    assert pair("obviously", "it is clear", small)["matched reference words"] == 3
    assert pair("it is clear", "obviously", small)["matched words"] == 3
    assert pair("obviously", "clearly", small)["matched words"] == 0


def test_values_of_the_peer(small: MeteorTables) -> None:
    """Numbers that the jar printed; none depends on the tables but for the function words."""
    assert meteor("x", "x", small) == 1.0
    assert meteor("q w e", "w e q", small) == 0.4467352531109634
    assert meteor("q w", "q x", small) == 0.2
    assert meteor("q", "q a", small) == 0.31168831168831174
    rows = statistics(
        [["q", "w"], ["the", "cat", "sat"]], [[["q", "x"]], [["the", "cat", "sat"]]], small
    )
    assert float(score(rows.sum(axis=0))) == 0.419450023112985


def test_empty_texts(small: MeteorTables) -> None:
    rows = statistics([[], ["q"], [], ["q"]], [[["the", "q"]], [[]], [[]], []], small)
    assert rows[:, :4].tolist() == [[0, 2, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert not rows[:, 4:].any()
    assert score(rows).tolist() == [0, 0, 0, 0]
    assert statistics([], [], small).shape == (0, 23)


def test_the_best_reference_is_taken(small: MeteorTables) -> None:
    rows = statistics([["q", "w"]], [[["z"], ["q", "w", "z"], ["q", "w"], ["q"]]], small)
    assert rows[0, :2].tolist() == [2, 2]
    first_of_equals = statistics([["q"]], [[["a", "b"], ["b", "a", "c"]]], small)
    assert first_of_equals[0, 1] == 2


TEXT = st.lists(st.sampled_from(["q", "w", "dog", "hound", "it", "is", "clear", "clearly"]))


@given(st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3)), max_size=5))
def test_laws(small: MeteorTables, items: list[tuple[list[str], list[list[str]]]]) -> None:
    hypotheses, references = [item[0] for item in items], [item[1] for item in items]
    rows = statistics(hypotheses, references, small)
    scores = score(rows)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (rows[:, 21] <= rows[:, 0]).all()
    assert (rows[:, 22] <= rows[:, 1]).all()
    assert (rows[:, 20] <= np.minimum(rows[:, 21], rows[:, 22])).all()
    for at, (hypothesis, others) in enumerate(items):
        alone = statistics([hypothesis], [others], small)
        assert (alone[0] == rows[at]).all()
        with_itself = statistics([hypothesis], [[*others, hypothesis]], small)
        assert float(score(with_itself)[0]) == (1.0 if hypothesis else 0.0)


def test_scores_of_any_leading_axes() -> None:
    rows = np.random.default_rng(0).integers(0, 9, (2, 3, 23)).astype(float)
    assert score(rows).shape == (2, 3)
    assert score(rows)[1, 2] == score(rows[1, 2])
    assert float(score(np.zeros(23))) == 0.0


def test_beyond_the_limits_a_beginning_is_aligned(small: MeteorTables) -> None:
    def counted(hypothesis: list[str], reference: list[str], limits: Limits) -> np.ndarray:
        tokens, pairing = paired([hypothesis], [[reference]])
        texts = Texts(tokens.ids, tokens.starts, tokens.lengths)
        words = describe(tokens.vocabulary, small)
        pairs = pairing.hypotheses, pairing.references
        return count_pairs(texts, *pairs, words, small.tree, limits)[0]

    hypothesis, reference = ["q"] * 8, ["q"] * 3
    whole = counted(hypothesis, reference, Limits())
    assert (whole[21], whole[22]) == (3, 3)
    assert counted(hypothesis, reference, Limits(reference_words=2))[22] == 2
    assert counted(hypothesis, reference, Limits(comparisons=6))[21] == 2
    halved = counted(hypothesis, reference, Limits(matches=5))
    assert halved[21] == 1
    assert halved[:2].tolist() == [8, 3]
    assert counted(["it", "is"], ["there", "is"], Limits(matches=0))[21] == 0


def test_a_million_tokens(small: MeteorTables) -> None:
    texts = [["q", "dog"] * 500_000]
    rows = statistics(texts, [[["q", "dog", "clear"]]], small)
    assert rows[0, 0] == 1_000_000
    assert rows[0, 21] == 2
    both = statistics(texts, [texts], small)
    assert both[0, :2].tolist() == [1_000_000, 1_000_000]
    assert 0 < float(score(both)[0]) < 1


def test_tokens() -> None:
    assert meteor_tokens([]) == []
    assert meteor_tokens(["a", "cat"]) == ["a", "cat"]
    assert meteor_tokens(["u.s.", "co-op", "n't", "1,000", "|||", "it's\nso"]) == [
        *("us", "co", "op", "n", "'t", "1,000", "|", "|", "|", "it", "'s", "so")
    ]
    assert meteor_tokens(["end."]) == ["end", "."]
    assert meteor_tokens(["end.", "so"]) == ["end.", "so"]
    assert meteor_tokens(["vs."]) == ["vs."]


@given(st.lists(st.text(alphabet="ab1.,'`-\"– é中\n", min_size=1)))
def test_tokens_hold_no_space(words: list[str]) -> None:
    for token in meteor_tokens(words):
        assert token
        assert not token.isspace()
        assert token == token.strip()


def test_stems() -> None:
    stems = {"consistency": "consist", "skies": "sky", "generously": "generous", "by": "by"}
    stems |= {"dying": "die", "hopping": "hop", "hoping": "hope", "youth's": "youth", "yes": "yes"}
    assert {word: stem(word) for word in stems} == stems


def test_base_forms() -> None:
    rows = {"axe": 0, "ax": 1, "dog": 2, "as": 3, "a": 4}
    sets = np.array([1, 2, 3, 4, 5], dtype=np.int32)
    synonyms = Synonyms(rows, np.arange(6, dtype=np.int32), sets, {"dogge": ["dog", "ax"]})
    assert synonyms.sets_of("axes") == [1]
    assert synonyms.sets_of("dogs") == [3]
    assert synonyms.sets_of("dogge") == [2, 3]
    assert synonyms.sets_of("as") == [4]
    assert synonyms.sets_of("unknown") == []


def test_tree_holds_the_table(tmp_path: Path) -> None:
    arrays = build_paraphrases(paraphrase_file(tmp_path), NoProgress())
    words = arrays["words"].tobytes().decode().split("\n")
    tree = PhraseTree(*(arrays[name] for name in PhraseTree._fields))
    spelled = {0: ""}
    for node in range(len(tree.first) - 1):
        for edge in range(tree.first[node], tree.first[node + 1]):
            spelled[int(tree.edge_node[edge])] = f"{spelled[node]} {words[tree.edge_word[edge]]}"
    found = [
        (spelled[node].strip(), spelled[int(target)].strip())
        for node in range(len(tree.start) - 1)
        for target in tree.target[tree.start[node] : tree.start[node + 1]]
    ]
    assert sorted(found) == sorted(entry[1:] for entry in ENTRIES)
    clear = [target for phrase, target in found if phrase == "it is clear"]
    assert clear == ["clearly", "obviously"]


def test_damaged_table_is_reported(tmp_path: Path) -> None:
    path = paraphrase_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(MissingDependencyError, match=r"is damaged .*force-reinstall"):
        build_paraphrases(path, NoProgress())
    with pytest.raises(MissingDependencyError, match="single spaces"):
        build_paraphrases(paraphrase_file(tmp_path, [("1", "a  b", "c")]), NoProgress())


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Replace the real tables by small ones; a list that grows each time they are compiled."""
    calls: list[int] = []

    def compile_small(jar: Path, table: Path, progress: object) -> dict[str, np.ndarray]:
        calls.append(1)
        return small_arrays(tmp_path)

    monkeypatch.setattr(tables_module, "_compile", compile_small)
    return calls


def same(one: MeteorTables, other: MeteorTables) -> bool:
    arrays = zip(one.tree, other.tree, strict=True)
    return (
        one.words == other.words
        and one.function_words == other.function_words
        and one.synonyms.bases == other.synonyms.bases
        and all((left == right).all() for left, right in arrays)
    )


def test_cache_is_used(compiled: list[int], tmp_path: Path) -> None:
    first = load_tables(tmp_path / "new" / "cache")
    second = load_tables(tmp_path / "new" / "cache")
    assert len(compiled) == 1
    assert same(first, second)
    assert same(first, load_tables(None))
    assert len(compiled) == 2
    assert [path.name for path in (tmp_path / "new" / "cache").iterdir() if path.is_file()] == []
    assert len(list((tmp_path / "new" / "cache").iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "altered", "missing", "index", "empty index", "words"])
def test_damaged_cache_is_made_anew(compiled: list[int], tmp_path: Path, damage: str) -> None:
    cache = tmp_path / "cache"
    first = load_tables(None)
    load_tables(cache)
    (folder,) = cache.iterdir()
    target = folder / "target.npy"
    if damage == "cut":
        target.write_bytes(target.read_bytes()[:-3])
    elif damage == "altered":
        data = bytearray(target.read_bytes())
        data[-1] ^= 1
        target.write_bytes(data)
    elif damage == "missing":
        target.unlink()
    elif damage == "index":
        (folder / "index.json").write_text("[1", encoding="utf-8")
    elif damage == "empty index":
        (folder / "index.json").write_text("{}", encoding="utf-8")
    else:
        np.save(folder / "words.npy", np.zeros(3))
    assert same(first, load_tables(cache))
    assert len(compiled) == 3
    assert same(first, load_tables(cache))
    assert len(compiled) == 3


def test_cache_that_cannot_be_written_is_done_without(compiled: list[int], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    first = load_tables(tmp_path / "file")
    assert same(first, load_tables(None))


def test_missing_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(source, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"not installed: pip install .*pycocoevalcap"):
        load_tables(tmp_path)
    spec = ModuleSpec("pycocoevalcap", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(source, "find_spec", lambda name: spec)
    with pytest.raises(MissingDependencyError, match="is incomplete: pip install"):
        load_tables(tmp_path)


def test_damaged_jar(tmp_path: Path) -> None:
    jar = tmp_path / "meteor-1.5.jar"
    jar.write_bytes(b"not an archive")
    with pytest.raises(MissingDependencyError, match="is damaged"):
        source.read_words(jar, "function/english.words")


def test_loading_tables_is_light() -> None:
    code = (
        "import sys, showcase_bench.metrics.ngram.meteor.tables, "
        "showcase_bench.metrics.ngram.meteor.formula, "
        "showcase_bench.metrics.text.meteor_tokens; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_powers_are_rounded_as_decimals_of_forty_digits_are():
    rng = np.random.default_rng(0)
    fragments = rng.integers(1, 60, 4000) / (rng.integers(1, 300, 4000) / 2)
    values = np.concatenate([rng.random(4000), fragments, [0.0, 1.0, 1e-300]])
    expected = [float(formula._raised(Decimal(one))) if one else 0.0 for one in values.tolist()]
    np.testing.assert_array_equal(formula._power(values), expected)
    _, certain = formula._extended_power(values)
    assert not certain.all()  # some values do go the slow way
