// The list of examples: search, slices, pages.
(function (site) {
  "use strict";

  const { announce, el, plain, replace, said } = site.dom;
  const { state } = site;
  const PAGE = 24;
  let run = 0;

  function item(info, index, at, systems) {
    const address = state.link("examples", {
      example: index.ids[at], systems: site.system.labels(info, systems), ...kept(),
    });
    const rating = index.rating[at];
    const facts = [
      site.format.plural(index.history[at], "review before", "reviews before"),
      site.format.plural(index.pool[at], "candidate", "candidates"),
      site.format.plural(index.gold[at], "posted", "posted"),
    ];
    if (rating !== null) facts.push(`${rating} stars`);
    return el("li", {},
      el("a", { href: address },
        index.snippets[at] ? said(index.snippets[at]) : el("em", {}, "no text")),
      el("p", { class: "soft" }, facts.map((fact) => fact.replace(/ /g, "\u00a0")).join(" · ")),
      el("p", { class: "soft ids" }, "user ", said(index.users[at]), " at ", said(index.businesses[at])));
  }

  function kept() {
    const names = ["q", "seed", ...site.filters.names];
    return Object.fromEntries(names.map((name) => [name, state.get(name)]));
  }

  function pages(number, page, go) {
    const last = Math.max(Math.ceil(number / PAGE), 1);
    const button = (words, to, off) => el("button", {
      type: "button", class: "quiet", disabled: off, onclick: () => go(to),
    }, words);
    return el("nav", { class: "pages", "aria-label": "Pages of the list" },
      button("← Before", page - 1, page <= 0),
      el("span", {}, `${page + 1} of ${site.format.count(last)}`),
      button("Next →", page + 1, page >= last - 1));
  }

  async function show(root, info, systems) {
    const index = await site.store.index(info);
    const list = el("div", { id: "found" });
    let timer = 0;

    function change(values) {
      state.set({ ...values, page: null });
      draw();
    }

    const field = el("input", {
      type: "search", id: "search", value: state.get("q"), autocomplete: "off", spellcheck: "false",
      placeholder: "words, user or restaurant",
      oninput(event) {
        clearTimeout(timer);
        timer = setTimeout(() => change({ q: event.target.value }), 200);
      },
    });

    function fill(found, going) {
      const last = Math.max(Math.ceil(found.length / PAGE) - 1, 0);
      const page = Math.min(Math.max(Number(state.get("page", "1")) - 1 || 0, 0), last);
      const go = (to) => {
        state.set({ page: String(to + 1) });
        fill(found, false);
        list.querySelector("a")?.focus();
      };
      const words = `${site.format.count(found.length)} of ${site.format.count(info.n)} examples`;
      replace(list,
        el("p", { class: "count" }, going ? `${words} so far …` : words),
        el("ol", { class: "found" }, found.slice(page * PAGE, (page + 1) * PAGE).map((at) =>
          item(info, index, at, systems))),
        pages(found.length, page, go));
      if (!going) announce(words);
    }

    async function draw() {
      run += 1;
      const mine = run;
      const alive = () => mine === run;
      const passing = site.filters.passing(info, index, site.filters.chosen(state));
      const found = await site.filters.search(info, index, passing, state.get("q"),
        (some, at) => at > 500 && some.length && fill(some, true), alive);
      if (alive()) fill(found, false);
    }

    replace(root,
      el("h1", {}, "Showcases"),
      el("p", { class: "lead" }, "For each example the user's earlier reviews, the photos to choose "
        + "from, what the user posted, and what every system showed and wrote."),
      el("form", {
        class: "controls", role: "search", "aria-label": "Examples",
        onsubmit: (event) => event.preventDefault(),
      },
      el("label", { class: "field" }, el("span", {}, "Search reviews"), field),
      site.filters.selects(site.filters.chosen(state), change)),
      list);
    document.title = `Showcases · ${plain(info.task)} · showcase-bench`;
    await draw();
  }

  site.list = { kept, show };
})((globalThis.showcaseSite ??= {}));
