// One example: history, pool, what the user posted, and the systems side by side.
(function (site) {
  "use strict";

  const { el, folded, plain, replace, said, scroll, unseen } = site.dom;
  const { number, plural } = site.format;
  const { state } = site;
  const MOST_POOL = 24;

  function stars(rating) {
    if (rating === null || rating === undefined) return null;
    const whole = Math.max(Math.min(Math.round(rating), 5), 0);
    return el("span", { class: "stars", role: "img", "aria-label": `${rating} stars` },
      "★".repeat(whole), "☆".repeat(5 - whole));
  }

  function history(one) {
    if (!one.history.length) return el("p", { class: "remark" }, "No earlier review is known.");
    const newest = [...one.history].reverse();
    const review = (found) => el("li", {}, folded(found.text), stars(found.rating),
      found.photos.length
        ? site.photos.strip("Photos of this review", found.photos.map((entry) => site.photos.photo(entry)))
        : null);
    const shown = el("ol", { class: "reviews" }, newest.slice(0, 4).map(review));
    if (newest.length <= 4) return shown;
    return [shown, el("details", {},
      el("summary", {}, `${newest.length - 4} earlier ones`),
      el("ol", { class: "reviews" }, newest.slice(4).map(review)))];
  }

  function pool(one, seen) {
    const gold = new Set(one.gold);
    const order = [...Array(one.pool).keys()].sort((a, b) =>
      Number(gold.has(b)) - Number(gold.has(a)) || (seen.get(b) || 0) - (seen.get(a) || 0) || a - b);
    const picture = (at) => site.photos.photo(one.photos[at], { gold: gold.has(at) });
    const rest = order.slice(MOST_POOL);
    const strip = site.photos.strip("Candidate photos", order.slice(0, MOST_POOL).map(picture));
    if (!rest.length) return strip;
    const more = el("button", {
      type: "button", class: "quiet",
      onclick() {
        strip.append(...rest.map(picture));
        more.remove();
      },
    }, `Show ${rest.length} more`);
    return [strip, more];
  }

  // Scores to stand on a card: of each section the primary metric, else the first that has one.
  function leading(info, scores) {
    const sections = [...new Set(info.metrics.map((one) => one.section))];
    return sections.map((section) => {
      const own = [...scores.keys()].filter((at) => info.metrics[at].section === section);
      return own.find((at) => info.metrics[at].primary) ?? own[0];
    }).filter((at) => at !== undefined);
  }

  function card(info, one, made, scores, seed) {
    const gold = new Set(one.gold);
    const own = info.systems[made.system].seeds;
    const photos = made.photos.map((at) => site.photos.photo(one.photos[at], { gold: gold.has(at) }));
    const figures = leading(info, scores).map((at) => el("div", {},
      el("dt", {}, said(info.metrics[at].name)), el("dd", {}, number(scores.get(at)))));
    return el("article", { class: "card", "aria-label": plain(info.systems[made.system].label) },
      el("h3", {}, site.system.name(info, made.system)),
      seed === undefined || own.includes(seed) ? null : el("p", { class: "soft" }, `Its seed ${own[made.run]}.`),
      photos.length ? site.photos.strip("Its photos", photos) : null,
      made.text === null
        ? el("p", { class: "remark" }, photos.length ? "It writes no text." : "Not attempted.")
        : made.text === "" ? el("p", { class: "remark" }, "An empty text.") : folded(made.text),
      figures.length ? el("dl", { class: "figures" }, figures) : null);
  }

  function table(info, systems, scores) {
    const used = info.metrics.map((_, at) => at)
      .filter((at) => scores.some((one) => one.has(at)));
    if (!used.length) return null;
    const best = new Map(used.map((at) => {
      const sign = info.metrics[at].up === false ? -1 : 1;
      const known = scores.map((one) => one.get(at)).filter((value) => typeof value === "number");
      return [at, info.metrics[at].up === null || new Set(known).size < 2 ? null : sign * Math.max(...known.map((v) => sign * v))];
    }));
    return el("section", { "aria-labelledby": "scores" },
      el("h2", { id: "scores" }, "Scores of this example"),
      scroll("Table of scores", el("table", {},
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "metric"),
          systems.map((at) => el("th", { scope: "col", class: "number" }, said(info.systems[at].label))))),
        el("tbody", {}, used.map((at) => el("tr", {},
          el("th", { scope: "row", title: plain(info.metrics[at].summary) },
            said(info.metrics[at].name), ` ${site.format.arrow(info.metrics[at])}`,
            unseen(site.format.sense(info.metrics[at]))),
          scores.map((one) => {
            const value = one.get(at);
            const top = best.get(at) !== null && value === best.get(at);
            return el("td", { class: `number${top ? " top" : ""}` },
              one.has(at) ? (value === null ? unseen("not counted") : number(value)) : "–",
              top ? unseen(", best here") : null);
          })))))));
  }

  function steps(info, one, systems) {
    const to = async (at) => {
      const { id } = await site.store.listed(info, at);
      state.set({ example: id }, true);
      site.examplesPage.draw(true);
    };
    const button = (words, at, key) => el("button", {
      type: "button", class: "quiet", disabled: at < 0 || at >= info.n, onclick: () => to(at),
      "data-step": key,
    }, words);
    const back = state.link("examples", {
      systems: site.system.labels(info, systems), ...site.list.kept(),
    });
    return el("nav", { class: "pages", "aria-label": "Examples" },
      el("a", { href: back }, "All examples"),
      button("← Before", one.at - 1, "before"),
      el("span", {}, `${site.format.count(one.at + 1)} of ${site.format.count(info.n)}`),
      button("Next →", one.at + 1, "next"));
  }

  // The choice of a seed where there is one, and what is shown of systems with several.
  function seedChoice(info, systems, seed, change) {
    const known = site.store.seeds(info);
    if (!known.length) {
      return systems.some((at) => info.systems[at].seeds.length > 1)
        ? el("p", { class: "soft" }, "Of several seeds the first is shown.") : null;
    }
    const select = el("select", { id: "seed", onchange: (event) => change({ seed: event.target.value }) },
      known.map((one) => el("option", { value: one }, String(one))));
    select.value = String(seed);
    return el("label", { class: "field" }, el("span", {}, "Seed"), select);
  }

  function seedOf(info) {
    const known = site.store.seeds(info);
    const asked = Number(state.get("seed", "none"));
    return known.includes(asked) ? asked : known[0];
  }

  async function show(root, info, id, systems, change) {
    const at = await site.store.find(info, id);
    if (at < 0) {
      replace(root, el("h1", {}, "Showcases"),
        el("p", { class: "remark", role: "alert" }, "There is no example ", said(id), "."),
        el("p", {}, el("a", { href: "examples.html" }, "All examples")));
      return;
    }
    const one = await site.store.example(info, at);
    const seed = seedOf(info);
    const runs = systems.map((system) => site.store.runOf(info, system, seed));
    const made = await Promise.all(systems.map((system, nth) =>
      site.store.showcase(info, system, one, runs[nth])));
    const scores = await Promise.all(systems.map((system, nth) =>
      site.store.scores(info, system, at, runs[nth])));
    const seen = new Map();
    for (const photo of made.flatMap((found) => found.photos)) seen.set(photo, (seen.get(photo) || 0) + 1);
    const outside = one.photos.slice(one.pool).map((entry) =>
      site.photos.photo(entry, { gold: true, outside: true }));
    const gold = one.gold.filter((place) => place < one.pool).map((place) =>
      site.photos.photo(one.photos[place], { gold: true }));
    replace(root,
      steps(info, one, systems),
      el("h1", { class: "example-title", tabindex: "-1" }, "User ", said(one.user), " at ", said(one.business)),
      el("div", { class: "two" },
        el("section", { "aria-labelledby": "history" },
          el("h2", { id: "history" }, "Wrote before"),
          el("p", { class: "soft" }, plural(one.history.length, "earlier review", "earlier reviews"), ", newest first"),
          history(one)),
        el("section", { "aria-labelledby": "posted", class: "posted" },
          el("h2", { id: "posted" }, "Then posted"),
          el("p", { class: "soft" }, "Systems do not see this. ", stars(one.rating)),
          gold.length + outside.length
            ? site.photos.strip("Photos that the user posted", [...gold, ...outside])
            : el("p", { class: "remark" }, "No photo."),
          one.texts.filter(Boolean).length
            ? one.texts.filter(Boolean).map((text) => folded(text))
            : el("p", { class: "remark" }, "No text."))),
      el("section", { "aria-labelledby": "systems" },
        el("h2", { id: "systems" }, "What systems show and write"),
        el("div", { class: "controls" }, site.picker.picker(info, systems, (numbers) =>
          change({ systems: site.system.labels(info, numbers) }, "add-system")),
        seedChoice(info, systems, seed, (values) => change(values, "seed"))),
        el("div", { class: "cards" }, made.map((found, place) => card(info, one, found, scores[place], seed)))),
      table(info, systems, scores),
      el("section", { "aria-labelledby": "pool" },
        el("h2", { id: "pool" }, "Candidate photos"),
        el("p", { class: "soft" }, `${plural(one.pool, "photo", "photos")}: those that the user posted first, `
          + "then those that the systems above show most."),
        pool(one, seen)));
    document.title = `Example ${plain(one.id)} · ${plain(info.task)} · showcase-bench`;
  }

  site.example = { show };
})((globalThis.showcaseSite ??= {}));
