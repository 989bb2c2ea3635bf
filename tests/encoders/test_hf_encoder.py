"""Transformers from folders: against bert-score, against plain computations, and damaged."""

from __future__ import annotations

import collections
import hashlib
import json
import threading

import numpy as np
import pytest
from tiny_transformers import make_folder

from showcase_bench.encoders import TokenEncoder, get_encoder
from showcase_bench.encoders.hf_folder import ModelFolder
from showcase_bench.errors import MissingDependencyError, UsageError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
bert_score = pytest.importorskip("bert_score.utils")

KINDS = ["bert", "roberta", "electra", "albert", "deberta-v2", "distilbert"]
TEXTS = [
    "the good soup",
    "  soups and more ",
    "x",
    "Great place, very good food! " * 20,
    "naïve café 🍕 日本",
    "the good soup",
    "a b c d e f g h",
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
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {kind: make_folder(root / f"tiny-{kind}", kind) for kind in KINDS}


@pytest.fixture(scope="module")
def bert(folders):
    return get_encoder(f"hf:{folders['bert']}", TokenEncoder)


def peer(folder, layer, texts):
    """Token vectors of texts, one after another, as bert-score computes them."""
    weights = collections.defaultdict(lambda: 1.0)
    model = bert_score.get_model(str(folder), layer)
    tokenizer = bert_score.get_tokenizer(str(folder))
    with torch.no_grad():
        found, mask = bert_score.get_bert_embedding(texts, model, tokenizer, weights, device="cpu")[
            :2
        ]
    unit = torch.nn.functional.normalize(found, dim=-1).numpy()
    return np.concatenate([one[kept] for one, kept in zip(unit, mask.numpy() > 0, strict=True)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", [1, 3, 4])
def test_token_vectors_equal_bert_scores(folders, kind, layer):
    one = get_encoder(f"hf:{folders[kind]}", TokenEncoder)
    found = one.encode_tokens(TEXTS, layer)
    expected = peer(folders[kind], layer, TEXTS)
    np.testing.assert_allclose(found.vectors, expected, atol=1e-5)
    ids, offsets = one.token_ids(TEXTS)
    assert np.array_equal(ids, found.ids)
    assert np.array_equal(offsets, found.offsets)
    assert offsets[-1] == len(expected)


def test_layers_do_not_disturb_each_other(bert):
    before = bert.encode_texts(TEXTS)
    first = bert.encode_tokens(TEXTS, 1).vectors
    assert np.abs(first - bert.encode_tokens(TEXTS, 4).vectors).max() > 1e-2
    np.testing.assert_array_equal(first, bert.encode_tokens(TEXTS, 1).vectors)
    np.testing.assert_array_equal(before, bert.encode_texts(TEXTS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_does_not_depend_on_its_batch(folders, kind):
    one = get_encoder(f"hf:{folders[kind]}", TokenEncoder)
    texts = [*TEXTS, "", *(f"soup {'very ' * n}good" for n in range(0, 36, 5))]
    alone = np.concatenate([one.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(one.encode_texts(texts), alone, atol=1e-5)
    tokens = np.concatenate([one.encode_tokens([text], 2).vectors for text in texts])
    np.testing.assert_allclose(one.encode_tokens(texts, 2).vectors, tokens, atol=1e-5)


@pytest.mark.parametrize("flag", ["mean_tokens", "cls_token", "max_tokens"])
def test_pooling_as_the_folder_says(tmp_path, flag):
    folder = make_folder(tmp_path / "one", "bert")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{flag}": True}))
    one = get_encoder(f"hf:{folder}", TokenEncoder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    expected = []
    for text in TEXTS:
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=40)
        with torch.no_grad():
            states = model(**inputs).last_hidden_state[0].numpy()
        pooled = {
            "mean_tokens": states.mean(axis=0),
            "cls_token": states[0],
            "max_tokens": states.max(axis=0),
        }[flag]
        expected.append(pooled / np.linalg.norm(pooled))
    np.testing.assert_allclose(one.encode_texts(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}),
        (
            "1_Pooling/config.json",
            {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True},
        ),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}]),
    ],
)
def test_other_ways_to_pool_are_refused(tmp_path, name, content):
    folder = make_folder(tmp_path / "one", "bert")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    with pytest.raises(UsageError, match="not supported"):
        get_encoder(f"hf:{folder}", TokenEncoder).encode_texts(["soup"])


def test_cuts(tmp_path):
    folder = make_folder(tmp_path / "one", "bert")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 6}')
    one = get_encoder(f"hf:{folder}", TokenEncoder)
    assert one.most_tokens == 6
    text = "the good soup " * 30
    assert one.token_counts([text, ""]).tolist() == [92, 2]
    ids, offsets = one.token_ids([text, "", "soup"])
    assert np.diff(offsets).tolist() == [40, 2, 3]
    assert ids[39] == ids[41] == 3  # the separator survives the cut
    np.testing.assert_allclose(
        one.encode_texts([text]), one.encode_texts(["the good soup the"]), atol=1e-6
    )


def test_places_of_roberta_start_behind_the_padding(folders, tmp_path):
    assert ModelFolder(folders["roberta"]).most_tokens == 37
    config = json.loads((folders["roberta"] / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert ModelFolder(tmp_path).most_tokens == 38
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t", "n_layers": 2}))
    assert ModelFolder(tmp_path).most_tokens == 512


def test_empty_texts_and_none_at_all(bert):
    vectors = bert.encode_texts(["", " ", "soup"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert np.diff(bert.encode_tokens(["", "soup"], 4).offsets).tolist() == [2, 3]
    assert bert.encode_texts([]).shape == (0, 16)
    nothing = bert.encode_tokens([], 4)
    assert nothing.vectors.shape == (0, 16)
    assert nothing.ids.dtype == np.int64
    assert nothing.offsets.tolist() == [0]
    assert bert.token_counts([]).dtype == np.int64


def test_lone_surrogates_are_no_reason_to_stop(bert):
    assert bert.token_counts(["\ud83c soup"]).tolist() == [4]
    assert bert.encode_texts(["\ud83c soup"]).shape == (1, 16)


def test_bf16_is_close_and_not_the_same(bert):
    exact = bert.encode_tokens(TEXTS, 4).vectors
    coarse = bert.encode_tokens(TEXTS, 4, "bf16").vectors
    assert coarse.dtype == np.float32
    apart = 1 - (exact * coarse).sum(axis=1)
    assert 1e-7 < apart.max() < 5e-2
    np.testing.assert_allclose(np.linalg.norm(coarse, axis=1), 1, atol=1e-5)


def test_layers_that_are_not_there(bert):
    for layer in (0, 5, -1):
        with pytest.raises(UsageError, match="layers 1 to 4, and"):
            bert.encode_tokens(["soup"], layer)


def test_default_layers(tmp_path, folders):
    assert get_encoder(f"hf:{folders['bert']}", TokenEncoder).default_layer == 4
    folder = make_folder(tmp_path / "distilroberta-base", "roberta")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 6}))
    assert get_encoder(f"hf:{folder}", TokenEncoder).default_layer == 5


def test_what_is_written_about_itself(folders, bert):
    sha = hashlib.sha256((folders["bert"] / "model.safetensors").read_bytes()).hexdigest()
    assert bert.identity == f"hf:tiny-bert@{sha[:8]}"
    assert f"|weights:{sha}|" in bert.signature
    assert str(folders["bert"].parent) not in bert.signature


def test_the_signature_knows_the_files_beside_the_weights(tmp_path):
    folder = make_folder(tmp_path / "one", "bert")
    before = get_encoder(f"hf:{folder}", TokenEncoder)
    signature, identity = before.signature, before.identity
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 6}')
    after = get_encoder(f"hf:{folder}", TokenEncoder)
    assert after.signature != signature
    assert after.identity == identity


def test_weights_in_several_files(tmp_path, folders, bert):
    model = transformers.AutoModel.from_pretrained(folders["bert"])
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folders["bert"] / name).read_bytes())
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 1
    one = get_encoder(f"hf:{tmp_path}", TokenEncoder)
    np.testing.assert_allclose(one.encode_texts(TEXTS), bert.encode_texts(TEXTS), atol=1e-6)
    shards[0].write_bytes(shards[0].read_bytes() + b"x")
    assert get_encoder(f"hf:{tmp_path}", TokenEncoder).identity != one.identity


def test_global_state_is_left_alone(folders):
    before, level = torch.get_rng_state(), transformers.utils.logging.get_verbosity()
    get_encoder(f"hf:{folders['electra']}", TokenEncoder).encode_texts(["soup"])
    assert torch.equal(before, torch.get_rng_state())
    assert transformers.utils.logging.get_verbosity() == level


def test_threads_do_not_mix_up_counts_and_cuts(bert):
    text, wrong = "soup " * 90, []

    def count():
        wrong.extend(n for _ in range(100) if (n := bert.token_counts([text])[0]) != 92)

    def cut():
        wrong.extend(n for _ in range(100) if (n := len(bert.token_ids([text])[0])) != 40)

    threads = [threading.Thread(target=one) for one in (count, cut, count, cut)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


@pytest.mark.parametrize("argument", ["", "a/b/c", "#main", "roberta-large#", "no such/name"])
def test_arguments_that_cannot_work(argument):
    with pytest.raises(UsageError, match="cannot read the encoder"):
        get_encoder(f"hf:{argument}", TokenEncoder)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file(tmp_path, missing):
    folder = make_folder(tmp_path / "one", "bert")
    (folder / missing).unlink()
    with pytest.raises(UsageError, match=missing.replace(".", r"\.")):
        get_encoder(f"hf:{folder}", TokenEncoder)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.safetensors", b"x" * 300, "cannot be loaded"),
        ("model.safetensors", b"", "cannot be loaded"),
        ("tokenizer.json", b"{", "not a tokeniser"),
        ("config.json", b"{", r"config\.json: cannot be read as JSON"),
        ("config.json", b'{"is_encoder_decoder": true}', "encoder and decoder"),
    ],
)
def test_a_damaged_folder(tmp_path, name, content, words):
    folder = make_folder(tmp_path / "one", "bert")
    (folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=words):
        get_encoder(f"hf:{folder}", TokenEncoder).encode_texts(["soup"])


def test_weights_of_another_model(tmp_path, folders):
    folder = make_folder(tmp_path / "one", "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 32}))
    with pytest.raises(UsageError, match="cannot be loaded"):
        get_encoder(f"hf:{folder}", TokenEncoder).encode_texts(["soup"])


def test_a_name_of_a_hub(folders, monkeypatch, tmp_path):
    """A hub that is a folder here; the revision is passed on and the commit recorded."""
    import huggingface_hub

    commit = tmp_path / "0123abcd"
    make_folder(commit, "bert")
    asked = []

    def give(repo, *, revision, **options):
        asked.append((repo, revision))
        return str(commit)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", give)
    one = get_encoder("hf:someone/bert-base-uncased#v2", TokenEncoder)
    assert asked == [("someone/bert-base-uncased", "v2")]
    assert one.identity.startswith("hf:someone/bert-base-uncased@")
    assert "|revision:0123abcd|" in one.signature
    assert one.default_layer == 4  # the model has fewer layers than its namesake
    assert one.encode_texts(["soup"]).shape == (1, 16)


def test_without_a_network_the_message_says_which_files_to_bring(monkeypatch):
    import huggingface_hub

    def refuse(repo, **options):
        raise huggingface_hub.errors.LocalEntryNotFoundError("Got: ConnectError. Check it.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(MissingDependencyError) as caught:
        get_encoder("hf:roberta-large", TokenEncoder)
    message = str(caught.value)
    for part in ("hf:roberta-large", "ConnectError", "model.safetensors", "hf:FOLDER"):
        assert part in message


def test_a_repository_without_safetensors(monkeypatch, tmp_path):
    import huggingface_hub

    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **_: str(tmp_path))
    with pytest.raises(UsageError, match=r"has no model\.safetensors"):
        get_encoder("hf:some/old-model", TokenEncoder)
