// Linear scales with round ticks, and the pieces that plots are made of.
(function (site) {
  "use strict";

  const { svg } = site.dom;

  function linear(low, high, start, end) {
    const span = high - low || 1;
    const map = (value) => start + ((end - start) * (value - low)) / span;
    map.low = low;
    map.high = high;
    return map;
  }

  function ticks(low, high, most = 6) {
    const span = high - low;
    if (!(span > 0)) return [low];
    const rough = span / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((one) => one >= rough);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) {
      found.push(Number((i * step).toPrecision(12)));
    }
    return found;
  }

  // Ticks, and a domain that begins and ends with one.
  function nice(low, high, most) {
    const inner = ticks(low, high, most);
    const step = inner.length > 1 ? inner[1] - inner[0] : Math.abs(low) || 1;
    const first = Math.floor(low / step + 1e-9) * step;
    const last = Math.max(Math.ceil(high / step - 1e-9) * step, first + step);
    return { low: first, high: last, marks: ticks(first, last, Math.round((last - first) / step)) };
  }

  // Width that a plot may take: that of the page, and no more than is pleasant.
  function room(most) {
    const main = document.getElementById("main");
    const style = getComputedStyle(main);
    const inside = main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return Math.round(Math.min(Math.max(inside, 280), most));
  }

  function round(value) {
    return Math.round(value * 10) / 10;
  }

  function line(x1, y1, x2, y2, kind) {
    return svg("line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), class: kind });
  }

  function text(x, y, words, kind) {
    return svg("text", { x: round(x), y: round(y), class: kind }, words);
  }

  function dot(x, y, kind, size = 4) {
    return svg("circle", { cx: round(x), cy: round(y), r: size, class: kind });
  }

  function picture(width, height, label, parts, kind = "plot") {
    return svg("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, class: kind, role: "img",
      "aria-label": site.dom.plain(label),
    }, parts);
  }

  site.scale = { dot, line, linear, nice, picture, room, round, text, ticks };
})((globalThis.showcaseSite ??= {}));
