// The page that compares systems.
(function (site) {
  "use strict";

  const { el, plain, replace, said, scroll, unseen } = site.dom;
  const { fixed, probability, signed } = site.format;
  const { state } = site;
  const MOST = 60;
  let root;
  let info;
  let board;
  let turn = 0;

  function chosen() {
    const named = site.system.byLabel(info, state.list("systems"));
    return (named.length ? named : info.defaults.slice(0, 4)).slice(0, MOST);
  }

  // The metric asked for; else the primary one that most of the chosen systems differ in.
  function metricOf(systems) {
    const asked = site.system.metricByName(info, state.get("metric"));
    if (asked !== null) return asked;
    const primary = info.metrics.map((_, at) => at).filter((at) => info.metrics[at].primary);
    const number = (at) => {
      const known = site.statistics.values(board, info, at);
      const values = systems.map((one) => known.get(one)?.[0]).filter((value) => value !== undefined);
      return new Set(values).size;
    };
    return primary.sort((a, b) => number(b) - number(a) || a - b)[0];
  }

  function change(values) {
    state.set(values);
    draw();
  }

  function controls(systems, metric, against) {
    const metrics = el("select", {
      id: "metric", onchange: (event) => change({ metric: info.metrics[event.target.value].name }),
    }, info.metrics.map((one, at) => el("option", { value: at }, plain(one.name))));
    metrics.value = String(metric);
    const base = el("select", {
      id: "against", onchange: (event) => change({ against: info.systems[event.target.value].label }),
    }, systems.map((at) => el("option", { value: at }, plain(info.systems[at].label))));
    base.value = String(against);
    return el("form", { class: "controls", "aria-label": "Comparison", onsubmit: (e) => e.preventDefault() },
      site.picker.picker(info, systems, (numbers) => {
        change({ systems: site.system.labels(info, numbers) });
        document.getElementById("add-system")?.focus();
      }),
      el("label", { class: "field" }, el("span", {}, "Metric"), metrics),
      el("label", { class: "field" }, el("span", {}, "Differences to"), base));
  }

  function ownPlot(metric, systems, values) {
    const rows = systems.filter((at) => values.get(at)).map((at) => {
      const [value, low, high] = values.get(at);
      return {
        label: info.systems[at].label, value, kind: info.systems[at].role,
        bars: low === null ? [] : [{ low, high, kind: "own" }],
      };
    });
    if (!rows.length) return el("p", { class: "remark" }, "None of these systems attempts this part.");
    const levels = info.metrics[metric].levels;
    return site.forest.forest(`${info.metrics[metric].name} of each system with 95 % intervals`, rows,
      { band: levels ? [levels.low, levels.high] : null });
  }

  function differencePlot(metric, systems, against, pairs) {
    const rows = systems.filter((at) => at !== against).map((at) => [at, pairs.of(at, against)])
      .filter(([, pair]) => pair).map(([at, pair]) => {
        const bar = (half, kind) => (half === null ? []
          : [{ low: pair.delta - half, high: pair.delta + half, kind }]);
        return {
          label: info.systems[at].label, value: pair.delta, kind: info.systems[at].role,
          bars: [...bar(pair.halfAll, "all"), ...bar(pair.half, "own")],
        };
      });
    if (!rows.length) return null;
    const name = plain(info.systems[against].label);
    return site.forest.forest(`Differences of ${info.metrics[metric].name} to ${name}`, rows, { zero: true });
  }

  function table(metric, systems, against, pairs, decimals) {
    const rows = systems.filter((at) => at !== against).map((at) => [at, pairs.of(at, against)])
      .filter(([, pair]) => pair);
    const range = (pair, half) => (half === null ? "–"
      : `${signed(pair.delta - half, decimals)} to ${signed(pair.delta + half, decimals)}`);
    return scroll("Differences", el("table", {},
      el("thead", {}, el("tr", {},
        ["system", "difference", "95 % interval", "interval for all pairs", "p", "adjusted p", "detectable", "test"]
          .map((word, at) => el("th", { scope: "col", class: at && at < 7 ? "number" : null }, word)))),
      el("tbody", {}, rows.map(([at, pair]) => el("tr", {},
        el("th", { scope: "row" }, said(info.systems[at].label)),
        el("td", { class: "number" }, signed(pair.delta, decimals)),
        el("td", { class: "number" }, range(pair, pair.half)),
        el("td", { class: "number" }, range(pair, pair.halfAll)),
        el("td", { class: "number" }, probability(pair.p)),
        el("td", { class: "number" }, probability(pair.adjusted)),
        el("td", { class: "number" }, pair.detectable === null ? "–" : fixed(pair.detectable, decimals)),
        el("td", { class: "set" }, pair.test))))));
  }

  function verdict(metric, systems, pairs) {
    if (systems.length !== 2) return null;
    const [a, b] = systems;
    const pair = pairs.of(a, b);
    if (!pair) return null;
    const side = site.statistics.favours(info.metrics[metric], pair);
    const name = (at) => said(info.systems[at].label);
    const on = ` on ${info.metrics[metric].name} (adjusted p ${probability(pair.adjusted)}).`;
    if (!side) return el("p", { class: "lead verdict" }, "The data do not tell ", name(a), " and ", name(b), ` apart${on}`);
    return side > 0
      ? el("p", { class: "lead verdict" }, name(a), " is ahead of ", name(b), on)
      : el("p", { class: "lead verdict" }, name(b), " is ahead of ", name(a), on);
  }

  function pairParts(metric, systems, against, pairs, values) {
    if (!info.pairs.offered) {
      return el("p", { class: "remark" }, `Differences of pairs are computed beforehand for up to ${info.pairs.most} `
        + `systems, and here are ${site.format.count(info.systems.length)}: `, el("code", {}, "showcase-bench compare --systems A,B"),
      " has those that matter.");
    }
    const known = systems.filter((at) => values.get(at));
    if (known.length < 2) return null;
    const halves = known.flatMap((a) => known.map((b) => pairs.of(a, b)?.half ?? 0));
    const decimals = site.format.decimalsFor(halves);
    const down = info.metrics[metric].up === false;
    const order = [...known].sort((a, b) =>
      (down ? 1 : -1) * (values.get(a)[0] - values.get(b)[0]) || a - b);
    const base = known.includes(against) ? against : known[0];
    return [
      el("h2", {}, "Differences to ", said(info.systems[base].label)),
      el("p", { class: "soft" }, "Thick: 95 % interval of this difference alone. Thin: intervals that cover all pairs of the metric at once."),
      differencePlot(metric, known, base, pairs),
      table(metric, known, base, pairs, decimals),
      el("h2", {}, "Every pair"),
      el("p", { class: "soft" }, "Row minus column, with p adjusted for all pairs of the metric. ▲ the row is ahead, ▼ behind, no sign: the data do not tell them apart."),
      site.matrix.matrix(info, metric, order, pairs, decimals),
    ];
  }

  async function draw() {
    turn += 1;
    const mine = turn;
    const systems = chosen();
    const metric = metricOf(systems);
    const wanted = site.system.byLabel(info, [state.get("against")])[0];
    const against = systems.includes(wanted) ? wanted : systems[0];
    const [pairs, examples] = await Promise.all([
      site.statistics.pairs(info, metric), site.differ.differ(info, metric, systems)]);
    if (mine !== turn) return;
    const values = site.statistics.values(board, info, metric);
    const absent = systems.filter((at) => !values.get(at));
    const one = info.metrics[metric];
    replace(root,
      controls(systems, metric, against),
      verdict(metric, systems, pairs),
      el("h2", {}, said(one.name), ` ${site.format.arrow(one)}`, unseen(site.format.sense(one))),
      el("p", { class: "soft" }, said(one.summary), ". Lines are 95 % intervals",
        one.levels ? "; the band is what a floor without skill scores." : "."),
      ownPlot(metric, systems, values),
      absent.length ? el("p", { class: "soft" }, "Not attempted by ",
        absent.flatMap((at, place) => [place ? ", " : "", said(info.systems[at].label)]), ".") : null,
      systems.length > 1 ? pairParts(metric, systems, against, pairs, values)
        : el("p", { class: "remark" }, "Add a second system to compare."),
      el("h2", {}, "Where they differ most"), examples);
  }

  if (document.getElementById("compare")) {
    const fail = site.system.start("compare", async (node, found) => {
      root = node;
      info = found;
      board = await site.load("board");
      state.watch(() => draw().catch((error) => fail(error)));
      return draw();
    });
  }
})((globalThis.showcaseSite ??= {}));
