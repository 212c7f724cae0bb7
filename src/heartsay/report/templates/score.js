(() => {
  "use strict";
  const readout = document.getElementById("readout");
  if (!readout) return;
  const marks = [...document.querySelectorAll(".m")];
  const arcs = [...document.querySelectorAll(".timeline .arc")];
  const lines = [...document.querySelectorAll(".timeline")];
  let pinned = Number(readout.dataset.first) || 1;
  let shown = 0;
  let used = false;

  const part = (article, selector) => {
    const found = article.querySelector(selector);
    if (!found) return "";
    const copy = found.cloneNode(true);
    copy.querySelector(".copy")?.remove();
    return copy;
  };

  const show = (position) => {
    if (position === shown) return;
    shown = position;
    const joined = new Set();
    for (const arc of arcs) {
      const out = Number(arc.dataset.c) === position;
      const on = out || Number(arc.dataset.e) === position;
      arc.classList.toggle("on", on);
      if (on) joined.add(Number(arc.dataset.c)).add(Number(arc.dataset.e));
    }
    for (const mark of marks) {
      const at = Number(mark.dataset.i);
      mark.classList.toggle("on", at === position);
      mark.classList.toggle("joined", joined.has(at) && at !== position);
      mark.tabIndex = at === position ? 0 : -1;
    }
    const article = document.getElementById("u" + position);
    const more = document.createElement("a");
    more.href = "#u" + position;
    more.className = "more";
    more.textContent = "Full reading";
    readout.className = article.className.replace(/^u /, used ? "readout used " : "readout ");
    readout.replaceChildren(
      part(article, ".head"), part(article, ".said"), part(article, ".label"), part(article, ".why"), more
    );
    readout.hidden = false;
  };

  const busy = (on) => {
    used = used || on;
    readout.classList.toggle("used", used);
    for (const line of lines) line.classList.toggle("busy", on);
  };

  const focus = (mark, step) => {
    const line = mark.closest(".timeline");
    const next = line.querySelector('.m[data-i="' + (Number(mark.dataset.i) + step) + '"]');
    if (next) next.focus();
  };

  for (const mark of marks) {
    const position = Number(mark.dataset.i);
    mark.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") {
        busy(true);
        show(position);
      }
    });
    mark.addEventListener("focus", () => {
      busy(true);
      pinned = position;
      show(position);
    });
    mark.addEventListener("blur", () => busy(false));
    mark.addEventListener("click", (event) => {
      // A tap or click chooses; only the keyboard follows the link straight away.
      if (event.detail === 0) return;
      event.preventDefault();
      busy(true);
      pinned = position;
      show(position);
    });
    mark.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        event.preventDefault();
        focus(mark, step);
      }
    });
  }
  for (const line of lines) {
    line.addEventListener("pointerleave", () => {
      busy(line.contains(document.activeElement));
      show(pinned);
    });
    line.classList.add("lit");
  }
  show(pinned);
})();
