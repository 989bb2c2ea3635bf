"""The static site of a task: boards, comparisons and showcases that open from disk.

Pages are plain HTML with a few small scripts. Nothing is fetched: data lie beside the pages as
scripts that hand over JSON, since that is what a browser loads from ``file://``, and only the
pieces that a page shows are loaded. Pictures are SVG that these scripts draw: a forest plot, a
matrix and a curve need lines, dots and words only, print well, follow the colours of the page, and
every mark can be named to a screen reader. A charting library would be larger than everything else
here together and would have to be kept up to date.
"""

from __future__ import annotations

from showcase_bench.site.build import Site, build_site

__all__ = ["Site", "build_site"]
