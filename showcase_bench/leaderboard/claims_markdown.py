"""Tested claims as Markdown."""

from __future__ import annotations

from showcase_bench.formatting import escape
from showcase_bench.leaderboard.claims import ClaimReport, Finding

__all__ = ["claims_markdown"]

_HEAD = "| comparison | metric | Δ | 95 % interval | verdict |"


def claims_markdown(report: ClaimReport) -> str:
    """One table a claim, and what the numbers mean below."""
    identity = report.identity
    lines = [
        f"# Claims tested on {escape(identity.task)}",
        "",
        f"Version {identity.task_version}, {escape(identity.split)} split, {report.n} examples.",
        "",
    ]
    for claim, findings in report.claims:
        lines += [
            f"## {escape(claim.title)}",
            "",
            f"Source: {escape(claim.source)}",
            "",
        ]
        lines += [_HEAD, "|---|---|---|---|---|"]
        lines += [_row(one) for one in findings]
        lines.append("")
        if claim.remark:
            lines += [escape(claim.remark), ""]
    seeds = sorted({one.seeds for _, findings in report.claims for one in findings})
    lines.append(
        "Δ is the paired difference of the first system minus the second. Its interval comes from "
        "each example's influence (delta method), clustered by user and by business"
        + (", with the variance between seeds added. " if seeds[-1] > 1 else ". ")
        + "Confirmed: the whole interval is on the claimed side; refuted: the whole interval is on "
        "the other; undecided: neither. Each comparison is tested by itself, at 5 %."
    )
    if seeds[0] == 1:
        lines.append("\nOne seed a system: training variance is not assessed.")
    return "\n".join(lines) + "\n"


def _row(one: Finding) -> str:
    arrow = "↓" if one.higher_is_better is False else "↑"
    span = "–" if one.low is None or one.high is None else f"{one.low:+.4f} to {one.high:+.4f}"
    sign = ">" if one.within is None else f"not worse by more than {one.within:g} than"
    pair = f"{escape(one.better)} {sign} {escape(one.than)}"
    return f"| {pair} | {escape(one.metric)} {arrow} | {one.delta:+.4f} | {span} | {one.verdict} |"
