// A cell of the board: the number, and its interval drawn on a scale that the column shares.
(function (site) {
  "use strict";

  const { el, unseen } = site.dom;
  const { fixed, number } = site.format;
  const { dot, line, linear } = site.scale;
  const WIDTH = 116;
  const HEIGHT = 16;
  const EDGE = 6;

  // Domain and decimals of a column, from the systems that compete; ceilings would squeeze them.
  function column(metric, rows, at) {
    const fair = rows.filter((row) => row.rank && row.scores[at]);
    const used = (fair.length ? fair : rows.filter((row) => row.scores[at])).map(
      (row) => row.scores[at],
    );
    const ends = used.flatMap(([value, low, high]) => [low ?? value, high ?? value]);
    if (metric.levels) ends.push(metric.levels.low, metric.levels.high);
    const low = Math.min(...ends, metric.bounds[0] === 0 ? 0 : Infinity);
    const high = Math.max(...ends, metric.bounds[0] === null || metric.bounds[0] < 0 ? 0 : -Infinity);
    return {
      x: linear(low, high, EDGE, WIDTH - EDGE),
      decimals: site.format.decimalsFor(used.map(([, l, h]) => (h ?? 0) - (l ?? 0)).map((w) => w / 2)),
    };
  }

  function strip(metric, scale, score, role) {
    const [value, low, high] = score;
    const clip = (one) => Math.min(Math.max(scale.x(one), 1), WIDTH - 1);
    const parts = [];
    const middle = HEIGHT / 2;
    if (metric.levels) {
      const left = clip(metric.levels.low);
      const width = Math.max(clip(metric.levels.high) - left, 1);
      parts.push(site.dom.svg("rect", { x: left, y: 0, width, height: HEIGHT, class: "band" }));
    }
    if (low !== null && high !== null) {
      parts.push(line(clip(low), middle, clip(high), middle, "whisker"));
    }
    const place = scale.x(value);
    if (place > WIDTH) {
      parts.push(site.dom.svg("path", { d: `M${WIDTH - 6} 4l5 4l-5 4z`, class: `mark ${role}` }));
    } else if (place < 0) {
      parts.push(site.dom.svg("path", { d: "M6 4l-5 4l5 4z", class: `mark ${role}` }));
    } else {
      parts.push(dot(place, middle, `mark ${role}`, 3.5));
    }
    return site.dom.svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, class: "strip",
      "aria-hidden": "true", focusable: "false",
    }, parts);
  }

  function told(metric, score) {
    const [, low, high, scored, unscored, placed] = score;
    const words = [];
    if (low !== null) words.push(`95 % interval ${number(low)} to ${number(high)}`);
    if (placed !== null) words.push(`${Math.round(100 * placed)} % of the way from floor to ceiling`);
    words.push(`${scored} scored${unscored ? `, ${unscored} not` : ""}`);
    return words.join("; ");
  }

  // A table cell; `how` is "lines" or "numbers".
  function cell(metric, scale, score, role, how) {
    if (!score) {
      return el("td", { class: "value none" }, el("span", { "aria-hidden": "true" }, "–"),
        unseen("not attempted"));
    }
    const [value, low, high] = score;
    const words = told(metric, score);
    const shown = [el("span", { class: "figure" }, fixed(value, scale.decimals))];
    if (how === "numbers") {
      const half = low === null ? null : Math.max(high - value, value - low);
      shown.push(el("span", { class: "half", "aria-hidden": "true" },
        half === null ? "" : `±${fixed(half, scale.decimals)}`));
    } else {
      shown.push(strip(metric, scale, score, role));
    }
    return el("td", { class: `value${metric.primary ? " primary" : ""}`, title: words },
      el("div", { class: "pair" }, shown), unseen(`; ${words}`));
  }

  site.cells = { cell, column };
})((globalThis.showcaseSite ??= {}));
