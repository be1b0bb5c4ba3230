// What every page does: the clock, the keys, dialogs, and where the focus goes after an error.

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
  small.textContent = ` ${half}`;
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
  const next = held < 0 ? 0 : (held + (back ? -1 : 1) + parts.length) % parts.length;
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
