// The examples in which the chosen systems differ most.
(function (site) {
  "use strict";

  const { el, said, scroll, unseen } = site.dom;
  const { number } = site.format;
  const MOST = 30;

  function ranked(columns) {
    const spread = [];
    for (let at = 0; at < columns[0].length; at += 1) {
      const known = columns.map((column) => column[at]).filter((value) => typeof value === "number");
      if (known.length > 1) spread.push([Math.max(...known) - Math.min(...known), at]);
    }
    const apart = spread.filter(([gap]) => gap > 0);
    return { found: apart.sort((a, b) => b[0] - a[0] || a[1] - b[1]), of: spread.length };
  }

  function summary(info, systems, columns, metric) {
    if (systems.length !== 2 || info.metrics[metric].up === null) return null;
    const [a, b] = columns;
    const sign = info.metrics[metric].up ? 1 : -1;
    const count = { more: 0, less: 0, even: 0 };
    for (let at = 0; at < a.length; at += 1) {
      if (typeof a[at] !== "number" || typeof b[at] !== "number") continue;
      const gap = sign * (a[at] - b[at]);
      count[gap > 0 ? "more" : gap < 0 ? "less" : "even"] += 1;
    }
    const name = (at) => said(info.systems[at].label);
    return el("p", {}, name(systems[0]), ` is better in ${site.format.count(count.more)} examples, `,
      name(systems[1]), ` in ${site.format.count(count.less)}, and they score alike in ${site.format.count(count.even)}.`);
  }

  async function differ(info, metric, systems) {
    const every = await Promise.all(systems.map((at) => site.store.column(info, at, metric)));
    const kept = systems.filter((_, place) => every[place]);
    const columns = every.filter(Boolean);
    if (columns.length < 2) {
      const whole = info.metrics[metric].kind === "set"
        ? "This is a metric of the whole set of outputs: single examples have no score."
        : "Fewer than two of these systems have scores on this metric.";
      return el("p", { class: "remark" }, whole);
    }
    const { found, of } = ranked(columns);
    const rows = await Promise.all(found.slice(0, MOST).map(async ([gap, at]) => {
      const { id, snippet } = await site.store.listed(info, at);
      const address = site.state.link("examples", { example: id, systems: site.system.labels(info, kept) });
      return el("tr", {},
        el("th", { scope: "row", class: "wide" },
          el("a", { href: address }, snippet ? said(snippet) : el("em", {}, "no text"))),
        columns.map((column) => el("td", { class: "number" },
          column[at] === null ? unseen("not counted") : number(column[at]))),
        el("td", { class: "number" }, number(gap)));
    }));
    return el("div", {},
      summary(info, kept, columns, metric),
      el("p", { class: "soft" }, `They differ in ${site.format.count(found.length)} of ${site.format.count(of)} examples.`
        + (info.metrics[metric].kind === "corpus" ? " Scores are those of each example's own statistics, which do not average to the corpus score." : "")),
      rows.length ? scroll("Examples where they differ most", el("table", { class: "differ" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "what the user wrote"),
          kept.map((at) => el("th", { scope: "col", class: "number" }, said(info.systems[at].label))),
          el("th", { scope: "col", class: "number" }, "apart by"))),
        el("tbody", {}, rows))) : null);
  }

  site.differ = { differ };
})((globalThis.showcaseSite ??= {}));
