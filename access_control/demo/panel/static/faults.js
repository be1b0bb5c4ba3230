// The page of faults: presses without leaving the page, and once a second what the bridges say. Without it the forms do.

const $ = (id) => document.getElementById(id);
const EVERY_MS = 1000;

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function draw(state) {
  for (const button of document.querySelectorAll(".press")) {
    const since = state.pressed[button.id] ?? "";
    button.setAttribute("aria-pressed", String(Boolean(since)));
    button.value = `${button.id} ${since ? 0 : 1}`;
    button.querySelector(".since").hidden = !since;
    write(button.querySelector("time"), since);
  }
  for (const row of document.querySelectorAll("[data-door]")) {
    const door = state.doors[row.dataset.door];
    row.querySelector(".plate").dataset.state = door.state;
    write(row.querySelector(".word"), door.word);
    write(row.querySelector(".reader"), door.reader);
  }
  for (const [id, html] of Object.entries(state.pieces)) {
    const piece = $(id);
    if (piece.dataset.drawn === html) continue;
    piece.dataset.drawn = html;
    piece.innerHTML = html; // made by the panel, which escapes every text in it
  }
}

let looking = false;
async function look() {
  if (looking) return;
  looking = true;
  try {
    const answer = await fetch("/faults/state", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(await answer.text());
    draw(await answer.json());
    $("gone").hidden = true;
  } catch {
    $("gone").hidden = false;
  } finally {
    looking = false;
  }
}

async function press(form, button) {
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    if (!answer.ok) throw new Error(await answer.text());
    const said = await answer.json();
    write($("said"), said.sentence);
    $("said").classList.toggle("refused", !said.ok);
  } catch (error) {
    write($("said"), error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
  look();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter.getAttribute("aria-busy") !== "true") press(event.target, event.submitter);
});

setInterval(look, EVERY_MS);
