// Photos: a picture, or an empty frame with the reason why there is none.
(function (site) {
  "use strict";

  const { el, plain, said, unseen } = site.dom;

  // `entry` is [id, file] or [id, "", reason]; `marks` says what is to be known of the photo.
  function photo(entry, marks = {}) {
    const [id, file, reason] = entry;
    const words = [`photo ${plain(id)}`];
    if (marks.gold) words.push("posted by the user");
    if (marks.outside) words.push("not in the pool");
    const kind = `photo${marks.gold ? " gold" : ""}${marks.missed ? " dim" : ""}`;
    const star = marks.gold ? el("span", { class: "star", "aria-hidden": "true" }, "★") : null;
    if (!file || !/^[0-9a-f]+$/.test(file)) {
      return el("figure", { class: `${kind} lost`, title: words.join(", ") },
        el("span", {}, "no picture"), said(reason || ""), unseen(words.join(", ")), star);
    }
    return el("figure", { class: kind, title: words.join(", ") },
      el("img", {
        src: `images/${file}.jpg`, alt: words.join(", "), loading: "lazy", decoding: "async",
        width: 112, height: 112,
      }), star);
  }

  function strip(label, photos) {
    return el("div", { class: "photos", role: "group", "aria-label": label }, photos);
  }

  site.photos = { photo, strip };
})((globalThis.showcaseSite ??= {}));
