// Forest plots: systems with their intervals, and differences to one of them.
(function (site) {
  "use strict";

  const { dot, line, linear, nice, picture, room, text } = site.scale;
  const { plain, svg } = site.dom;
  const WIDTH = 820;
  const ROW = 30;
  const TOP = 10;

  // A label that fits into so many pixels.
  function shorten(words, width) {
    const clean = plain(words);
    const most = Math.floor(width / 7.4);
    return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
  }

  // `rows` are {label, value, bars: [{half, low, high, kind}], kind}; `zero` draws a line at 0.
  function forest(label, rows, { zero = false, band = null } = {}) {
    const ends = rows.flatMap((row) => [row.value, ...row.bars.flatMap((bar) => [bar.low, bar.high])]);
    if (zero) ends.push(0);
    if (band) ends.push(...band);
    const width = room(WIDTH);
    const start = Math.min(210, Math.round(width * 0.34));
    const end = width - 24;
    const { low, high, marks } = nice(Math.min(...ends), Math.max(...ends), width < 500 ? 4 : 7);
    const x = linear(low, high, start, end);
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
      parts.push(text(start - 12, y + 4, shorten(row.label, start), "label"));
      for (const bar of row.bars) parts.push(line(x(bar.low), y, x(bar.high), y, `whisker ${bar.kind}`));
      parts.push(dot(x(row.value), y, `mark ${row.kind}`, 5));
    });
    return site.dom.el("div", { class: "plot-box", tabindex: "0", role: "group", "aria-label": plain(label) },
      picture(width, bottom + 28, label, parts));
  }

  site.forest = { forest };
})((globalThis.showcaseSite ??= {}));
