// The throughput page: each second's figures come as one line of news, and are put where they differ, so that focus,
// selected text and screen readers are left alone.

// By the addresses that the page has loaded them from: another address would be another copy.
const loaded = (name) => import(document.querySelector(`script[src*="/${name}"]`).src);
const [{ onNews }, { Chart, MOST_LINES }] = await Promise.all([loaded("console.js"), loaded("charts.js")]);

const OLD_MS = 5000;
const above = document.getElementById("above"), below = document.getElementById("below");
const asOf = document.getElementById("as-of"), told = document.getElementById("told");
const box = document.getElementById("charts"), words = box.dataset;
const marketplace = document.getElementById("marketplace");
for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;
const charts = new Map([...box.querySelectorAll("[data-chart]")].map((figure) => [figure.dataset.chart, new Chart(figure, words)]));

let newest = Number(asOf.dataset.ms), arrived = performance.now(), course = null, span = "hour", asked = 0;

// Make `old` like `fresh` with as few changes as there are differences. What the reader has opened stays open.
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const olds = [...old.childNodes], fresher = [...fresh.childNodes];
  olds.slice(fresher.length).forEach((node) => node.remove());
  fresher.forEach((node, index) => (olds[index] ? morph(olds[index], node) : old.append(node)));
}

function put(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = element.cloneNode(false);
  fresh.append(template.content);
  morph(element, fresh);
}

function tell() {
  const words = above.querySelector("[data-told]")?.dataset.told ?? "";
  if (told.textContent !== words) told.textContent = words;
}

function sum(prefix, name) {
  const found = Object.entries(course.series).filter(([key]) => (name ? key === prefix + name : key.startsWith(prefix)));
  return found.length ? added(found.map(([, values]) => values)) : null;
}

function added(all) {
  return all[0].map((_, index) => all.reduce((total, values) => (values[index] === null ? total : (total ?? 0) + values[index]), null));
}

// The lines of a prefix, the largest first; those that have no room are added up.
function largest(prefix) {
  const found = Object.entries(course.series).filter(([key]) => key.startsWith(prefix))
    .map(([key, values]) => ({ name: key.slice(prefix.length), values, size: values.reduce((total, value) => total + (value ?? 0), 0) }))
    .sort((one, other) => other.size - one.size || one.name.localeCompare(other.name));
  if (found.length <= MOST_LINES) return found;
  const rest = found.slice(MOST_LINES - 1);
  return [...found.slice(0, MOST_LINES - 1), { name: words.others.replace("{count}", rest.length), values: added(rest.map((line) => line.values)) }];
}

function linesOf(chart) {
  if (chart === "marketplaces") return largest("in:fingerprint:");
  if (["alerts", "letters"].includes(chart)) return largest(`${chart}:`);
  if (chart === "lag" || chart === "took") {
    return Object.keys(course.series).filter((key) => key.startsWith(`${chart}:`)).sort()
      .map((key) => ({ name: key.slice(chart.length + 1), values: course.series[key] }));
  }
  return [["in", words.in], ["out", words.out]]
    .map(([way, name]) => ({ name, values: sum(`${way}:${chart}:`, marketplace.value), broad: way === "in" })).filter((line) => line.values);
}

function draw() {
  if (!course) return;
  const count = Object.values(course.series)[0]?.length ?? 0;
  const times = Array.from({ length: count }, (_, index) => course.from + index * course.step * 1000);
  for (const [name, chart] of charts) chart.show(times, linesOf(name));
  const names = new Set(Object.keys(course.series).filter((key) => key.startsWith("in:")).map((key) => key.split(":").slice(2).join(":")));
  const known = new Set([...marketplace.options].map((option) => option.value));
  for (const name of [...names].sort()) if (!known.has(name)) marketplace.add(new Option(name, name));
}

async function load() {
  const wanted = span;
  asked = Date.now();
  const answer = await fetch(`/throughput/history?span=${wanted}`).catch(() => null);
  if (!answer?.ok || wanted !== span) return;
  course = await answer.json();
  draw();
}

// Put this second's figures at the end of the course; whether a new step began.
function append(at, series) {
  const values = Object.values(course.series);
  const count = values[0]?.length ?? 0;
  const index = Math.floor((at - course.from) / (course.step * 1000));
  if (!count || index > count + 1 || index < 0) {
    if (Date.now() - asked > OLD_MS) load();
    return false;
  }
  const shift = index - count + 1;
  if (shift > 0) {
    for (const line of values) line.splice(0, shift), line.push(...Array(shift).fill(null));
    course.from += shift * course.step * 1000;
  }
  const place = Math.min(index, count - 1);
  for (const [name, value] of Object.entries(series)) (course.series[name] ??= Array(count).fill(null))[place] = value;
  return shift > 0;
}

onNews(above.dataset.kind, (data) => {
  if (!data) return;
  const line = JSON.parse(data);
  // The last line before anyone looked may be older than the page.
  if (line.at <= newest) return;
  newest = line.at;
  arrived = performance.now();
  put(above, line.above);
  put(below, line.below);
  tell();
  asOf.dataset.ms = line.at;
  asOf.textContent = `${new Date(line.at).toISOString().slice(11, 19)} UTC`;
  asOf.title = new Date(line.at).toLocaleString();
  if (!course) { if (Date.now() - asked > OLD_MS) load(); }
  else if (span === "hour") { if (append(line.at, line.series) && !document.hidden) draw(); }
  else if (Date.now() - asked > 60_000) load();
});

setInterval(() => asOf.classList.toggle("stale", performance.now() - arrived > OLD_MS), 1000);
marketplace.addEventListener("change", draw);
for (const choice of document.querySelectorAll('input[name="span"]')) {
  choice.addEventListener("change", () => { span = choice.value; course = null; load(); });
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) draw(); });
span = document.querySelector('input[name="span"]:checked').value;
tell();
load();
