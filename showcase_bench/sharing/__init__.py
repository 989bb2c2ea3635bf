"""Shared tasks with hidden references: what participants get, what organizers keep, and scoring.

A task is exported as two folders. The *public half* is a data set like any other, in which the
scored rows have no text, no photos and no rating, and whose pools are listed apart from the rows;
every id in it is made with a secret salt. The *private half* is the same data with its original
ids, the gold, and the salt. All of the harness works on the public half, scoring excepted.
"""

from __future__ import annotations

from showcase_bench.sharing.export import ExportReport, export_task, reuse_salt
from showcase_bench.sharing.halves import private_task, public_task, read_private, read_public
from showcase_bench.sharing.score import PrivateScores, score_private
from showcase_bench.sharing.settings import ExportOptions

__all__ = [
    "ExportOptions",
    "ExportReport",
    "PrivateScores",
    "export_task",
    "private_task",
    "public_task",
    "read_private",
    "read_public",
    "reuse_salt",
    "score_private",
]
