// Statistics of pairs of systems, as they were computed beforehand.
(function (site) {
  "use strict";

  // Pairs of a metric: `of(a, b)` is the difference of a to b, or null where it is not known.
  async function pairs(info, metric) {
    if (!info.pairs.offered) return { of: () => null, units: null };
    const chunk = await site.load(`pairs/${metric}`);
    const known = new Map(chunk.a.map((a, row) => [`${a} ${chunk.b[row]}`, row]));
    const read = (row, sign) => ({
      delta: sign * chunk.delta[row], half: chunk.half[row], halfAll: chunk.half_all[row],
      p: chunk.p[row], adjusted: chunk.adjusted[row], detectable: chunk.detectable[row],
      test: chunk.tests[chunk.test[row]],
    });
    return {
      units: chunk.units,
      of(a, b) {
        const row = known.get(`${a} ${b}`);
        if (row !== undefined) return read(row, 1);
        const back = known.get(`${b} ${a}`);
        return back === undefined ? null : read(back, -1);
      },
    };
  }

  // Value and interval of each system on a metric, from the board; null where it attempts nothing.
  function values(board, info, metric) {
    const found = new Map();
    for (const section of board.sections) {
      const at = section.metrics.indexOf(metric);
      if (at < 0) continue;
      for (const row of section.rows) found.set(row.system, row.scores[at]);
    }
    return found;
  }

  // Which side a difference favours: 1, -1, or 0 where the data cannot tell.
  function favours(metric, pair) {
    if (!pair || pair.adjusted === null || pair.adjusted > 0.05 || !pair.delta) return 0;
    return Math.sign(pair.delta) * (metric.up === false ? -1 : 1);
  }

  site.statistics = { favours, pairs, values };
})((globalThis.showcaseSite ??= {}));
