// The page of the board.
(function (site) {
  "use strict";

  const { announce, el, replace, said, scroll } = site.dom;
  const { state } = site;

  // Of each section the primary metric and the first of each group, at most five.
  function defaults(info) {
    const chosen = [];
    for (const section of new Set(info.metrics.map((one) => one.section))) {
      const own = info.metrics.map((one, at) => [one, at]).filter(([one]) => one.section === section);
      const groups = new Set();
      const first = own.filter(([one]) => one.primary).map(([one, at]) => {
        groups.add(one.group);
        return at;
      });
      for (const [one, at] of own) {
        if (!groups.has(one.group) && first.length < 5) first.push(at);
        groups.add(one.group);
      }
      chosen.push(...first);
    }
    return chosen.sort((a, b) => a - b);
  }

  function read(info) {
    const names = state.list("metrics");
    const known = names.map((name) => site.system.metricByName(info, name)).filter((at) => at !== null);
    return {
      all: false,
      apart: state.get("apart") !== "no",
      chosen: new Set(site.system.byLabel(info, state.list("systems"))),
      controls: state.get("controls") !== "no",
      metrics: known.length ? known : defaults(info),
      numbers: state.get("numbers") === "yes",
      query: state.get("q"),
    };
  }

  function sortOf(info, section) {
    const words = state.get(`sort.${section.name}`);
    const key = words.slice(0, words.lastIndexOf(" "));
    const down = words.endsWith(" down");
    const at = key ? site.system.metricByName(info, key) : null;
    if (key === "name" || key === "rank") return { key, down };
    if (at !== null && section.metrics.includes(at)) return { key: `m${at}`, down };
    return { key: "rank", down: false };
  }

  function write(info, asked) {
    const usual = defaults(info).join() === asked.metrics.join();
    state.set({
      apart: asked.apart ? null : "no",
      controls: asked.controls ? null : "no",
      metrics: usual ? null : asked.metrics.map((at) => info.metrics[at].name),
      numbers: asked.numbers ? "yes" : null,
      q: asked.query,
      systems: site.system.labels(info, [...asked.chosen]),
    });
  }

  function headline(info, section) {
    const leaders = section.rows.filter((row) => row.rank && row.rank[0] === 1);
    const name = (row) => said(info.systems[row.system].label);
    const metric = site.table.primary(info, section);
    if (!leaders.length) return ["No system competes in this part."];
    if (leaders.length === 1) return [name(leaders[0]), ` leads on ${metric}.`];
    const shown = leaders.slice(1, 7).flatMap((row, at) => [at ? ", " : "", name(row)]);
    const rest = leaders.length > 7 ? ` and ${leaders.length - 7} more` : "";
    return [name(leaders[0]), ` has the highest ${metric}, but the data cannot tell it apart from `,
      shown, `${rest}.`];
  }

  function build(root, info, board) {
    let asked = read(info);
    const places = board.sections.map((section) => {
      const title = `${section.title}, by ${site.table.primary(info, section)}`;
      const id = `section-${section.name}`;
      const body = el("div", {});
      const node = el("section", { "aria-labelledby": id },
        el("h2", { id }, title), el("p", { class: "lead small" }, headline(info, section)), body);
      return { body, node, section, title };
    });
    const link = () => root.querySelector("#compare-chosen");

    function draw() {
      let number = 0;
      for (const { body, section, title } of places) {
        const columns = section.metrics.some((at) => asked.metrics.includes(at));
        const made = site.table.build(info, section, { ...asked, sort: sortOf(info, section) }, actions);
        number += made.number;
        const left = body.querySelector(".scroll")?.scrollLeft || 0;
        replace(body, scroll(`Table: ${title}`, made.table), made.more,
          columns ? null : el("p", { class: "remark" }, "No metric of this part is chosen."));
        body.querySelector(".scroll").scrollLeft = left;
      }
      const chosen = [...asked.chosen];
      link().href = state.link("compare", { systems: site.system.labels(info, chosen) });
      link().textContent = chosen.length ? `Compare ${chosen.length} chosen` : "Compare";
      return number;
    }

    const actions = {
      all() {
        asked = { ...asked, all: true };
        draw();
      },
      choose(section, system, on) {
        if (on) asked.chosen.add(system);
        else asked.chosen.delete(system);
        write(info, asked);
        draw();
        places.find((one) => one.section === section).body
          .querySelector(`[data-system="${system}"]`)?.focus();
      },
      sort(section, key) {
        const old = sortOf(info, section);
        const metric = key.startsWith("m") ? info.metrics[Number(key.slice(1))] : null;
        const down = old.key === key ? !old.down : Boolean(metric) && metric.up !== false;
        const name = metric ? metric.name : key;
        state.set({ [`sort.${section.name}`]: `${name} ${down ? "down" : "up"}` });
        draw();
        places.find((one) => one.section === section).body
          .querySelector(`[data-key="${key}"]`)?.focus();
        announce(`sorted by ${metric ? metric.name : key}, ${down ? "highest" : "lowest"} first`);
      },
    };

    function change(values) {
      asked = { ...asked, ...values };
      write(info, asked);
      announce(`${draw()} rows`);
    }

    replace(root, site.controls.controls(info, asked, change), places.map((one) => one.node));
    draw();
    state.watch(() => {
      asked = read(info);
      draw();
    });
  }

  site.board = { defaults };
  if (document.getElementById("board")) {
    const fail = site.system.start("board", (root, info) =>
      site.load("board").then((board) => build(root, info, board)).catch((error) => fail(error)));
  }
})((globalThis.showcaseSite ??= {}));
