"""``python -m showcase_bench`` is the command line."""

from __future__ import annotations

from showcase_bench.cli.main import main

main()
