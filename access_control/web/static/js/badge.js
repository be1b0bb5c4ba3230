// The page of one badge: a button for the browser's own print window.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
button.focus();
