"""The embedded world at any size: written as a stream, its photos drawn when asked for.

A folder made here holds

- ``data.json``: the GEST-shaped rows, canonical JSON, one row a line;
- ``world.json``: seed, sizes, knobs, versions and counts;
- ``photos.idx`` and ``places.idx``: what each photo shows and the style of each place, from which
  photos are drawn; neither says who took a photo;
- ``truth/``: what is planted, for instruments and never for models;
- ``manifest.json``: size and SHA-256 of all of these.

Names are loaded on first use, so that opening the photos does not import the writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.datasets.synth.division import SCALES, scaled, towns
    from showcase_bench.datasets.synth.levels import truth_levels
    from showcase_bench.datasets.synth.photos import SynthImages, synth_images_beside
    from showcase_bench.datasets.synth.planted import PlantedRow, PlantedSubject, read_truth
    from showcase_bench.datasets.synth.write import SynthReport, synth

__all__ = [
    "SCALES",
    "PlantedRow",
    "PlantedSubject",
    "SynthImages",
    "SynthReport",
    "read_truth",
    "scaled",
    "synth",
    "synth_images_beside",
    "towns",
    "truth_levels",
]

_HOME = {
    "SCALES": "division",
    "PlantedRow": "planted",
    "PlantedSubject": "planted",
    "SynthImages": "photos",
    "SynthReport": "write",
    "read_truth": "planted",
    "scaled": "division",
    "synth": "write",
    "synth_images_beside": "photos",
    "towns": "division",
    "truth_levels": "levels",
}

__getattr__, __dir__ = lazy_exports(__name__, _HOME)
