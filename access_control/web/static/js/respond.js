// The emergency sections in the rail and the dock follow what is in force, whoever started or ended it.
// They change neither under a finger that presses nor while a start is on its way, and the focus stays where it is.

import { isPressing, wire } from "./press.js";

const AGAIN_MS = 250;

let waiting = null; // the sections that are to be shown as soon as nobody presses
let timer = 0;

/** What the focus was on, in the section that took its place; else the first thing there that can be pressed. */
function likeIt(held, fresh) {
  const alike = held.matches("[data-press]")
    ? "[data-press]"
    : held.getAttribute("href") && `[href="${CSS.escape(held.getAttribute("href"))}"]`;
  return (alike && fresh.querySelector(alike)) || fresh.querySelector("a, button");
}

function put(old, fresh) {
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  // What was said last is still read out, and its words still stand there.
  const said = old.querySelector("[data-press-said]");
  if (said) fresh.querySelector("[data-press-said]")?.replaceWith(said);
  old.replaceWith(fresh);
  wire(fresh);
  if (held) likeIt(held, fresh)?.focus({ preventScroll: true });
}

function show() {
  clearTimeout(timer);
  if (!waiting) return;
  if (isPressing()) {
    timer = setTimeout(show, AGAIN_MS);
    return;
  }
  for (const fresh of waiting) {
    const old = document.querySelector(`[data-emergency][data-place="${fresh.dataset.place}"]`);
    if (old) put(old, fresh);
  }
  waiting = null;
}

document.addEventListener("emergency-changed", (event) => {
  waiting = [...event.detail.querySelectorAll("[data-emergency]")];
  show();
});
