// Choosing systems: the chosen ones in a row, and a list to add to them.
(function (site) {
  "use strict";

  const { el, plain, said } = site.dom;
  const MOST_LISTED = 200;

  function chip(info, number, remove) {
    const label = info.systems[number].label;
    return el("li", {}, said(label),
      el("button", {
        type: "button", class: "remove", "aria-label": `Remove ${plain(label)}`,
        onclick: () => remove(number),
      }, "×"));
  }

  // `change` is called with the new list of numbers.
  function picker(info, chosen, change, title = "Systems") {
    const free = info.systems.map((_, at) => at).filter((at) => !chosen.includes(at));
    const list = el("datalist", { id: "all-systems" },
      free.slice(0, MOST_LISTED).map((at) => el("option", { value: plain(info.systems[at].label) })));
    const field = el("input", {
      type: "search", list: "all-systems", id: "add-system", autocomplete: "off",
      placeholder: "add a system", spellcheck: "false",
    });
    const add = () => {
      const words = field.value.trim().toLowerCase();
      if (!words) return;
      const label = (at) => plain(info.systems[at].label).toLowerCase();
      const found = free.find((at) => label(at) === words)
        ?? free.find((at) => label(at).includes(words));
      if (found === undefined) site.dom.announce(`no other system is called ${field.value}`);
      else change([...chosen, found]);
    };
    field.addEventListener("change", add);
    return el("div", { class: "picker" },
      el("ul", { "aria-label": `${title}, chosen` },
        chosen.map((at) => chip(info, at, (gone) => change(chosen.filter((one) => one !== gone))))),
      el("label", { class: "field" }, el("span", { class: "unseen" }, `Add to ${title}`), field), list);
  }

  site.picker = { picker };
})((globalThis.showcaseSite ??= {}));
