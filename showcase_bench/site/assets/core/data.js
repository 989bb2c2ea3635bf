// Chunks of data. They are scripts, since a page on disk can load nothing else; each calls
// receive or unpack with its key.
(function (site) {
  "use strict";

  const KEY = /^[a-z]+(\/[0-9]+)*$/;
  const MOST_KEPT = 600;
  const waiting = new Map();
  const kept = new Map();
  const trusted = globalThis.trustedTypes?.createPolicy("chunks", {
    createScriptURL(address) {
      if (!/^data\/[a-z]+(\/[0-9]+)*\.js$/.test(address)) throw new TypeError(address);
      return address;
    },
  });

  function receive(key, value) {
    waiting.get(key)?.resolve(value);
    waiting.delete(key);
  }

  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  }

  function unpack(key, text) {
    const asked = waiting.get(key);
    waiting.delete(key);
    if (asked) inflate(text).then(asked.resolve, asked.reject);
  }

  function fetchScript(key) {
    return new Promise((resolve, reject) => {
      waiting.set(key, { resolve, reject });
      const script = document.createElement("script");
      const address = `data/${key}.js`;
      script.src = trusted ? trusted.createScriptURL(address) : address;
      script.onload = () => {
        script.remove();
        if (waiting.delete(key)) reject(new Error(`data/${key}.js is damaged`));
      };
      script.onerror = () => {
        script.remove();
        waiting.delete(key);
        reject(new Error(`data/${key}.js is missing`));
      };
      document.head.append(script);
    });
  }

  // The chunk of a key; a promise, kept for the next time.
  function load(key) {
    if (!KEY.test(key)) return Promise.reject(new Error(`no chunk is called ${key}`));
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const promise = fetchScript(key);
    promise.catch(() => kept.delete(key));
    kept.set(key, promise);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return promise;
  }

  Object.assign(site, { load, receive, unpack });
})((globalThis.showcaseSite ??= {}));
