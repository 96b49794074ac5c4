"use strict";
const cards = [...document.querySelectorAll(".card")];
const points = [...document.querySelectorAll("a.point")];
const of = (link) => cards.find((card) => "#" + card.id === link.getAttribute("href"));

/* Cards: one at a time, where a script runs; all of them otherwise, and in print. */
let pinned = cards.find((card) => card.classList.contains("chosen")) || cards[0];

function show(card) {
  for (const each of cards) each.classList.toggle("away", each !== card);
  for (const point of points) {
    if (of(point) === card) point.setAttribute("aria-current", "true");
    else point.removeAttribute("aria-current");
  }
}

function pin(card, focus) {
  pinned = card;
  show(card);
  if (focus) card.focus({ preventScroll: true });
  const edge = card.getBoundingClientRect();
  if (edge.top < 0 || edge.top > innerHeight - 80) card.scrollIntoView({ block: "nearest" });
}

if (pinned) {
  show(pinned);
  for (const point of points) {
    point.addEventListener("mouseenter", () => show(of(point) || pinned));
    point.addEventListener("mouseleave", () => show(pinned));
    point.addEventListener("focus", () => pin(of(point) || pinned));
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const card = link && of(link);
    if (!card) return;
    event.preventDefault();
    pin(card, true);
  });
  document.addEventListener("keydown", (event) => {
    const here = points.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (here < 0 || !step) return;
    const next = points[here + step];
    if (next && next.closest("svg") === points[here].closest("svg")) {
      event.preventDefault();
      next.focus();
    }
  });
  const stepper = document.querySelector(".stepper");
  stepper.hidden = cards.length < 2;
  stepper.addEventListener("click", (event) => {
    const step = Number(event.target.dataset.step || 0);
    const next = cards[cards.indexOf(pinned) + step];
    if (step && next) pin(next);
  });
  const wanted = cards.find((card) => "#" + card.id === location.hash);
  if (wanted) pin(wanted);
}

/* Commands: copied, or marked where the browser lets nobody copy, as inside another page. */
for (const button of document.querySelectorAll(".copy")) {
  const text = button.parentElement.querySelector("code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      button.textContent = document.execCommand("copy") ? "Copied" : "Marked";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}
