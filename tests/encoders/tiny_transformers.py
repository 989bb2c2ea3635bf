"""Folders with tiny random transformers and tokenisers of their own, for tests."""

from __future__ import annotations

import json
import string

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
}
WORDS = ["soup", "good", "food", "the", "great", "place", "##s", "##ing", "very"]
SENTENCES = ["the good soup of the day", "great place, very good food", "foods and soups"] * 20


def word_pieces(folder, transformers):
    """A BERT tokeniser that knows a few words and all letters."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = string.ascii_lowercase + string.digits + string.punctuation
    vocabulary = [*special, *letters, *(f"##{one}" for one in letters), *WORDS]
    (folder / "vocab.txt").write_text("".join(f"{one}\n" for one in vocabulary))
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=40)
    tokenizer.save_pretrained(folder)
    return len(vocabulary), 0


def byte_pairs(folder, transformers):
    """A RoBERTa tokeniser trained on three sentences."""
    import tokenizers

    trained = tokenizers.ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator(SENTENCES, vocab_size=300, special_tokens=special)
    trained.save_model(str(folder))
    vocabulary = json.loads((folder / "vocab.json").read_text())
    lines = (folder / "merges.txt").read_text().splitlines()[1:]
    merges = [tuple(one.split()) for one in lines]
    made = transformers.RobertaTokenizerFast(vocab=vocabulary, merges=merges, model_max_length=37)
    made.save_pretrained(folder)
    return len(vocabulary), 1


def make_folder(folder, kind, seed=0):
    """Write config.json, tokenizer.json and model.safetensors of a model of ``kind``."""
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    pieces = byte_pairs if kind == "roberta" else word_pieces
    size, pad = pieces(folder, transformers)
    classes = {
        "bert": ("BertConfig", SIZES),
        "roberta": ("RobertaConfig", SIZES),
        "electra": ("ElectraConfig", SIZES),
        "albert": ("AlbertConfig", {**SIZES, "embedding_size": 16}),
        "deberta-v2": (
            "DebertaV2Config",
            {**SIZES, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
        ),
        "distilbert": (
            "DistilBertConfig",
            {
                "dim": 16,
                "n_layers": 4,
                "n_heads": 2,
                "hidden_dim": 24,
                "max_position_embeddings": 40,
            },
        ),
    }
    name, options = classes[kind]
    config = getattr(transformers, name)(vocab_size=size, pad_token_id=pad, **options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = transformers.AutoModel.from_config(config)
        for one in model.parameters():  # makes the places and layers matter
            if one.dim() > 1:
                torch.nn.init.normal_(one, std=0.4)
    model.save_pretrained(folder)
    return folder
