// Parts of a page that the server makes anew: <div data-refresh="/bridges/part" data-every="2000">.
// After 5 s without an answer the part says that it is not to be trusted any more.

const STALE_MS = 5000;

/** Makes what is shown like what was answered, in place: whoever stands on a link keeps the focus and sees no old state. */
function settle(old, made) {
  if (old.isEqualNode(made)) return;
  if (old.nodeName !== made.nodeName) old.replaceWith(made);
  else if (old.nodeType !== Node.ELEMENT_NODE) old.nodeValue = made.nodeValue;
  else {
    for (const { name } of [...old.attributes]) {
      if (!made.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of made.attributes) old.setAttribute(name, value);
    settleChildren(old, made);
  }
}

function settleChildren(old, made) {
  const olds = [...old.childNodes];
  const news = [...made.childNodes];
  for (const [place, child] of news.entries()) {
    if (place < olds.length) settle(olds[place], child);
    else old.append(child);
  }
  for (const child of olds.slice(news.length)) child.remove();
}

function follow(part) {
  let heard = performance.now();
  let shown = part.innerHTML;

  async function again() {
    try {
      const answer = await fetch(part.dataset.refresh, {
        headers: { Accept: "text/html" },
        cache: "no-store",
        signal: AbortSignal.timeout(STALE_MS),
      });
      if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
      const made = await answer.text();
      heard = performance.now();
      part.classList.remove("not-trusted");
      if (made !== shown) {
        const answered = document.createElement("template");
        answered.innerHTML = made;
        settleChildren(part, answered.content);
        shown = made;
      }
    } catch {
      if (performance.now() - heard > STALE_MS) part.classList.add("not-trusted");
    }
    window.setTimeout(again, Math.max(Number(part.dataset.every), document.hidden ? 10000 : 0));
  }

  window.setTimeout(again, Number(part.dataset.every));
}

document.querySelectorAll("[data-refresh]").forEach(follow);
