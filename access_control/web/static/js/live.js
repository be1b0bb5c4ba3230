// The Live page: what the service says goes into the rows that are there; ages are counted on here.

import { isStale, on } from "./connection.js";
import { clockParts, durationWords, shape } from "./frame.js";

const doors = new Map();
let heardAt = performance.now();
let sentence = document.getElementById("sentence").textContent;

const ALARM = new Set(["forced", "propped", "not_secure", "tamper"]);

// --- Doors

for (const row of document.querySelectorAll("[data-door]")) {
  doors.set(row.dataset.door, {
    row,
    plate: row.querySelector(".plate"),
    tag: row.querySelector(".tag"),
    word: row.querySelector(".word"),
    use: row.querySelector(".tag use"),
    age: row.querySelector(".age"),
    now: {
      state: row.dataset.state,
      word: row.querySelector(".word").textContent,
      age: row.dataset.age === "" ? null : Number(row.dataset.age),
      left: Number(row.dataset.left),
      was: row.dataset.was,
    },
  });
}

function showDoor(door) {
  const { now } = door;
  const passed = (performance.now() - heardAt) / 1000;
  const age = now.age === null ? null : now.age + passed;
  const proved = !isStale() && now.state !== "unknown" && passed <= now.left;
  const state = proved ? now.state : "unknown";
  const was = now.state === "unknown" ? now.was : `was ${now.word.charAt(0).toLowerCase()}${now.word.slice(1)}`;
  const word = proved ? now.word : "Unknown";
  if (door.row.dataset.state !== state) {
    for (const part of [door.row, door.plate, door.tag, door.tag.firstElementChild]) part.dataset.state = state;
    door.use.setAttribute("href", door.use.getAttribute("href").replace(/#.*/, `#${ALARM.has(state) ? "alarm" : state}`));
    door.row.classList.remove("changed");
    void door.row.offsetWidth;
    door.row.classList.add("changed");
  }
  if (door.word.textContent !== word) door.word.textContent = word;
  let text = "never proved";
  if (age !== null) text = proved ? `proved ${durationWords(age)} ago` : `not proved for ${durationWords(age)}`;
  if (!proved && was) text += `, ${was}`;
  if (door.age.textContent !== text) door.age.textContent = text;
}

function showAll() {
  for (const door of doors.values()) showDoor(door);
  for (const cell of document.querySelectorAll("[data-bridge]")) showBridge(cell);
  const text = isStale() ? `Last known: ${sentence}` : sentence;
  const place = document.getElementById("sentence");
  if (place.textContent !== text) place.textContent = text;
}

// --- Bridges

function showBridge(cell) {
  const base = cell.dataset.age === "" ? null : Number(cell.dataset.age);
  const age = base === null ? null : base + (performance.now() - heardAt) / 1000;
  const limit = Number(cell.dataset.limit);
  const silent = isStale() || age === null || age > limit;
  cell.toggleAttribute("data-silent", silent);
  cell.querySelector(".bar rect").setAttribute("width", silent ? 0 : Math.min(100, (age * 100) / limit).toFixed(1));
  const said = cell.querySelector(".bridge-age");
  let text = "never heard";
  if (age !== null) text = silent ? `silent for ${durationWords(age)}` : `proved ${durationWords(age)} ago`;
  if (said.textContent !== text) said.textContent = text;
}

on("state", (state) => {
  heardAt = performance.now();
  sentence = state.sentence;
  let strangers = state.doors.length !== doors.size;
  for (const door of state.doors) {
    const mine = doors.get(String(door.id));
    if (mine) mine.now = door;
    else strangers = true;
  }
  for (const bridge of state.bridges) {
    const cell = document.querySelector(`[data-bridge="${CSS.escape(bridge.id)}"]`);
    if (!cell) {
      strangers = true;
      continue;
    }
    cell.dataset.age = bridge.age ?? "";
    cell.querySelector(".bridge-covers").textContent = bridge.covers;
    cell.querySelector(".bridge-detail").textContent = bridge.detail;
  }
  if (strangers) location.reload(); // doors were added or taken away: the page is made anew
  showAlarms(state.alarms);
  showAll();
});
on("stale", showAll);
setInterval(showAll, 1000);
showAll();

// --- Alarms: said once at once; a seen one stays until its cause is gone.

const strip = document.getElementById("strip");
const token = document.getElementById("live").dataset.token;
const told = new Set([...strip.querySelectorAll("[data-alarm]")].map((row) => row.dataset.alarm));
let drawn = strip.dataset.drawn ?? "";

function el(tag, cls, ...parts) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  made.append(...parts);
  return made;
}

function alarmRow(alarm, more) {
  const row = el("div", `alarm-row${alarm.seen ? " seen" : ""}`);
  row.dataset.state = alarm.state === "unknown" ? "unknown" : "alarm";
  row.dataset.alarm = alarm.key;
  const mark = shape(alarm.state === "unknown" ? "unknown" : "alarm", 26);
  mark.classList.add("glyph");
  mark.dataset.state = row.dataset.state;
  const plates = alarm.plates.map((number) => el("span", "plate alarm", el("span", "unseen", "door "), number));
  const cause = [alarm.cause, alarm.seen && `${alarm.seen} sees it`, more && `and ${more} more`].filter(Boolean).join(". ");
  row.append(mark, ...plates, el("div", "", el("strong", "", alarm.said), el("p", "", cause)));
  if (!alarm.seen && token) {
    const form = el("form");
    form.method = "post";
    form.action = "/live/seen";
    for (const [name, value] of [["csrf_token", token], ["alarm", alarm.key]]) {
      const field = el("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    form.append(el("button", "button primary", "I see it"));
    row.append(form);
  }
  return row;
}

function showAlarms(alarms) {
  const now = JSON.stringify(alarms);
  if (now === drawn || strip.contains(document.activeElement)) return;
  drawn = now;
  const rows = alarms.slice(0, 2).map((alarm, n) => alarmRow(alarm, n === 1 ? alarms.length - 2 : 0));
  strip.replaceChildren(...rows);
  const fresh = alarms.filter((alarm) => !told.has(alarm.key));
  told.clear();
  for (const alarm of alarms) told.add(alarm.key);
  if (fresh.length) document.getElementById("said-now").textContent = fresh.map((alarm) => alarm.said).join(". ");
}

// --- What happened: new rows wait while somebody points at the list.

const list = document.getElementById("happened");
const waitingButton = document.getElementById("waiting");
let events = [];
let latest = list.firstElementChild?.dataset.key ?? "";
let spoke = 0;
const secondsFormat = new Intl.DateTimeFormat("en-US", {
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZone: document.body.dataset.zone,
});

function eventRow(event) {
  const [digits, half] = clockParts(Date.parse(event.at), secondsFormat);
  const time = el("time", "", digits, el("span", "half", half));
  time.dateTime = event.at;
  const mark = shape(event.glyph, 20);
  mark.classList.add("glyph");
  mark.dataset.state = event.glyph;
  const words = el("p", "", event.drill ? "DRILL. " : "", el("strong", "", event.bold), ` ${event.text} `);
  if (event.why) {
    const why = el("a", "", "Why?");
    why.href = event.why;
    words.append(why);
  }
  const row = el("li", "event", time, mark, words);
  row.dataset.key = event.key;
  return row;
}

const feed = list.closest("section"); // the button that shows what waits is in it, too
const held = () => feed.matches(":hover") || feed.contains(document.activeElement);

function showEvents(force) {
  const fresh = events.findIndex((event) => event.key === latest);
  const number = fresh < 0 ? events.length : fresh;
  if (!number) return;
  if (!force && held()) {
    waitingButton.hidden = false;
    waitingButton.textContent = `${number} new`;
    return;
  }
  waitingButton.hidden = true;
  list.replaceChildren(...events.map(eventRow));
  latest = events[0].key;
  document.getElementById("nothing-yet")?.remove();
  if (performance.now() - spoke > 5000) {
    spoke = performance.now();
    document.getElementById("said-later").textContent = `${events[0].bold} ${events[0].text}`;
  }
}

on("events", (now) => {
  events = now;
  showEvents(false);
});
waitingButton.addEventListener("click", () => showEvents(true));
feed.addEventListener("pointerleave", () => showEvents(false));
feed.addEventListener("focusout", () => setTimeout(() => showEvents(false)));

// --- Find a door

const search = document.querySelector("[data-search]");
search.closest("[hidden]")?.removeAttribute("hidden");
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  for (const { row } of doors.values()) row.hidden = Boolean(wanted) && !row.dataset.find.includes(wanted);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    search.value = "";
    search.dispatchEvent(new Event("input"));
  }
  if (event.key === "Enter") {
    const first = [...doors.values()].find(({ row }) => !row.hidden);
    first?.row.querySelector("a")?.focus();
  }
});
