// The incident screen stays true: what changed is replaced in place, and nothing moves while people read.

import { on } from "./connection.js";
import { serverNow } from "./frame.js";

const FAST_MS = 400;
const SLOW_MS = 1500;
const LEAST_MS = 250;
const FAST_FOR_MS = 15000;
const STALE_MS = 5000;
const LEAVING_MS = 3000;

const incident = document.getElementById("incident");
const opened = performance.now();
let heard = performance.now();

const lasting = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
};

let asked = 0;
let waiting = null;

/** Something happened: look at once, but at most four times a second. */
function askSoon() {
  if (waiting) return;
  waiting = setTimeout(ask, Math.max(0, asked + LEAST_MS - performance.now()));
}

async function ask() {
  clearTimeout(waiting);
  waiting = null;
  asked = performance.now();
  try {
    const answer = await fetch(incident.dataset.part, { credentials: "same-origin", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) return;
    heard = performance.now();
    show(new DOMParser().parseFromString(await answer.text(), "text/html").body);
  } catch {
    // said by the banner once it lasts
  }
}

function show(fresh) {
  if (fresh.querySelector(".ended") && !incident.dataset.ended) {
    window.location.reload();
    return;
  }
  for (const old of incident.querySelectorAll(":scope > [data-key]")) {
    if (!fresh.querySelector(`[data-key="${old.dataset.key}"]`)) old.remove();
  }
  let place = null;
  for (const part of [...fresh.children]) {
    const old = part.dataset.key
      ? incident.querySelector(`:scope > [data-key="${part.dataset.key}"]`)
      : incident.querySelector(":scope > [data-keys]");
    if (!old) {
      if (place) place.after(part);
      else incident.prepend(part);
      place = part;
      continue;
    }
    place = old;
    if (part.dataset.key === "walk") showWalk(old, part);
    else if ("keys" in part.dataset) showKeyed(old, part);
    else replace(old, part);
  }
  const release = document.getElementById("release");
  if (release) release.hidden = Boolean(incident.querySelector('[data-key="pending"]'));
}

/** Puts what a fresh part says into the old one. What is equal stays, and so does the focus. */
function replace(old, fresh) {
  if (same(old, fresh)) return false;
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
  old.replaceChildren(...fresh.childNodes);
  if (focus) old.querySelector(focus.id ? `#${CSS.escape(focus.id)}` : focus.localName)?.focus();
  return true;
}

const told = (part) => {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll("input[name=csrf_token]")) field.remove();
  for (const count of copy.querySelectorAll("[data-ago-ms], [data-due-ms]")) count.textContent = "";
  for (const bar of copy.querySelectorAll("[data-due-bar]")) bar.removeAttribute("value");
  copy.classList.remove("changed");
  return copy.outerHTML.replaceAll(/ class=""/g, "");
};
const same = (one, other) => told(one) === told(other);

function showKeyed(old, fresh) {
  const seen = new Set();
  let missing = false;
  for (const part of fresh.querySelectorAll("[data-key]")) {
    seen.add(part.dataset.key);
    const before = old.querySelector(`[data-key="${part.dataset.key}"]`);
    if (!before) missing = true;
    else if (replace(before, part) && part.classList.contains("cell")) flash(before);
  }
  const gone = [...old.querySelectorAll("[data-key]")].some((part) => !seen.has(part.dataset.key));
  if (missing || gone) old.replaceChildren(...fresh.childNodes);
}

function flash(cell) {
  cell.classList.add("changed");
  setTimeout(() => cell.classList.remove("changed"), 700);
}

/** Doors on the walk list keep their places; one that is proved secured says so for 3 s before it leaves. */
function showWalk(old, fresh) {
  replaceTitle(old.querySelector(".title"), fresh.querySelector(".title"));
  const list = old.querySelector(".walk-list");
  const doors = new Map([...fresh.querySelectorAll(".walk-list > li")].map((door) => [door.dataset.key, door]));
  for (const card of [...list.children]) {
    const now = doors.get(card.dataset.key);
    if (now) replace(card, now);
    else if (!card.classList.contains("leaving")) leave(card, old);
  }
  let next = null;
  for (const [key, door] of [...doors].reverse()) {
    const there = list.querySelector(`[data-key="${key}"]`);
    if (there) next = there;
    else {
      list.insertBefore(door, next);
      next = door;
    }
  }
}

function replaceTitle(old, fresh) {
  if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
}

function leave(card, walk) {
  card.classList.add("leaving");
  card.dataset.result = "secured";
  const result = card.querySelector(".result");
  result.dataset.result = "secured";
  result.textContent = "Secured";
  card.querySelector("form")?.remove();
  walk.querySelector("[data-left]").textContent = `${card.dataset.name} is secured.`;
  setTimeout(() => card.remove(), LEAVING_MS);
}

function tick() {
  for (const place of document.querySelectorAll("[data-ago-ms]")) {
    place.textContent = lasting((serverNow() - Number(place.dataset.agoMs)) / 1000);
  }
  for (const place of document.querySelectorAll("[data-due-ms]")) {
    const left = Math.max(0, (Number(place.dataset.dueMs) - serverNow()) / 1000);
    place.textContent = String(Math.ceil(left));
    for (const bar of document.querySelectorAll("[data-due-bar]")) bar.value = left;
  }
  const silent = performance.now() - heard;
  const stale = document.getElementById("stale");
  if (!stale || incident.dataset.ended) return;
  const cannotBeTrusted = silent > STALE_MS;
  incident.classList.toggle("is-stale", cannotBeTrusted);
  if (cannotBeTrusted) {
    stale.hidden = false;
    document.getElementById("stale-said").textContent =
      `This screen stopped updating ${lasting(silent / 1000)} ago. Do not trust the states below.`;
  } else if (!stale.hidden) {
    stale.hidden = true;
  }
}

async function keepTrue() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, performance.now() - opened < FAST_FOR_MS ? FAST_MS : SLOW_MS));
    await ask();
  }
}

if (incident && !incident.dataset.ended) {
  keepTrue();
  setInterval(tick, 250);
  for (const kind of ["word", "state", "events"]) on(kind, askSoon);
  document.getElementById("stale-try")?.addEventListener("click", ask);
}

// --- "I am going", without leaving the page.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-going]");
  if (!form) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
    if (answer.ok) await ask();
    else form.submit();
  } catch {
    form.submit();
  }
});

// --- The release row: its button names what is missing, and speaks it.

const form = document.querySelector("form[data-release]");

function missing() {
  const lacking = [];
  if (form.why.value.trim().length < Number(form.dataset.least)) {
    lacking.push(`a reason of at least ${form.dataset.least} characters`);
  }
  if (!form.password.value) lacking.push("your password");
  return lacking.length ? `Still needed: ${lacking.join(" and ")}.` : "";
}

if (form) {
  const button = form.querySelector("[data-release-button]");
  const said = form.querySelector("[data-release-missing]");
  const judge = () => {
    const words = missing();
    if (words) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    button.classList.toggle("primary", !words);
    if (said.textContent !== words) said.textContent = words;
  };
  form.noValidate = true;
  form.addEventListener("input", judge);
  form.addEventListener("submit", (event) => {
    if (!missing()) return;
    event.preventDefault();
    (form.why.value.trim().length < Number(form.dataset.least) ? form.why : form.password).focus();
  });
  judge();

  const box = form.querySelector("[data-preview-box]");
  const preview = async () => {
    if (!box.open) return;
    const here = box.querySelector("[data-preview-here]");
    try {
      const answer = await fetch(`${form.dataset.preview}&part=${encodeURIComponent(form.part.value)}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error("no answer");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      here.replaceChildren(...page.body.childNodes);
    } catch {
      here.textContent = "The service did not tell what the doors will do. Open this again in a moment.";
    }
  };
  box.addEventListener("toggle", preview);
  form.part.addEventListener("change", preview);
}
