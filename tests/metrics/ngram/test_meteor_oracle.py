"""METEOR against the jar of pycocoevalcap, where Java is installed: every number equal."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.metrics.ngram.meteor.align import best_references, statistics
from showcase_bench.metrics.ngram.meteor.formula import score
from showcase_bench.metrics.ngram.meteor.source import table_files
from showcase_bench.metrics.ngram.meteor.stemmer import stem
from showcase_bench.metrics.ngram.meteor.tables import MeteorTables, load_tables
from showcase_bench.metrics.text.meteor_tokens import meteor_tokens
from tests.metrics.ngram.test_meteor import paired
from tests.texts import hard_corpus

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")

E2E = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "e2e_nlg"
Item = tuple[list[str], list[list[str]]]
JAVA = ["java", "-Xmx2G", "-XX:+UseSerialGC", "-jar"]


class Jar:
    """The peer in a process of its own; lines in, lines out."""

    def __init__(self) -> None:
        command = [*JAVA, str(table_files()[0]), "-", "-", "-stdio", "-l", "en", "-norm"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def ask(self, lines: Sequence[str], answers: int) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        data = "".join(f"{line}\n" for line in lines).encode()
        writer = threading.Thread(target=self._write, args=(data,))
        writer.start()
        read = [self._process.stdout.readline().decode().strip() for _ in range(answers)]
        writer.join()
        return read

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def lines(self, items: Sequence[Item]) -> list[str]:
        return self.ask(
            [
                " ||| ".join(["SCORE", *map(" ".join, references), " ".join(hypothesis)])
                for hypothesis, references in items
            ],
            len(items),
        )

    def scores(self, lines: Sequence[str]) -> tuple[list[float], float]:
        *segments, system = map(float, self.ask([" ||| ".join(["EVAL", *lines])], len(lines) + 1))
        return segments, system

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def jar() -> Iterator[Jar]:
    peer = Jar()
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def tables(jar: Jar, meteor_cache: Path) -> MeteorTables:
    return load_tables(meteor_cache)


def check(items: Sequence[Item], jar: Jar, tables: MeteorTables) -> None:
    hypotheses = [meteor_tokens(hypothesis) for hypothesis, _ in items]
    references = [[meteor_tokens(text) for text in texts] for _, texts in items]
    theirs = jar.lines(items)
    tokens, pairing = paired(hypotheses, references)
    rows = best_references(tokens, pairing, tables)
    ours = [" ".join(map(str, row)) for row in rows.tolist()]
    differing = [
        (item, mine, other)
        for item, mine, other in zip(items, ours, theirs, strict=True)
        if mine != other
    ]
    assert not differing, differing[:3]
    segments, system = jar.scores(theirs)
    sums = statistics(tokens, pairing, tables)
    assert score(sums).tolist() == segments
    assert float(score(sums.sum(axis=0))) == system


def words_of(text: str) -> list[str]:
    return [word for word in text.lower().split() if word != "|||"]


def test_hard_texts(jar: Jar, tables: MeteorTables) -> None:
    items = [
        (words_of(text), [words_of(other) for other in others])
        for text, others in hard_corpus(1500, seed=3)
        if others
    ]
    assert any(not hypothesis for hypothesis, _ in items)
    check(items, jar, tables)


@pytest.mark.skipif(not E2E.is_dir(), reason="needs the shared data")
def test_real_outputs(jar: Jar, tables: MeteorTables) -> None:
    lines = (E2E / "e2e_test_aligned.jsonl").read_text(encoding="utf-8").splitlines()
    draw = random.Random(1)
    rows = [json.loads(line) for line in draw.sample(lines, 80)]
    items = [
        (words_of(text), [words_of(other) for other in row["references"][: draw.randint(1, 5)]])
        for row in rows
        for text in row["outputs"].values()
    ]
    check(items, jar, tables)


def test_repeated_words(jar: Jar, tables: MeteorTables) -> None:
    draw = random.Random(2)
    vocabularies = ["qwzx", ["dog", "dogs", "hound", "hounds"], ["the", "usual", "customary"]]
    items = []
    for _ in range(1500):
        words = draw.choice(vocabularies)
        texts = [draw.choices(words, k=draw.randint(0, 14)) for _ in range(draw.randint(2, 4))]
        items.append((texts[0], texts[1:]))
    for size in (40, 90):
        items.append((["dog", "the"] * size, [["the", "dog"] * size]))
    check(items, jar, tables)


def phrases(tables: MeteorTables) -> list[tuple[str, str]]:
    """Some entries of the paraphrase table."""
    words = list(tables.words)
    parents = np.zeros(len(tables.tree.first) - 1, dtype=np.int64)
    last = np.zeros(len(parents), dtype=np.int64)
    owners = np.repeat(np.arange(len(parents)), np.diff(tables.tree.first))
    parents[tables.tree.edge_node], last[tables.tree.edge_node] = owners, tables.tree.edge_word

    def spell(node: int) -> str:
        spelled: list[str] = []
        while node:
            spelled.append(words[last[node]])
            node = int(parents[node])
        return " ".join(reversed(spelled))

    sources = np.repeat(np.arange(len(parents)), np.diff(tables.tree.start))
    draw = random.Random(4)
    entries = draw.sample(range(len(sources)), 6000)
    return [(spell(int(sources[at])), spell(int(tables.tree.target[at]))) for at in entries]


def test_paraphrases(jar: Jar, tables: MeteorTables) -> None:
    draw = random.Random(5)
    entries = phrases(tables)
    items = []
    for _ in range(1500):
        chosen = draw.sample(entries, draw.randint(1, 5))
        sides = [list(entry) for entry in chosen]
        if draw.random() < 0.5:
            for side in sides:
                side.reverse()
        hypothesis = " ".join(side[0] for side in sides).split()
        draw.shuffle(sides)
        items.append((hypothesis, [" ".join(side[1] for side in sides).split()]))
    check(items, jar, tables)


def plain(
    pairs: Sequence[tuple[str, str]], module: str, folder: Path, *options: str
) -> list[list[str]]:
    """What the peer says of each pair of lines when it writes its alignments."""
    for name, side in (("test", 0), ("reference", 1)):
        lines = "".join(f"{pair[side]}\n" for pair in pairs)
        (folder / name).write_bytes(lines.encode())
    command = [*JAVA, str(table_files()[0]), str(folder / "test"), str(folder / "reference")]
    command += ["-l", "en", "-m", module, "-w", "1.0", "-writeAlignments", *options]
    command += ["-f", str(folder / "out")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    blocks = (folder / "out-align.out").read_bytes().decode().split("Alignment\t")[1:]
    assert len(blocks) == len(pairs)
    return [block.rstrip("\n").split("\n") for block in blocks]


def test_normaliser(tmp_path: Path) -> None:
    signs = [*"ab12.'`,- é\"!ж", ". ", " ", "'s", ".", "-", "'", ",", "–", "中", "v", "no", "“"]
    signs += ["’", " 5", "\t", "\u2003", "😀", "u.s.", "...", "rev", "vs", "n't", "\u00a0"]
    draw = random.Random(6)
    texts = ["".join(draw.choices(signs, k=draw.randint(1, 8))) for _ in range(12000)]
    texts += ["q" + chr(code) + "w" for code in range(0x21, 0x3000) if not chr(code).isupper()]
    texts = [text for text in texts if not {"\n", "\r"} & set(text)]
    texts = [text for text in texts if meteor_tokens([text]) and text == text.lower()]
    blocks = plain([(text, "x") for text in texts], "exact", tmp_path, "-norm")
    wrong = [
        (text, block[1])
        for text, block in zip(texts, blocks, strict=True)
        if " ".join(meteor_tokens(text.split(" "))) != block[1]
    ]
    assert not wrong, wrong[:5]


def matched(pairs: Sequence[tuple[str, str]], module: str, folder: Path) -> list[bool]:
    return [len(block) > 4 for block in plain(pairs, module, folder)]


def test_stems(tables: MeteorTables, tmp_path: Path) -> None:
    words = sorted(word for word in {*tables.words, *tables.synonyms.rows} if word.isascii())
    words = sorted(random.Random(7).sample(words, 30000))
    pairs = [(word, stem(word)) for word in words]
    pairs += list(itertools.pairwise(words))
    pairs = [pair for pair in pairs if pair[0] != pair[1] and pair[1]]
    expected = [stem(one) == stem(other) for one, other in pairs]
    assert sum(expected) > 5000
    assert matched(pairs, "stem", tmp_path) == expected


def test_synonym_sets(tables: MeteorTables, tmp_path: Path) -> None:
    draw = random.Random(8)
    words = sorted({*tables.words, *tables.synonyms.rows, *tables.synonyms.bases})
    words = [word for word in draw.sample(words, 40000) if "'" not in word]
    members: dict[int, list[str]] = {}
    for word in words:
        for number in tables.synonyms.sets_of(word):
            members.setdefault(number, []).append(word)
    pairs = [(draw.choice(group), draw.choice(group)) for group in members.values()]
    pairs += list(zip(words, sorted(words), strict=True))
    pairs += [(word, word.removesuffix(end)) for word in words for end in ("s", "es", "ed", "er")]
    pairs = [pair for pair in pairs if pair[0] != pair[1] and pair[1]]
    sets = {word: set(tables.synonyms.sets_of(word)) for pair in pairs for word in pair}
    expected = [bool(sets[one] & sets[other]) for one, other in pairs]
    assert sum(expected) > 5000
    assert matched(pairs, "synonym", tmp_path) == expected


def test_formula(jar: Jar) -> None:
    draw = random.Random(9)
    rows = []
    for _ in range(3000):
        row = np.zeros(23)
        for stage in range(4):
            for kind in range(2):
                row[4 + 4 * stage + 2 * kind : 6 + 4 * stage + 2 * kind] = draw.randint(0, 4)
        row[21], row[22] = row[4:20:2].sum(), row[5:20:2].sum()
        for side in range(2):
            row[2 + side] = row[6 + side : 20 : 4].sum() + draw.randint(0, 3)
            row[side] = row[2 + side] + row[4 + side : 20 : 4].sum() + draw.randint(1, 9)
        row[20] = draw.randint(1, 20)
        rows.append(row)
    segments, _ = jar.scores([" ".join(map(str, row.tolist())) for row in rows])
    assert score(np.array(rows)).tolist() == segments
