// Forest plots: systems with their intervals, and differences to one of them.
(function (site) {
  "use strict";

  const { dot, line, linear, picture, text, ticks } = site.scale;
  const { plain, svg } = site.dom;
  const LABEL = 210;
  const PLOT = 500;
  const ROW = 30;
  const TOP = 10;

  function shorten(words) {
    const clean = plain(words);
    return clean.length > 28 ? `${clean.slice(0, 27)}…` : clean;
  }

  // `rows` are {label, value, bars: [{half, low, high, kind}], kind}; `zero` draws a line at 0.
  function forest(label, rows, { zero = false, band = null } = {}) {
    const ends = rows.flatMap((row) => [row.value, ...row.bars.flatMap((bar) => [bar.low, bar.high])]);
    if (zero) ends.push(0);
    if (band) ends.push(...band);
    const marks = ticks(Math.min(...ends), Math.max(...ends));
    const low = Math.min(...ends, marks[0]);
    const high = Math.max(...ends, marks[marks.length - 1]);
    const x = linear(low, high, LABEL, LABEL + PLOT);
    const bottom = TOP + ROW * rows.length;
    const parts = [];
    if (band) {
      parts.push(svg("rect", {
        x: x(band[0]), y: TOP, width: Math.max(x(band[1]) - x(band[0]), 1), height: bottom - TOP,
        class: "band",
      }));
    }
    for (const mark of marks) {
      parts.push(line(x(mark), TOP, x(mark), bottom, zero && mark === 0 ? "zero" : "grid"),
        text(x(mark), bottom + 18, String(mark).replace("-", "−"), "tick"));
    }
    rows.forEach((row, at) => {
      const y = TOP + ROW * (at + 0.5);
      parts.push(text(LABEL - 14, y + 4, shorten(row.label), "label"));
      for (const bar of row.bars) parts.push(line(x(bar.low), y, x(bar.high), y, `whisker ${bar.kind}`));
      parts.push(dot(x(row.value), y, `mark ${row.kind}`, 5));
    });
    return site.dom.el("div", { class: "plot-box", tabindex: "0", role: "group", "aria-label": plain(label) },
      picture(LABEL + PLOT + 24, bottom + 28, label, parts));
  }

  site.forest = { forest };
})((globalThis.showcaseSite ??= {}));
