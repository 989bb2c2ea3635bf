// Filter, metrics and the way intervals are shown, above the tables.
(function (site) {
  "use strict";

  const { el, said } = site.dom;

  function search(asked, change) {
    const field = el("input", {
      type: "search", id: "filter", value: asked.query, autocomplete: "off",
      placeholder: "name or flag", spellcheck: "false",
      oninput: (event) => change({ query: event.target.value }),
    });
    return el("label", { class: "field" }, el("span", {}, "Filter systems"), field);
  }

  function check(label, name, asked, change) {
    return el("label", { class: "check" },
      el("input", {
        type: "checkbox", name, checked: asked[name],
        onchange: (event) => change({ [name]: event.target.checked }),
      }), label);
  }

  function metrics(info, asked, change) {
    const groups = new Map();
    info.metrics.forEach((metric, at) => {
      if (!groups.has(metric.group)) groups.set(metric.group, []);
      groups.get(metric.group).push(at);
    });
    const toggle = (at, on) => {
      const chosen = new Set(asked.metrics);
      if (on) chosen.add(at);
      else chosen.delete(at);
      change({ metrics: [...chosen].sort((a, b) => a - b) });
    };
    const sets = [...groups].map(([group, numbers]) =>
      el("fieldset", {}, el("legend", {}, said(group)), numbers.map((at) =>
        el("label", { class: "check", title: site.dom.plain(info.metrics[at].summary) },
          el("input", {
            type: "checkbox", checked: asked.metrics.includes(at), "data-metric": at,
            onchange: (event) => toggle(at, event.target.checked),
          }), said(info.metrics[at].name)))));
    const every = info.metrics.map((_, at) => at);
    const setAll = (numbers) => {
      change({ metrics: numbers });
      for (const box of sets.flatMap((one) => [...one.querySelectorAll("input")])) {
        box.checked = numbers.includes(Number(box.dataset.metric));
      }
    };
    return el("details", { class: "chooser" },
      el("summary", {}, "Choose metrics"),
      el("div", { class: "chooser-body" }, sets,
        el("p", {},
          el("button", { type: "button", class: "quiet", onclick: () => setAll(every) }, "All"), " ",
          el("button", {
            type: "button", class: "quiet", onclick: () => setAll(site.board.defaults(info)),
          }, "The usual ones"))));
  }

  function controls(info, asked, change) {
    return el("form", {
      class: "controls", role: "search", "aria-label": "Board",
      onsubmit: (event) => event.preventDefault(),
    },
    search(asked, change),
    metrics(info, asked, change),
    check("Intervals as numbers", "numbers", asked, change),
    check("Controls", "controls", asked, change),
    check("Ceilings and leaks", "apart", asked, change),
    el("a", { class: "button", id: "compare-chosen", href: "compare.html" }, "Compare"));
  }

  site.controls = { controls };
})((globalThis.showcaseSite ??= {}));
