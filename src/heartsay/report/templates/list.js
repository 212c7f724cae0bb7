// The list of utterances: filters, search, sorting, arrow keys, and quotes to copy.
(() => {
  "use strict";
  const list = document.getElementById("list");
  const tools = document.getElementById("tools");
  if (!list || !tools) return;
  const field = (name) => document.getElementById("by-" + name);
  const search = field("words");
  const speaker = field("speaker");
  const feeling = field("feeling");
  const open = field("open");
  const order = field("order");
  const unfelt = tools.dataset.none.split(" ");
  const status = document.getElementById("found");

  const turns = [...list.querySelectorAll("article")].map((article, index) => {
    const [who, felt, sure, x, label, shown] = article.dataset.d.split(",");
    const left = article.classList.contains("open");
    const name = article.getAttribute("aria-label");
    return { article, index, who, felt: +felt, sure: +sure, x: +x, label, shown, left, name, words: null };
  });
  let listed = turns;
  let current = null;

  const orders = {
    time: (a, b) => a.index - b.index,
    felt: (a, b) => b.felt - a.felt || a.index - b.index,
    sure: (a, b) => b.sure - a.sure || a.index - b.index,
    unsure: (a, b) => a.sure - b.sure || a.index - b.index,
  };
  const wanted = (turn) => {
    if (speaker.value && turn.who !== speaker.value) return false;
    if (open.value && turn.left !== (open.value === "open")) return false;
    if (feeling.value === "any" && unfelt.includes(turn.shown)) return false;
    if (feeling.value && feeling.value !== "any" && turn.label !== feeling.value && turn.shown !== feeling.value) return false;
    const words = search.value.trim().toLowerCase();
    if (!words) return true;
    turn.words ??= turn.article.querySelector(".said").textContent.toLowerCase();
    return turn.words.includes(words);
  };

  let sorted = "time";
  const apply = () => {
    listed = turns.filter(wanted);
    const shown = new Set(listed);
    for (const turn of turns) turn.article.hidden = !shown.has(turn);
    overview?.begin(listed, (turn) => look(turn, false));
    if (order.value !== sorted) {
      sorted = order.value;
      list.append(...[...turns].sort(orders[sorted]).map((turn) => turn.article));
    }
    listed = [...listed].sort(orders[sorted]);
    const count = (n) => n.toLocaleString("en") + (n === 1 ? " utterance" : " utterances");
    const opened = listed.filter((turn) => turn.left).length;
    const rest = opened ? ", " + opened.toLocaleString("en") + " left open" : "";
    status.textContent = listed.length < turns.length
      ? listed.length.toLocaleString("en") + " of " + count(turns.length) + rest : count(turns.length) + rest;
    if (!listed.includes(current)) choose(listed[0] ?? null);
    where();
  };

  // One article takes part in the order of the tab key; arrows move on from it.
  const choose = (turn) => {
    if (current) current.article.tabIndex = -1;
    current = turn;
    if (turn) turn.article.tabIndex = 0;
  };
  const look = (turn, focus) => {
    choose(turn);
    if (focus) turn.article.focus({ preventScroll: true });
    turn.article.scrollIntoView({ block: focus ? "nearest" : "start" });
    mark(turn);
  };
  const at = (position) => turns[position - 1];
  const mark = (turn) => {
    if (!overview) return;
    const joined = (kind) => [...turn.article.querySelectorAll("." + kind + " a[href^='#u']")]
      .map((link) => [at(+link.getAttribute("href").slice(2)).x, kind]);
    overview.pins([[turn.x, "here"], ...joined("from"), ...joined("to")]);
  };
  list.addEventListener("focusin", (event) => {
    const article = event.target.closest("article");
    const turn = article && turns.find((one) => one.article === article);
    if (!turn) return;
    choose(turn);
    mark(turn);
    offer(article);
  });
  list.addEventListener("keydown", (event) => {
    if (event.target !== current?.article || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = listed[listed.indexOf(current) + step];
      if (next) look(next, true);
    } else if (event.key === "c") copy();
  });

  // One button to copy with goes from article to article.
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy quote";
  const offer = (article) => {
    if (button.parentElement === article.querySelector(".head")) return;
    button.textContent = "Copy quote";
    article.querySelector(".head").append(button);
  };
  list.addEventListener("pointerover", (event) => {
    const article = event.target.closest("article");
    if (article && !list.contains(document.activeElement)) offer(article);
  });
  const copy = async () => {
    const article = button.closest("article");
    const text = (selector) => article.querySelector(selector)?.textContent.trim() ?? "";
    const place = [text(".when"), "utterance " + text(".number")].filter(Boolean).join(", ");
    const quote = "“" + text(".said") + "” (" + text(".who") + ", " + place + ")";
    try {
      await navigator.clipboard.writeText(quote);
      button.textContent = "Copied";
    } catch {
      const area = document.createElement("textarea");
      area.value = quote;
      article.append(area);
      area.select();
      button.textContent = document.execCommand("copy") ? "Copied" : "Could not copy";
      area.remove();
    }
    status.textContent = button.textContent + ": " + quote;
  };
  button.addEventListener("click", copy);

  // The strip frames the utterances that the window shows, where they stand in the order of talk.
  let waiting = false;
  const where = () => {
    waiting = false;
    if (!overview) return;
    const top = tools.getBoundingClientRect().bottom;
    const bottom = window.innerHeight;
    const beyond = (edge) => {
      let low = 0;
      let high = listed.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (edge(listed[middle].article.getBoundingClientRect())) high = middle;
        else low = middle + 1;
      }
      return low;
    };
    const first = beyond((box) => box.bottom > top + 8);
    const last = beyond((box) => box.top > bottom) - 1;
    if (sorted !== "time" || first > last || !listed[first]) return overview.framed(null, null);
    overview.framed(listed[first].x, listed[last].x);
  };
  addEventListener("scroll", () => {
    if (!waiting) requestAnimationFrame(where);
    waiting = true;
  }, { passive: true });
  addEventListener("resize", where);

  const clear = () => {
    for (const one of [search, speaker, feeling, open]) one.value = "";
    apply();
  };
  addEventListener("hashchange", () => {
    const target = document.querySelector("article:target");
    if (!target) return;
    if (target.hidden) clear();
    const turn = turns.find((one) => one.article === target);
    if (turn) look(turn, true);
    target.scrollIntoView();
  });
  for (const name of document.querySelectorAll("[data-speaker]")) {
    name.addEventListener("click", () => {
      speaker.value = name.dataset.speaker;
      apply();
      tools.scrollIntoView();
      search.focus({ preventScroll: true });
    });
    name.hidden = false;
  }
  document.getElementById("clear").addEventListener("click", clear);
  document.getElementById("print-all")?.addEventListener("change", (event) => {
    document.body.classList.toggle("whole", event.target.checked);
  });
  search.addEventListener("input", apply);
  for (const one of [speaker, feeling, open, order]) one.addEventListener("change", apply);
  tools.hidden = false;
  apply();
})();
