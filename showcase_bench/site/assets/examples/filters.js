// Slices of the examples, and the search in texts.
(function (site) {
  "use strict";

  const { el } = site.dom;

  const between = (low, high) => (value) => value !== null && value >= low && value <= high;
  const SLICES = {
    history: {
      label: "History", column: "history",
      options: [["0", "no reviews"], ["1-2", "1 to 2"], ["3-5", "3 to 5"], ["6-", "6 or more"]],
    },
    pool: {
      label: "Candidate photos", column: "pool",
      options: [["0-3", "up to 3"], ["4-10", "4 to 10"], ["11-30", "11 to 30"], ["31-", "31 or more"]],
    },
    rating: {
      label: "Stars given", column: "rating",
      options: [["0-2", "up to 2"], ["2.5-3.5", "3"], ["4-4.4", "4"], ["4.5-5", "5"]],
    },
    known: {
      label: "In training", column: "warm",
      options: [["3", "user and restaurant"], ["1", "user alone"], ["2", "restaurant alone"],
        ["0", "neither"]],
    },
  };

  function test(value) {
    const range = /^([0-9.]+)(-([0-9.]*))?$/.exec(value);
    if (!range) return () => true;
    const low = Number(range[1]);
    if (range[2] === undefined) return (one) => one === low;
    return between(low, range[3] === "" ? Infinity : Number(range[3]));
  }

  function chosen(state) {
    return Object.fromEntries(Object.keys(SLICES).map((name) => [name, state.get(name)]));
  }

  // Numbers of the examples that the slices leave.
  function passing(info, index, asked) {
    const tests = Object.entries(SLICES).filter(([name]) => asked[name])
      .map(([name, slice]) => [index[slice.column], test(asked[name])]);
    const found = [];
    for (let at = 0; at < index.ids.length; at += 1) {
      if (tests.every(([column, passes]) => passes(column[at]))) found.push(at);
    }
    return found;
  }

  // Those of `numbers` in which all words are found: in ids, and in texts of the user; chunk by
  // chunk, with what was found so far told after each. `alive` says whether to go on.
  async function search(info, index, numbers, query, told, alive) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return numbers;
    const found = [];
    const size = info.blocks.examples;
    let block = -1;
    let chunk = [];
    for (const at of numbers) {
      if (Math.floor(at / size) !== block) {
        block = Math.floor(at / size);
        chunk = await site.load(`examples/${block}`);
        if (!alive()) return found;
        told(found, at);
      }
      const one = chunk[at % size];
      const whole = [index.ids[at], index.users[at], index.businesses[at], ...one.texts,
        ...one.history.map((review) => review.text)].join("\n").toLowerCase();
      if (words.every((word) => whole.includes(word))) found.push(at);
    }
    return found;
  }

  function selects(asked, change) {
    return Object.entries(SLICES).map(([name, slice]) => {
      const select = el("select", {
        id: `slice-${name}`, onchange: (event) => change({ [name]: event.target.value }),
      }, el("option", { value: "" }, "all"),
      slice.options.map(([value, words]) => el("option", { value }, words)));
      select.value = asked[name];
      if (select.selectedIndex < 0) select.value = "";
      return el("label", { class: "field" }, el("span", {}, slice.label), select);
    });
  }

  site.filters = { chosen, names: Object.keys(SLICES), passing, search, selects };
})((globalThis.showcaseSite ??= {}));
