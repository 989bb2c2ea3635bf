// The pairwise matrix: row minus column, and whether the data tell the two apart.
(function (site) {
  "use strict";

  const { el, plain, said, scroll, unseen } = site.dom;
  const { probability, signed } = site.format;

  function cell(metric, pair, decimals, names) {
    if (!pair) return el("td", {}, "–");
    const side = site.statistics.favours(metric, pair);
    const kind = side > 0 ? "ahead" : side < 0 ? "behind" : "even";
    const sign = side > 0 ? "▲" : side < 0 ? "▼" : "";
    const words = side > 0 ? "ahead" : side < 0 ? "behind" : "not told apart";
    return el("td", {
      class: kind,
      title: `${names.join(" minus ")}: ${signed(pair.delta, decimals)}, adjusted p ${probability(pair.adjusted)}`,
    },
    el("span", { "aria-hidden": "true" }, sign, sign ? " " : ""), signed(pair.delta, decimals),
    el("span", { class: "p" }, `p ${probability(pair.adjusted)}`), unseen(`, ${words}`));
  }

  function matrix(info, metric, systems, pairs, decimals) {
    const label = (at) => info.systems[at].label;
    const table = el("table", { class: "matrix" },
      el("thead", {}, el("tr", {}, el("td", {}),
        systems.map((at) => el("th", { scope: "col" }, said(label(at)))))),
      el("tbody", {}, systems.map((a) => el("tr", {},
        el("th", { scope: "row" }, said(label(a))),
        systems.map((b) => (a === b
          ? el("td", { class: "self" }, unseen("itself"))
          : cell(info.metrics[metric], pairs.of(a, b), decimals, [plain(label(a)), plain(label(b))])))))));
    return scroll("Pairwise matrix", table);
  }

  site.matrix = { matrix };
})((globalThis.showcaseSite ??= {}));
