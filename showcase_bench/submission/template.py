"""A submission to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showcase_bench.errors import UsageError
from showcase_bench.evaluate.runs.content import write_atomically
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission.card import task_facts, template_card
from showcase_bench.types import Showcase

if TYPE_CHECKING:
    from showcase_bench.evaluate.task.workspace import Workspace

__all__ = ["write_template"]


def write_template(workspace: Workspace, folder: Path) -> tuple[Path, Path]:
    """Write ``predictions.jsonl`` (every id, no image, the empty text) and ``predictions.toml``.

    Raises
    ------
    UsageError
        One of them is there already; nothing is written then.
    StoreError
        They cannot be written.
    """
    predictions, card = folder / "predictions.jsonl", folder / "predictions.toml"
    for path in (predictions, card):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is there already; name another --out, or remove it")
    blank = (Showcase(query.id, (), "") for query in workspace.queries)
    write_atomically(predictions, dump_predictions(blank))
    write_atomically(card, template_card(task_facts(workspace)).encode())
    return predictions, card
