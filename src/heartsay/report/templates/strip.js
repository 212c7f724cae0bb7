// The overview strip: dragging along it, or its arrow keys, goes to the utterance that was said there.
const overview = (() => {
  "use strict";
  const strip = document.getElementById("strip");
  if (!strip) return null;
  const pane = strip.querySelector(".lanes");
  const frame = strip.querySelector(".frame");
  const tip = strip.querySelector(".moment");
  let turns = [];
  let visit = () => {};
  let now = 0;

  const nearest = (x) => {
    let low = 0;
    let high = turns.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (turns[middle].x < x) low = middle + 1;
      else high = middle;
    }
    return low > 0 && x - turns[low - 1].x < turns[low].x - x ? low - 1 : low;
  };
  const under = (event) => {
    const box = pane.getBoundingClientRect();
    return nearest((1000 * (event.clientX - box.left)) / box.width);
  };
  const tell = (index) => {
    const turn = turns[index];
    now = index;
    strip.setAttribute("aria-valuenow", index + 1);
    strip.setAttribute("aria-valuetext", turn.name);
    tip.textContent = turn.name;
    tip.style.left = Math.min(88, Math.max(12, turn.x / 10)) + "%";
    tip.hidden = false;
  };
  const go = (index) => {
    tell(index);
    visit(turns[index]);
  };

  let held = false;
  pane.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !turns.length) return;
    held = true;
    pane.setPointerCapture(event.pointerId);
    strip.focus({ preventScroll: true });
    go(under(event));
    event.preventDefault();
  });
  pane.addEventListener("pointermove", (event) => {
    if (held) go(under(event));
    else if (event.pointerType === "mouse" && turns.length) tell(under(event));
  });
  for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, () => (held = false));
  pane.addEventListener("pointerleave", () => (tip.hidden = !held));
  strip.addEventListener("blur", () => (tip.hidden = true));
  strip.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const ends = { Home: 0, End: turns.length - 1 };
    const to = event.key in ends ? ends[event.key] : event.key in steps ? now + steps[event.key] : null;
    if (to === null || !turns.length) return;
    event.preventDefault();
    go(Math.max(0, Math.min(turns.length - 1, to)));
  });

  return {
    // `found` are the utterances that are listed, in the order they were said; `to` shows one of them.
    begin(found, to) {
      turns = found;
      visit = to;
      strip.setAttribute("role", "slider");
      strip.setAttribute("aria-valuemin", 1);
      strip.setAttribute("aria-valuemax", Math.max(1, found.length));
      strip.setAttribute("aria-valuenow", Math.min(now + 1, Math.max(1, found.length)));
      strip.tabIndex = 0;
    },
    // Frames what the window shows, or nothing.
    framed(from, to) {
      frame.hidden = from === null;
      if (from === null) return;
      frame.style.left = from / 10 + "%";
      frame.style.width = Math.max(0.4, (to - from) / 10) + "%";
    },
    // Marks the causes of an utterance, and what it caused.
    pins(places) {
      for (const old of pane.querySelectorAll(".pin")) old.remove();
      for (const [x, kind] of places) {
        const pin = document.createElement("i");
        pin.className = "pin " + kind;
        pin.style.left = x / 10 + "%";
        pane.append(pin);
      }
    },
  };
})();
