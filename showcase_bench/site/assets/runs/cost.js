// What systems cost: a table of all of them that sorts.
(function (site) {
  "use strict";

  const { announce, el, replace, scroll } = site.dom;
  const { number } = site.format;
  const COLUMNS = [
    ["parameters", "parameters"], ["fit_seconds", "fit, s"], ["predict_seconds", "predict, s"],
    ["examples_per_second", "examples / s"], ["latency_p50_ms", "latency, ms"],
    ["latency_p95_ms", "95 % latency, ms"], ["peak_rss_mib", "memory, MiB"],
  ];

  // The mean over seeds; null where no run recorded it.
  function mean(runs, name) {
    const known = runs.map((one) => one[name]).filter((value) => typeof value === "number");
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  }

  function table(info, costs) {
    const place = el("div", {});
    const rows = costs.map((runs, system) =>
      ({ system, values: COLUMNS.map(([name]) => mean(runs, name)) }));
    let sort = { at: null, down: true };

    function draw() {
      const order = [...rows];
      if (sort.at !== null) {
        const sign = sort.down ? -1 : 1;
        order.sort((a, b) => {
          const [x, y] = [a.values[sort.at], b.values[sort.at]];
          return Number(x === null) - Number(y === null) || sign * (x - y) || a.system - b.system;
        });
      }
      replace(place, scroll("Costs", el("table", { class: "board" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "System"),
          COLUMNS.map(([, words], at) => el("th", {
            scope: "col", class: "number",
            "aria-sort": sort.at === at ? (sort.down ? "descending" : "ascending") : null,
          }, el("button", {
            type: "button", class: "sort", "data-column": at,
            onclick() {
              sort = { at, down: sort.at === at ? !sort.down : true };
              draw();
              place.querySelector(`[data-column="${at}"]`).focus();
              announce(`sorted by ${words}`);
            },
          }, words, el("span", { class: "sign", "aria-hidden": "true" },
            sort.at === at ? (sort.down ? "▼" : "▲") : "")))))),
        el("tbody", {}, order.map((row) => el("tr", {},
          el("th", { scope: "row", class: "name" }, site.system.name(info, row.system)),
          row.values.map((value) => el("td", { class: "number" }, number(value)))))))));
    }

    draw();
    return place;
  }

  site.cost = { COLUMNS, table };
})((globalThis.showcaseSite ??= {}));
