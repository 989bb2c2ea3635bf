"""Boards: a pure function of stored runs, rendered as JSON, Markdown and HTML."""

from __future__ import annotations

from showcase_bench.leaderboard.board import Board, build_board
from showcase_bench.leaderboard.markdown import board_markdown

__all__ = ["Board", "board_markdown", "build_board"]
