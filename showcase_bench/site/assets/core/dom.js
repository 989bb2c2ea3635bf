// Elements made from values. Nothing here reads HTML: whatever comes from data becomes text.
(function (site) {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  // Control characters, what is not seen, and what turns the direction of text around it.
  const HIDDEN =
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

  function fill(node, properties, children) {
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "value" || name === "checked") node[name] = value;
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    node.append(...children.flat(3).filter((one) => one !== null && one !== undefined));
    return node;
  }

  function el(tag, properties, ...children) {
    return fill(document.createElement(tag), properties, children);
  }

  function svg(tag, properties, ...children) {
    return fill(document.createElementNS(SVG, tag), properties, children);
  }

  function code(char) {
    return `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  }

  // A text from data: kept apart from the direction of what surrounds it, hidden characters shown.
  function said(text, properties) {
    const node = el("bdi", properties);
    const whole = String(text);
    let from = 0;
    for (const found of whole.matchAll(HIDDEN)) {
      node.append(whole.slice(from, found.index));
      node.append(el("span", { class: "hidden-char" }, code(found[0])));
      from = found.index + found[0].length;
    }
    node.append(whole.slice(from));
    return node;
  }

  // The same for attributes, where no element can stand.
  function plain(text) {
    return String(text).replace(HIDDEN, "\ufffd");
  }

  function unseen(text) {
    return el("span", { class: "unseen" }, text);
  }

  function replace(node, ...children) {
    node.replaceChildren(...children.flat(3).filter((one) => one !== null && one !== undefined));
    node.removeAttribute("aria-busy");
  }

  // A table in a region of its own that scrolls sideways, so that the page never does.
  function scroll(label, table) {
    return el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, table);
  }

  // A text that may be very long: its start, and the rest on demand.
  const MOST = 700;
  function folded(text, properties) {
    if (text.length <= MOST) return el("p", properties, said(text));
    const node = el("p", properties, said(`${text.slice(0, MOST)}…`));
    const words = text.trim().split(/\s+/).length.toLocaleString("en");
    const button = el(
      "button",
      { type: "button", class: "quiet", "aria-expanded": "false" },
      `Show all ${words} words`,
    );
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Show less" : `Show all ${words} words`;
      node.replaceChildren(said(open ? text : `${text.slice(0, MOST)}…`));
    });
    return el("div", { class: "folded" }, node, button);
  }

  let status = null;
  // Tells screen readers what changed.
  function announce(text) {
    if (status === null) {
      status = el("div", { class: "unseen", role: "status" });
      document.body.append(status);
    }
    status.textContent = text;
  }

  site.dom = { announce, el, folded, plain, replace, said, scroll, svg, unseen };
})((globalThis.showcaseSite ??= {}));
