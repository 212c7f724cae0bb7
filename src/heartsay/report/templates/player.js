// The recording and the list move together: a time plays from there, and what is heard is marked.
(() => {
  "use strict";
  const player = document.getElementById("player");
  if (!player) return;
  const times = JSON.parse(player.dataset.times);
  let heard = 0;

  player.addEventListener("error", () => (document.getElementById("gone").hidden = false));
  document.body.classList.add("plays");

  const mark = (position, on) => {
    const article = document.getElementById("u" + position);
    if (article) article.classList.toggle("heard", on);
    for (const bar of document.querySelectorAll('.m[data-i="' + position + '"]')) bar.classList.toggle("heard", on);
  };
  const follow = () => {
    const now = player.currentTime;
    let found = 0;
    times.forEach(([start, end], index) => {
      if (start !== null && start <= now + 0.05 && (end === null || now < end)) found = index + 1;
    });
    if (found === heard) return;
    if (heard) mark(heard, false);
    if (found) mark(found, true);
    heard = found;
  };
  for (const name of ["timeupdate", "seeked"]) player.addEventListener(name, follow);

  // The list may be built as it is scrolled, so whatever is chosen is found when it is.
  const play = (event) => {
    const when = event.target.closest(".when");
    const number = when && when.closest(".head") && when.closest(".head").querySelector(".number");
    if (!number) return false;
    const spoken = times[Number(number.hash.slice(2)) - 1];
    if (!spoken || spoken[0] === null) return false;
    player.currentTime = spoken[0];
    player.play().catch(() => {});
    return true;
  };
  document.addEventListener("click", play);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && play(event)) event.preventDefault();
  });
  for (const when of document.querySelectorAll(".head .when")) {
    when.tabIndex = 0;
    when.setAttribute("role", "button");
    when.title = "Play from here";
  }
})();
