// The page of runs: all systems with their cost, or one with everything that made its numbers.
(function (site) {
  "use strict";

  const { el, plain, replace, said, scroll } = site.dom;
  const { number } = site.format;
  const { state } = site;
  let root;
  let info;

  function value(found) {
    if (found === null || found === undefined || found === "") return el("span", { class: "soft" }, "none");
    if (typeof found === "boolean") return found ? "yes" : "no";
    return said(found);
  }

  function facts(entries) {
    return el("dl", { class: "facts" }, entries.map(([name, found]) =>
      el("div", {}, el("dt", {}, said(name.replaceAll("_", " "))),
        el("dd", {}, found instanceof Node ? found : value(found)))));
  }

  function hash(text) {
    return text ? el("code", {}, said(text)) : null;
  }

  function settings(title, values) {
    const entries = Object.entries(values);
    return entries.length ? [el("h3", {}, title), facts(entries)] : null;
  }

  function provenance(run) {
    const { inputs } = run;
    return facts([
      ["run", hash(run.id)], ["model", inputs.model], ["variant", run.variant], ["seed", inputs.seed],
      ["registered by", run.distribution], ["made", run.created],
      ["code", `${run.code.version ?? ""} ${run.code.commit ? String(run.code.commit).slice(0, 12) : ""}${run.code.dirty ? ", changed" : ""}`.trim()],
      ["sources, SHA-256", hash(inputs.code_sha256)],
      ["task", `${inputs.task}, version ${inputs.task_version}, ${inputs.split}`],
      ["data, SHA-256", hash(inputs.data_sha256)], ["photos", hash(inputs.images_key)],
      ["photos that could not be read", run.unreadable_images],
      ["checkpoint, SHA-256", hash(run.checkpoint_sha256)],
      ["predictions, SHA-256", hash(run.predictions_sha256)],
      ["scores, SHA-256", hash(run.scores_sha256)],
    ]);
  }

  function scores(runs) {
    return scroll("Scores", el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "metric"),
        runs.map((run) => el("th", { scope: "col", class: "number" }, `seed ${run.inputs.seed}`)),
        el("th", { scope: "col", class: "number" }, "95 % interval"),
        el("th", { scope: "col", class: "number" }, "scored"), el("th", { scope: "col", class: "number" }, "not scored"))),
      el("tbody", {}, runs[0].scores.map((one, at) => el("tr", {},
        el("th", { scope: "row" }, said(one.name)),
        runs.map((run) => el("td", { class: "number" }, number(run.scores[at]?.value))),
        el("td", { class: "number" }, one.low === null ? "–" : `${number(one.low)} to ${number(one.high)}`),
        el("td", { class: "number" }, String(one.scored)), el("td", { class: "number" }, String(one.unscored)))))));
  }

  function costs(runs) {
    return scroll("Cost", el("table", { class: "plain" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "seed"),
        site.cost.COLUMNS.map(([, words]) => el("th", { scope: "col", class: "number" }, words)))),
      el("tbody", {}, runs.map((run) => el("tr", {},
        el("th", { scope: "row" }, String(run.inputs.seed)),
        site.cost.COLUMNS.map(([name]) => el("td", { class: "number" }, number(run.timings[name]))))))));
  }

  function curves(runs) {
    const known = runs.filter((run) => run.curve);
    if (!known.length) return el("p", { class: "remark" }, "This system has no learning curve: nothing was trained step by step.");
    const alone = known.length === 1;
    return el("div", alone ? {} : { class: "curves" }, known.map((run) => {
      const label = `Learning curve, seed ${run.inputs.seed}`;
      return el("div", {}, runs.length > 1 ? el("h3", {}, `Seed ${run.inputs.seed}`) : null,
        site.curve.curve(label, run.curve, alone), site.curve.table(run.curve));
    }));
  }

  async function one(at) {
    const runs = await site.load(`runs/${at}`);
    const system = info.systems[at];
    const first = runs[0];
    const examples = state.link("examples", { systems: [system.label] });
    replace(root,
      el("p", {}, el("a", { href: "runs.html" }, "All runs")),
      el("h1", {}, said(system.label), site.system.badges(system)),
      el("p", {}, el("a", { href: examples }, "Its showcases"), " · ",
        el("a", { href: state.link("compare", { systems: site.system.labels(info, [...new Set([at, ...info.defaults])].slice(0, 2)) }) }, "Compare it")),
      el("h2", {}, "Learning"), curves(runs),
      el("h2", {}, "Cost"), costs(runs),
      el("h2", {}, "Scores"), scores(runs),
      el("h2", {}, "Where it comes from"), provenance(first),
      settings("Arguments", first.inputs.arguments),
      settings("Settings of its configuration", first.settings),
      settings("Protocol", first.inputs.policy),
      settings("Environment", first.environment),
      runs.length > 1 ? [el("h3", {}, "Runs of the other seeds"), el("ul", { class: "notes" },
        runs.slice(1).map((run) => el("li", {}, `seed ${run.inputs.seed}: `, hash(run.id), `, made ${plain(run.created)}`)))] : null);
    document.title = `${plain(system.label)} · ${plain(info.task)} · showcase-bench`;
  }

  async function all() {
    const found = await site.load("costs");
    replace(root, el("h1", {}, "Runs"),
      el("p", { class: "lead" }, "What each system cost, as a mean over its seeds. A system's own page has its learning curve and everything that made its numbers."),
      site.cost.table(info, found));
    document.title = `Runs · ${plain(info.task)} · showcase-bench`;
  }

  async function draw() {
    const name = state.get("system");
    const at = name ? site.system.byLabel(info, [name])[0] : undefined;
    if (at !== undefined) return one(at);
    await all();
    if (name) root.prepend(el("p", { class: "remark", role: "alert" }, "There is no system ", said(name), "."));
    return undefined;
  }

  if (document.getElementById("runs")) {
    const fail = site.system.start("runs", (node, found) => {
      root = node;
      info = found;
      state.watch(() => draw().catch((error) => fail(error)));
      return draw();
    });
  }
})((globalThis.showcaseSite ??= {}));
