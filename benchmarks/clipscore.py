"""CLIPScore and RefCLIPScore against the plain computation through open_clip.

One run scores the reviews of a world of ``mini``, beside their own photos, with the formula written
straight on top of open_clip (batches of 64, texts padded to the model's length) and with
showcase-bench, twice: the second time in a new process that finds the first one's vectors on disk.
It prints the seconds and CPU seconds of each, the ratios, how many texts and photos were encoded,
the largest difference of a single score, and the peak memory:

    python benchmarks/clipscore.py [--rows 300] [--arch ViT-B-32] [--weights FILE] [--json]

Without a file of weights (safetensors) they are random, which changes neither the time nor the
formula. Seconds leave out starting Python, importing, drawing the photos and, for the plain
computation, building the model; "start" is what showcase-bench takes to find and hash the weights,
and its first scoring holds loading them. Needs the neural extra.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from _harness import measure, peak_mib, workplace
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.datasets.mini import MiniConfig, MiniImages
from showcase_bench.datasets.mini.rows import build_rows

BATCH = 64
PROMPT = "A photo depicts "


class Drawn:
    """The photos of the world, drawn before the clock starts."""

    def __init__(self, source: MiniImages, image_ids: set[str]) -> None:
        self.key = source.key
        self._pixels = {one: source.load(one) for one in sorted(image_ids)}

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels."""
        return self._pixels[image_id]


def world(rows: int) -> tuple[list[str], list[str], list[tuple[str, ...]], Drawn]:
    """Texts to score, a reference of each, and the photos shown beside it."""
    config = MiniConfig(n_train=rows, n_val=0, n_test=rows)
    reviews = build_rows(config)["test"]
    texts = [row["review_text"] for row in reviews]
    shown = [tuple(pic["id"] for pic in row["pics"]) for row in reviews]
    references = texts[1:] + texts[:1]
    return texts, references, shown, Drawn(MiniImages(config), {i for ids in shown for i in ids})


def make_weights(arch: str, path: Path) -> None:
    """Write random weights of an architecture."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file(open_clip.create_model(arch).state_dict(), path)


def plain(rows: int, arch: str, weights: str) -> dict[str, Any]:
    """The published formula, straight through open_clip."""
    import open_clip
    import torch
    from safetensors.torch import load_file

    texts, references, shown, photos = world(rows)
    model, _, transform = open_clip.create_model_and_transforms(arch)
    model.load_state_dict(load_file(weights))
    model.eval()
    tokenizer = open_clip.get_tokenizer(arch)

    def encode(items: list[Any], one: Any) -> NDArray[np.float64]:
        found = []
        with torch.no_grad():
            for start in range(0, len(items), BATCH):
                vectors = one(items[start : start + BATCH])
                found.append((vectors / vectors.norm(dim=-1, keepdim=True)).double().numpy())
        return np.concatenate(found)

    def encode_images(ids: list[str]) -> Any:
        pixels = [transform(Image.fromarray(photos.load(one))) for one in ids]
        return model.encode_image(torch.stack(pixels))

    def encode_texts(some: list[str]) -> Any:
        return model.encode_text(tokenizer([PROMPT + one for one in some]))

    started, cpu = time.perf_counter(), time.process_time()
    of_text, of_reference = (encode(some, encode_texts) for some in (texts, references))
    of_image = encode([one for ids in shown for one in ids], encode_images)
    clip, at = [], 0
    for row, ids in enumerate(shown):
        near = of_image[at : at + len(ids)] @ of_text[row]
        clip.append(float(np.mean(2.5 * np.maximum(near, 0))))
        at += len(ids)
    known = np.maximum((of_text * of_reference).sum(axis=1), 0)
    both = 2 * np.array(clip) * known / (np.array(clip) + known)
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak_mib": peak_mib(),
        "scores": [clip, both.tolist()],
    }


def own(rows: int, arch: str, weights: str, cache: str) -> dict[str, Any]:
    """The metrics of showcase-bench, with stores in a folder."""
    from showcase_bench.encoders.feature_store import FeatureStore
    from showcase_bench.encoders.names import EncoderShelf
    from showcase_bench.encoders.text_store import TextStore
    from showcase_bench.metrics import Batch
    from showcase_bench.metrics.embedding.clipscore import ClipScore
    from showcase_bench.metrics.embedding.refclipscore import RefClipScore
    from showcase_bench.metrics.text.corpus import TextCorpus
    from showcase_bench.types import NoProgress

    texts, references, shown, photos = world(rows)
    shelf = EncoderShelf()
    images = FeatureStore(photos, Path(cache), NoProgress(), shelf)
    store = TextStore(Path(cache), NoProgress(), shelf)
    known = tuple((one,) for one in references)
    ids = tuple(map(str, range(len(texts))))
    batch = Batch(
        ids, tuple(texts), known, tuple(shown), features=images.features, embeddings=store
    )
    encoder = f"open_clip:{arch}/{weights}"
    started = time.perf_counter()
    metrics = [
        one(encoder).bind(TextCorpus(known), embeddings=store) for one in (ClipScore, RefClipScore)
    ]
    ready, cpu = time.perf_counter(), time.process_time()
    values = [metric.values(batch).tolist() for metric in metrics]
    return {
        "start": ready - started,
        "seconds": time.perf_counter() - ready,
        "cpu": time.process_time() - cpu,
        "peak_mib": peak_mib(),
        "texts": store.encoded,
        "photos": images.encoded,
        "scores": values,
    }


def report(options: argparse.Namespace) -> dict[str, Any]:
    """Run all steps and compare."""
    with workplace(None) as folder:
        weights = options.weights
        if weights is None:
            weights = folder / "random.safetensors"
            make_weights(options.arch, weights)
        common = (str(options.rows), options.arch, str(weights.resolve()))
        steps = {"plain": measure(__file__, "plain", *common)}
        for step in ("first", "second"):
            steps[step] = measure(__file__, "own", *common, str(folder / "cache"))
    scores = {name: np.array(step.pop("scores")) for name, step in steps.items()}
    first, second = steps["first"], steps["second"]
    return {
        "rows": options.rows,
        **steps,
        "difference": float(np.abs(scores["plain"] - scores["first"]).max()),
        "difference_second": float(np.abs(scores["first"] - scores["second"]).max()),
        "ratio_plain": steps["plain"]["seconds"] / first["seconds"],
        "ratio_plain_cpu": steps["plain"]["cpu"] / first["cpu"],
        "ratio_second": first["seconds"] / second["seconds"],
    }


def show(result: dict[str, Any]) -> None:
    """Print the figures."""
    one = result["plain"]
    print(f"{result['rows']} reviews of mini, CLIPScore and RefCLIPScore")
    print(
        f"open_clip, plainly {one['seconds']:8.2f} s, CPU {one['cpu']:.2f} s, "
        f"peak {one['peak_mib']:.0f} MiB"
    )
    for name in ("first", "second"):
        one = result[name]
        print(
            f"ours, {name:12} {one['seconds']:8.2f} s, CPU {one['cpu']:.2f} s, and "
            f"{one['start']:.2f} s to start, "
            f"{one['texts']} texts and {one['photos']} photos encoded, "
            f"peak {one['peak_mib']:.0f} MiB"
        )
    print(
        f"first {result['ratio_plain']:.1f}x faster than the plain computation (CPU "
        f"{result['ratio_plain_cpu']:.1f}x), second "
        f"{result['ratio_second']:.0f}x faster than the first"
    )
    print(
        f"largest difference of a score {result['difference']:.1e}, between the two scorings "
        f"{result['difference_second']:.1e}"
    )


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=300, help="texts to score")
    parser.add_argument("--arch", default="ViT-B-32", help="architecture, as open_clip names it")
    parser.add_argument("--weights", type=Path, help="safetensors; random ones where left out")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        step, rows, *rest = options.child
        print(json.dumps({"plain": plain, "own": own}[step](int(rows), *rest)))
        return
    result = report(options)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
