// Light, dark, or as the system has it. Loaded before the page is drawn, so that nothing flashes.
(function (site) {
  "use strict";

  const KEY = "showcase-bench-theme";
  const NAMES = { system: "as the system has them", light: "light", dark: "dark" };
  const SIGNS = { system: "◐", light: "○", dark: "●" };
  const ORDER = ["system", "light", "dark"];

  function stored() {
    try {
      const found = localStorage.getItem(KEY);
      return ORDER.includes(found) ? found : "system";
    } catch {
      return "system"; // Storage may be closed to pages on disk.
    }
  }

  function keep(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  let theme = stored();

  function apply() {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  function label(button) {
    button.textContent = SIGNS[theme];
    button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
    button.title = `Colours: ${NAMES[theme]}`;
  }

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    label(button);
    button.addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      keep(theme);
      apply();
      label(button);
    });
  });
  site.theme = { current: () => theme };
})((globalThis.showcaseSite ??= {}));
