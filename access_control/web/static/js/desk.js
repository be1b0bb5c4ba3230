// The front desk: the field for names and scans, parts that follow what others do, and a scanner that types anywhere.

import { on } from "./connection.js";
import { suggest } from "./suggest.js";

const CODE = /SAC\/[PV]\/.*/;
const finder = document.querySelector("[data-finder]");
const field = finder.querySelector("input[type=search]");

// --- Looking up

suggest(field, (one) => location.assign(one.url), { first: true, asks: (text) => !/^SAC\//i.test(text) });

const host = document.querySelector('input[data-suggest="/desk/hosts.json"]');
if (host) {
  const ref = document.querySelector("[data-host-ref]");
  suggest(host, (one) => {
    host.value = one.word;
    ref.value = one.ref;
  });
  host.addEventListener("input", () => (ref.value = ""));
}

// --- A wedge scanner types like a keyboard and ends with Enter, wherever the focus is.

const TEXT = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
let afterG = 0;
let typed = "";
addEventListener("focusin", () => (typed = ""));

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inField = event.target.matches?.(TEXT);
    if (inField && event.key.length === 1) {
      typed += event.key; // the field itself may be too short for a code
      return;
    }
    if (event.key === "Enter" && inField && event.target !== field) {
      const code = CODE.exec(typed) ?? CODE.exec(event.target.value ?? ""); // the second: it began before this script did
      typed = "";
      if (!code) return;
      event.preventDefault(); // a scan that landed in another field is taken out of it again
      event.stopPropagation();
      event.target.value = event.target.value.split(code[0].slice(0, 6))[0];
      field.value = code[0];
      finder.requestSubmit();
      return;
    }
    if (inField || document.querySelector("dialog[open]") || event.repeat) return;
    if (event.key.length !== 1 || " g/?".includes(event.key) || performance.now() < afterG) {
      if (event.key === "g") afterG = performance.now() + 1500;
      return;
    }
    field.focus(); // the letter that was just pressed lands in it
    field.select();
  },
  true,
);

// --- A form that is sent twice by a second press would be one visit anyway; the button says that it was taken.

for (const form of document.querySelectorAll("form[data-check-in]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// --- What others do appears by itself, but never under a pointer or a focus.

const SLOW_MS = 5000;
const tokens = /name="csrf_token" value="[^"]*"/g;

function follow(part) {
  const more = document.querySelector(`[data-changed="${part.dataset.what}"]`);
  const sheet = document.createElement("template");
  const bare = (spelled) => spelled.replace(tokens, "").trim();
  const received = (html) => {
    sheet.innerHTML = html; // spelled the way the browser spells it
    return bare(sheet.innerHTML);
  };
  let shown = bare(part.innerHTML); // never parsed again: an extension's style attribute in it would offend the CSP
  let waiting = null;
  let busy = false;
  let again = false;

  const inUse = () => part.matches(":hover") || part.contains(document.activeElement);

  function put(html) {
    part.innerHTML = html;
    shown = received(html);
    waiting = null;
    more.hidden = true;
  }

  async function ask() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(part.dataset.deskPart, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.ok && !answer.redirected) {
        const html = await answer.text();
        if (received(html) === shown) {
          waiting = null;
          more.hidden = true;
        } else if (inUse()) {
          waiting = html;
          more.hidden = false;
        } else {
          put(html);
        }
      }
    } catch {
      // the next word or the slow clock asks again
    }
    busy = false;
    if (again) {
      again = false;
      ask();
    }
  }

  more.querySelector("button").addEventListener("click", () => waiting !== null && put(waiting));
  on("word", (word) => word.what === "desk" && ask());
  on("fresh", ask);
  setInterval(ask, SLOW_MS);
}

document.querySelectorAll("[data-desk-part]").forEach(follow);
