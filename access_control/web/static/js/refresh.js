// Parts of a page that the server makes anew: <div data-refresh="/bridges/part" data-every="2000">.
// After 5 s without an answer the part says that it is not to be trusted any more.

const STALE_MS = 5000;

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
      if (made !== shown && !part.contains(document.activeElement)) {
        part.innerHTML = made;
        shown = made;
      }
    } catch {
      if (performance.now() - heard > STALE_MS) part.classList.add("not-trusted");
    }
    window.setTimeout(again, document.hidden ? 10000 : Number(part.dataset.every));
  }

  window.setTimeout(again, Number(part.dataset.every));
}

document.querySelectorAll("[data-refresh]").forEach(follow);
