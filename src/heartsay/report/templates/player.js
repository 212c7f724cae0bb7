// The recording and the list move together: a time plays from there, and what is heard is marked.
(() => {
  "use strict";
  const player = document.getElementById("player");
  if (!player) return;
  const times = JSON.parse(player.dataset.times);
  let heard = 0;

  document.body.classList.add("plays");
  const gone = () => {
    document.body.classList.remove("plays");
    document.getElementById("gone").hidden = false;
    player.hidden = true;
  };
  player.addEventListener("error", gone);
  if (player.error) gone(); // it may have failed before anybody listened

  const mark = (position, on) => {
    const article = document.getElementById("u" + position);
    if (article) article.classList.toggle("heard", on);
    for (const bar of document.querySelectorAll('.m[data-i="' + position + '"]')) bar.classList.toggle("heard", on);
  };
  // The lanes of words, voice and face: a line where the recording is, and what was said there.
  const lanes = document.getElementById("lanes");
  const line = lanes && lanes.querySelector(".now");
  const said = document.getElementById("heard");
  const [first, last] = lanes ? [Number(lanes.dataset.first), Number(lanes.dataset.last)] : [0, 0];
  const place = (now) => {
    if (!line) return;
    line.hidden = now < first || now > last;
    line.style.left = (100 * (now - first)) / Math.max(last - first, 1e-9) + "%";
  };
  const tell = (position) => {
    const article = document.getElementById("u" + position);
    if (!article) return;
    said.className = article.className.replace(/^u /, "now-said ").replace(" heard", "");
    const parts = [".who", ".said", ".label", ".modalities"].map((name) => article.querySelector(name));
    said.replaceChildren(...parts.filter(Boolean).map((part) => part.cloneNode(true)));
  };
  if (lanes)
    lanes.querySelector(".pane").addEventListener("click", (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      playFrom(first + ((last - first) * (event.clientX - box.left)) / box.width);
    });

  const follow = () => {
    const now = player.currentTime;
    place(now);
    let found = 0;
    times.forEach(([start, end], index) => {
      if (start !== null && start <= now + 0.05 && (end === null || now < end)) found = index + 1;
    });
    if (found === heard) return;
    if (heard) mark(heard, false);
    if (found) {
      mark(found, true);
      tell(found);
    } else said.classList.add("past");
    heard = found;
  };
  for (const name of ["timeupdate", "seeked"]) player.addEventListener(name, follow);

  const playFrom = (seconds) => {
    player.currentTime = seconds;
    player.play().catch(() => {});
  };
  // The list may be built as it is scrolled, so whatever is chosen is found when it is.
  const play = (event) => {
    const when = event.target.closest(".when");
    const number = when && when.closest(".head") && when.closest(".head").querySelector(".number");
    if (!number) return false;
    const spoken = times[Number(number.hash.slice(2)) - 1];
    if (!spoken || spoken[0] === null) return false;
    playFrom(spoken[0]);
    return true;
  };
  document.addEventListener("click", play);
  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && play(event)) event.preventDefault();
  });
  for (const when of document.querySelectorAll(".head .when")) {
    when.tabIndex = 0;
    when.setAttribute("role", "button");
    when.title = "Play from here";
  }
})();
