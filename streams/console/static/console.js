// What every page does: shows what is new by itself, sends actions with their token, says how they went.
//
// An element with data-live="KIND" and data-src="ADDRESS" is filled anew from the address when there is news of that
// kind; the address answers with HTML that the server has escaped. A page's own script imports from here.

const token = document.querySelector('meta[name="csrf"]').content;
const listeners = new Map();
const light = document.getElementById("live");

// Call back with the data of each piece of news of this kind; "" where something has only changed.
export function onNews(kind, callback) {
  if (!listeners.has(kind)) {
    listeners.set(kind, []);
    plan();
  }
  listeners.get(kind).push(callback);
}

function show(connected) {
  if (!light) return;
  light.className = `live ${connected ? "on" : "off"}`;
  light.textContent = connected ? light.dataset.on : light.dataset.off;
}

let source = null;
let planned = false;

// Follow all that is listened to, once the script that asks has said all its kinds; also one that loads later.
function plan() {
  if (planned) return;
  planned = true;
  setTimeout(() => { planned = false; follow(); });
}

function follow() {
  if (!light || !listeners.size || document.hidden) return;
  source?.close();
  source = new EventSource(`/live?kinds=${[...listeners.keys()].join(",")}`);
  source.addEventListener("open", () => show(true));
  source.addEventListener("error", ({ target }) => {
    show(false);
    // A refusal ends the stream for good: signed out, or too many pages. Ask again later all the same.
    if (target.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10_000);
  });
  for (const [kind, callbacks] of listeners) {
    source.addEventListener(kind, (event) => callbacks.forEach((callback) => callback(event.data)));
  }
}
// Only while the page is looked at: over HTTP/1.1 a browser has six connections to a host, and with a stream for each
// of six open pages a seventh could load nothing.
function close() {
  source?.close();
  source = null;
}
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return close();
  if (source) return;
  follow();
  // What was missed meanwhile; a kind that brings its news along brings the newest by itself.
  for (const callbacks of listeners.values()) callbacks.forEach((callback) => callback(""));
});

// Fill the element from its address. What has the focus keeps it, by its id.
export async function refill(element, address = element.dataset.src) {
  const answer = await fetch(address, { headers: { Accept: "text/html", "X-Fragment": "1" } });
  if (answer.redirected || answer.status === 401) return location.reload();
  if (!answer.ok) return show(false);
  const focused = document.activeElement?.id;
  element.innerHTML = await answer.text();
  if (focused && element.querySelector(`#${CSS.escape(focused)}`)) document.getElementById(focused).focus();
  localise(element);
  element.dispatchEvent(new CustomEvent("refilled", { bubbles: true }));
}

// Send an action: the answer's JSON. Throws an Error with the server's words where it was refused.
export async function act(address, fields = {}) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": token },
    body: new URLSearchParams(fields),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(told.error ?? answer.statusText), { status: answer.status, told });
  return told;
}

// Say something in the corner; with an action, a button beside it.
export function toast(text, { bad = false, action = null, run = null, seconds = 6 } = {}) {
  const note = document.createElement("div");
  note.className = bad ? "toast red" : "toast";
  note.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => { note.remove(); run(); });
    note.append(button);
  }
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), (bad ? 2 : 1) * seconds * 1000);
  return note;
}

// Times come in UTC; the reader's own zone is shown when the pointer or a screen reader asks.
function localise(root) {
  for (const time of root.querySelectorAll("time[data-ms]")) time.title = new Date(Number(time.dataset.ms)).toLocaleString();
}

for (const element of document.querySelectorAll("[data-live]")) {
  onNews(element.dataset.live, () => refill(element));
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});
localise(document);
