// What a page shows, kept in its address after "#": links can be shared, and work from disk.
(function (site) {
  "use strict";

  function parse(text) {
    const found = new Map();
    for (const part of text.replace(/^#/, "").split("&")) {
      const at = part.indexOf("=");
      if (at > 0) found.set(part.slice(0, at), part.slice(at + 1));
    }
    return found;
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return "";
    }
  }

  let current = parse(location.hash);
  const listeners = [];

  function get(name, fallback = "") {
    return current.has(name) ? decode(current.get(name)) : fallback;
  }

  function list(name) {
    const raw = current.get(name);
    return raw ? raw.split(",").map(decode) : [];
  }

  function written(value) {
    return Array.isArray(value)
      ? value.map(encodeURIComponent).join(",")
      : encodeURIComponent(value);
  }

  // Address of a page in a state; values are texts, or lists of them. Empty ones are left out.
  function link(page, values) {
    const parts = Object.entries(values)
      .filter(([, value]) => value !== null && value !== undefined && value.length !== 0)
      .map(([name, value]) => `${name}=${written(value)}`);
    return `${page}.html${parts.length ? `#${parts.join("&")}` : ""}`;
  }

  // Change some values; with `step` the browser's back button leads back to the old ones.
  function set(values, step = false) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === undefined || value.length === 0) current.delete(name);
      else current.set(name, written(value));
    }
    const text = [...current].map(([name, value]) => `${name}=${value}`).join("&");
    const address = text ? `#${text}` : "#";
    if (step) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  function changed() {
    if (location.hash === "#main") return;
    current = parse(location.hash);
    for (const listener of listeners) listener();
  }

  addEventListener("hashchange", changed);
  addEventListener("popstate", changed);

  function watch(listener) {
    listeners.push(listener);
  }

  site.state = { get, link, list, set, watch };
})((globalThis.showcaseSite ??= {}));
