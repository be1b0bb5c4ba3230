// Sends the start of an emergency and shows the incident screen at once, before any answer.
// It goes on trying with the same identifier until the service has answered.

const LATE_MS = 1000;
const AGAIN_MS = 1000;
const GIVE_UP_WAITING_MS = 8000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {number} ended when the press ended, on the page's own clock */
export async function sendStart(control, id, ended) {
  const screen = showAtOnce(control, id);
  const wanted = { id, action: "lockdown", scope: control.dataset.scope || "site", drill: false };
  const late = setTimeout(() => screen.say(control.dataset.late), LATE_MS);
  for (;;) {
    const answer = await attempt(control, { ...wanted, on_the_way_ms: Math.round(performance.now() - ended) });
    if (answer?.ok) {
      clearTimeout(late);
      const told = await answer.json();
      window.location.assign(told.url);
      return;
    }
    const problem = answer ? await answer.json().catch(() => ({})) : {};
    if (answer?.status === 401 || problem.code === "stale_form") {
      clearTimeout(late);
      await screen.signIn(control);
    } else if (answer && answer.status < 500 && answer.status !== 429) {
      clearTimeout(late);
      screen.refused([problem.title, problem.detail, problem.action].filter(Boolean).join(" "));
      return;
    } else {
      screen.say(control.dataset.late);
      await pause(AGAIN_MS);
    }
  }
}

async function attempt(control, wanted) {
  try {
    return await fetch(control.dataset.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": control.dataset.token,
      },
      body: JSON.stringify(wanted),
      credentials: "same-origin",
      keepalive: true,
      signal: AbortSignal.timeout(GIVE_UP_WAITING_MS),
    });
  } catch {
    return null;
  }
}

function showAtOnce(control, id) {
  const template = document.querySelector("template[data-at-once]");
  const screen = template.content.firstElementChild.cloneNode(true);
  screen.dataset.id = id;
  for (const place of screen.querySelectorAll("[data-where]")) place.textContent = control.dataset.where || "";
  document.body.append(screen);
  document.title = `LOCKDOWN, ${control.dataset.where || ""}`;
  screen.focus();
  const began = performance.now();
  const clock = screen.querySelector("[data-since]");
  setInterval(() => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    clock.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }, 250);
  const said = screen.querySelector("[data-said]");
  return {
    say(words) {
      said.textContent = words;
      said.hidden = false;
    },
    refused(words) {
      said.textContent = words || "The service did not take it. Use a wall button or a responder card now.";
      said.hidden = false;
      screen.querySelector("[data-title]").textContent = "NOT started";
      screen.querySelector("[data-close]").hidden = false;
    },
    signIn: (pressed) => signInHere(screen, pressed),
  };
}

/** Nobody is signed in any more: sign in on this screen, and what was pressed starts. Nothing is lost. */
function signInHere(screen, control) {
  const form = screen.querySelector("form[data-sign-in]");
  const said = form.querySelector("[data-sign-in-said]");
  form.hidden = false;
  form.querySelector("input[name=login]").focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      said.textContent = "";
      const problem = await signIn(form, control);
      if (problem) {
        said.textContent = problem;
        return;
      }
      form.hidden = true;
      resolve();
    };
  });
}

async function signIn(form, control) {
  try {
    const fresh = await fetch(form.action, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    control.dataset.token = tokenIn(await fresh.text()) || control.dataset.token;
    const body = new URLSearchParams(new FormData(form));
    body.set("csrf_token", control.dataset.token);
    const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "follow" });
    const text = await answer.text();
    if (!answer.ok || !answer.redirected) {
      const page = new DOMParser().parseFromString(text, "text/html");
      return (
        page.querySelector("[data-problem], [role=alert]")?.textContent.trim() ||
        "Login and password do not belong together. Check both and try again."
      );
    }
    control.dataset.token = tokenIn(text) || control.dataset.token;
    return "";
  } catch {
    return "The service does not answer. Use a wall button or a responder card now.";
  }
}

function tokenIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const field = page.querySelector("[data-token], input[name=csrf_token], meta[name=csrf-token]");
  return field?.dataset.token || field?.value || field?.content || "";
}
