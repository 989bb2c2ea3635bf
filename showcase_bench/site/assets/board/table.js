// One section of the board as a table that sorts.
(function (site) {
  "use strict";

  const { el, said, unseen } = site.dom;
  const MOST = 150;

  function rankText(row) {
    const [best, worst] = row.rank;
    return best === worst ? String(best) : `${best}–${worst}`;
  }

  const LETTERS = 8;
  function letters(row) {
    const short = row.letters.length > LETTERS;
    return el("span", short ? { title: row.letters } : {},
      short ? `${row.letters.slice(0, LETTERS)}…` : row.letters);
  }

  function header(info, section, asked, sort) {
    const sorter = (key, words, extra = {}, tail = null) => {
      const active = asked.sort.key === key;
      const order = active ? (asked.sort.down ? "descending" : "ascending") : null;
      return el("th", { scope: "col", "aria-sort": order, class: extra.class },
        el("button", {
          type: "button", class: "sort", title: extra.title, "data-key": key,
          onclick: () => sort(section, key),
        }, words, el("span", { class: "sign", "aria-hidden": "true" },
          active ? (asked.sort.down ? "▼" : "▲") : "")), tail);
    };
    const metrics = shown(section, asked).map(([metric]) => {
      const one = info.metrics[metric];
      return sorter(`m${metric}`,
        [said(one.name), " ", el("span", { class: "arrow", "aria-hidden": "true" }, site.format.arrow(one)),
          unseen(site.format.sense(one))],
        { class: `metric${one.primary ? " primary" : ""}`, title: site.dom.plain(one.summary) });
    });
    return el("thead", {}, el("tr", {},
      el("td", { class: "pick" }, unseen("chosen")),
      sorter("rank", "Rank", { class: "rank", title: "Best and worst rank that the data allow" }),
      el("th", { scope: "col", class: "ties" },
        el("span", { title: "Systems that share a letter cannot be told apart" }, "Ties")),
      sorter("name", "System", { class: "name" }),
      metrics));
  }

  function shown(section, asked) {
    return section.metrics.map((metric, at) => [metric, at])
      .filter(([metric]) => asked.metrics.includes(metric));
  }

  function row(info, section, one, scales, asked, choose) {
    const system = info.systems[one.system];
    const role = system.role;
    const box = el("input", {
      type: "checkbox", "data-system": one.system, "aria-label": `Choose ${site.dom.plain(system.label)}`,
      checked: asked.chosen.has(one.system),
      onchange: (event) => choose(section, one.system, event.target.checked),
    });
    return el("tr", { class: role },
      el("td", { class: "pick" }, box),
      el("td", { class: "rank" }, one.rank ? rankText(one) : unseen("no rank")),
      el("td", { class: "ties" }, letters(one)),
      el("th", { scope: "row", class: "name" }, site.system.name(info, one.system)),
      shown(section, asked).map(([metric, at]) => site.cells.cell(
        info.metrics[metric], scales.get(metric), one.scores[at], role,
        asked.numbers ? "numbers" : "lines")));
  }

  function levels(info, section, scales, asked) {
    const columns = shown(section, asked);
    if (!columns.some(([metric]) => info.metrics[metric].levels)) return null;
    const line = (name, read) => el("tr", { class: "level" },
      el("td", {}), el("td", {}), el("td", {}), el("th", { scope: "row", class: "name" }, name),
      columns.map(([metric]) => {
        const found = info.metrics[metric].levels;
        return el("td", { class: "value" }, found
          ? el("div", { class: "pair" }, el("span", { class: "figure" },
            site.format.fixed(read(found), scales.get(metric).decimals)))
          : unseen("none"));
      }));
    return el("tbody", {}, heading(columns.length, "Levels"),
      line("floor", (found) => found.expected), line("ceiling", (found) => found.best));
  }

  function heading(columns, words) {
    return el("tr", { class: "group" },
      el("th", { scope: "rowgroup", colspan: columns + 4 }, el("span", {}, words)));
  }

  function compare(info, section, key) {
    if (key === "rank") return (a, b) => section.rows.indexOf(a) - section.rows.indexOf(b);
    const label = (one) => info.systems[one.system].label;
    const byName = (a, b) => (label(a) < label(b) ? -1 : label(a) > label(b) ? 1 : 0);
    if (key === "name") return byName;
    const at = section.metrics.indexOf(Number(key.slice(1)));
    const value = (one) => one.scores[at]?.[0] ?? null;
    return (a, b) => value(a) - value(b) || byName(a, b);
  }

  // Rows in the order asked for; those without a value last, whichever way it goes.
  function ordered(info, section, rows, sort) {
    const order = compare(info, section, sort.key);
    const at = section.metrics.indexOf(Number(sort.key.slice(1)));
    const known = (one) => !sort.key.startsWith("m") || Boolean(one.scores[at]);
    return [...rows].sort((a, b) =>
      Number(known(b)) - Number(known(a)) || (sort.down ? -order(a, b) : order(a, b)));
  }

  function matches(info, one, asked) {
    const system = info.systems[one.system];
    if (system.role === "control" && one.rank && !asked.controls) return false;
    const words = [system.label, system.role, ...system.flags].join(" ").toLowerCase();
    return asked.query.toLowerCase().split(/\s+/).every((word) => words.includes(word));
  }

  // The table, and the number of systems that the filter leaves.
  function build(info, section, asked, actions) {
    const scales = new Map(section.metrics.map((metric, at) =>
      [metric, site.cells.column(info.metrics[metric], section.rows, at)]));
    const found = ordered(info, section, section.rows, asked.sort)
      .filter((one) => matches(info, one, asked));
    const inside = found.filter((one) => one.rank);
    const outside = asked.apart ? found.filter((one) => !one.rank) : [];
    const columns = shown(section, asked).length;
    const most = asked.all ? Infinity : MOST;
    const lines = (rows) => rows.slice(0, most).map((one) =>
      row(info, section, one, scales, asked, actions.choose));
    const table = el("table", { class: "board" },
      el("caption", { class: "unseen" }, `${section.title}, ranked by ${primary(info, section)}`),
      header(info, section, asked, actions.sort),
      el("tbody", {}, lines(inside)),
      outside.length
        ? el("tbody", {}, heading(columns, "Given the answer, exploiting a leak, or without a value"),
          lines(outside))
        : null,
      levels(info, section, scales, asked));
    const hidden = Math.max(inside.length - most, 0) + Math.max(outside.length - most, 0);
    const more = hidden > 0
      ? el("button", { type: "button", class: "quiet", onclick: actions.all },
        `Show ${site.format.count(hidden)} more`)
      : null;
    return { number: inside.length + outside.length, table, more };
  }

  function primary(info, section) {
    return info.metrics[section.metrics.find((at) => info.metrics[at].primary)].name;
  }

  site.table = { build, primary };
})((globalThis.showcaseSite ??= {}));
