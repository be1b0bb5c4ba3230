// Names that fit what is typed, below a field: arrows choose, Enter takes, Escape closes. The field works without it.

const WAIT_MS = 80;
let count = 0;

/**
 * @param {HTMLInputElement} input with data-suggest, the address that answers with [{word, second, ...}]
 * @param {(one: object) => void} take what happens with the chosen one
 * @param {{first?: boolean, asks?: (text: string) => boolean}} how first: the first one is chosen from the start
 */
export function suggest(input, take, { first = false, asks = () => true } = {}) {
  const list = document.createElement("ul");
  list.className = "options";
  list.id = `options-${++count}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Names that fit");
  list.hidden = true;
  input.parentElement.classList.add("suggesting");
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }

  let found = [];
  let at = -1;
  let timer = 0;
  let asked = 0;
  let shownFor = "";
  let waiting = null; // Enter came before the answer did

  function close() {
    list.hidden = true;
    found = [];
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    at = index;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function show(rows) {
    found = rows;
    list.replaceChildren(
      ...rows.map((one, i) => {
        const row = document.createElement("li");
        row.id = `${list.id}-${i}`;
        row.setAttribute("role", "option");
        const word = document.createElement("strong");
        word.textContent = one.word;
        const second = document.createElement("span");
        second.className = "second";
        second.textContent = one.second;
        row.append(word, second);
        row.addEventListener("pointerdown", (event) => event.preventDefault());
        row.addEventListener("click", () => taken(one));
        return row;
      }),
    );
    list.hidden = rows.length === 0;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    choose(first && rows.length ? 0 : -1);
  }

  function taken(one) {
    close();
    take(one);
  }

  async function ask() {
    const text = input.value.trim();
    const mine = ++asked;
    if (!text || !asks(text)) {
      shownFor = text;
      close();
      return;
    }
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, {
        headers: { Accept: "application/json" },
      });
      if (mine !== asked) return;
      shownFor = text;
      if (answer.ok && (document.activeElement === input || waiting)) show(await answer.json());
    } catch {
      shownFor = text;
      close();
    }
    if (waiting) {
      const go = waiting;
      waiting = null;
      go();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((at + step + found.length) % found.length);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && asks(input.value.trim())) {
      const text = input.value.trim();
      if (first && text && shownFor !== text) {
        event.preventDefault();
        clearTimeout(timer);
        waiting = () => (found.length ? taken(found[Math.max(at, 0)]) : input.form.requestSubmit());
        ask();
      } else if (at >= 0 && found[at]) {
        event.preventDefault();
        taken(found[at]);
      }
    }
  });
}
