// A badge that was chosen counts until somebody types another name.
for (const chosen of document.querySelectorAll("[data-until-typed]")) {
  document.getElementById(chosen.dataset.untilTyped)?.addEventListener("input", () => chosen.remove(), { once: true });
}
