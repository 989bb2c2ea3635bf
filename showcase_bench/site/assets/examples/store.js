// Examples, showcases and scores out of their chunks.
(function (site) {
  "use strict";

  const { load } = site;

  const indexed = new Map();

  // One chunk of the index, with ids and businesses written out.
  function part(block) {
    if (!indexed.has(block)) {
      indexed.set(block, load(`index/${block}`).then((chunk) => {
        const businesses = chunk.businesses.map((at) => chunk.names[at]);
        const ids = chunk.ids.map((id, at) => id ?? `${chunk.users[at]}_${businesses[at]}`);
        const { names, ...columns } = chunk;
        return { ...columns, businesses, ids };
      }));
    }
    return indexed.get(block);
  }

  // The index of all examples, by column.
  async function index(info) {
    const blocks = Math.max(Math.ceil(info.n / info.blocks.index), 1);
    const parts = await Promise.all([...Array(blocks).keys()].map(part));
    const whole = {};
    for (const name of Object.keys(parts[0])) whole[name] = parts.flatMap((one) => one[name]);
    return whole;
  }

  // Place of an example in the split, from the first chunk of the index that has it; -1 for none.
  async function find(info, id) {
    const blocks = Math.ceil(info.n / info.blocks.index);
    for (let at = 0; at < blocks; at += 1) {
      const place = (await part(at)).ids.indexOf(id);
      if (place >= 0) return at * info.blocks.index + place;
    }
    return -1;
  }

  // What lists show of one example.
  async function listed(info, at) {
    const chunk = await part(Math.floor(at / info.blocks.index));
    const place = at % info.blocks.index;
    return { id: chunk.ids[place], user: chunk.users[place], snippet: chunk.snippets[place] };
  }

  async function example(info, at) {
    const chunk = await load(`examples/${Math.floor(at / info.blocks.examples)}`);
    const found = chunk[at % info.blocks.examples];
    const places = await load(`places/${Math.floor(found.place / info.blocks.places)}`);
    const [business, photos] = places[found.place % info.blocks.places];
    const { id, user } = await listed(info, at);
    return {
      ...found, at, business, id, user,
      photos: [...photos, ...found.extra, ...found.outside],
      pool: photos.length + found.extra.length,
    };
  }

  // Place of the run of a seed; of the first where that seed is not there or not shown.
  function runOf(info, system, seed) {
    const { seeds, shown } = info.systems[system];
    return shown[seeds.indexOf(seed)] ?? 0;
  }

  // Seeds to choose from: those of which examples are shown.
  function seeds(info) {
    const found = info.systems.flatMap((one) => (one.shown.length > 1 ? one.seeds : []));
    return [...new Set(found)].sort((a, b) => a - b);
  }

  // What a system showed and wrote; the text is null where it wrote none.
  async function showcase(info, system, one, run) {
    const size = info.blocks.showcases;
    const chunk = await load(`showcases/${system}/${run}/${Math.floor(one.at / size)}`);
    const word = chunk.words[one.at % size];
    const text = word === -1 ? null : word === -2 ? one.texts[0] : chunk.texts[word];
    return { system, run, text, photos: chunk.photos[one.at % size] };
  }

  // Scores of one example: metric to value, null where it is not counted.
  async function scores(info, system, at, run) {
    const size = info.blocks.scores;
    const chunk = await load(`scores/${system}/${run}/${Math.floor(at / size)}`);
    return new Map(Object.entries(chunk).map(([metric, column]) =>
      [Number(metric), Array.isArray(column) ? column[at % size] : column]));
  }

  // All scores of a system's first run on a metric; null where there are none.
  async function column(info, system, metric) {
    const size = info.blocks.scores;
    const blocks = Math.max(Math.ceil(info.n / size), 1);
    const parts = await Promise.all(
      [...Array(blocks).keys()].map((at) => load(`scores/${system}/0/${at}`)));
    if (!parts.every((one) => metric in one)) return null;
    return parts.flatMap((one, block) => {
      const length = Math.min(size, info.n - block * size);
      return Array.isArray(one[metric]) ? one[metric] : Array(length).fill(one[metric]);
    });
  }

  site.store = { column, example, find, index, listed, runOf, scores, seeds, showcase };
})((globalThis.showcaseSite ??= {}));
