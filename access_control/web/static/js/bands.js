// The bands at the top of every page: is what they say still in force? And their running clocks.

import { serverNow } from "./frame.js";

const ASK_MS = 2000;

export function clockOf(milliseconds) {
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const tail = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours ? `${hours}:${tail}` : tail;
}

function tick() {
  for (const place of document.querySelectorAll("[data-since-ms]")) {
    const words = clockOf(serverNow() - Number(place.dataset.sinceMs));
    if (place.textContent !== words) place.textContent = words;
  }
}

setInterval(tick, 250);

let asking = false;

/** Ask what is in force; when it changed, show it here and in the emergency sections of rail and dock. */
export async function askBands() {
  const bands = document.getElementById("bands");
  if (!bands || asking) return;
  asking = true;
  try {
    const answer = await fetch(bands.dataset.ask, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.bands !== bands.dataset.bands) await showBands(bands);
  } catch {
    // the page's own banner says that it stopped updating
  } finally {
    asking = false;
  }
}

async function showBands(bands) {
  const answer = await fetch(bands.dataset.part, { credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("bands");
  if (!fresh) return;
  const held = bands.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  bands.replaceChildren(...fresh.childNodes);
  bands.dataset.bands = fresh.dataset.bands;
  if (held) bands.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  document.documentElement.toggleAttribute("data-running", Boolean(bands.dataset.bands));
  document.dispatchEvent(new CustomEvent("emergency-changed", { detail: page })); // respond.js
  tick();
}

document.addEventListener("live:emergency", askBands);
setInterval(askBands, ASK_MS);
