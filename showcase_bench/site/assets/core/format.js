// Numbers as people read them.
(function (site) {
  "use strict";

  const MINUS = "−";

  function fixed(value, decimals) {
    const text = value.toFixed(decimals);
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
  }

  // Decimals at which two digits of a typical uncertainty are seen.
  function decimalsFor(halves) {
    const known = halves.filter((half) => half > 0).sort((a, b) => a - b);
    if (!known.length) return 3;
    const typical = known[Math.floor(known.length / 2)];
    return Math.min(Math.max(1 - Math.floor(Math.log10(typical)), 0), 5);
  }

  // Three significant digits, for a number that stands alone.
  function number(value) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size >= 1000) return Math.round(value).toLocaleString("en").replace("-", MINUS);
    if (size === 0 || Number.isInteger(value)) return fixed(value, 0);
    return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  function signed(value, decimals) {
    const text = fixed(value, decimals);
    return value > 0 && Number(text) !== 0 ? `+${text}` : text;
  }

  function probability(p) {
    if (p === null || p === undefined) return "–";
    return p < 0.0005 ? "<.001" : p.toFixed(3).replace(/^0/, "");
  }

  function count(value) {
    return value.toLocaleString("en");
  }

  function plural(value, one, many) {
    return `${count(value)} ${value === 1 ? one : many}`;
  }

  const SCALES = { percent: "%", seconds: "s", milliseconds: "ms", MiB: "MiB", bits: "bits" };
  function scale(name) {
    return SCALES[name] || "";
  }

  function arrow(metric) {
    return metric.up === null ? "" : metric.up ? "↑" : "↓";
  }

  function sense(metric) {
    return metric.up === null ? "" : metric.up ? "higher is better" : "lower is better";
  }

  site.format = {
    arrow, count, decimalsFor, fixed, number, plural, probability, scale, sense, signed,
  };
})((globalThis.showcaseSite ??= {}));
