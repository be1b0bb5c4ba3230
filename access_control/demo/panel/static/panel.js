// The demo's panel: asks for the state twice a second and sends what its buttons say. No framework, no build step.

const $ = (id) => document.getElementById(id);
const chosen = { person: null, door: 1 };
let heard = 0;
let people = [];

function make(name, text, ...classes) {
  const element = document.createElement(name);
  element.textContent = text;
  element.classList.add(...classes.filter(Boolean));
  return element;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function act(request) {
  try {
    const answer = await ask("/do", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Panel": "1" },
      body: JSON.stringify(request),
    });
    $("said").textContent = answer.sentence;
    $("said").classList.toggle("refused", !answer.ok);
  } catch (error) {
    $("said").textContent = error.message;
  }
  look();
}

function choose(list, key, value) {
  chosen[key] = value;
  for (const button of list.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.value === String(value)));
  }
  say();
}

function say() {
  const person = people.find((row) => row.ref === chosen.person);
  const door = $("doors").querySelector(`button[data-value="${chosen.door}"]`);
  $("chosen").textContent = person && door ? `${person.name}, at door ${door.dataset.number}` : "";
}

async function search() {
  people = await ask(`/people?q=${encodeURIComponent($("search").value)}`);
  const list = $("people");
  list.replaceChildren(...people.map((row) => {
    const button = make("button", "");
    button.type = "button";
    button.dataset.value = row.ref;
    button.append(make("strong", row.name), make("span", row.what));
    button.addEventListener("click", () => choose(list, "person", row.ref));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  if (!people.length) list.replaceChildren(make("li", "Nobody has this name. Try less of it."));
  const first = people.find((row) => row.ref !== 0);
  choose(list, "person", people.some((row) => row.ref === chosen.person) ? chosen.person : first ? first.ref : null);
}

function lockWords(door) {
  if (door.released === undefined || door.released === null) return "not running";
  return `${door.released ? "lock released" : "locked"}, ${door.open ? "open" : "closed"}`;
}

function drawDoors(doors) {
  const list = $("doors");
  if (list.childElementCount !== doors.length) {
    list.replaceChildren(...doors.map((door) => {
      const button = make("button", "");
      button.type = "button";
      button.dataset.value = door.id;
      button.dataset.number = door.number;
      button.append(make("span", door.number, "plate"), make("strong", door.name), make("span", "", "truth"), make("span", "", "light"));
      button.addEventListener("click", () => choose(list, "door", door.id));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }));
    choose(list, "door", chosen.door);
  }
  doors.forEach((door, at) => {
    const [, , truth, light] = list.children[at].firstChild.children;
    truth.textContent = lockWords(door);
    truth.classList.toggle("released", Boolean(door.released));
    truth.classList.toggle("open", Boolean(door.open));
    light.textContent = door.reader ? `reader ${door.reader}` : "";
  });
}

function drawPrograms(programs) {
  const list = $("programs");
  const drawn = JSON.stringify(programs);
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(...programs.map((program) => {
    const item = make("li", "");
    item.append(make("strong", program.title), make("span", program.running ? "is running" : "is stopped"));
    const buttons = make("div", "", "buttons");
    for (const [action, word] of program.running ? [["stop", "Stop"], ["kill", "kill -9"]] : [["start", "Start"]]) {
      const button = make("button", word, "button");
      button.type = "button";
      button.setAttribute("aria-label", `${word}: ${program.title}`);
      button.addEventListener("click", () => act({ do: "program", name: program.name, action }));
      buttons.append(button);
    }
    item.append(buttons);
    return item;
  }));
}

function drawVisits(visits) {
  const list = $("visits");
  const drawn = JSON.stringify(visits);
  $("nobody").hidden = visits.length > 0;
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(...visits.map((visit) => {
    const button = make("button", "");
    button.type = "button";
    button.setAttribute("aria-label", `Show the pass of ${visit.name}`);
    button.append(make("strong", visit.name), make("span", visit.left ? "Has signed out. Show the pass again" : "On site. Show the pass"));
    button.addEventListener("click", () => act({ do: "scan", visit: visit.id }));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function drawFeed(lines) {
  const list = $("feed");
  for (const line of lines) {
    heard = Math.max(heard, line.n);
    const item = make("li", "");
    const at = make("time", new Date(line.at).toLocaleTimeString());
    at.dateTime = line.at;
    item.append(at, make("span", line.door, line.door && "plate"), make("span", line.words));
    list.prepend(item);
  }
  while (list.childElementCount > 200) list.lastChild.remove();
}

let looking = false;
async function look() {
  if (looking) return;
  looking = true;
  try {
    // A panel that ends may leave its last question without an answer.
    const state = await ask(`/state?after=${heard}`, { signal: AbortSignal.timeout(5000) });
    $("gone").hidden = true;
    $("console").href = state.console;
    drawDoors(state.doors);
    drawPrograms(state.programs);
    drawFeed(state.feed);
    drawVisits(state.visits);
    $("broken").hidden = state.broken === 0;
    $("broken").textContent = `${state.broken} broken`;
  } catch {
    $("gone").hidden = false;
  } finally {
    looking = false;
  }
}

async function picture() {
  const file = $("picture").files[0];
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  $("picture").value = "";
  act({ do: "scan", picture: btoa(text) });
}

$("search").addEventListener("input", search);
$("present").addEventListener("click", () => chosen.person !== null && act({ do: "present", person: chosen.person, door: chosen.door }));
$("leave").addEventListener("click", () => act({ do: "door", door: chosen.door, action: "leave" }));
$("open").addEventListener("click", () => act({ do: "door", door: chosen.door, action: "open" }));
$("close").addEventListener("click", () => act({ do: "door", door: chosen.door, action: "close" }));
$("scan").addEventListener("click", () => act({ do: "scan", text: $("pass").value }));
$("picture").addEventListener("change", picture);

await look();
await search();
say();
setInterval(look, 500);
