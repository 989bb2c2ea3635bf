// The page of showcases: a list, or one example where the address names it.
(function (site) {
  "use strict";

  const { state } = site;
  const MOST = 40;
  let root;
  let info;
  let fail;
  let turn = 0;

  function systems() {
    const named = site.system.byLabel(info, state.list("systems"));
    return (named.length ? named : info.defaults).slice(0, MOST);
  }

  // Other values in the address, and the focus back on what changed them.
  function change(values, id) {
    state.set(values);
    draw(false).then(() => document.getElementById(id)?.focus());
  }

  async function draw(focus) {
    turn += 1;
    const mine = turn;
    const id = state.get("example");
    const fresh = document.createElement("div");
    try {
      if (id) await site.example.show(fresh, info, id, systems(), change);
      else await site.list.show(fresh, info, systems());
    } catch (error) {
      fail(error);
      return;
    }
    if (mine !== turn) return;
    site.dom.replace(root, fresh);
    if (focus) {
      scrollTo({ top: 0 });
      root.querySelector("h1")?.focus({ preventScroll: true });
    }
  }

  if (document.getElementById("examples")) {
    fail = site.system.start("examples", (node, found) => {
      root = node;
      info = found;
      state.watch(() => draw(true));
      return draw(false);
    });
  }
  site.examplesPage = { draw };
})((globalThis.showcaseSite ??= {}));
