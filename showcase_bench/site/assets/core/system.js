// Systems and metrics of the site, by number and by name, and how a system is written.
(function (site) {
  "use strict";

  const { el, said } = site.dom;

  function badges(system) {
    const words = [...system.flags];
    if (system.role !== "system" && !words.length) words.push(system.role);
    return words.map((word) => el("span", { class: "badge" }, said(word)));
  }

  function name(info, number, linked = true) {
    const system = info.systems[number];
    const label = said(system.label);
    const address = site.state.link("runs", { system: system.label });
    return el("span", { class: "system" },
      linked ? el("a", { href: address }, label) : label, " ",
      badges(system));
  }

  function byLabel(info, labels) {
    const numbers = new Map(info.systems.map((one, at) => [one.label, at]));
    return labels.map((label) => numbers.get(label)).filter((at) => at !== undefined);
  }

  function metricByName(info, label) {
    const at = info.metrics.findIndex((one) => one.name === label);
    return at < 0 ? null : at;
  }

  function labels(info, numbers) {
    return numbers.map((at) => info.systems[at].label);
  }

  // Put a page together once the site's facts are there; say so where that fails.
  function start(id, build) {
    const root = document.getElementById(id);
    const fail = (error) => {
      site.dom.replace(root, el("p", { class: "remark", role: "alert" },
        `This page could not be drawn: ${error.message}`));
      console.error(error);
    };
    site.load("site").then((info) => build(root, info)).catch(fail);
    return fail;
  }

  site.system = { badges, byLabel, labels, metricByName, name, start };
})((globalThis.showcaseSite ??= {}));
