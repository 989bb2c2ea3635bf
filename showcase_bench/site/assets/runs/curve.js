// The learning curve of a fit: losses of training and validation by epoch.
(function (site) {
  "use strict";

  const { dot, line, linear, nice, picture, room, text, ticks } = site.scale;
  const { el, plain, svg } = site.dom;
  const MOST_WIDTH = 820;
  const NARROW = 370;
  const HEIGHT = 300;
  const LEFT = 62;
  const BOTTOM = HEIGHT - 44;
  const NAMES = { train: "training", val: "validation" };

  // Points [epoch, loss] of a split: where steps are known, epochs are divided by them.
  function points(part) {
    const { epoch, step, loss } = part.columns;
    if (!epoch || !loss) return [];
    const ends = new Map();
    epoch.forEach((at, i) => {
      if (at !== null && step?.[i] !== null && step?.[i] !== undefined) {
        ends.set(at, Math.max(ends.get(at) ?? 0, step[i]));
      }
    });
    return epoch.map((at, i) => {
      if (at === null || loss[i] === null) return null;
      const end = ends.get(at);
      const start = ends.get(at - 1) ?? 0;
      const share = end > start && step ? Math.min(Math.max((step[i] - start) / (end - start), 0), 1) : 1;
      return [at - 1 + share, loss[i]];
    }).filter(Boolean);
  }

  function kind(split) {
    return split in NAMES ? split : "other";
  }

  // One of several curves is narrower, so that they stand side by side.
  function curve(label, parts, alone) {
    const width = room(alone ? MOST_WIDTH : NARROW);
    const series = Object.entries(parts).map(([split, part]) => [split, points(part)])
      .filter(([, found]) => found.length);
    if (!series.length) return null;
    const all = series.flatMap(([, found]) => found);
    const losses = all.map(([, loss]) => loss);
    const last = Math.max(...all.map(([at]) => at));
    const { low, high, marks: steps } = nice(Math.min(...losses), Math.max(...losses), 5);
    const x = linear(0, last || 1, LEFT, width - 20);
    const y = linear(low, high, BOTTOM, 16);
    const drawn = [];
    for (const mark of steps) {
      drawn.push(line(LEFT, y(mark), width - 20, y(mark), "grid"),
        text(LEFT - 8, y(mark) + 4, String(mark).replace("-", "−"), "tick left"));
    }
    for (const mark of ticks(0, last, width < 500 ? 5 : 10).filter(Number.isInteger)) {
      drawn.push(text(x(mark), BOTTOM + 18, String(mark), "tick"));
    }
    drawn.push(text((LEFT + width) / 2, HEIGHT - 6, "epoch", "tick"));
    const val = series.find(([split]) => split === "val")?.[1];
    if (val) {
      const best = val.reduce((least, one) => (one[1] < least[1] ? one : least));
      drawn.push(line(x(best[0]), 16, x(best[0]), BOTTOM, "best"));
    }
    for (const [split, found] of series) {
      const path = found.map(([at, loss], i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(loss).toFixed(1)}`);
      drawn.push(svg("path", { d: path.join(""), class: `curve ${kind(split)}` }));
      if (found.length <= 40) {
        drawn.push(...found.map(([at, loss]) => dot(x(at), y(loss), `point ${kind(split)}`, 3)));
      }
    }
    return el("figure", { class: "curve-figure" },
      el("div", { class: "plot-box", tabindex: "0", role: "group", "aria-label": plain(label) },
        picture(width, HEIGHT, label, drawn)),
      el("figcaption", {}, series.map(([split, found]) => el("span", { class: `key ${kind(split)}` },
        `${NAMES[split] || plain(split)}, last ${site.format.number(found[found.length - 1][1])}`)),
      val ? el("span", { class: "soft" }, "dashed: lowest validation loss") : null));
  }

  // The losses by epoch as numbers: the last point of each.
  function table(parts) {
    const series = Object.entries(parts).filter(([, part]) => part.columns.epoch && part.columns.loss);
    const byEpoch = new Map();
    for (const [split, part] of series) {
      part.columns.epoch.forEach((at, i) => {
        if (at === null) return;
        if (!byEpoch.has(at)) byEpoch.set(at, {});
        byEpoch.get(at)[split] = part.columns.loss[i];
      });
    }
    return el("details", {}, el("summary", {}, "Losses as a table"),
      site.dom.scroll("Losses by epoch", el("table", {},
        el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "number" }, "epoch"),
          series.map(([split]) => el("th", { scope: "col", class: "number" }, NAMES[split] || plain(split))))),
        el("tbody", {}, [...byEpoch].sort((a, b) => a[0] - b[0]).map(([at, found]) => el("tr", {},
          el("th", { scope: "row", class: "number" }, String(at)),
          series.map(([split]) => el("td", { class: "number" }, site.format.number(found[split])))))))));
  }

  site.curve = { curve, table };
})((globalThis.showcaseSite ??= {}));
