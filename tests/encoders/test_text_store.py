from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.encoders import names, text_store
from showcase_bench.encoders.base import Encoder, TextEncoder, TokenEncoder
from showcase_bench.encoders.color_layout import ColorLayout
from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import ContractError, RegistryError, StoreError, UsageError
from showcase_bench.types import NoProgress, TextEmbeddings, TokenVectors
from showcase_bench.vectors import blocks, shards

NAME = "fake"
DIM = 5
MOST = 6
ODD = ["", " ", "a", "a b c", "é 😀", "\ud800", "x\0y", "a\nb\r\n", "w " * 3000, "名前 名前"]


def unit(seed: str, dim: int = DIM) -> np.ndarray:
    data = list(seed.encode("utf-8", "surrogatepass"))
    row = np.random.default_rng(data).normal(size=dim)
    return (row / np.linalg.norm(row)).astype(np.float32)


def cut(text: str) -> list[str]:
    return ["<s>", *text.split(" ")[: MOST - 2], "</s>"]


class Fake(TokenEncoder):
    """Vectors that follow from the text alone; words are its tokens, of which it sees a few."""

    signature = "fake"
    identity = "fake@0badcafe"
    most_tokens = MOST
    default_layer = 2

    def __init__(self, argument: str = "") -> None:
        self.signature = f"fake|argument:{argument}|v:1"
        self.calls: list[list[str]] = []
        self.counted = 0

    @property
    def seen(self) -> Counter[str]:
        return Counter(text for call in self.calls for text in call)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(list(texts))
        return np.array([unit(text) for text in texts], np.float32).reshape(-1, DIM)

    def token_counts(self, texts: Sequence[str]) -> np.ndarray:
        self.counted += len(texts)
        return np.array([len(text.split(" ")) + 2 for text in texts], np.int64)

    def token_ids(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        tokens = [cut(text) for text in texts]
        numbers = [sum(map(ord, token)) for one in tokens for token in one]
        ends = np.cumsum([0, *map(len, tokens)], dtype=np.int64)
        return np.array(numbers, np.int64), ends

    def encode_tokens(
        self, texts: Sequence[str], layer: int, precision: str = "fp32"
    ) -> TokenVectors:
        if layer > 3:
            raise UsageError("there are 3 layers")
        self.calls.append(list(texts))
        ids, ends = self.token_ids(texts)
        rows = [
            unit(f"{precision} {layer} {i} {token} {text}")
            for text in texts
            for i, token in enumerate(cut(text))
        ]
        return TokenVectors(ids, np.array(rows, np.float32).reshape(-1, DIM), ends)


class CountingProgress:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int | None, int]] = []

    def track(self, items: Iterable[Any], *, label: str, total: int | None = None) -> Iterator[Any]:
        n = 0
        for item in items:
            n += 1
            yield item
        self.seen.append((label, total, n))


Register = Callable[[Encoder], Encoder]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Let every name stand for one encoder."""

    def put(encoder: Encoder) -> Encoder:
        monkeypatch.setattr(names, "get_encoder", lambda name, kind: encoder)
        return encoder

    return put


@pytest.fixture
def fake(register: Register) -> Fake:
    made = register(Fake())
    assert isinstance(made, Fake)
    return made


def store(cache: Path | None = None) -> TextStore:
    return TextStore(cache, NoProgress())


def shelf_of(encoder: Encoder) -> EncoderShelf:
    shelf = EncoderShelf()
    shelf._made[NAME] = encoder
    return shelf


def files(cache: Path, suffix: str = "") -> list[Path]:
    return sorted(path for path in cache.rglob(f"*{suffix}") if path.is_file())


def expected_vectors(texts: Sequence[str]) -> bytes:
    return b"".join(unit(text).tobytes() for text in texts)


def same_tokens(found: TokenVectors, other: TokenVectors) -> bool:
    pairs = zip(found, other, strict=True)
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def test_is_what_metrics_are_given(tmp_path: Path, fake: Fake) -> None:
    one: TextEmbeddings = store(tmp_path)
    assert one.folder == tmp_path / "embeddings"
    assert store().folder is None
    assert one.identify(NAME) == "fake@0badcafe"
    assert one.most_tokens(NAME) == MOST
    assert one.default_layer(NAME) == 2
    assert files(tmp_path) == []


@pytest.mark.parametrize("kept", [False, True])
def test_a_vector_for_each_text_in_the_order_given(kept: bool, tmp_path: Path, fake: Fake) -> None:
    one = store(tmp_path if kept else None)
    texts = [*ODD[::-1], *ODD, ODD[4]]
    found = one.vectors(texts, NAME)
    assert found.dtype == np.float32
    assert found.tobytes() == expected_vectors(texts)
    assert set(fake.seen) == set(ODD)
    assert set(fake.seen.values()) == {1}
    assert one.encoded == len(ODD)
    found[:] = 9
    assert one.vectors(ODD, NAME).tobytes() == expected_vectors(ODD)
    assert one.encoded == len(ODD)


@given(
    calls=st.lists(st.lists(st.text(max_size=4), max_size=8), max_size=4),
    chunk=st.integers(1, 4),
    keep=st.booleans(),
)
def test_neither_order_nor_cuts_change_a_text(
    calls: list[list[str]], chunk: int, keep: bool
) -> None:
    fake = Fake()
    one = TextStore(None, NoProgress(), shelf_of(fake))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_store, "_CHUNK_TEXTS", chunk)
        for texts in calls:
            assert one.vectors(texts, NAME).tobytes() == expected_vectors(texts)
            assert one.token_counts(texts, NAME).tolist() == fake.token_counts(texts).tolist()
            found = one.token_vectors(texts, NAME, 1, keep=keep)
            assert same_tokens(found, Fake().encode_tokens(texts, 1)) or not texts
            assert found.offsets[-1] == len(found.ids) == len(found.vectors)
    assert max(map(len, fake.calls), default=0) <= chunk


def test_texts_of_like_length_are_encoded_together(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_store, "_CHUNK_TEXTS", 2)
    store().vectors(["a", "a long one", "bb", "another long one", "c"], NAME)
    assert fake.calls == [["another long one", "a long one"], ["bb", "a"], ["c"]]


def test_a_second_process_encodes_nothing_and_makes_no_vectors(tmp_path: Path, fake: Fake) -> None:
    def ask(one: TextStore) -> tuple[Any, ...]:
        return (
            one.vectors(ODD, NAME).tobytes(),
            one.token_counts(ODD, NAME).tobytes(),
            [part.tobytes() for part in one.token_vectors(ODD, NAME, 2, keep=True)],
        )

    first = store(tmp_path)
    got = ask(first)
    assert first.encoded == 2 * len(ODD)
    fake.calls.clear()
    fake.counted = 0
    second = store(tmp_path)
    assert ask(second) == got
    assert second.encoded == 0
    assert (fake.calls, fake.counted) == ([], 0)


def test_each_kind_of_vectors_has_a_folder_of_its_own(tmp_path: Path, fake: Fake) -> None:
    one = store(tmp_path)
    one.vectors(["a"], NAME)
    one.token_counts(["a"], NAME)
    for layer, precision in ((1, "fp32"), (2, "fp32"), (1, "bf16")):
        found = one.token_vectors(["a"], NAME, layer, precision=precision, keep=True)  # type: ignore[arg-type]
        assert same_tokens(found, Fake().encode_tokens(["a"], layer, precision))
    kinds = Counter(path.relative_to(tmp_path).parts[0] for path in files(tmp_path, ".npy"))
    assert kinds == {"texts": 1, "token-counts": 1, "tokens-fp32": 2, "tokens-bf16": 1}
    assert len({path.parent for path in files(tmp_path)}) == 5


def test_another_signature_shares_nothing(tmp_path: Path, register: Register) -> None:
    for argument in ("one", "two"):
        one = store(tmp_path)
        register(Fake(argument))
        one.vectors(["a"], NAME)
        assert one.encoded == 1


def test_token_vectors_that_are_not_kept(tmp_path: Path, fake: Fake) -> None:
    one = store(tmp_path)
    texts = ["b a", "", "b a", "c"]
    found = one.token_vectors(texts, NAME, 1)
    assert same_tokens(found, Fake().encode_tokens(texts, 1))
    assert set(fake.seen.values()) == {1}
    assert one.encoded == 3
    assert files(tmp_path) == []
    one.token_vectors(texts, NAME, 1)
    assert one.encoded == 6


def test_token_ids_are_the_encoders(fake: Fake) -> None:
    ids, offsets = store().token_ids(ODD, NAME)
    expected = fake.token_ids(ODD)
    assert ids.tobytes() == expected[0].tobytes()
    assert offsets.tobytes() == expected[1].tobytes()
    assert store().encoded == 0


def test_no_text(tmp_path: Path, fake: Fake) -> None:
    one = store(tmp_path)
    assert one.vectors([], NAME).shape == (0, 0)
    assert one.token_counts([], NAME).shape == (0,)
    assert one.token_counts([], NAME).dtype == np.int64
    for keep in (False, True):
        ids, vectors, offsets = one.token_vectors([], NAME, 1, keep=keep)
        assert len(ids) == len(vectors) == 0
        assert offsets.tolist() == [0]
    assert one.encoded == 0
    assert fake.calls == []
    one.vectors(["a"], NAME)
    assert one.vectors([], NAME).shape == (0, DIM)
    assert store(tmp_path).vectors([], NAME).shape == (0, DIM)


def test_counts_are_exact_up_to_a_very_long_text(tmp_path: Path, register: Register) -> None:
    class Long(Fake):
        def token_counts(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([int(text) for text in texts], np.int64)

    register(Long())
    counts = [0, 1, 77, 2**24 - 1, 2**24]
    for _ in range(2):
        found = store(tmp_path).token_counts([str(one) for one in counts], NAME)
        assert found.tolist() == counts


def test_half_precision_gives_the_same_at_the_first_call_and_later(
    tmp_path: Path, register: Register
) -> None:
    class Half(Fake):
        stored_as = "float16"

    register(Half())
    for folder in (None, tmp_path, tmp_path):
        one = store(folder)
        rounded = np.array([unit(text) for text in ODD], np.float16).astype(np.float32)
        found = one.vectors(ODD, NAME)
        assert found.dtype == np.float32
        assert found.tobytes() == rounded.tobytes()
        kept = one.token_vectors(ODD, NAME, 1, keep=True).vectors
        exact = one.token_vectors(ODD, NAME, 1, keep=False).vectors
        assert (kept != exact).any()
        assert kept.tobytes() == exact.astype(np.float16).astype(np.float32).tobytes()
        assert one.token_counts(["w " * 3000], NAME).tolist() == [3003]


class Killed(Exception):
    pass


def test_an_interrupted_run_keeps_the_finished_chunks(
    tmp_path: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadly(Fake):
        def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
            if "12" in texts:
                raise Killed
            return super().encode_texts(texts)

    monkeypatch.setattr(text_store, "_CHUNK_TEXTS", 10)
    texts = [f"{i:02}" for i in range(40)]
    register(Deadly())
    one = store(tmp_path)
    with pytest.raises(Killed):
        one.vectors(texts, NAME)
    assert one.encoded == 10
    register(Fake())
    again = store(tmp_path)
    assert again.vectors(texts, NAME).tobytes() == expected_vectors(texts)
    assert again.encoded == 30


@pytest.mark.parametrize("suffix", [".npy", ".keys"])
def test_damaged_files_are_encoded_again(tmp_path: Path, suffix: str, fake: Fake) -> None:
    first = store(tmp_path)
    first.vectors(ODD, NAME)
    first.token_vectors(ODD, NAME, 1, keep=True)
    for path in files(tmp_path, suffix):
        content = bytearray(path.read_bytes())
        content[-2] ^= 4
        path.write_bytes(bytes(content))
    for expected in (2 * len(ODD), 0):
        one = store(tmp_path)
        assert one.vectors(ODD, NAME).tobytes() == expected_vectors(ODD)
        kept = one.token_vectors(ODD, NAME, 1, keep=True)
        assert same_tokens(kept, Fake().encode_tokens(ODD, 1))
        assert one.encoded == expected


def test_two_stores_on_one_folder(tmp_path: Path, fake: Fake) -> None:
    one, two = store(tmp_path), store(tmp_path)
    one.vectors(["a", "b"], NAME)
    two.vectors(["b", "c"], NAME)
    one.vectors(["c", "d"], NAME)
    third = store(tmp_path)
    texts = ["d", "a", "c", "b"]
    assert third.vectors(texts, NAME).tobytes() == expected_vectors(texts)
    assert third.encoded == 0


def test_a_file_where_the_cache_should_be_is_the_users_error(tmp_path: Path, fake: Fake) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file")
    one = store(cache)
    for ask in (
        lambda: one.vectors(["a"], NAME),
        lambda: one.token_counts(["a"], NAME),
        lambda: one.token_vectors(["a"], NAME, 1, keep=True),
    ):
        with pytest.raises(StoreError, match="another cache folder"):
            ask()
    assert len(one.token_vectors(["a"], NAME, 1).ids) == 3


def test_vectors_are_gathered_from_mapped_files(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_MAPPED_FROM", 0)
    opened: list[np.ndarray] = []
    monkeypatch.setattr(
        blocks, "open_matrix", lambda path: opened.append(shards.open_matrix(path)) or opened[-1]
    )
    store(tmp_path).vectors(ODD, NAME)
    assert store(tmp_path).vectors(ODD, NAME).tobytes() == expected_vectors(ODD)
    assert len(opened) == 2
    assert all(isinstance(one.base, np.memmap) for one in opened)


def test_progress_covers_the_texts_to_encode_and_only_them(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_store, "_CHUNK_TEXTS", 2)
    progress = CountingProgress()
    one = TextStore(None, progress)
    one.vectors(["a", "b", "a", "c"], NAME)
    one.vectors(["c", "b"], NAME)
    one.vectors([], NAME)
    one.token_vectors(["a", "a"], NAME, 1)
    assert progress.seen == [("Encoding texts", 3, 3), ("Encoding texts", 1, 1)]


def test_threads_share_a_store(fake: Fake) -> None:
    one = store()
    texts = [f"text {i}" for i in range(60)]
    results: list[bytes] = []

    def ask() -> None:
        results.append(one.vectors(texts, NAME).tobytes())
        results.append(one.token_vectors(texts, NAME, 1, keep=True).vectors.tobytes())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(results) == {
        expected_vectors(texts): 4,
        Fake().encode_tokens(texts, 1).vectors.tobytes(): 4,
    }
    assert one.encoded == 120


def test_an_encoder_without_the_ability_is_named(register: Register) -> None:
    register(ColorLayout())
    one = store()
    with pytest.raises(UsageError, match="does not encode texts"):
        one.vectors(["a"], NAME)
    with pytest.raises(UsageError, match="does not give vectors of single tokens"):
        one.token_vectors(["a"], NAME, 1)
    with pytest.raises(UsageError, match="does not give vectors of single tokens"):
        one.default_layer(NAME)


def test_unknown_encoder() -> None:
    with pytest.raises(RegistryError, match="Known: "):
        store().vectors(["a"], "nope")


def test_a_layer_that_is_not_there(fake: Fake) -> None:
    with pytest.raises(UsageError, match="3 layers"):
        store().token_vectors(["a"], NAME, 4)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (np.zeros((3, DIM), np.float32), "length 1"),
        (np.full((3, DIM), np.nan, np.float32), "length 1"),
        (np.full((3, DIM), np.inf, np.float32), "length 1"),
        (np.full((3, DIM), 1e30, np.float32), "length 1"),
        (np.ones((3, DIM), np.float32), "length 1"),
        (np.ones((2, DIM), np.float32), r"shape \[2, 5\] instead of floats of shape \[3, d\]"),
        (np.ones(3, np.float32), "shape"),
        (np.eye(3, dtype=np.int64), "int64"),
        (np.array([["a"]] * 3), "instead of floats"),
        (None, "instead of floats"),
    ],
)
def test_vectors_that_break_the_contract(
    tmp_path: Path, register: Register, found: Any, message: str
) -> None:
    class Broken(Fake):
        def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
            return found

    register(Broken())
    with pytest.raises(ContractError, match=rf"encoder fake\|.*encode_texts\(\).*{message}"):
        store(tmp_path).vectors(["a", "b", "c"], NAME)
    assert files(tmp_path) == []


def test_vectors_that_change_their_length(register: Register) -> None:
    class Growing(Fake):
        def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([unit(text, len(text)) for text in texts])

    register(Growing())
    one = store()
    one.vectors(["abc"], NAME)
    with pytest.raises(ContractError, match=r"\[1, 4\] instead of floats of shape \[1, 3\]"):
        one.vectors(["abcd"], NAME)


@pytest.mark.parametrize(
    "offsets", [[0, 2], [0, 3, 6, 9], [1, 3, 6], [0, 7, 6], [0, 3, 5], [0, 3.0, 6]]
)
@pytest.mark.parametrize("method", ["encode_tokens", "token_ids"])
def test_offsets_that_break_the_contract(
    register: Register, offsets: list[float], method: str
) -> None:
    class Broken(Fake):
        def encode_tokens(self, texts: Sequence[str], layer: int, precision: str = "fp32") -> Any:
            found = Fake().encode_tokens(texts, layer)
            wrong = method == "encode_tokens"
            return found._replace(offsets=np.array(offsets)) if wrong else found

        def token_ids(self, texts: Sequence[str]) -> Any:
            ids, ends = Fake().token_ids(texts)
            return ids, np.array(offsets) if method == "token_ids" else ends

    register(Broken())
    with pytest.raises(ContractError, match=rf"{method}\(\) returned do not divide 6 tokens"):
        store().token_vectors(["a", "b"], NAME, 1)


def test_tokens_that_are_not_the_tokenisers(register: Register) -> None:
    class Other(Fake):
        def token_ids(self, texts: Sequence[str]) -> Any:
            return Fake().token_ids([f"{text} more" for text in texts])

        def encode_tokens(self, texts: Sequence[str], layer: int, precision: str = "fp32") -> Any:
            return Fake().encode_tokens(texts, layer)

    register(Other())
    for keep in (False, True):
        with pytest.raises(ContractError, match="another number of tokens"):
            store().token_vectors(["a", "b"], NAME, 1, keep=keep)


@pytest.mark.parametrize("counts", [[1], [1, -1], [1.0, 2.0], [[1, 2]]])
def test_counts_that_break_the_contract(register: Register, counts: Any) -> None:
    class Broken(Fake):
        def token_counts(self, texts: Sequence[str]) -> np.ndarray:
            return np.array(counts)

    register(Broken())
    with pytest.raises(ContractError, match=r"token_counts\(\) returned"):
        store().token_counts(["a", "b"], NAME)


def test_an_encoder_of_texts_alone_is_enough_for_vectors(register: Register) -> None:
    class Plain(TextEncoder):
        signature = "plain|v:1"
        identity = "plain"
        most_tokens = 3

        def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([unit(text) for text in texts])

        def token_counts(self, texts: Sequence[str]) -> np.ndarray:
            return np.ones(len(texts), np.int64)

    register(Plain())
    one = store()
    assert one.vectors(ODD, NAME).tobytes() == expected_vectors(ODD)
    assert one.token_counts(ODD, NAME).tolist() == [1] * len(ODD)


SECOND = """
import sys
from pathlib import Path
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.types import NoProgress

texts = ["good ramen", "", "good ramen", "a view of the river"]
store = TextStore(Path(sys.argv[1]), NoProgress())
vectors = store.vectors(texts, "minilm")
tokens = store.token_vectors(texts, "minilm", 6, keep=True)
counts = store.token_counts(texts, "minilm")
print(store.encoded, "torch" in sys.modules, vectors.shape[1], len(tokens.ids) - counts.sum())
"""


def test_the_packaged_encoder_is_not_loaded_when_all_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("showcase_bench.encoders.minilm")
    pytest.importorskip("torch")
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SECOND, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        found.append(done.stdout.split())
    assert found == [["6", "True", "384", "0"], ["0", "False", "384", "0"]]
