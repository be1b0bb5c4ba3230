// The lockdown control: keep pressing for 1.5 s. Anything that is not a steady press sends nothing.
// Whoever cannot keep pressing gets two steps, by choice or because a click came without a press.

import { sendStart } from "./start.js";

const PRESS_MS = 1500;
const LEAVE_PX = 24;
const SECOND_STEP_MS = 5000;
const SECOND_STEP_AWAY_PX = 100;
const DOUBLE_CLICK_MS = 400;
const SAID_MS = 15000; // how long the control goes on saying that nothing was sent
const RING = 2 * Math.PI * 18;

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const small = window.matchMedia("(max-width: 1023px)");

/** A UUID of version 7: made when the press begins, so that sending it twice cannot start two emergencies. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let milliseconds = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = milliseconds % 256;
    milliseconds = Math.floor(milliseconds / 256);
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

class Press {
  constructor(control) {
    this.control = control;
    this.said = control.closest("[data-emergency]")?.querySelector("[data-press-said]");
    this.id = null; // set while pressing
    this.pointer = null;
    this.touched = 0; // when a pointer last went down: a click after that was a press that ended
    this.secondStep = null;
    this.listening = new AbortController();
    this.listen();
  }

  listen() {
    const { signal } = this.listening;
    const on = (target, type, heard) => target.addEventListener(type, heard, { passive: false, signal });
    on(this.control, "pointerdown", (event) => this.pointerDown(event));
    on(this.control, "pointermove", (event) => this.pointerMove(event));
    on(this.control, "pointerup", (event) => this.pointerUp(event));
    on(this.control, "pointercancel", () => this.stop());
    on(this.control, "lostpointercapture", () => this.stop());
    on(this.control, "contextmenu", (event) => event.preventDefault());
    on(this.control, "keydown", (event) => this.keyDown(event));
    on(this.control, "keyup", (event) => this.keyUp(event));
    on(this.control, "blur", () => this.stop());
    on(this.control, "click", (event) => this.click(event));
    on(document, "pointerdown", (event) => this.otherPointer(event));
    on(document, "keydown", (event) => event.key === "Escape" && this.stop());
    on(document, "visibilitychange", () => this.stop());
    on(window, "blur", () => this.stop());
  }

  /** Whether somebody presses, or looks at the second step. */
  get busy() {
    return this.id !== null || this.secondStep !== null;
  }

  /** The control is not on the page any more. */
  leave() {
    this.listening.abort();
  }

  get inTwoSteps() {
    return this.control.hasAttribute("data-two-step");
  }

  pointerDown(event) {
    if (event.button !== 0 || this.inTwoSteps) return;
    event.preventDefault();
    this.touched = performance.now();
    if (!event.isPrimary || this.id !== null) return this.stop();
    this.pointer = event.pointerId;
    this.control.focus({ preventScroll: true });
    this.control.setPointerCapture(event.pointerId);
    this.begin();
  }

  pointerMove(event) {
    if (this.id === null || event.pointerId !== this.pointer) return;
    const box = this.control.getBoundingClientRect();
    const away = Math.max(
      box.left - event.clientX,
      event.clientX - box.right,
      box.top - event.clientY,
      event.clientY - box.bottom,
    );
    if (away > LEAVE_PX) this.stop();
  }

  pointerUp(event) {
    if (this.id === null || event.pointerId !== this.pointer) return;
    this.letGo();
  }

  otherPointer(event) {
    if (this.id !== null && event.pointerId !== this.pointer) this.stop();
  }

  keyDown(event) {
    if (event.key !== " " && event.key !== "Enter") return;
    if (this.inTwoSteps) return; // the click that follows is the first step
    event.preventDefault();
    if (event.repeat || this.id !== null) return;
    this.touched = performance.now();
    this.begin();
  }

  keyUp(event) {
    if (event.key !== " " && event.key !== "Enter") return;
    if (this.inTwoSteps) return;
    event.preventDefault();
    if (this.id !== null && this.pointer === null) this.letGo();
  }

  /** A press that was long enough counts even where the timer of a busy page came too late. */
  letGo() {
    if (performance.now() - this.began >= PRESS_MS) this.fire();
    else this.stop();
  }

  click(event) {
    event.preventDefault();
    const pressed = event.detail > 0 && performance.now() - this.touched < 10000;
    if (this.inTwoSteps || !pressed) this.offerSecondStep();
  }

  begin() {
    this.id = newId();
    this.began = performance.now();
    this.timer = setTimeout(() => this.fire(), PRESS_MS);
    this.control.classList.add("is-pressed");
    this.screen = small.matches ? showScreen(this.control) : null;
    this.say("Keep pressing. Let go to stop.");
    this.draw();
  }

  draw() {
    if (this.id === null) return;
    const part = Math.min(1, (performance.now() - this.began) / PRESS_MS);
    const shown = calm.matches ? Math.floor(part * 4) / 4 : part;
    const left = `${Math.max(0, (PRESS_MS / 1000) * (1 - part)).toFixed(1)} s`;
    fill(this.control, shown);
    if (this.screen) {
      fill(this.screen, shown);
      for (const place of this.screen.querySelectorAll("[data-left]")) place.textContent = left;
    }
    this.frame = requestAnimationFrame(() => this.draw());
  }

  end() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    const pointer = this.pointer;
    this.id = null;
    this.pointer = null;
    if (pointer !== null && this.control.hasPointerCapture(pointer)) this.control.releasePointerCapture(pointer);
    this.control.classList.remove("is-pressed");
    this.screen?.remove();
    this.screen = null;
    fill(this.control, 0);
  }

  stop() {
    if (this.id === null) return;
    this.end();
    this.say("Stopped. Nothing has been sent.", SAID_MS);
  }

  fire() {
    if (this.id === null) return;
    const id = this.id;
    this.end();
    navigator.vibrate?.(200);
    this.say("Lockdown is being sent.");
    sendStart(this.control, id, performance.now());
  }

  offerSecondStep() {
    if (this.secondStep) return;
    const second = document.createElement("button");
    second.type = "button";
    second.className = "lockdown-second";
    second.textContent = this.control.dataset.second || "Start lockdown now";
    second.dataset.secondStep = "";
    this.control.after(second);
    placeAway(second, this.control.getBoundingClientRect());
    const shown = performance.now();
    second.addEventListener("click", () => {
      if (performance.now() - shown < DOUBLE_CLICK_MS) return;
      this.withdraw();
      navigator.vibrate?.(200);
      sendStart(this.control, newId(), performance.now());
    });
    this.secondStep = second;
    this.withdrawal = setTimeout(() => this.withdraw("Not started. Nothing has been sent."), SECOND_STEP_MS);
    this.say(`Second step: “${second.textContent}” is there for 5 seconds.`);
  }

  withdraw(words) {
    clearTimeout(this.withdrawal);
    this.secondStep?.remove();
    this.secondStep = null;
    if (words) this.say(words, SAID_MS);
  }

  say(words, forMs = 0) {
    clearTimeout(this.saying);
    if (!this.said) return;
    this.said.textContent = words;
    if (forMs) this.saying = setTimeout(() => this.said.textContent === words && this.say(""), forMs);
  }
}

function fill(place, part) {
  for (const ring of place.querySelectorAll("[data-ring]")) {
    ring.setAttribute("stroke-dasharray", `${part * RING} ${RING}`);
    ring.setAttribute("visibility", part > 0 ? "visible" : "hidden");
  }
}

function showScreen(control) {
  const template = document.querySelector("template[data-press-screen]");
  if (!template) return null;
  const screen = template.content.firstElementChild.cloneNode(true);
  for (const place of screen.querySelectorAll("[data-where]")) place.textContent = control.dataset.where || "";
  document.body.append(screen);
  return screen;
}

/** Puts the second step where no finger that slips off the first one can land on it. */
function placeAway(second, first) {
  const box = second.getBoundingClientRect();
  const above = first.top - SECOND_STEP_AWAY_PX - box.height - 20;
  const beside = first.right + SECOND_STEP_AWAY_PX + 20;
  if (beside + box.width < window.innerWidth) {
    second.style.left = `${beside}px`;
    second.style.top = `${Math.min(first.top, window.innerHeight - box.height - 20)}px`;
  } else {
    second.style.left = `${Math.max(16, (window.innerWidth - box.width) / 2)}px`;
    second.style.top = `${Math.max(8, above)}px`;
  }
}

let presses = [];

/** Makes the controls in a part of the page work; those that are not on the page any more hear nothing from now on. */
export function wire(part) {
  for (const press of presses) if (!press.control.isConnected) press.leave();
  presses = presses.filter((press) => press.control.isConnected);
  for (const control of part.querySelectorAll("[data-press]")) presses.push(new Press(control));
}

/** Whether somebody presses a control now, or what was pressed is on its way. */
export const isPressing = () => presses.some((press) => press.busy) || document.querySelector(".at-once") !== null;

wire(document);
