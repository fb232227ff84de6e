// Draws courses of figures over time as SVG: axes, lines, legend, the figures under the pointer or the arrow keys, and
// the same as a table for those who do not see the lines. Lines differ by colour and by dashes.

const SPACE = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 4", "2 4", "10 3 2 3", "4 2", "1 3"];
const HEIGHT = 170, TOP = 8, BOTTOM = 22, LEFT = 44, RIGHT = 8;
const TABLE_ROWS = 12;
const HOUR = 3_600_000;

export const MOST_LINES = DASHES.length;

function svg(name, attributes = {}, text = null) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

function html(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// A figure with as many digits as say something.
export function short(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  if (size >= 10) return value.toFixed(0);
  return size === 0 ? "0" : size < 0.1 ? value.toFixed(2) : value.toFixed(1).replace(/\.0$/, "");
}

// All marks of one axis in one unit.
function onAxis(mark, largest) {
  const [unit, name] = largest >= 1e6 ? [1e6, "M"] : largest >= 1e4 ? [1e3, "k"] : [1, ""];
  return mark === 0 ? "0" : `${Number((mark / unit).toPrecision(4))}${name}`;
}

// Steps of 1, 2 or 5 times a power of ten: at most four of them reach the largest figure.
function ticks(largest) {
  if (largest <= 0) return [0, 1];
  const rough = largest / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough);
  const marks = [];
  for (let number = 0; number * step < largest + step; number += 1) marks.push(number * step);
  return marks;
}

const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
const exact = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

// One chart in its <figure>. `words`: empty, table, time and says, the last with {title} and {lines}.
export class Chart {
  constructor(figure, words) {
    this.words = words;
    this.title = figure.querySelector("h3").textContent;
    this.plot = html("div", { className: "plot", tabIndex: 0 });
    this.plot.setAttribute("role", "group");
    this.legend = html("ul", { className: "legend" });
    this.readout = html("div", { className: "readout", hidden: true });
    this.said = html("p", { className: "visually-hidden" });
    this.said.setAttribute("aria-live", "polite");
    this.table = html("details", {}, html("summary", { textContent: words.table }));
    this.table.querySelector("summary").append(html("span", { className: "visually-hidden", textContent: `: ${this.title}` }));
    figure.append(this.plot, this.legend, this.said, this.table);
    this.at = null;
    this.course = null;
    this.plot.addEventListener("pointermove", (event) => this.#point(event.clientX));
    this.plot.addEventListener("pointerleave", () => this.#leave());
    this.plot.addEventListener("blur", () => this.#leave());
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    this.table.addEventListener("toggle", () => this.#fillTable());
    new ResizeObserver(() => this.#draw()).observe(this.plot);
  }

  // `times`: milliseconds; `lines`: [{ name, values, broad }], a value or null for each time; at most MOST_LINES. A
  // broad one is seen under another that goes the same way.
  show(times, lines) {
    this.course = { times, lines };
    if (this.at !== null && this.at >= times.length) this.at = null;
    this.#draw();
    this.#fillTable();
  }

  #draw() {
    const width = this.plot.clientWidth;
    if (!this.course || !width) return;
    const { times, lines } = this.course;
    const told = lines.map(({ name, values }) => `${name} ${short(values.findLast((value) => value !== null))}`);
    const says = this.words.says.replace("{title}", () => this.title).replace("{lines}", () => told.join(", ") || this.words.empty);
    if (this.plot.getAttribute("aria-label") !== says) this.plot.setAttribute("aria-label", says);
    this.#drawLegend(lines);
    if (!lines.length) {
      this.readout.hidden = true;
      return this.plot.replaceChildren(html("p", { className: "none", textContent: this.words.empty }));
    }
    const marks = ticks(lines.reduce((most, line) => line.values.reduce((high, value) => Math.max(high, value ?? 0), most), 0));
    const first = times[0], span = times.at(-1) - first || 1;
    this.x = (time) => LEFT + ((time - first) / span) * (width - LEFT - RIGHT);
    this.y = (value) => HEIGHT - BOTTOM - (value / marks.at(-1)) * (HEIGHT - TOP - BOTTOM);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    for (const mark of marks) {
      picture.append(svg("line", { class: "grid-line", x1: LEFT, x2: width - RIGHT, y1: this.y(mark), y2: this.y(mark) }));
      picture.append(svg("text", { x: LEFT - 6, y: this.y(mark) + 4, "text-anchor": "end" }, onAxis(mark, marks.at(-1))));
    }
    this.#drawTimes(picture, first, span, width);
    lines.forEach(({ values, broad }, index) => {
      const line = svg("path", { class: `line s${index + 1}${broad ? " broad" : ""}`, d: this.#path(times, values) });
      if (DASHES[index]) line.setAttribute("stroke-dasharray", DASHES[index]);
      picture.append(line);
    });
    this.pointer = svg("g");
    picture.append(this.pointer);
    this.plot.replaceChildren(picture, this.readout);
    if (this.at !== null) this.#mark();
  }

  #drawTimes(picture, first, span, width) {
    const steps = [5 / 60, 10 / 60, 15 / 60, 0.5, 1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR);
    const step = steps.find((each) => (span / each) * 52 <= width - LEFT) ?? 12 * HOUR;
    // Round by the reader's own clock.
    const zone = new Date(first).getTimezoneOffset() * 60_000;
    for (let time = Math.ceil((first - zone) / step) * step + zone; time <= first + span; time += step) {
      const x = this.x(time);
      picture.append(svg("line", { class: "grid-line", x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
      picture.append(svg("text", { x, y: HEIGHT - 5, "text-anchor": "middle" }, clock(time)));
    }
  }

  #path(times, values) {
    let path = "", open = false;
    values.forEach((value, index) => {
      if (value === null) { open = false; return; }
      path += `${open ? "L" : "M"}${this.x(times[index]).toFixed(1)} ${this.y(value).toFixed(1)}`;
      // A figure with nothing beside it is a dot.
      if (!open && (values[index + 1] ?? null) === null) path += "h0.1";
      open = true;
    });
    return path;
  }

  #drawLegend(lines) {
    this.legend.replaceChildren(...lines.map(({ name, values, broad }, index) => {
      const sample = svg("svg", { viewBox: "0 0 28 8", class: `s${index + 1}${broad ? " broad" : ""}`, "aria-hidden": "true" });
      const line = svg("path", { d: "M2 4h24" });
      if (DASHES[index]) line.setAttribute("stroke-dasharray", DASHES[index]);
      sample.append(line);
      return html("li", {}, sample, html("span", { textContent: name }), html("b", { textContent: short(values.findLast((value) => value !== null)) }));
    }));
  }

  #point(clientX) {
    if (!this.course?.lines.length || !this.x) return;
    const { times } = this.course, box = this.plot.getBoundingClientRect();
    const share = (clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    this.at = Math.min(times.length - 1, Math.max(0, Math.round(share * (times.length - 1))));
    this.#mark();
  }

  #leave() {
    this.at = null;
    this.readout.hidden = true;
    this.pointer?.replaceChildren();
    this.said.textContent = "";
  }

  #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") return this.#leave();
    if (!(event.key in steps) || !this.course?.lines.length) return;
    event.preventDefault();
    const last = this.course.times.length - 1;
    this.at = Math.min(last, Math.max(0, (this.at ?? last) + (this.at === null ? 0 : steps[event.key])));
    this.#mark();
    this.said.textContent = [exact(this.course.times[this.at]), ...this.#figures().map((pair) => pair.join(" "))].join(", ");
  }

  #figures() {
    return this.course.lines.map(({ name, values }) => [name, short(values[this.at])]);
  }

  #mark() {
    const { times, lines } = this.course, x = this.x(times[this.at]);
    this.pointer.replaceChildren(svg("line", { class: "cross", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }));
    lines.forEach(({ values }, index) => {
      const value = values[this.at];
      if (value !== null) this.pointer.append(svg("circle", { class: `dot s${index + 1}`, cx: x, cy: this.y(value), r: 4 }));
    });
    this.readout.replaceChildren(html("b", { textContent: exact(times[this.at]) }));
    for (const pair of this.#figures()) this.readout.append(...pair.map((textContent) => html("span", { textContent })));
    this.readout.hidden = false;
    const half = this.plot.clientWidth / 2;
    this.readout.style.left = x < half ? `${x + 10}px` : "auto";
    this.readout.style.right = x < half ? "auto" : `${this.plot.clientWidth - x + 10}px`;
  }

  #fillTable() {
    if (!this.table.open || !this.course) return;
    const { times, lines } = this.course;
    const header = html("tr", {}, ...[this.words.time, ...lines.map((line) => line.name)].map((textContent, index) =>
      html("th", { textContent, scope: "col", className: index ? "number" : "" })));
    const body = html("tbody");
    for (let row = TABLE_ROWS; row >= 0; row -= 1) {
      const index = Math.round(((times.length - 1) * row) / TABLE_ROWS);
      body.append(html("tr", {}, html("th", { scope: "row", textContent: exact(times[index]) }),
        ...lines.map(({ values }) => html("td", { className: "number", textContent: short(values[index]) }))));
    }
    const table = html("table", {}, html("thead", {}, header), body);
    const box = html("div", { className: "scroll", tabIndex: 0 }, table);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", this.title);
    this.table.replaceChildren(this.table.firstElementChild, box);
  }
}
