// What every page does: the clock, the keys, dialogs, and where the focus goes after an error.

import { on, silentMs, tryNow } from "./connection.js";

const zone = document.body.dataset.zone;

// --- The clock: the service's time, carried on by this device's own.

const started = performance.now();
const serverStart = Date.parse(document.body.dataset.now);
export const serverNow = () => serverStart + (performance.now() - started);

const clockFormat = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: zone });

export function clockParts(ms, format = clockFormat) {
  const parts = format.formatToParts(ms);
  const half = parts.find((part) => part.type === "dayPeriod")?.value.toLowerCase() ?? "";
  const digits = parts.filter((part) => part.type !== "dayPeriod").map((part) => part.value).join("").trim();
  return [digits, half];
}

function showClock() {
  const clock = document.getElementById("clock");
  if (!clock) return;
  const [digits, half] = clockParts(serverNow());
  if (clock.dataset.shown === digits) return;
  clock.dataset.shown = digits;
  const small = document.createElement("span");
  small.className = "half";
  small.textContent = half;
  clock.replaceChildren(digits, small);
}

setInterval(showClock, 1000);
showClock();

// --- Keys. No key starts, ends or changes an emergency.

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
let awaited = 0;

function goTo(letter) {
  const link = document.querySelector(`.menu a[data-key="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function nextPart(back) {
  const parts = ["strip", "content", "rail"]
    .map((id) => document.getElementById(id))
    .filter((part) => part && part.offsetParent !== null && (part.id !== "strip" || part.children.length));
  const held = parts.findIndex((part) => part.contains(document.activeElement));
  const from = held < 0 ? parts.findIndex((part) => part.id === "content") : held; // the emergency control comes next
  const next = (from + (back ? -1 : 1) + parts.length) % parts.length;
  parts[next]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "F6") {
    event.preventDefault();
    nextPart(event.shiftKey);
    return;
  }
  if (!("shortcuts" in document.body.dataset)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (performance.now() < awaited) {
    awaited = 0;
    if (goTo(event.key.toLowerCase())) event.preventDefault();
  } else if (event.key === "g") {
    awaited = performance.now() + 1500;
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  }
});

// --- Dialogs open and close by attributes; the browser keeps the focus in them and gives it back.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
});

document.querySelector("[data-focus]")?.focus();

// --- Whether the states on this screen can be trusted, said on every page.

const shapes = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "/static/icons/sprite.svg";

export function shape(name, size = 18) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", `icon i${size}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  use.setAttribute("href", `${shapes}#${name}`);
  svg.append(use);
  return svg;
}

export function durationWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole <= 120) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} days`;
}

const freshness = document.getElementById("freshness");
let said = "";

function sayFreshness(state, text) {
  if (!freshness || said === state + text) return;
  said = state + text;
  const tag = document.createElement("span");
  tag.className = state === "fresh" ? "fresh" : "tag";
  if (state !== "fresh") tag.dataset.state = "unknown";
  tag.append(shape(state === "fresh" ? "check" : "unknown"), text);
  freshness.replaceChildren(...(text ? [tag] : []));
}

on("state", (state) => {
  if (!state.answers) sayFreshness("unknown", "The database does not answer");
  else sayFreshness(state.fresh.state, state.fresh.text);
  const running = state.directives.map((one) => one.id).join(" ");
  if (document.body.dataset.directives !== running) tellDirectives(state.directives, running);
});

function tellDirectives(directives, running) {
  document.body.dataset.directives = running;
  document.documentElement.toggleAttribute("data-running", directives.length > 0);
  const place = document.getElementById("directive-state");
  if (!place) return;
  const links = directives.map((one) => {
    const link = document.createElement("a");
    const [digits, half] = clockParts(Date.parse(one.since));
    link.href = `/emergency/${one.id}`;
    link.textContent = `${one.drill ? "DRILL. " : ""}${one.word} since ${digits} ${half}`;
    return link;
  });
  place.replaceChildren(...(links.length ? links.flatMap((link, n) => (n ? [", ", link] : [link])) : ["No directive active"]));
}

on("ended", () => sayFreshness("unknown", "You are signed out on this screen"));

// The banner is made from this device's own clock: it appears also when the service is gone.
const banner = document.getElementById("stale");
const shows = document.querySelector("[data-live]") !== null;
let counting = 0;

function count() {
  const text = `${durationWords(silentMs() / 1000)}`;
  sayFreshness("unknown", `Not updating for ${text}`);
  if (banner && shows) {
    banner.hidden = false;
    document.getElementById("stale-said").textContent = `This screen stopped updating ${text} ago. Do not trust the states below.`;
  }
}

on("stale", () => {
  count();
  clearInterval(counting);
  counting = setInterval(count, 1000);
});

on("fresh", () => {
  clearInterval(counting);
  said = "";
  if (banner) banner.hidden = true;
});

document.getElementById("stale-try")?.addEventListener("click", tryNow);
