// The alerts page: one alert after the other, decided with the keyboard.
//
// A verdict counts when the server says so, which is when Kafka has it; until then the alert stays where it is. The
// page renews its hold on the alert that is open, and lets go of it when it is left.

const loaded = (name) => import(document.querySelector(`script[src*="/${name}"]`).src);
const { act, onNews, toast } = await loaded("console.js");

const desk = document.getElementById("desk");
const pane = document.getElementById("pane");
const rows = document.getElementById("rows");
const words = desk.dataset;
const judges = words.judges === "yes";
const RENEW_MS = Number(words.renewSeconds) * 1000;
const filter = new URLSearchParams(new URL(rows.dataset.src, location).search);
const nothingOpen = pane.querySelector(".opened") ? null : pane.innerHTML;

let asked = 0;
let busy = false;

const said = (template, values) => template.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const opened = () => pane.querySelector(".opened");
const current = () => opened()?.dataset.alert ?? null;
const rowOf = (id) => rows.querySelector(`[data-alert="${CSS.escape(id)}"]`);
const path = (id, action = "") => `/alerts/${encodeURIComponent(id)}${action && `/${action}`}`;
const withFilter = (address) => (filter.size ? `${address}?${filter}` : address);
const isFree = (row) => !row.dataset.holder && !row.classList.contains("left") && !row.dataset.mine;

// What is open and who has it.

function mark(id) {
  for (const link of rows.querySelectorAll("a[aria-current]")) link.removeAttribute("aria-current");
  const row = id === null ? null : rowOf(id);
  row?.querySelector("a").setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}

function letGo(id) {
  if (!judges || id === null || opened()?.dataset.holder) return;
  const token = document.querySelector('meta[name="csrf"]').content;
  // "keepalive": also when the page is being left.
  fetch(path(id, "leave"), { method: "POST", keepalive: true, headers: { Accept: "application/json", "X-CSRF-Token": token } }).catch(() => {});
}

export async function open(id, { push = true, again = false } = {}) {
  const number = ++asked;
  const before = current();
  if (before !== null && before !== id) letGo(before);
  mark(id);
  desk.classList.add("has-alert");
  if (push) history.pushState({ alert: id }, "", withFilter(path(id)));
  pane.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(withFilter(path(id)), { headers: { Accept: "text/html", "X-Fragment": "1" } });
    if (answer.redirected || answer.status === 401) return location.reload();
    const text = await answer.text();
    if (number !== asked) return letGo(id);
    if (!answer.ok) {
      toast(new DOMParser().parseFromString(text, "text/html").querySelector("main p")?.textContent ?? answer.statusText, { bad: true });
      return;
    }
    pane.innerHTML = text;
    for (const time of pane.querySelectorAll("time[data-ms]")) time.title = new Date(Number(time.dataset.ms)).toLocaleString();
    pane.dispatchEvent(new CustomEvent("refilled", { bubbles: true }));
    steps();
    document.title = `${opened().dataset.title} · relistwatch`;
    if (!again) {
      document.getElementById("alert-title").focus({ preventScroll: true });
      scrollTo({ top: 0 });
    }
  } catch (error) {
    toast(error.message, { bad: true });
  } finally {
    if (number === asked) pane.removeAttribute("aria-busy");
  }
}

function close({ push = true } = {}) {
  asked += 1;
  letGo(current());
  mark(null);
  desk.classList.remove("has-alert");
  if (nothingOpen === null) return location.assign(withFilter("/alerts"));
  pane.innerHTML = nothingOpen;
  if (push) history.pushState({}, "", withFilter("/alerts"));
}

async function renew() {
  const id = current();
  if (!judges || id === null || document.hidden || opened().dataset.holder) return;
  try {
    await act(path(id, "claim"));
  } catch (error) {
    if (error.status === 409 && current() === id) tell(said(words.wordTaken, { who: error.told.who }));
  }
}

// Said above the open alert, with a button to see it anew. Until then nothing is decided on it.
export function tell(text) {
  const news = document.getElementById("pane-news");
  if (!news) return;
  const id = current();
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: words.wordReload });
  button.addEventListener("click", () => open(id, { push: false, again: true }));
  const note = document.createElement("div");
  note.className = "notice amber row";
  note.append(Object.assign(document.createElement("span"), { textContent: text }), button);
  news.replaceChildren(note);
  news.scrollIntoView({ block: "nearest" });
}

// From one to the next.

function neighbour(step) {
  const all = [...rows.querySelectorAll(".queue-row")];
  const id = current();
  const at = all.findIndex((row) => row.dataset.alert === id);
  for (let i = at === -1 ? (step > 0 ? 0 : -1) : at + step; i >= 0 && i < all.length; i += step) if (isFree(all[i])) return all[i].dataset.alert;
  return null;
}

function steps() {
  const on = document.getElementById("step-on");
  const back = document.getElementById("step-back");
  if (on) on.hidden = neighbour(1) === null && !rows.querySelector(".more");
  if (back) back.hidden = neighbour(-1) === null;
}

async function step(by) {
  let id = neighbour(by);
  if (id === null && by > 0 && rows.querySelector(".more")) {
    await more();
    id = neighbour(by);
  }
  if (id !== null) await open(id);
  return id !== null;
}

async function more() {
  const link = rows.querySelector(".more");
  if (!link || link.dataset.busy) return;
  link.dataset.busy = "yes";
  const answer = await fetch(link.href, { headers: { Accept: "text/html", "X-Fragment": "1" } });
  if (!answer.ok) return delete link.dataset.busy;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = rows.querySelector(".queue-rows");
  for (const row of found.querySelectorAll(".queue-row")) if (!rowOf(row.dataset.alert)) list.append(row);
  const next = found.querySelector(".more");
  if (next) link.replaceWith(next);
  else link.remove();
}

// Deciding.

function settled(id, state, name) {
  const row = rowOf(id);
  if (!row) return;
  row.dataset.state = state;
  row.classList.toggle("decided", state !== "open");
  if (state === "open") delete row.dataset.mine;
  else row.dataset.mine = "yes";
  row.classList.remove("left", "fresh");
  let badge = row.querySelector(".badge.green");
  if (state === "open") return badge?.remove();
  if (!badge) {
    badge = Object.assign(document.createElement("span"), { className: "badge green" });
    row.querySelector(".holder").before(badge);
  }
  badge.textContent = name;
  const box = row.querySelector('input[type="checkbox"]');
  if (box) box.checked = false;
  chosen();
}

async function decide(number) {
  const form = document.getElementById("verdicts");
  if (!form || busy) return;
  busy = true;
  form.setAttribute("aria-busy", "true");
  const { alert: id, seen, title } = opened().dataset;
  const verdict = words[`verdict-${number}`] ?? words[`verdict${number}`];
  const name = words[`name-${number}`] ?? words[`name${number}`];
  const slow = setTimeout(() => toast(words.wordSending, { seconds: 3 }), 1500);
  try {
    const told = await act(withFilter(path(id, "verdict")), { verdict, seen, reason: form.elements.reason.value });
    settled(id, verdict, name);
    toast(said(words.wordDecided, { verdict: name, title }), { action: words.wordUndo, run: () => undo(told.decision), seconds: 10 });
    if (current() === id) await onwards();
  } catch (error) {
    toast(error.message, { bad: true });
    if (error.status === 409 || error.status === 404) tell(error.message);
    else renew();
  } finally {
    clearTimeout(slow);
    busy = false;
    document.getElementById("verdicts")?.removeAttribute("aria-busy");
  }
}

// The next one below; where there is none, the first that is left; where there is none either, an empty desk.
async function onwards() {
  if (await step(1)) return;
  const first = [...rows.querySelectorAll(".queue-row")].find((row) => isFree(row) && row.dataset.alert !== current());
  if (first) await open(first.dataset.alert);
  else close();
}

async function undo(decision = null) {
  if (!judges || busy) return;
  busy = true;
  try {
    const told = await act("/alerts/undo", decision === null ? {} : { decision });
    const states = Object.entries(told.states);
    for (const [id, state] of states) settled(id, state, state);
    toast(told.said);
    if (states.length === 1) await open(states[0][0]);
    else if (current() !== null) await open(current(), { push: false, again: true });
  } catch (error) {
    toast(error.message, { bad: true, action: error.told?.look ? words.wordLook : null, run: () => location.assign(error.told.look) });
  } finally {
    busy = false;
  }
}

// Choosing several.

function chosen() {
  const form = document.getElementById("choose");
  if (!form) return;
  const count = rows.querySelectorAll('input[type="checkbox"]:checked').length;
  form.hidden = count === 0;
  document.getElementById("how-many").textContent = said(words.wordChosen, { n: count });
}

function openListing() {
  const link = opened()?.dataset.listingLink;
  if (link && /^https?:\/\//i.test(link)) window.open(link, "_blank", "noopener,noreferrer");
}

const KEYS = {
  1: () => decide(1), 2: () => decide(2), 3: () => decide(3), 4: () => decide(4),
  j: () => step(1), k: () => step(-1), u: () => undo(), o: openListing,
  r: () => document.getElementById("reason")?.focus(),
  f: () => document.getElementById("filter-text").focus(),
  x: () => { const box = rowOf(current() ?? "")?.querySelector('input[type="checkbox"]'); if (box) { box.checked = !box.checked; chosen(); } },
  "?": () => document.getElementById("keys").showModal(),
};

// Before others hear of it: a key that means something here means nothing else.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const field = event.target.closest?.("input:not([type=checkbox], [type=range]), textarea, select");
  if (field) {
    if (event.key === "Escape" || (event.key === "Enter" && field.id === "reason")) {
      event.preventDefault();
      field.blur();
    }
    return;
  }
  const run = event.repeat ? null : KEYS[event.key];
  if (!run) return;
  event.preventDefault();
  run();
}, true);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a");
  const row = link?.closest(".queue-row");
  if (row) open(row.dataset.alert);
  else if (link?.id === "step-on") step(1);
  else if (link?.id === "step-back") step(-1);
  else if (link?.classList.contains("back")) close();
  else if (link?.classList.contains("more")) more();
  else return;
  event.preventDefault();
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "verdicts") {
    event.preventDefault();
    const buttons = [...event.target.querySelectorAll("button[name=verdict]")];
    const at = buttons.indexOf(event.submitter);
    if (at >= 0) decide(at + 1);
  } else if (event.target.id === "take-over") {
    event.preventDefault();
    const id = current();
    act(path(id, "claim"), { take_over: "yes" }).catch((error) => toast(error.message, { bad: true })).then(() => open(id, { push: false, again: true }));
  } else if (event.target.id === "filter") {
    // An address without what is not asked for can be read and shared.
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  } else if (event.target.dataset.confirm && pane.contains(event.target) && !confirm(event.target.dataset.confirm)) {
    event.preventDefault();
  }
});

document.getElementById("filter").addEventListener("change", (event) => {
  if (event.target.matches("select")) event.currentTarget.requestSubmit();
});
rows.addEventListener("change", chosen);
document.getElementById("show-keys").addEventListener("click", () => document.getElementById("keys").showModal());
document.getElementById("show-keys").hidden = false;
addEventListener("popstate", () => {
  const found = location.pathname.match(/^\/alerts\/([^/]+)$/);
  if (found) open(decodeURIComponent(found[1]), { push: false });
  else close({ push: false });
});
addEventListener("pagehide", () => letGo(current()));
addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
document.addEventListener("visibilitychange", renew);
setInterval(renew, RENEW_MS);
chosen();
steps();
if (current() !== null) rowOf(current())?.scrollIntoView({ block: "nearest" });

const { follow } = await loaded("alerts_live.js");
follow({ rows, words, said, onNews, rowOf, current, opened, tell, steps, chosen });
desk.dataset.ready = "yes";
