// One line to the service for a page: a stream, or asking every 2 seconds where there is no thread left for a stream.
// Whoever wants to hear calls on(kind, listener); kinds: state, events, word, stale, fresh, ended.

export const STALE_MS = 5000;
const POLL_MS = 2000;
const HIDDEN_POLL_MS = 10000;
const AGAIN_MS = 3000;
const GRACE_MS = 1500;

const listeners = new Map();
let source = null;
let timer = 0;
let heard = performance.now();
let shown = performance.now();
let stale = false;
let ended = false;
let known = {};

export function on(kind, listener) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}

function tell(kind, data) {
  if (kind === "word") document.dispatchEvent(new CustomEvent(`live:${data.what}`)); // for parts without this module
  for (const listener of listeners.get(kind) ?? []) listener(data);
}

export const silentMs = () => performance.now() - heard;
export const isStale = () => stale;

function hear(kind, data) {
  heard = performance.now();
  if (stale) {
    stale = false;
    delete document.documentElement.dataset.stale;
    tell("fresh");
  }
  if (kind) tell(kind, data);
}

function close() {
  source?.close();
  source = null;
  clearTimeout(timer);
}

function open() {
  close();
  if (ended) return;
  if (document.hidden) {
    timer = setTimeout(poll, HIDDEN_POLL_MS);
    return;
  }
  source = new EventSource("/live/stream");
  for (const kind of ["state", "events", "word"]) {
    source.addEventListener(kind, (event) => hear(kind, JSON.parse(event.data)));
  }
  source.addEventListener("beat", () => hear());
  source.addEventListener("ended", () => end());
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) {
      close();
      timer = setTimeout(poll, 200); // says why, and serves until a stream is to be had
    }
  });
}

async function poll() {
  let wait = document.hidden ? HIDDEN_POLL_MS : POLL_MS;
  try {
    const answer = await fetch("/live/state.json", { headers: { Accept: "application/json" } });
    if (answer.status === 401 || answer.status === 403) return end();
    if (!answer.ok) throw new Error(String(answer.status));
    const now = await answer.json();
    hear("state", now.state);
    tell("events", now.events);
    for (const [what, number] of Object.entries(now.heard)) {
      if (known[what] !== undefined && known[what] !== number) tell("word", { what });
    }
    known = now.heard;
  } catch {
    wait = AGAIN_MS;
  }
  close();
  timer = setTimeout(poll, wait);
}

function end() {
  ended = true;
  close();
  tell("ended");
}

// Asks at once, whatever was waited for.
export function tryNow() {
  if (!ended) open();
}

setInterval(() => {
  const now = performance.now();
  if (!stale && now - heard > STALE_MS && now - shown > GRACE_MS && !document.hidden) {
    stale = true;
    document.documentElement.dataset.stale = "";
    tell("stale");
  }
}, 250);

document.addEventListener("visibilitychange", () => {
  shown = performance.now();
  open();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && open());

open();
